"""What many tenants cost one process: 10,000 by Zipf's law, of whom 512 are kept, beside one tenant.

By two laws: with the exponent 1 two requests in five are of tenants that are not kept, with 1.2 one in five. Each call
of STS is counted, and must be one that the model of bench/sts_model.py makes for the same requests; so the model also
tells which requests found their credentials.
"""

from __future__ import annotations

import random
from functools import partial
from itertools import accumulate, chain
from typing import TYPE_CHECKING

from bench.harness import Comparison, Series, in_turn
from bench.requesting import app_process, canned_aws
from bench.sts_model import calls_of

if TYPE_CHECKING:
    from stage.progress import Progress

TENANTS, CACHED, EXPONENTS, SEED = 10_000, 512, (1.0, 1.2), 1
WARM_UP, BLOCKS, REQUESTS = 2_000, 30, 100
SLOWEST = 99  # per cent


def measure(progress: Progress) -> list[Comparison]:
    """Compare median and 99th percentile of a request, and the calls of STS with the model's."""
    return [comparison for exponent in EXPONENTS for comparison in _measure(progress, exponent)]


def _measure(progress: Progress, exponent: float) -> list[Comparison]:
    arrivals = _arrivals(exponent)
    blocks = iter([arrivals[start : start + REQUESTS] for start in range(WARM_UP, len(arrivals), REQUESTS)])
    with canned_aws() as aws:
        app = partial(app_process, aws, CACHED_TENANTS=str(CACHED))
        with app() as many, app() as one:
            with progress.step(f"tenants, exponent {exponent:g}: {WARM_UP:,} requests to warm up"):
                many.request(arrivals[:WARM_UP])
                one.request(["acme"] * REQUESTS)
            before = aws.counts()["AssumeRole"]
            with progress.step(f"tenants, exponent {exponent:g}: {BLOCKS} times {REQUESTS} requests of each, in turn"):
                of_many, of_one = in_turn(
                    lambda: many.request(next(blocks)).wall,
                    lambda: one.request(["acme"] * REQUESTS).wall,
                    rounds=BLOCKS,
                )
        vended = aws.counts()["AssumeRole"] - before
    called = calls_of(arrivals, CACHED)[WARM_UP:]
    taken = list(chain.from_iterable(of_many))
    hits = [milliseconds for milliseconds, call in zip(taken, called, strict=True) if not call]
    name, thousands = f"tenants by Zipf {exponent:g}", len(taken) / 1_000
    law, one_tenant = f"{TENANTS:,}, {CACHED} kept", Series("one tenant", list(chain.from_iterable(of_one)))
    calls = Series("of STS", [vended / thousands], "per 1,000 requests")
    modelled = Series("by the model", [sum(called) / thousands], calls.unit)
    return [
        Comparison(f"{name}, median", Series(law, taken), one_tenant, goal=1.2),
        Comparison(f"{name}, median of those kept", Series(law, hits), one_tenant, goal=None),
        Comparison(f"{name}, 99th percentile", Series(law, taken), one_tenant, goal=None, percent=SLOWEST),
        Comparison(f"{name}, calls", calls, modelled, goal=1.0, bound="="),
    ]


def _arrivals(exponent: float) -> list[str]:
    weights = list(accumulate(rank**-exponent for rank in range(1, TENANTS + 1)))
    rng = random.Random(SEED)  # noqa: S311 -- who calls
    ranks = rng.choices(range(TENANTS), cum_weights=weights, k=WARM_UP + BLOCKS * REQUESTS)
    return [f"tenant-{rank}" for rank in ranks]
