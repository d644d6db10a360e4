"""What moto really changes for a call of Cognito is what the mapper says that the call touches."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from moto.cognitoidp.models import cognitoidp_backends

from bulkhead_localaws.moto.catalogs import MotoUserPoolCatalog
from bulkhead_localaws.protocol.checks import AuthorizationCheck, MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services.cognito_idp.mapping import checks
from bulkhead_localaws.services.cognito_idp.operations import ON_POOL
from localaws_testing.mapper_calls import ACCOUNT, REGION, Emulator, call

if TYPE_CHECKING:
    from bulkhead_localaws.protocol.calls import Call

ELSEWHERE = "us-east-1"
CATALOG = MotoUserPoolCatalog(account=ACCOUNT, region=REGION)
PASSWORD = "Passw0rd!"
TOKENS = ("ClientId", "Session")
POOLS = ("mine", "theirs", "elsewhere")


def populate(emulator: Emulator) -> dict[str, Any]:
    """Create three pools, one in another region, each with a client, a domain, a user and an open challenge.

    Returns the ids of the pools and clients and the sessions of the challenges, by the pools' names.
    """
    emulator.reset()
    found: dict[str, Any] = {}
    for name in POOLS:
        region = ELSEWHERE if name == "elsewhere" else REGION
        cognito: Any = cognitoidp_backends[ACCOUNT][region]
        pool = cognito.create_user_pool(name, {"UserPoolTags": {"name": name}})
        client = cognito.create_user_pool_client(pool.id, generate_secret=False, extended_config={})
        cognito.create_user_pool_domain(pool.id, name)
        cognito.admin_create_user(pool.id, "user", "SUPPRESS", PASSWORD, [])
        credentials = {"USERNAME": "user", "PASSWORD": PASSWORD}
        answer = cognito.admin_initiate_auth(pool.id, client.id, "ADMIN_USER_PASSWORD_AUTH", credentials)
        found[name] = {"UserPoolId": pool.id, "ClientId": client.id, "Session": answer["Session"], "Domain": name}
    return found


def state() -> dict[str, str]:
    """Return all that moto holds of every user pool of every region, its domains and sessions included, by ARN."""
    pools = {}
    for backend in list(cognitoidp_backends[ACCOUNT].values()):
        for pool in backend.user_pools.values():
            domains = [name for name, each in backend.user_pool_domains.items() if each.user_pool_id == pool.id]
            sessions = [session for session, (_, each) in backend.sessions.items() if each is pool]
            held = {name: value for name, value in vars(pool).items() if name != "json_web_key"}
            pools[pool.arn] = json.dumps([held, domains, sessions], default=described)
    return pools


def described(value: Any) -> Any:
    """Describe an object of moto by its attributes; what refers back to it by its name."""
    if isinstance(value, set):
        return sorted(each.group_name if hasattr(each, "group_name") else each.username for each in value)
    return vars(value) if hasattr(value, "__dict__") else str(value)


def mapped(asked: Call) -> tuple[AuthorizationCheck, ...] | None:
    """Map a call, or return None when it is refused."""
    try:
        return checks(asked, CATALOG)
    except (MalformedRequestError, UnmappableRequestError):
        return None


_VALUES: dict[str, Any] = {
    "Username": "user",
    "GroupName": "group",
    "Password": PASSWORD,
    "Permanent": True,
    "ClientName": "client",
    "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
    "AuthParameters": {"USERNAME": "user", "PASSWORD": PASSWORD},
    "ChallengeName": "NEW_PASSWORD_REQUIRED",
    "ChallengeResponses": {"USERNAME": "user", "NEW_PASSWORD": PASSWORD},
    "UserPoolTags": {"name": "new"},
    "UserAttributes": [{"Name": "email", "Value": "user@example.com"}],
    "UserAttributeNames": ["email"],
    "CustomAttributes": [{"Name": "more", "AttributeDataType": "String"}],
    "MfaConfiguration": "OFF",
    "Identifier": "server",
    "Name": "server",
    "Scopes": [],
    "ProviderName": "provider",
    "ProviderType": "OIDC",
    "ProviderDetails": {},
}


def test_no_pool_but_the_checked_one_changes(emulator: Emulator) -> None:
    """For every mapped operation on a pool, with the ids of each pool's belongings: only the pool itself changes.

    Operations that create come first, those that delete last, so that both find something to do.
    """
    found = populate(emulator)
    order = sorted(ON_POOL, key=lambda operation: (operation == "DeleteUserPool", "Delete" in operation, operation))
    executed: set[str] = set()
    effective: set[str] = set()
    for operation, others in product(order, POOLS):
        ids = {**found[others], **pool_of(found, "mine")}
        parameters = {name: value for name, value in (_VALUES | ids).items() if name in ON_POOL[operation]}
        asked = call("cognito-idp", operation, parameters)
        checked = mapped(asked)
        if checked is None:
            continue
        before = state()
        answer = emulator.execute(asked)
        after = state()
        changed = {arn for arn in before.keys() | after.keys() if before.get(arn) != after.get(arn)}
        assert changed <= {check.resource for check in checked}, (asked, answer.text)
        executed.add(operation)
        effective.update({operation} if changed else ())
    assert executed == set(ON_POOL)
    assert len(effective) >= 20, "most calls fail, so this shows nothing"


def test_the_arn_that_is_checked_is_the_one_that_moto_gives_the_pool(emulator: Emulator) -> None:
    """And the pool's tags are seen as they are."""
    pool_id = populate(emulator)["mine"]["UserPoolId"]
    (check,) = checks(call("cognito-idp", "DescribeUserPool", {"UserPoolId": pool_id}), CATALOG)
    described_pool = emulator.succeed("cognito-idp", "DescribeUserPool", {"UserPoolId": pool_id})["UserPool"]
    assert check.resource == described_pool["Arn"]
    assert check.context == {"aws:ResourceTag/name": "mine"}
    assert MotoUserPoolCatalog(account=ACCOUNT, region="mars-1").tags(pool_id) == {}


@pytest.mark.parametrize("operation", ["AdminUpdateUserAttributes", "AdminDeleteUserAttributes"])
def test_an_immutable_attribute_is_not_changed_and_a_mutable_one_is(emulator: Emulator, operation: str) -> None:
    """Moto changes both, so that whoever may change a user's role could move the user to another tenant."""
    emulator.reset()
    cognito: Any = cognitoidp_backends[ACCOUNT][REGION]
    schema = [
        {"Name": "tenantID", "AttributeDataType": "String", "Mutable": False},
        {"Name": "role", "AttributeDataType": "String", "Mutable": True},
    ]
    pool = cognito.create_user_pool("mine", {"SchemaAttributes": schema, "Schema": schema})
    given = [{"Name": "custom:tenantID", "Value": "acme"}, {"Name": "custom:role", "Value": "viewer"}]
    cognito.admin_create_user(pool.id, "user", "SUPPRESS", PASSWORD, given)

    def change(*names: str) -> Call:
        if operation == "AdminDeleteUserAttributes":
            return call(
                "cognito-idp", operation, {"UserPoolId": pool.id, "Username": "user", "UserAttributeNames": list(names)}
            )
        attributes = [{"Name": name, "Value": "globex"} for name in names]
        return call("cognito-idp", operation, {"UserPoolId": pool.id, "Username": "user", "UserAttributes": attributes})

    for names in (["custom:tenantID"], ["custom:role", "custom:tenantID"], ["sub"]):
        with pytest.raises(MalformedRequestError, match="Attribute cannot be updated"):
            checks(change(*names), CATALOG)
    (check,) = checks(change("custom:role"), CATALOG)
    assert check.action == f"cognito-idp:{operation}"
    emulator.execute(change("custom:tenantID"))
    user = cognito.admin_get_user(pool.id, "user")
    assert {"custom:tenantID": "acme"}.items() - {each["Name"]: each["Value"] for each in user.attributes}.items()


@pytest.mark.parametrize("given", ["custom:role", [1], [{"Value": "x"}], {"Name": "custom:role"}])
def test_attributes_that_are_no_list_of_names_are_refused(given: Any) -> None:
    """What cannot be read cannot be compared with the immutable ones."""
    wanted = {"UserPoolId": "eu-west-1_pool", "Username": "user", "UserAttributes": given}
    with pytest.raises(MalformedRequestError, match="UserAttributes is not a list of attributes"):
        checks(call("cognito-idp", "AdminUpdateUserAttributes", wanted), CATALOG)


def test_a_domain_of_another_pool_is_not_deleted_with_permission_on_ones_own(emulator: Emulator) -> None:
    """It is in moto, which looks at the domain only: so the gate refuses it, and lets the twin pass."""
    found = populate(emulator)
    theirs = call("cognito-idp", "DeleteUserPoolDomain", {**pool_of(found, "mine"), "Domain": "theirs"})
    mine = call("cognito-idp", "DeleteUserPoolDomain", {**pool_of(found, "mine"), "Domain": "mine"})
    assert mapped(theirs) is None
    assert mapped(mine) is not None
    emulator.execute(theirs)
    assert CATALOG.pool_of_domain("theirs") is None
    assert CATALOG.pool_of_domain("mine") == found["mine"]["UserPoolId"]


@pytest.mark.parametrize("victim", ["theirs", "elsewhere"])
def test_a_challenge_of_another_pool_is_not_answered_with_permission_on_ones_own(
    emulator: Emulator, victim: str
) -> None:
    """It is in moto, in any region, which looks at client and session only: so the gate refuses it."""
    found = populate(emulator)
    answer = {
        "ChallengeName": "NEW_PASSWORD_REQUIRED",
        "ChallengeResponses": {"USERNAME": "user", "NEW_PASSWORD": PASSWORD},
        **pool_of(found, "mine"),
    }
    asked, twin = (
        call("cognito-idp", "AdminRespondToAuthChallenge", {**answer, **{name: found[of][name] for name in TOKENS}})
        for of in (victim, "mine")
    )
    assert mapped(asked) is None
    assert mapped(twin) is not None
    assert "AccessToken" in emulator.execute(asked).text


def pool_of(found: dict[str, Any], name: str) -> dict[str, str]:
    """Return the member that names a pool."""
    return {"UserPoolId": found[name]["UserPoolId"]}
