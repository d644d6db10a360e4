"""Onboarding: registry, first administrator, first row; interrupted anywhere, and completed by the next run."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.control_plane.events import OnboardEvent
from chalicelib.control_plane.onboarding import onboard
from chalicelib.data.database import Login
from chalicelib.errors import PoolUserExistsError, TenantExistsError
from chalicelib.tenancy.statuses import Status
from chalicelib.tenancy.tenant import Role, TenantContext

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chalicelib.data.registry import RegisteredTenant
    from tests.unit.chalicelib.control_plane.conftest import KillSwitch, World

ACME = OnboardEvent(tenant_id="acme", display_name="Acme Inc.", admin_email="admin@example.com")


@dataclass
class DirectoryInMemory:
    """Stands for the database's users: a transaction is kept when its block ends well, an email is there once."""

    kill: KillSwitch
    rows: dict[tuple[str, str], str] = field(default_factory=dict)

    @contextmanager
    def tenant_transaction(self, tenant: TenantContext, login: Login) -> Iterator[_Transaction]:
        """See Database: may be killed before it begins, in it, and after it is committed."""
        self.kill()
        transaction = _Transaction(self, tenant, login)
        yield transaction
        self.kill()
        self.rows |= {key: name for key, name in transaction.added.items() if key not in self.rows}
        self.kill()


@dataclass
class _Transaction:
    directory: DirectoryInMemory
    tenant: TenantContext
    login: Login
    added: dict[tuple[str, str], str] = field(default_factory=dict)

    def execute(self, statement: str, values: Sequence[str]) -> None:
        """Insert one user, for the writer and within the tenant only, as the policies have it."""
        assert statement.startswith("INSERT INTO users (tenant_id, user_id, email, display_name) VALUES")
        assert statement.endswith("ON CONFLICT (tenant_id, lower(email)) DO NOTHING")
        tenant_id, email, name = values
        assert (tenant_id, self.login) == (self.tenant.tenant_id, Login.WRITER)
        self.added[tenant_id, email.lower()] = name


@pytest.fixture
def directory(world: World) -> DirectoryInMemory:
    """An empty directory."""
    return DirectoryInMemory(world.kill)


def run(world: World, directory: DirectoryInMemory, event: OnboardEvent = ACME) -> RegisteredTenant:
    """Invoke the onboarding once."""
    database: Any = directory
    return onboard(event, world.registry, world.pool_users, database)


def another(tenant_id: str) -> OnboardEvent:
    """Return the same event for another tenant."""
    return ACME.model_copy(update={"tenant_id": tenant_id})


def test_a_tenant_has_its_registration_its_administrator_and_its_first_row(
    world: World, directory: DirectoryInMemory
) -> None:
    """And is active only then."""
    tenant = run(world, directory)

    assert (tenant.tenant_id, tenant.display_name, tenant.status) == ("acme", "Acme Inc.", Status.ACTIVE)
    assert world.registry.get("acme") == tenant
    assert world.usernames() == ["acme/admin@example.com"]
    found = world.cognito.admin_get_user(UserPoolId=world.pool, Username="acme/admin@example.com")
    attributes = {each["Name"]: each["Value"] for each in found["UserAttributes"]}
    assert (attributes["custom:tenantID"], attributes["custom:role"]) == ("acme", Role.ADMIN)
    assert directory.rows == {("acme", "admin@example.com"): "admin@example.com"}


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.SUSPENDED, Status.OFFBOARDING, Status.OFFBOARDED])
def test_a_tenant_that_is_or_was_there_is_left_as_it_is(
    world: World, directory: DirectoryInMemory, status: Status
) -> None:
    """No login and no row is added: least of all to a tombstone, which old tokens could match."""
    registered = world.registry.register("acme", display_name="Acme Inc.", admin_email="admin@example.com")
    before = world.registry.change(registered, status)

    with pytest.raises(TenantExistsError):
        run(world, directory)

    assert world.registry.get("acme") == before
    assert (world.usernames(), directory.rows) == ([], {})


def test_somebody_elses_onboarding_is_not_taken_over(world: World, directory: DirectoryInMemory) -> None:
    """Begun with another address and killed: whoever has the second address becomes no administrator."""
    world.registry.register("acme", display_name="Acme Inc.", admin_email="admin@example.com")
    with pytest.raises(TenantExistsError, match=r"begun as 'Acme Inc\.' with admin@example\.com: run it again"):
        run(world, directory, ACME.model_copy(update={"admin_email": "mallory@example.com"}))
    assert (world.usernames(), world.status("acme")) == ([], "onboarding")


def test_a_login_in_another_role_is_not_made_administrator(world: World, directory: DirectoryInMemory) -> None:
    """It would have to be left over from something else; the tenant does not become active with it."""
    world.pool_users("acme").invite("admin@example.com", Role.VIEWER)
    with pytest.raises(PoolUserExistsError):
        run(world, directory)
    assert world.status("acme") == "onboarding"


def test_killed_at_any_moment_it_is_completed_by_the_next_run(world: World, directory: DirectoryInMemory) -> None:
    """At each call, before it is sent and after its answer has come: nothing twice, and active only when complete.

    Each moment has a tenant of its own. Killed after it became active, it was complete, and the next run says so.
    """
    killed, moment = True, 0
    while killed:
        moment += 1
        event = another(f"acme-{moment:03}")
        with world.killed_at(moment):
            run(world, directory, event)
        killed = world.kill.killed
        username, row = f"{event.tenant_id}/admin@example.com", (event.tenant_id, "admin@example.com")

        if world.status(event.tenant_id) == "active":
            assert username in world.usernames()
            assert row in directory.rows
            with pytest.raises(TenantExistsError, match="it is active"):
                run(world, directory, event)
        else:
            assert run(world, directory, event).status is Status.ACTIVE

        assert world.status(event.tenant_id) == "active"
        assert world.usernames().count(username) == 1
        assert row in directory.rows
    assert moment > 9, "else the switch would not see the calls"
    assert len(directory.rows) == len(world.usernames()) == moment
