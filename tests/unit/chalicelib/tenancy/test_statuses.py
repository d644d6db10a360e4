"""Whether a tenant is active, as the authorizer knows it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.errors import StoreUnavailableError
from chalicelib.tenancy import statuses as module
from chalicelib.tenancy.statuses import Status, TenantStatuses

SECONDS = 30


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


class FakeRegistry:
    """Knows statuses, counts questions, and is away when told so."""

    def __init__(self, clock: FakeClock) -> None:
        self.statuses: dict[str, Status] = {"acme": Status.ACTIVE, "acme-eu": Status.SUSPENDED}
        self.asked: list[str] = []
        self.away = False
        self.seconds = 0.0
        self._clock = clock

    def __call__(self, tenant_id: str) -> Status | None:
        """Answer as Registry.status does, after some seconds."""
        self.asked.append(tenant_id)
        answer = self.statuses.get(tenant_id)
        self._clock.now += self.seconds
        if self.away:
            raise StoreUnavailableError("away")
        return answer


@pytest.fixture
def clock() -> FakeClock:
    """A clock."""
    return FakeClock()


@pytest.fixture
def registry(clock: FakeClock) -> FakeRegistry:
    """A registry in which acme is active and acme-eu suspended."""
    return FakeRegistry(clock)


@pytest.fixture
def statuses(registry: FakeRegistry, clock: FakeClock) -> TenantStatuses:
    """What the authorizer knows."""
    return TenantStatuses(registry, SECONDS, clock)


@pytest.mark.parametrize("status", list(Status))
def test_only_an_active_tenant_is_active(registry: FakeRegistry, statuses: TenantStatuses, status: Status) -> None:
    """One that is being onboarded is not yet, and one that is being offboarded is not any more."""
    registry.statuses["initech"] = status
    assert statuses.is_active("initech") is (status is Status.ACTIVE)


def test_a_tenant_that_the_registry_does_not_know_is_not_active(statuses: TenantStatuses) -> None:
    """A token alone makes no tenant, and names that begin alike are others."""
    assert not statuses.is_active("acm")
    assert not statuses.is_active("acme1")
    assert statuses.is_active("acme")


def test_a_suspension_is_heeded_after_the_time_and_not_later(
    registry: FakeRegistry, statuses: TenantStatuses, clock: FakeClock
) -> None:
    """Until then the former answer is given and nothing is asked."""
    assert statuses.is_active("acme")
    registry.statuses["acme"] = Status.SUSPENDED
    clock.now += SECONDS - 0.001
    assert statuses.is_active("acme")
    assert registry.asked == ["acme"]
    clock.now += 0.001
    assert not statuses.is_active("acme")
    assert registry.asked == ["acme", "acme"]


def test_to_be_asked_again_and_again_does_not_prolong_an_answer(
    registry: FakeRegistry, statuses: TenantStatuses, clock: FakeClock
) -> None:
    """A busy tenant is suspended as soon as an idle one."""
    statuses.is_active("acme")
    registry.statuses["acme"] = Status.SUSPENDED
    for _ in range(SECONDS):
        clock.now += 1
        answer = statuses.is_active("acme")
    assert not answer


def test_what_is_not_active_is_remembered_as_long(
    registry: FakeRegistry, statuses: TenantStatuses, clock: FakeClock
) -> None:
    """Old tokens of tenants that are gone do not make a call each; a resumed tenant is served after the time."""
    for _ in range(3):
        assert not statuses.is_active("acme-eu")
        assert not statuses.is_active("nobody")
    assert registry.asked == ["acme-eu", "nobody"]
    registry.statuses["acme-eu"] = Status.ACTIVE
    clock.now += SECONDS
    assert statuses.is_active("acme-eu")


def test_the_time_begins_before_the_question(
    registry: FakeRegistry, statuses: TenantStatuses, clock: FakeClock
) -> None:
    """A slow answer may be as old as its question."""
    registry.seconds = 10
    assert statuses.is_active("acme")
    clock.now += SECONDS - 10
    assert registry.asked == ["acme"]
    statuses.is_active("acme")
    assert registry.asked == ["acme", "acme"]


def test_a_failure_is_not_remembered_and_is_no_answer(registry: FakeRegistry, statuses: TenantStatuses) -> None:
    """Neither lets a tenant in nor shuts it out."""
    registry.away = True
    for _ in range(2):
        with pytest.raises(StoreUnavailableError):
            statuses.is_active("acme")
    registry.away = False
    assert statuses.is_active("acme")
    assert len(registry.asked) == 3


def test_an_expired_answer_does_not_stand_in_for_a_registry_that_is_away(
    registry: FakeRegistry, statuses: TenantStatuses, clock: FakeClock
) -> None:
    """The promise is a bound: an outage must not keep a suspended tenant in."""
    assert statuses.is_active("acme")
    registry.away = True
    assert statuses.is_active("acme"), "for its time the answer is good"
    clock.now += SECONDS
    with pytest.raises(StoreUnavailableError):
        statuses.is_active("acme")


def test_so_many_are_remembered_and_the_oldest_is_forgotten_first(
    registry: FakeRegistry, statuses: TenantStatuses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded, whatever tokens name."""
    assert module._CAPACITY == 10_000
    monkeypatch.setattr(module, "_CAPACITY", 3)
    for tenant_id in ("one", "two", "three", "four"):
        statuses.is_active(tenant_id)
    assert len(statuses._known) == 3
    registry.asked.clear()
    for tenant_id in ("two", "three", "four"):
        statuses.is_active(tenant_id)
    assert registry.asked == []
    statuses.is_active("one")
    assert registry.asked == ["one"]


def test_a_slow_answer_about_one_tenant_holds_up_no_other() -> None:
    """The registry is asked outside the lock."""
    globex_is_known = threading.Event()

    def status(tenant_id: str) -> Status:
        if tenant_id == "acme":
            assert globex_is_known.wait(10)
        return Status.ACTIVE

    statuses = TenantStatuses(status, SECONDS)
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(statuses.is_active, "acme")
        assert statuses.is_active("globex")
        globex_is_known.set()
        assert slow.result(10)
