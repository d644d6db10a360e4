"""What isolation costs a warm request: `GET /NAME/{id}` through the whole app, beside the same app without isolation.

The authorizer's context is given, as by API Gateway; DynamoDB and STS are an HTTP server with canned answers. Without
isolation one static client serves everybody, and the route takes no tenant from the context. Metering a request is not
isolation: both do it, for the tenant of the context; what it costs is shown by a third app, which has none.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bench.harness import Comparison, Series, in_turn
from bench.requesting import Spent, app_process, canned_aws

if TYPE_CHECKING:
    from bench.requesting import AppProcess, CannedAws
    from stage.progress import Progress

BLOCKS, REQUESTS, WARM_UP = 60, 50, 200
CALLS = 100
ISOLATED, PLAIN, BARE = "with isolation", "none, one static client", "with neither"


def measure(progress: Progress) -> list[Comparison]:
    """Compare CPU, time and calls of AWS."""
    with (
        canned_aws() as aws,
        app_process(aws) as isolated,
        app_process(aws, isolated=False) as plain,
        app_process(aws, isolated=False, metered=False) as bare,
    ):
        processes = isolated, plain, bare
        for process in processes:
            process.request(["acme"] * WARM_UP)
        with progress.step(f"isolation tax: {BLOCKS} times {REQUESTS} requests of each, in turn"):
            sides = [partial(process.request, ["acme"] * REQUESTS) for process in processes]
            of_isolated, of_plain, of_bare = map(_joined, in_turn(*sides, rounds=BLOCKS))
        calls, plain_calls = ([_calls(aws, process)] for process in (isolated, plain))
    return [
        Comparison("isolation tax, CPU", Series(ISOLATED, of_isolated.cpu), Series(PLAIN, of_plain.cpu), goal=1.10),
        Comparison("isolation tax, time", Series(ISOLATED, of_isolated.wall), Series(PLAIN, of_plain.wall), goal=1.10),
        Comparison(
            "isolation tax, AWS calls",
            Series(ISOLATED, calls, "calls"),
            Series(PLAIN, plain_calls, "calls"),
            goal=1.0,
            bound="=",
        ),
        Comparison("AWS calls of a warm request", Series(ISOLATED, calls, "calls"), None, goal=1.0, bound="="),
        Comparison(
            "isolation and metering, CPU", Series("with both", of_isolated.cpu), Series(BARE, of_bare.cpu), goal=None
        ),
    ]


def _joined(blocks: list[Spent]) -> Spent:
    return Spent([ms for block in blocks for ms in block.wall], [ms for block in blocks for ms in block.cpu])


def _calls(aws: CannedAws, process: AppProcess) -> float:
    """Return the calls of AWS of one warm request."""
    before = sum(aws.counts().values())
    process.request(["acme"] * CALLS)
    return (sum(aws.counts().values()) - before) / CALLS
