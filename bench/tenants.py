"""What many tenants cost one process: 10,000 by Zipf's law, of whom 512 are kept, beside one tenant.

By two laws: with the exponent 1 two requests in five are of tenants that are not kept, with 1.2 one in five. Each call
of STS is counted, and must be one that the model of bench/sts_model.py makes for the same requests; so the model also
tells which requests found their session. The model's calls are counted likewise where each user has a session.
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
USERS = 20


def measure(progress: Progress) -> list[Comparison]:
    """Compare median and 99th percentile of a request, and the calls of STS with the model's."""
    of_tenants = [comparison for exponent in EXPONENTS for comparison in _measure(progress, exponent)]
    return [*of_tenants, _calls_of_users(progress)]


def _measure(progress: Progress, exponent: float) -> list[Comparison]:
    arrivals = _arrivals(exponent)
    blocks = iter([arrivals[start : start + REQUESTS] for start in range(WARM_UP, len(arrivals), REQUESTS)])
    with canned_aws() as aws:
        app = partial(app_process, aws, CACHED_TENANTS=str(CACHED))
        with app() as many, app() as one:
            with progress.step(f"tenants, exponent {exponent:g}: {WARM_UP:,} requests to warm up"):
                many.request(arrivals[:WARM_UP])
                one.request(["acme"] * REQUESTS)
            before = aws.sessions()
            with progress.step(f"tenants, exponent {exponent:g}: {BLOCKS} times {REQUESTS} requests of each, in turn"):
                of_many, of_one = in_turn(
                    lambda: many.request(next(blocks)).wall,
                    lambda: one.request(["acme"] * REQUESTS).wall,
                    rounds=BLOCKS,
                )
        vended = aws.sessions() - before
    called = calls_of(arrivals, CACHED)[WARM_UP:]
    taken = list(chain.from_iterable(of_many))
    hits = [milliseconds for milliseconds, call in zip(taken, called, strict=True) if not call]
    name = f"tenants by Zipf {exponent:g}"
    law, one_tenant = f"{TENANTS:,}, {CACHED} kept", Series("one tenant", list(chain.from_iterable(of_one)))
    return [
        Comparison(f"{name}, median", Series(law, taken), one_tenant, goal=1.2),
        Comparison(f"{name}, median of those kept", Series(law, hits), one_tenant, goal=None),
        Comparison(f"{name}, 99th percentile", Series(law, taken), one_tenant, goal=3.0, percent=SLOWEST),
        _calls(name, vended, called),
    ]


def _calls_of_users(progress: Progress) -> Comparison:
    """Compare the calls of STS with the model's where each of a tenant's users has a session."""
    rng = random.Random(SEED)  # noqa: S311 -- who calls
    tenant_ids = _arrivals(1.0)[:WARM_UP]
    users = [(tenant_id, f"user-{rng.randrange(USERS)}") for tenant_id in tenant_ids]
    with canned_aws() as aws, app_process(aws, CACHED_TENANTS=str(CACHED), SESSION_PER="user") as app:
        aws.issuer.names_users = True
        with progress.step(f"tenants: {WARM_UP:,} requests of {USERS} users of each"):
            app.request(tenant_ids, [aws.issuer.first(*user) for user in users])
        vended = aws.sessions()
    return _calls(f"sessions per user, {USERS} of each tenant", vended, calls_of(users, CACHED))


def _calls(name: str, vended: int, called: list[bool]) -> Comparison:
    thousands = len(called) / 1_000
    calls = Series("of STS", [vended / thousands], "per 1,000 requests")
    modelled = Series("by the model", [sum(called) / thousands], calls.unit)
    return Comparison(f"{name}, calls", calls, modelled, goal=1.0, bound="=")


def _arrivals(exponent: float) -> list[str]:
    weights = list(accumulate(rank**-exponent for rank in range(1, TENANTS + 1)))
    rng = random.Random(SEED)  # noqa: S311 -- who calls
    ranks = rng.choices(range(TENANTS), cum_weights=weights, k=WARM_UP + BLOCKS * REQUESTS)
    return [f"tenant-{rank}" for rank in ranks]
