"""What the first request with a new token costs, when the session of its tenant is kept: its signature is verified.

Users renew their tokens, and a tenant has many users. Requests with the known token and with new ones take turns in one
process, so that they differ in nothing else. The keys come from their stored copy, which is read once, before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.harness import Comparison, Series
from bench.requesting import app_process, canned_aws

if TYPE_CHECKING:
    from stage.progress import Progress

PAIRS, WARM_UP = 2_000, 200
NEW, KNOWN = "first request with it", "warm"


def measure(progress: Progress) -> list[Comparison]:
    """Compare a token that was seen before with one that was not."""
    with canned_aws() as aws, app_process(aws) as process:
        known = aws.issuer.first("acme")
        with progress.step(f"new token: {PAIRS:,} requests with a new one and with a known one, in turn"):
            tokens = [token for _ in range(WARM_UP + PAIRS) for token in (aws.issuer.issue("acme"), known)]
            process.request(["acme"] * 2 * WARM_UP, tokens[: 2 * WARM_UP])
            spent = process.request(["acme"] * 2 * PAIRS, tokens[2 * WARM_UP :])
        opened = aws.sessions()
    sides = [
        ("CPU", Series(NEW, spent.cpu[::2]), Series(KNOWN, spent.cpu[1::2])),
        ("time", Series(NEW, spent.wall[::2]), Series(KNOWN, spent.wall[1::2])),
    ]
    return [
        *(
            Comparison(f"new token of a kept tenant, {what}", new, warm, goal=0.3, difference=True)
            for what, new, warm in sides
        ),
        Comparison(
            "STS calls of new tokens", Series("beside the first", [opened - 1], "calls"), None, goal=0.0, bound="="
        ),
    ]
