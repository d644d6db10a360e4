"""Who can sign in: a tenant's users in Cognito, named `{tenant}/{email}`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.control_plane.pool_users import PoolUsers
from chalicelib.errors import PoolUserExistsError, PoolUserNotFoundError
from chalicelib.tenancy.tenant import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.chalicelib.control_plane.conftest import World

EMAIL = "ada@example.com"


def user(world: World, username: str) -> dict[str, str]:
    """Return the attributes of a user, as Cognito has them."""
    found = world.cognito.admin_get_user(UserPoolId=world.pool, Username=username)
    return {each["Name"]: each["Value"] for each in found["UserAttributes"]}


@pytest.fixture
def acme(world: World) -> PoolUsers:
    """Acme's users in Cognito."""
    return world.pool_users("acme")


@pytest.fixture
def calls(world: World) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Every call that changes something, with its parameters."""
    made: list[tuple[str, dict[str, Any]]] = []
    events = world.killable("cognito-idp").meta.events

    def note(params: dict[str, Any], model: Any, **_: object) -> None:
        if not model.name.startswith(("AdminGet", "List")):
            made.append((model.name, params))

    events.register("provide-client-params.cognito-identity-provider", note, unique_id="calls")
    yield made
    events.unregister("provide-client-params.cognito-identity-provider", unique_id="calls")


def test_an_invited_user_belongs_to_the_tenant_in_the_given_role(world: World, acme: PoolUsers) -> None:
    """The name and the attribute hold the same tenant, and the address counts as verified."""
    assert acme.invite(EMAIL, Role.MEMBER)
    attributes = user(world, f"acme/{EMAIL}")
    assert attributes.pop("sub")
    assert attributes == {
        "email": EMAIL,
        "email_verified": "true",
        "custom:tenantID": "acme",
        "custom:role": "member",
    }


def test_cognito_makes_the_password_and_sends_it(acme: PoolUsers, calls: list[tuple[str, dict[str, Any]]]) -> None:
    """It is never known here: neither given nor suppressed."""
    acme.invite(EMAIL, Role.MEMBER)
    ((name, asked),) = calls
    assert (name, asked["DesiredDeliveryMediums"]) == ("AdminCreateUser", ["EMAIL"])
    assert not {"TemporaryPassword", "MessageAction"} & asked.keys()


def test_to_invite_again_changes_nothing(
    world: World, acme: PoolUsers, calls: list[tuple[str, dict[str, Any]]]
) -> None:
    """A run that was killed after it is completed by the next; no second mail is sent."""
    assert acme.invite(EMAIL, Role.MEMBER)
    before = user(world, f"acme/{EMAIL}")
    assert not acme.invite(EMAIL, Role.MEMBER)
    assert user(world, f"acme/{EMAIL}") == before
    assert [asked.get("MessageAction") for _, asked in calls] == [None, None]


def test_an_invitation_changes_no_role(world: World, acme: PoolUsers) -> None:
    """Who wants that must say so."""
    acme.invite(EMAIL, Role.MEMBER)
    with pytest.raises(PoolUserExistsError, match=r"ada@example\.com is member of acme\."):
        acme.invite(EMAIL, Role.ADMIN)
    assert user(world, f"acme/{EMAIL}")["custom:role"] == "member"


def test_one_address_may_belong_to_several_tenants(world: World, acme: PoolUsers) -> None:
    """Each has a user of its own: what is done to one is not done to another."""
    assert acme.invite(EMAIL, Role.MEMBER)
    assert world.pool_users("acme-eu").invite(EMAIL, Role.ADMIN)

    acme.set_role(EMAIL, Role.VIEWER)
    assert user(world, f"acme-eu/{EMAIL}")["custom:role"] == "admin"
    acme.remove(EMAIL)
    assert world.usernames() == [f"acme-eu/{EMAIL}"]


def test_a_changed_role_signs_the_user_out(
    world: World, acme: PoolUsers, calls: list[tuple[str, dict[str, Any]]]
) -> None:
    """So that no refresh token goes on with the former one; the tenant is not touched."""
    acme.invite(EMAIL, Role.MEMBER)
    calls.clear()
    acme.set_role(EMAIL, Role.VIEWER)

    attributes = user(world, f"acme/{EMAIL}")
    assert (attributes["custom:role"], attributes["custom:tenantID"]) == ("viewer", "acme")
    assert [name for name, _ in calls] == ["AdminUpdateUserAttributes", "AdminUserGlobalSignOut"]
    assert calls[0][1]["UserAttributes"] == [{"Name": "custom:role", "Value": "viewer"}]


def test_a_removed_user_is_signed_out_first(
    world: World, acme: PoolUsers, calls: list[tuple[str, dict[str, Any]]]
) -> None:
    """A deleted user could not be signed out any more."""
    acme.invite(EMAIL, Role.MEMBER)
    calls.clear()
    acme.remove(EMAIL)
    assert world.usernames() == []
    assert [name for name, _ in calls] == ["AdminUserGlobalSignOut", "AdminDeleteUser"]


def test_of_another_tenants_user_nothing_can_be_changed_or_known(world: World, acme: PoolUsers) -> None:
    """To acme there is no such user, whoever else has one; its twin is found."""
    world.pool_users("acme-eu").invite(EMAIL, Role.ADMIN)
    with pytest.raises(PoolUserNotFoundError, match=r"acme has no user ada@example\.com\."):
        acme.set_role(EMAIL, Role.VIEWER)
    with pytest.raises(PoolUserNotFoundError):
        acme.remove(EMAIL)
    assert user(world, f"acme-eu/{EMAIL}")["custom:role"] == "admin"
    world.pool_users("acme-eu").remove(EMAIL)


def test_all_users_of_a_tenant_are_removed_page_by_page_and_nobody_elses(world: World, acme: PoolUsers) -> None:
    """Names that begin alike are others'; 0 says that none is left."""
    others = [f"{tenant}/{EMAIL}" for tenant in ("acme-eu", "acme1", "acm", "globex")]
    for tenant in ("acme-eu", "acme1", "acm", "globex"):
        world.pool_users(tenant).invite(EMAIL, Role.ADMIN)
    for number in range(65):
        acme.invite(f"user-{number}@example.com", Role.MEMBER)

    removed: list[int] = []
    while not removed or removed[-1]:
        removed.append(acme.remove_some())

    assert removed == [60, 5, 0]
    assert world.usernames() == sorted(others)


def test_a_user_who_is_gone_meanwhile_stops_nothing(world: World, acme: PoolUsers) -> None:
    """Somebody else deleted it after it was listed."""
    for number in range(3):
        acme.invite(f"user-{number}@example.com", Role.MEMBER)
    events = world.killable("cognito-idp").meta.events

    def delete(**_: object) -> None:
        if "acme/user-1@example.com" in world.usernames():
            world.cognito.admin_delete_user(UserPoolId=world.pool, Username="acme/user-1@example.com")

    name = "provide-client-params.cognito-identity-provider.AdminUserGlobalSignOut"
    events.register(name, delete, unique_id="delete")
    try:
        assert acme.remove_some() == 3
    finally:
        events.unregister(name, unique_id="delete")
    assert world.usernames() == []


def test_a_pool_that_is_not_there_is_no_tenant_without_users(world: World) -> None:
    """A wrong setting must not look like an erasure that is done."""
    with pytest.raises(ClientError, match="ResourceNotFound"):
        PoolUsers(world.cognito, "eu-central-1_nowhere", "acme").remove_some()
