"""What isolation costs a warm request: `GET /NAME/{id}` through the whole app, beside the same app without isolation.

The authorizer's context and the user's token are given, as by API Gateway; DynamoDB and STS are an HTTP server with
canned answers. Without isolation one static client serves everybody, and the route takes no tenant from the context and
opens no session by the token. Metering a request and the capacity that it consumes is not isolation: both do it, for
the tenant of the context; what it costs is shown by a third app, which has none.
"""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from bench.harness import Comparison, Series, in_turn
from bench.requesting import Spent, app_process, canned_aws

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.requesting import AppProcess, CannedAws
    from stage.progress import Progress

#: Processes are started anew, since two of the same program differ by a per cent or two for as long as they run.
STARTS, BLOCKS, REQUESTS, WARM_UP = 4, 15, 50, 150
CALLS = 100
ISOLATED, PLAIN, BARE = "with isolation", "none, one static client", "with neither"


def measure(progress: Progress) -> list[Comparison]:
    """Compare CPU, time and calls of AWS."""
    with canned_aws() as aws:
        with progress.step(f"isolation tax: {STARTS * BLOCKS} times {REQUESTS} requests of each, in turn"):
            started = [_blocks(aws) for _ in range(STARTS)]
        of_isolated, of_plain, of_bare = (_joined(chain.from_iterable(blocks)) for blocks in zip(*started, strict=True))
        with app_process(aws) as isolated, app_process(aws, isolated=False) as plain:
            calls, opened = _calls(aws, isolated)
            plain_calls, _ = _calls(aws, plain)
    return [
        Comparison("isolation tax, CPU", Series(ISOLATED, of_isolated.cpu), Series(PLAIN, of_plain.cpu), goal=1.05),
        Comparison("isolation tax, time", Series(ISOLATED, of_isolated.wall), Series(PLAIN, of_plain.wall), goal=1.05),
        Comparison(
            "isolation tax, AWS calls",
            Series(ISOLATED, calls, "calls"),
            Series(PLAIN, plain_calls, "calls"),
            goal=1.0,
            bound="=",
        ),
        Comparison("AWS calls of a warm request", Series(ISOLATED, calls, "calls"), None, goal=1.0, bound="="),
        Comparison("STS calls of a warm request", Series(ISOLATED, opened, "calls"), None, goal=0.0, bound="="),
        Comparison(
            "isolation and metering, CPU", Series("with both", of_isolated.cpu), Series(BARE, of_bare.cpu), goal=None
        ),
    ]


def _blocks(aws: CannedAws) -> list[list[Spent]]:
    """Return what requests took in each of three new processes: with isolation, without, and without metering too."""
    with (
        app_process(aws) as isolated,
        app_process(aws, isolated=False) as plain,
        app_process(aws, isolated=False, metered=False) as bare,
    ):
        processes = isolated, plain, bare
        for process in processes:
            process.request(["acme"] * WARM_UP)
        return in_turn(*(partial(process.request, ["acme"] * REQUESTS) for process in processes), rounds=BLOCKS)


def _joined(blocks: Iterable[Spent]) -> Spent:
    wall: list[float] = []
    cpu: list[float] = []
    for block in blocks:
        wall += block.wall
        cpu += block.cpu
    return Spent(wall, cpu)


def _calls(aws: CannedAws, process: AppProcess) -> tuple[list[float], list[float]]:
    """Return the calls of AWS of one warm request, and those of them that open a session."""
    process.request(["acme"])
    before, opened = sum(aws.counts().values()), aws.sessions()
    process.request(["acme"] * CALLS)
    return [(sum(aws.counts().values()) - before) / CALLS], [(aws.sessions() - opened) / CALLS]
