"""The model of the calls of STS: by hand where it can be counted, and against the formulas of the field."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bench.sts_model import (
    CREDENTIAL_LIFE,
    PROCESS_BYTES,
    SESSION_BYTES,
    TOKENS_BYTES,
    UNIFORM,
    ZIPF,
    Settings,
    calls_after_start,
    calls_of,
    instances_at_quota,
    simulate,
)
from chalicelib.vending import sessions
from chalicelib.vending.strategies import SESSION_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

FEW = Settings(
    tenants=200,
    zipf_exponent=ZIPF,
    requests_per_second=50,
    instances=10,
    capacity=50,
    credential_life=math.inf,
    requests=40_000,
    seed=1,
)


@pytest.mark.parametrize(
    ("requests", "capacity", "calls"),
    [
        ("", 1, 0),
        ("aaaa", 1, 1),
        ("abab", 1, 4),
        ("abab", 2, 2),
        ("abcabc", 2, 6),
        ("abacab", 2, 4),  # c drops b, since a was used after it
        ("abcabc", 3, 3),
    ],
)
def test_the_last_used_tenants_are_kept(requests: str, capacity: int, calls: int) -> None:
    """Counted by hand; what is dropped is what was not used for longest."""
    assert sum(calls_of(requests, capacity)) == calls


def test_the_life_of_a_session_ends_where_it_is_renewed() -> None:
    """An API that renews earlier or later makes the model's figures wrong."""
    assert sessions._RENEWED_BEFORE.total_seconds() == SESSION_SECONDS - CREDENTIAL_LIFE


def test_the_same_seed_gives_the_same_result() -> None:
    """Another seed gives another, so that the seed is what decides."""
    assert simulate(FEW) == simulate(FEW)
    assert simulate(FEW) != simulate(replace(FEW, seed=2))


@pytest.mark.parametrize("requests_per_second", [1, 20])
def test_one_tenant_on_one_instance_calls_once_in_a_life(requests_per_second: float) -> None:
    """Credentials are renewed when they are due, and not before."""
    one = replace(FEW, tenants=1, instances=1, requests_per_second=requests_per_second, credential_life=900)

    assert simulate(one).calls_per_second == pytest.approx(1 / 900, rel=0.02)


def test_a_tenant_that_comes_less_than_once_in_a_life_calls_each_time() -> None:
    """At a thousandth of a request a second and tenant, what was vended in the last minute is of no use."""
    rare = replace(FEW, tenants=100, zipf_exponent=UNIFORM, requests_per_second=1, capacity=100, credential_life=60)

    assert simulate(rare).hit_rate == pytest.approx(0.001 * 60 / (1 + 0.001 * 60), rel=0.1)


@pytest.mark.parametrize("zipf_exponent", [UNIFORM, ZIPF])
def test_with_room_for_all_tenants_only_age_makes_calls(zipf_exponent: float) -> None:
    """A tenant calls once in a life and the time to its next request; so never more than once in a life."""
    stage = replace(FEW, zipf_exponent=zipf_exponent, capacity=200, credential_life=600, requests=120_000)

    calls = simulate(stage).calls_per_second

    assert calls == pytest.approx(10 * sum(1 / (600 + 1 / rate) for rate in _rates(stage)), rel=0.01)
    assert calls < 10 * 200 / 600


@pytest.mark.parametrize("capacity", [20, 50, 150])
@pytest.mark.parametrize("zipf_exponent", [UNIFORM, ZIPF])
def test_without_age_the_hits_are_those_of_ches_approximation(zipf_exponent: float, capacity: int) -> None:
    """Che, Tung and Wang 2002, "Hierarchical Web Caching Systems": a tenant is kept for the same time after any use."""
    stage = replace(FEW, zipf_exponent=zipf_exponent, capacity=capacity)
    rates = _rates(stage)
    kept = _root(lambda seconds: sum(1 - math.exp(-rate * seconds) for rate in rates) - capacity)

    hits = sum(rate * (1 - math.exp(-rate * kept)) for rate in rates) / sum(rates)

    assert simulate(stage).hit_rate == pytest.approx(hits, rel=0.03)


@pytest.mark.parametrize(
    ("field", "values"),
    [("capacity", (10, 50, 200)), ("credential_life", (60, 600, 1800)), ("tenants", (800, 200, 50))],
)
def test_more_room_a_longer_life_and_fewer_tenants_save_calls(field: str, values: tuple[int, ...]) -> None:
    """What the document advises goes into the right direction."""
    base = replace(FEW, capacity=200, credential_life=600)
    changes: list[dict[str, Any]] = [{field: value} for value in values]

    calls = [simulate(replace(base, **change)).calls_per_second for change in changes]

    assert calls == sorted(calls, reverse=True)
    assert calls[-1] < 0.9 * calls[0]


def test_twice_the_instances_for_twice_the_requests_make_twice_the_calls() -> None:
    """So that one simulation tells at how many instances the quota is reached."""
    single, double = simulate(FEW), simulate(replace(FEW, instances=20, requests_per_second=100))

    assert double.calls_per_second == pytest.approx(2 * single.calls_per_second)
    assert instances_at_quota(FEW, single) == pytest.approx(10 * 600 / single.calls_per_second)


@pytest.mark.parametrize(("users", "capacity", "kept"), [(1, 50, 50), (1, 4096, 200), (3, 4096, 600), (3, 500, 500)])
def test_memory_is_that_of_a_full_cache(users: int, capacity: int, kept: int) -> None:
    """A cache never holds more sessions than there are tenants, or users of them who have their own."""
    result = simulate(replace(FEW, users=users, capacity=capacity))

    assert result.memory_per_instance == PROCESS_BYTES + kept * (SESSION_BYTES + TOKENS_BYTES)


@pytest.mark.parametrize("users", [2, 5])
def test_users_with_sessions_of_their_own_call_like_as_many_more_tenants(users: int) -> None:
    """Where all tenants are alike, and all users of each, a user's session is used like that of a smaller tenant."""
    per_user = replace(FEW, zipf_exponent=UNIFORM, tenants=40, users=users, capacity=60, credential_life=600)
    per_tenant = replace(per_user, tenants=40 * users, users=1)

    assert simulate(per_user).hit_rate == pytest.approx(simulate(per_tenant).hit_rate, abs=0.01)
    assert calls_after_start(per_user, 2) == pytest.approx(calls_after_start(per_tenant, 2), rel=0.02)


def test_instances_that_just_started_call_for_each_tenant_they_meet() -> None:
    """Ten requests of 200 like tenants meet 200 * (1 - 0.995 ** 10) different ones."""
    calls = calls_after_start(replace(FEW, zipf_exponent=UNIFORM), 2)

    assert calls == pytest.approx(10 / 2 * 200 * (1 - 0.995**10), rel=0.01)


def test_too_few_requests_to_see_credentials_expire_are_refused() -> None:
    """A figure without a single renewal would be too good."""
    with pytest.raises(ValueError, match="more than 100000 requests"):
        simulate(replace(FEW, credential_life=10_000))


def _rates(settings: Settings) -> list[float]:
    """Return each tenant's requests a second at one instance."""
    weights = [rank**-settings.zipf_exponent for rank in range(1, settings.tenants + 1)]
    rate = settings.requests_per_second / settings.instances
    return [rate * weight / sum(weights) for weight in weights]


def _root(rising: Callable[[float], float]) -> float:
    """Return where a rising function is zero, by bisection."""
    low, high = 0.0, 1e6
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return low
