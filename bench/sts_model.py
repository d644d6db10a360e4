"""How often the API calls STS: a simulation of the sessions that it keeps, with a seed, and where the quota is reached.

    python -m bench.sts_model [--plot PATH]

Prints, for 100, 10,000 and 1,000,000 tenants, the calls a second that open a session beside the quota, what keeps a
large stage below it, and what a session for each user costs; and draws it. "Tenant" stands for a (tenant, role) pair,
for which chalicelib/vending/sessions.py keeps a session under SESSION_PER=tenant.

An instance of a Lambda function serves one request at a time, so that by Little's law requests a second times seconds
of a request are the instances that are busy. Source: AWS Lambda Developer Guide, "Understanding function scaling"
(https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html).
"""

from __future__ import annotations

import argparse
import math
import random
from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.vending.strategies import SESSION_SECONDS
from stage.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

#: Calls of STS a second for an account in a region: of AssumeRole and others that are signed with credentials. AWS
#: publishes none for AssumeRoleWithWebIdentity, which is throttled too: the same is assumed. Source: AWS, "IAM and AWS
#: STS quotas" (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
QUOTA = 600
#: A session is renewed at the first request within ten minutes of its end.
CREDENTIAL_LIFE = SESSION_SECONDS - 600
REQUEST_SECONDS = 0.05
#: Resident memory (bench/memory.py): the process without sessions, a session with its first token, and the other three
#: tokens that are remembered for a session on average.
PROCESS_BYTES, SESSION_BYTES, TOKENS_BYTES = 66_000 * 1024, 3 * 1024, 3 * 2 * 1024
UNIFORM, ZIPF = 0.0, 1.0
TENANTS, CAPACITIES, INSTANCES = (100, 10_000, 1_000_000), (512, 4_096, 32_768), (10, 100, 1_000, 10_000)
MORE_TENANTS = (100, 1_000, 10_000, 100_000, 1_000_000)
LIVES = (900, CREDENTIAL_LIFE)
#: Active users of a tenant, each of whom has a session under SESSION_PER=user.
USERS, MORE_USERS = 20, (1, 5, 20, 100)
STARTED_SECONDS = (1, 10)
_MOST_KEPT = 100_000  # that CACHED_TENANTS may be
PLOT = Path(__file__).parents[1] / "docs" / "images" / "sts-model.svg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A stage and its load.

    The tenant of rank k = 1, 2, … makes a share of the requests in proportion to k ** -zipf_exponent; 0 makes all
    alike. Each request is of any of the tenant's `users` who have sessions of their own: 1 is for SESSION_PER=tenant,
    under which all share one. `requests_per_second` arrive at all `instances` together; `capacity` is CACHED_TENANTS;
    `credential_life` is the seconds that a session is used before it is renewed. Of one instance, `requests` requests
    are simulated.
    """

    tenants: int
    zipf_exponent: float
    requests_per_second: float
    instances: int
    capacity: int
    credential_life: float
    requests: int
    seed: int
    users: int = 1


@dataclass(frozen=True, slots=True)
class Result:
    """What the steady state costs.

    `calls_per_second` are the calls of STS of all instances, `hit_rate` the share of requests without such a call, and
    `memory_per_instance` the bytes that an instance takes once it keeps as many sessions as it gets to.
    """

    calls_per_second: float
    hit_rate: float
    memory_per_instance: int


def simulate(settings: Settings) -> Result:
    """Return the steady state.

    A request goes to any instance with the same probability. So each instance gets a Poisson stream of its own, all
    streams are alike, and one is simulated and multiplied. Half of the time warms the cache; the first sessions are of
    random age then, since they would otherwise be renewed in waves. What is measured is the whole lives that fit into
    the other half, so that one tenant's few renewals are not counted by luck.

    At a low rate for each instance the same number of requests takes longer, up to years. No instance gets that old;
    but only what happened within one life can spare a call, so that this is the state of every instance older than
    that. A younger one calls more often: see calls_after_start.

    Raises:
        ValueError: half of the time is not one life; more requests must be simulated.
    """
    rate = settings.requests_per_second / settings.instances
    warm = settings.requests / 2 / rate
    life = settings.credential_life
    measured = warm if math.isinf(life) else warm // life * life
    if not measured:
        raise ValueError(f"simulate more than {math.ceil(2 * rate * life)} requests: that many arrive in two lives")
    kept = _Cache(settings.capacity, life)
    rng = random.Random(settings.seed)  # noqa: S311 -- a simulation, not a secret
    requests = calls = 0
    for now, owner in _arrivals(settings, rate, rng):
        if now >= warm + measured:
            break
        called = kept.calls(owner, now, age=rng.uniform(0, life) if now < life < math.inf else 0)
        if now >= warm:
            requests += 1
            calls += called
    return Result(
        calls_per_second=settings.requests_per_second * calls / requests,
        hit_rate=1 - calls / requests,
        memory_per_instance=_memory(min(settings.capacity, settings.tenants * settings.users)),
    )


def _memory(kept: int) -> int:
    return PROCESS_BYTES + kept * (SESSION_BYTES + TOKENS_BYTES)


def calls_of(owners_in_order: Iterable[Hashable], capacity: int) -> list[bool]:
    """Return which of these requests of one instance calls STS when no session ends meanwhile, by whose they are."""
    kept = _Cache(capacity, math.inf)
    return [kept.calls(owner, 0) for owner in owners_in_order]


def calls_after_start(settings: Settings, seconds: float) -> float:
    """Return the mean calls a second of all instances while all are that young, as after a deployment."""
    rng = random.Random(settings.seed)  # noqa: S311 -- a simulation, not a secret
    served = round(settings.requests_per_second / settings.instances * seconds)
    simulated = settings.requests // served
    calls = sum(sum(calls_of(_owners(settings, rng, served), settings.capacity)) for _ in range(simulated))
    return calls / simulated * settings.instances / seconds


def instances_at_quota(settings: Settings, result: Result) -> float:
    """Return how many such instances, each with as many requests as now, make as many calls as the quota allows."""
    return settings.instances * QUOTA / result.calls_per_second


class _Cache:
    """When chalicelib/vending/sessions.py calls STS: it keeps the `capacity` last used sessions, expired or not."""

    def __init__(self, capacity: int, life: float) -> None:
        self._capacity = capacity
        self._life = life
        self._vended_at: OrderedDict[Hashable, float] = OrderedDict()

    def calls(self, owner: Hashable, now: float, *, age: float = 0) -> bool:
        """Return whether a request of this owner, at this second, makes a call; what is new to the cache is so old."""
        vended_at = self._vended_at.get(owner)
        called = vended_at is None or now - vended_at > self._life
        if called:
            self._vended_at[owner] = now - age if vended_at is None else now
        self._vended_at.move_to_end(owner)
        if len(self._vended_at) > self._capacity:
            self._vended_at.popitem(last=False)
        return called


def _arrivals(settings: Settings, rate: float, rng: random.Random) -> Iterator[tuple[float, int]]:
    """Yield the second and the owner of the session of each request of one instance, without end."""
    now = 0.0
    while True:
        for owner in _owners(settings, rng, 10_000):
            now += rng.expovariate(rate)
            yield now, owner


def _owners(settings: Settings, rng: random.Random, requests: int) -> list[int]:
    """Return whose session each request needs: its tenant's, or that of one of the tenant's users."""
    weights, tenants = _weights(settings.tenants, settings.zipf_exponent), range(settings.tenants)
    chosen = rng.choices(tenants, cum_weights=weights, k=requests)
    if settings.users == 1:
        return chosen
    return [tenant * settings.users + int(rng.random() * settings.users) for tenant in chosen]


@cache
def _weights(tenants: int, zipf_exponent: float) -> list[float]:
    return list(accumulate(rank**-zipf_exponent for rank in range(1, tenants + 1)))


#: Ten thousand tenants on the instances that infra/live/stages/prod.tfvars reserves, all of them busy.
STAGE = Settings(
    tenants=10_000,
    zipf_exponent=ZIPF,
    requests_per_second=100 / REQUEST_SECONDS,
    instances=100,
    capacity=10_000,
    credential_life=CREDENTIAL_LIFE,
    requests=300_000,
    seed=1,
)
#: What could be changed about it. Cells are deployments of their own, each with a share of the tenants and instances.
CHANGES = {
    "as it is": STAGE,
    "4,096 sessions kept": replace(STAGE, capacity=4_096),
    "2,048 sessions kept": replace(STAGE, capacity=2_048),
    "512 sessions kept": replace(STAGE, capacity=512),
    "sessions used for 15 min": replace(STAGE, credential_life=900),
    "requests of 25 ms: 50 instances": replace(STAGE, instances=50),
    "requests of 100 ms: 200 instances": replace(STAGE, instances=200),
    "each of 4 cells": replace(STAGE, tenants=2_500, instances=25, requests_per_second=500),
    "each of 10 cells": replace(STAGE, tenants=1_000, instances=10, requests_per_second=200),
    "a million tenants": replace(STAGE, tenants=1_000_000, capacity=100_000),
}


def main() -> None:
    """Print the tables and write the plot."""
    parser = argparse.ArgumentParser(description="Where the quota of calls of STS is reached.")
    parser.add_argument("--plot", type=Path, default=PLOT, metavar="PATH", help="the SVG file to write")
    path = parser.parse_args().plot
    progress, laws = Progress(), (ZIPF, UNIFORM)
    grid = [
        _stage(n, law, capacity, life) for n in TENANTS for law in laws for capacity in CAPACITIES for life in LIVES
    ]
    drawn = [_stage(n, law, capacity, CREDENTIAL_LIFE) for n in MORE_TENANTS for law in laws for capacity in CAPACITIES]
    per_user = [_of_users(users, capacity) for users in MORE_USERS for capacity in (STAGE.capacity, _MOST_KEPT)]
    drawn += [replace(each, users=USERS) for each in drawn if each.zipf_exponent and each.capacity == CAPACITIES[-1]]
    wanted = dict.fromkeys([*grid, *drawn, *per_user, *CHANGES.values()])
    with progress.step(f"{len(wanted)} simulations of {STAGE.requests:,} requests"):
        results = {settings: simulate(settings) for settings in wanted}
    _print_grid({settings: results[settings] for settings in grid})
    _print_changes(results)
    _print_users({settings: results[settings] for settings in per_user})
    _print_starts()
    with progress.step(f"drawing {path}"):
        draw(results, path)


def _stage(tenants: int, zipf_exponent: float, capacity: int, life: float) -> Settings:
    return replace(STAGE, tenants=tenants, zipf_exponent=zipf_exponent, capacity=capacity, credential_life=life)


def _of_users(users: int, capacity: int) -> Settings:
    return replace(STAGE, users=users, capacity=capacity)


def _print_grid(results: Mapping[Settings, Result]) -> None:
    print(f"Calls of STS/s, * = {QUOTA} or more. Each instance serves {1 / REQUEST_SECONDS:.0f} requests/s.\n")
    columns = "".join(f"{f'{n:,} inst.':>14}" for n in INSTANCES)
    print(f"{'tenants':>9} {'law':8}{'kept':>7}{'life':>8}{'hits':>8}{columns}{f'{QUOTA}/s at':>17}{'memory':>9}")
    for settings, result in results.items():
        law = "Zipf 1" if settings.zipf_exponent else "uniform"
        each = result.calls_per_second / settings.instances
        cells = "".join(f"{each * n:13,.1f}{'*' if each * n >= QUOTA else ' '}" for n in INSTANCES)
        print(
            f"{settings.tenants:9,} {law:8}{settings.capacity:7,}{settings.credential_life / 60:4.0f} min"
            f"{result.hit_rate:8.2%}{cells}{instances_at_quota(settings, result):11,.0f} inst."
            f"{result.memory_per_instance / 1e6:6,.0f} MB"
        )


def _print_changes(results: Mapping[Settings, Result]) -> None:
    print(
        f"\n{STAGE.tenants:,} tenants (Zipf 1), {STAGE.requests_per_second:,.0f} requests/s, what could be changed:\n"
    )
    print(f"{'':34}{'hits':>8}{'calls of STS':>14}{f'{QUOTA}/s at':>19}{'memory':>11}")
    for change, settings in CHANGES.items():
        result = results[settings]
        at_quota = settings.requests_per_second * QUOTA / result.calls_per_second
        print(
            f"{change:34}{result.hit_rate:8.1%}{result.calls_per_second:12,.0f}/s{at_quota:9,.0f} requests/s"
            f"{result.memory_per_instance / 1e6:8,.0f} MB"
        )


def _print_users(results: Mapping[Settings, Result]) -> None:
    print("\nThe same, with a session for each tenant (1), or for each of its active users (SESSION_PER=user):\n")
    print(
        f"{'users':>6}{'kept':>9}{'hits':>8}{'calls of STS':>14}{f'{QUOTA}/s at':>19}{'memory':>11}{'first 10 s':>12}"
    )
    for settings, result in results.items():
        at_quota = settings.requests_per_second * QUOTA / result.calls_per_second
        print(
            f"{settings.users:6}{settings.capacity:9,}{result.hit_rate:8.1%}{result.calls_per_second:12,.0f}/s"
            f"{at_quota:9,.0f} requests/s{result.memory_per_instance / 1e6:8,.0f} MB"
            f"{calls_after_start(settings, STARTED_SECONDS[-1]):10,.0f}/s"
        )


def _print_starts() -> None:
    print(f"\nCalls of STS/s of {STAGE.instances} instances that all start at once, as after a deployment:\n")
    for tenants in TENANTS:
        stage = replace(STAGE, tenants=tenants)
        first = "".join(f"{calls_after_start(stage, n):9,.0f}/s in the first {n} s" for n in STARTED_SECONDS)
        print(f"{tenants:9,} tenants (Zipf 1){first}")


def draw(results: Mapping[Settings, Result], path: Path) -> None:
    """Write the plot as an SVG, the same bytes for the same results."""
    import matplotlib as mpl  # noqa: PLC0415 -- the model is used where it is not installed
    from matplotlib.figure import Figure  # noqa: PLC0415 -- as above

    with mpl.rc_context({"svg.hashsalt": "bulkhead", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(9.5, 4.8), layout="constrained", facecolor="white")
        calls, frontier = figure.subplots(1, 2)
        for tenants, colour in zip(TENANTS, ("#0072b2", "#d58a00", "#cc3311"), strict=True):
            for capacity, style in ((CAPACITIES[0], "--"), (CAPACITIES[-1], "-")):
                stage = _stage(tenants, ZIPF, capacity, CREDENTIAL_LIFE)
                each = results[stage].calls_per_second / stage.instances
                label = f"{tenants:,} tenants, {capacity:,} kept"
                calls.plot(INSTANCES, [each * n for n in INSTANCES], style, color=colour, label=label)
            stage = replace(_stage(tenants, ZIPF, CAPACITIES[-1], CREDENTIAL_LIFE), users=USERS)
            each = results[stage].calls_per_second / stage.instances
            label = f"of {USERS} users each, {CAPACITIES[-1]:,} kept"
            calls.plot(INSTANCES, [each * n for n in INSTANCES], ":", color=colour, label=label)
        calls.axhline(QUOTA, color="black", linewidth=1)
        calls.annotate(f"quota: {QUOTA}/s", (INSTANCES[0], QUOTA), (0, 3), textcoords="offset points")
        calls.set(title="Zipf law, exponent 1", ylabel="calls of STS per second")
        calls.set(xlabel=f"instances, each with {1 / REQUEST_SECONDS:.0f} requests per second")
        for capacity, colour in zip(CAPACITIES, ("#882255", "#009e73", "#3399dd"), strict=True):
            for law, style in ((ZIPF, "-"), (UNIFORM, "--")):
                stages = [_stage(n, law, capacity, CREDENTIAL_LIFE) for n in MORE_TENANTS]
                at_quota = [instances_at_quota(stage, results[stage]) for stage in stages]
                label = f"{capacity:,} kept, {'Zipf' if law else 'uniform'} law"
                frontier.plot(MORE_TENANTS, at_quota, style, color=colour, label=label)
        least = QUOTA * REQUEST_SECONDS
        frontier.axhline(least, color="black", linewidth=1)
        frontier.annotate(f"{QUOTA} requests/s", (MORE_TENANTS[0], least), (0, -10), textcoords="offset points")
        frontier.set(
            title=f"Where {QUOTA} calls/s are reached", xlabel="tenants", ylabel="instances", ylim=(20, 30_000)
        )
        for axes in (calls, frontier):
            axes.set(xscale="log", yscale="log")
            axes.minorticks_off()
            axes.xaxis.set_major_formatter("{x:,.0f}")
            axes.yaxis.set_major_formatter("{x:,.0f}")
            axes.grid(visible=True, color="#dddddd")
            axes.legend(fontsize=8, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.14), frameon=False)
        figure.savefig(path, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
