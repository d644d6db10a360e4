"""The registry of tenants: conditional transitions only, so that two operators cannot cross."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.data.registry import RegisteredTenant, Registry, require
from chalicelib.errors import TenantChangedError, TenantExistsError, TenantNotFoundError, TenantStateError
from chalicelib.tenancy.statuses import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)


class FakeClock:
    """A clock that is a minute further each time it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> datetime:
        """Return the time of day."""
        self.asked += 1
        return BEGIN + timedelta(minutes=self.asked - 1)


@pytest.fixture
def registry_name(dynamodb: DynamoDBClient, table_names: Iterator[str]) -> str:
    """An empty table of tenants."""
    name = next(table_names)
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "tenant_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "tenant_id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


@pytest.fixture
def registry(dynamodb: DynamoDBClient, registry_name: str) -> Registry:
    """An empty registry."""
    return Registry(dynamodb, registry_name, FakeClock())


def register(registry: Registry, tenant_id: str = "acme", *, email: str = "admin@acme.example.com") -> RegisteredTenant:
    """Begin the onboarding of a tenant."""
    return registry.register(tenant_id, display_name="Acme Inc.", admin_email=email)


def everything(dynamodb: DynamoDBClient, registry_name: str) -> list[dict[str, Any]]:
    """Return every item of the table, as an operator sees it."""
    return dynamodb.scan(TableName=registry_name)["Items"]


def test_a_tenant_that_is_being_onboarded_is_known_with_all_that_was_said_of_it(registry: Registry) -> None:
    """What `register` returns is what is stored."""
    tenant = register(registry)

    assert tenant == RegisteredTenant(
        "acme", "Acme Inc.", "admin@acme.example.com", Status.ONBOARDING, BEGIN, BEGIN, revision=1
    )
    assert registry.get("acme") == tenant
    assert registry.status("acme") is Status.ONBOARDING


def test_a_tenant_that_is_not_registered_is_unknown(registry: Registry) -> None:
    """No default status, and names that begin alike are others."""
    register(registry, "acme-eu")

    assert registry.status("acme") is None
    with pytest.raises(TenantNotFoundError, match=r"There is no tenant acme\."):
        registry.get("acme")


def test_to_register_again_with_the_same_data_goes_on_with_the_onboarding_that_was_begun(registry: Registry) -> None:
    """The run before may have been killed at any point after this one."""
    assert register(registry) == register(registry)


def test_to_register_again_with_other_data_is_refused_and_says_with_which_it_was_begun(registry: Registry) -> None:
    """Nobody becomes administrator of a tenant that somebody else is adding."""
    begun = register(registry)
    with pytest.raises(TenantExistsError, match=r"begun as 'Acme Inc\.' with admin@acme\.example\.com"):
        register(registry, email="other@acme.example.com")
    with pytest.raises(TenantExistsError):
        registry.register("acme", display_name="Acme", admin_email=begun.admin_email)
    assert registry.get("acme") == begun


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.SUSPENDED, Status.OFFBOARDING])
def test_the_id_of_a_tenant_that_is_there_is_taken(registry: Registry, status: Status) -> None:
    """Even with the same data."""
    tenant = registry.change(register(registry), status)
    with pytest.raises(TenantExistsError, match=f"There is a tenant acme already; it is {status}"):
        register(registry)
    assert registry.get("acme") == tenant


def test_the_id_of_an_offboarded_tenant_is_never_taken_again(registry: Registry) -> None:
    """It is a tombstone: an old token could match the id."""
    tombstone = registry.change(register(registry), Status.OFFBOARDED)
    with pytest.raises(TenantExistsError, match="its id is never used again"):
        register(registry)
    assert registry.get("acme") == tombstone


def test_a_tombstone_names_no_person(registry: Registry, dynamodb: DynamoDBClient, registry_name: str) -> None:
    """What is left of an offboarded tenant is its id, when it was there, and its receipt."""
    registry.change(register(registry), Status.OFFBOARDED, progress="receipt")

    tombstone = registry.get("acme")
    assert (tombstone.display_name, tombstone.admin_email, tombstone.progress) == ("", "", "receipt")
    stored = str(everything(dynamodb, registry_name))
    assert "Acme Inc." not in stored
    assert "@" not in stored


def test_a_change_is_dated_and_counted(registry: Registry) -> None:
    """And leaves alone what it does not name."""
    begun = register(registry)
    active = registry.change(begun, Status.ACTIVE)
    leaving = registry.change(active, Status.OFFBOARDING, progress='{"phase": "logins"}')

    assert (active.status, active.revision, active.progress) == (Status.ACTIVE, 2, "")
    assert (leaving.revision, leaving.progress) == (3, '{"phase": "logins"}')
    assert leaving.changed_at > active.changed_at > leaving.created_at == begun.created_at
    assert (leaving.display_name, leaving.admin_email) == (begun.display_name, begun.admin_email)
    assert registry.get("acme") == leaving


def test_of_two_operators_who_read_the_same_the_second_changes_nothing(registry: Registry) -> None:
    """Also when both want the same, or the first one's change was undone meanwhile."""
    read = registry.change(register(registry), Status.ACTIVE)

    suspended = registry.change(read, Status.SUSPENDED)
    for wanted in (Status.OFFBOARDING, Status.SUSPENDED):
        with pytest.raises(TenantChangedError, match="Somebody else has changed acme meanwhile: run it again"):
            registry.change(read, wanted)
    resumed = registry.change(suspended, Status.ACTIVE)
    with pytest.raises(TenantChangedError):
        registry.change(read, Status.OFFBOARDING)

    assert registry.get("acme") == resumed
    assert registry.change(resumed, Status.OFFBOARDING).status is Status.OFFBOARDING


def test_of_many_who_read_the_same_state_one_changes_it(registry: Registry) -> None:
    """The condition of the write decides, not the read. That writes take turns is DynamoDB's part."""
    read = registry.change(register(registry), Status.ACTIVE)

    def change(_: int) -> bool:
        try:
            registry.change(read, Status.SUSPENDED)
        except TenantChangedError:
            return False
        return True

    assert [change(number) for number in range(4)] == [True, False, False, False]
    assert registry.get("acme").revision == read.revision + 1


def test_a_change_makes_no_tenant(registry: Registry, dynamodb: DynamoDBClient, registry_name: str) -> None:
    """UpdateItem would, without its condition."""
    ghost = RegisteredTenant("acme", "Acme", "a@b.example.com", Status.ACTIVE, BEGIN, BEGIN, revision=1)
    with pytest.raises(TenantChangedError):
        registry.change(ghost, Status.SUSPENDED)
    assert everything(dynamodb, registry_name) == []


def test_pages_hold_every_tenant_once(registry: Registry) -> None:
    """Whatever their size; the last one leads nowhere."""
    ids = [f"tenant-{number}" for number in range(7)]
    for tenant_id in ids:
        register(registry, tenant_id)
    for limit in (1, 3, 7, 100):
        found: list[str] = []
        after: str | None = None
        while True:
            tenants, after = registry.page(limit=limit, after=after)
            assert len(tenants) <= limit
            found += [tenant.tenant_id for tenant in tenants]
            if after is None:
                break
        assert sorted(found) == ids


def test_an_empty_registry_is_one_empty_page(registry: Registry) -> None:
    """The twin of the test above."""
    assert registry.page(limit=100, after=None) == ([], None)


def test_reads_see_every_write_before_them(registry: Registry, calls: list[tuple[str, dict[str, Any]]]) -> None:
    """An eventually consistent read could show a suspended tenant as active; the status alone is read for it."""
    register(registry)
    calls.clear()
    registry.get("acme")
    registry.status("acme")
    registry.page(limit=1, after=None)

    assert [name for name, _ in calls] == ["GetItem", "GetItem", "Scan"]
    assert all(parameters["ConsistentRead"] for _, parameters in calls)
    assert calls[1][1]["ProjectionExpression"] == "#status"


def test_what_does_not_fit_a_tenants_status_is_refused_in_words(registry: Registry) -> None:
    """With the status that it has, and those that it would have to have."""
    tenant = register(registry)
    require(tenant, Status.ONBOARDING)
    with pytest.raises(TenantStateError, match="acme is onboarding, and must be active or suspended"):
        require(tenant, Status.ACTIVE, Status.SUSPENDED)


def test_the_progress_is_not_shown(registry: Registry) -> None:
    """It holds keys of rows."""
    assert "sk-1" not in repr(registry.change(register(registry), Status.OFFBOARDING, progress="sk-1"))
