"""Onboarding: registry, first administrator, and what entities do for a new tenant.

Interrupted anywhere, it is completed by the next run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from chalicelib.control_plane.events import OnboardEvent
from chalicelib.control_plane.onboarding import onboard
from chalicelib.data.storage import TenantTable
from chalicelib.entities.entity import Entity
from chalicelib.errors import DatabaseUnavailableError, HandleClosedError, PoolUserExistsError, TenantExistsError
from chalicelib.tenancy.statuses import Status
from chalicelib.tenancy.tenant import Role, TenantContext
from tests.unit.chalicelib.control_plane.conftest import NOTES

if TYPE_CHECKING:
    from chalicelib.data.database import Database
    from chalicelib.data.registry import RegisteredTenant
    from chalicelib.vending.handles import Handle
    from chalicelib.vending.sessions import Session
    from tests.unit.chalicelib.control_plane.conftest import KillSwitch, World

ACME = OnboardEvent(tenant_id="acme", display_name="Acme Inc.", admin_email="admin@example.com")
PEOPLE = TenantTable("people", key="person_id")


@dataclass
class Directory:
    """An entity that greets a new tenant's administrator: its rows, and how often the database was asked for."""

    kill: KillSwitch
    name: str = "people"
    rows: dict[str, str] = field(default_factory=dict)
    greeted: list[Handle] = field(default_factory=list)
    opened: int = 0
    failing: bool = False

    def database(self) -> Database:
        """Return the database, which may be killed before it answers."""
        self.opened += 1
        self.kill()
        return cast("Database", self)

    def greet(self, database: Database, handle: Handle) -> None:
        """Keep the administrator; may fail, or be killed before and after it is kept."""
        given: Any = database
        assert given is self
        if self.failing:
            raise DatabaseUnavailableError("The database takes no request right now.")
        self.greeted.append(handle)
        self.kill()
        self.rows.setdefault(handle.tenant.tenant_id, handle.tenant.email)
        self.kill()

    @property
    def entities(self) -> tuple[Entity, ...]:
        """An entity that has nothing to do for a new tenant, and this one."""
        return (
            Entity("notes", "Notes", NOTES),
            Entity("people", "People", PEOPLE, on_onboarded=self.greet),
        )


@pytest.fixture
def directory(world: World) -> Directory:
    """An empty directory."""
    return Directory(world.kill)


def run(world: World, directory: Directory, event: OnboardEvent = ACME) -> RegisteredTenant:
    """Invoke the onboarding once."""
    return onboard(event, world.registry, world.pool_users, directory.database, directory.entities)


def another(tenant_id: str) -> OnboardEvent:
    """Return the same event for another tenant."""
    return ACME.model_copy(update={"tenant_id": tenant_id})


def test_a_tenant_has_its_registration_its_administrator_and_what_entities_do(
    world: World, directory: Directory
) -> None:
    """And is active only then."""
    tenant = run(world, directory)

    assert (tenant.tenant_id, tenant.display_name, tenant.status) == ("acme", "Acme Inc.", Status.ACTIVE)
    assert world.registry.get("acme") == tenant
    assert world.usernames() == ["acme/admin@example.com"]
    found = world.cognito.admin_get_user(UserPoolId=world.pool, Username="acme/admin@example.com")
    attributes = {each["Name"]: each["Value"] for each in found["UserAttributes"]}
    assert (attributes["custom:tenantID"], attributes["custom:role"]) == ("acme", Role.ADMIN)
    assert directory.rows == {"acme": "admin@example.com"}


def test_what_an_entity_does_for_a_new_tenant_it_does_as_its_first_administrator(
    world: World, directory: Directory
) -> None:
    """The handle says who: row-level security lets it write into the tenant's rows and no other's."""
    during: list[Session] = []
    greet = directory.greet

    def keep_the_session(database: Database, handle: Handle) -> None:
        greet(database, handle)
        during.append(handle.session())

    people = Entity("people", "People", PEOPLE, on_onboarded=keep_the_session)
    onboard(ACME, world.registry, world.pool_users, directory.database, [people])

    assert [handle.tenant for handle in directory.greeted] == [
        TenantContext("acme", Role.ADMIN, "onboard_tenant", "admin@example.com")
    ]
    assert [(session.tenant_id, session.role, session.credentials) for session in during] == [
        ("acme", Role.ADMIN, None)
    ]


def test_what_an_entity_was_given_for_one_onboarding_does_nothing_after_it(world: World, directory: Directory) -> None:
    """The next onboarding is another tenant's."""
    run(world, directory)
    (handle,) = directory.greeted
    with pytest.raises(HandleClosedError):
        handle.session()
    run(world, directory, another("globex"))
    with pytest.raises(HandleClosedError):
        handle.check()


def test_entities_are_told_in_their_order_and_after_the_login_is_there(world: World) -> None:
    """A later one may rely on an earlier one's rows, each on the registration and the administrator."""
    seen: list[tuple[str, str | None, list[str]]] = []

    def telling(name: str) -> Entity:
        def tell(_: Database, handle: Handle) -> None:
            seen.append((name, world.status(handle.tenant.tenant_id), world.usernames()))

        return Entity(name, name, PEOPLE, on_onboarded=tell)

    nobody: Any = None
    onboard(ACME, world.registry, world.pool_users, lambda: nobody, [telling("first"), telling("second")])
    assert seen == [(name, "onboarding", ["acme/admin@example.com"]) for name in ("first", "second")]


def test_where_no_entity_has_anything_to_do_no_database_is_asked_for(world: World, directory: Directory) -> None:
    """With entities and without any: such a product may have no database."""
    for tenant_id, entities in (("acme", directory.entities[:1]), ("globex", ())):
        tenant = onboard(another(tenant_id), world.registry, world.pool_users, directory.database, entities)
        assert tenant.status is Status.ACTIVE
    assert directory.opened == 0


def test_while_an_entity_fails_the_tenant_is_not_active_and_a_later_run_completes_it(
    world: World, directory: Directory
) -> None:
    """Nobody signs in to a tenant that lacks something; the login is not made twice."""
    directory.failing = True
    for _ in range(2):
        with pytest.raises(DatabaseUnavailableError):
            run(world, directory)
        assert (world.status("acme"), directory.rows) == ("onboarding", {})

    directory.failing = False
    assert run(world, directory).status is Status.ACTIVE
    assert directory.rows == {"acme": "admin@example.com"}
    assert world.usernames() == ["acme/admin@example.com"]


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.SUSPENDED, Status.OFFBOARDING, Status.OFFBOARDED])
def test_a_tenant_that_is_or_was_there_is_left_as_it_is(world: World, directory: Directory, status: Status) -> None:
    """No login and no row is added: least of all to a tombstone, which old tokens could match."""
    registered = world.registry.register("acme", display_name="Acme Inc.", admin_email="admin@example.com")
    before = world.registry.change(registered, status)

    with pytest.raises(TenantExistsError):
        run(world, directory)

    assert world.registry.get("acme") == before
    assert (world.usernames(), directory.rows) == ([], {})


def test_somebody_elses_onboarding_is_not_taken_over(world: World, directory: Directory) -> None:
    """Begun with another address and killed: whoever has the second address becomes no administrator."""
    world.registry.register("acme", display_name="Acme Inc.", admin_email="admin@example.com")
    with pytest.raises(TenantExistsError, match=r"begun as 'Acme Inc\.' with admin@example\.com: run it again"):
        run(world, directory, ACME.model_copy(update={"admin_email": "mallory@example.com"}))
    assert (world.usernames(), world.status("acme")) == ([], "onboarding")


def test_a_login_in_another_role_is_not_made_administrator(world: World, directory: Directory) -> None:
    """It would have to be left over from something else; the tenant does not become active with it."""
    world.pool_users("acme").invite("admin@example.com", Role.VIEWER)
    with pytest.raises(PoolUserExistsError):
        run(world, directory)
    assert world.status("acme") == "onboarding"


def test_killed_at_any_moment_it_is_completed_by_the_next_run(world: World, directory: Directory) -> None:
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
        username = f"{event.tenant_id}/admin@example.com"

        if world.status(event.tenant_id) == "active":
            assert username in world.usernames()
            assert event.tenant_id in directory.rows
            with pytest.raises(TenantExistsError, match="it is active"):
                run(world, directory, event)
        else:
            assert run(world, directory, event).status is Status.ACTIVE

        assert world.status(event.tenant_id) == "active"
        assert world.usernames().count(username) == 1
        assert event.tenant_id in directory.rows
    assert moment > 9, "else the switch would not see the calls"
    assert len(directory.rows) == len(world.usernames()) == moment
