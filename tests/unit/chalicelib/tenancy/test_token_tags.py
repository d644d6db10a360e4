"""The tags of an id token: as the pre-token trigger puts them there, and as they are read."""

from __future__ import annotations

import copy
import json
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.config import SessionPer
from chalicelib.errors import ConfigError, InvalidTenantError
from chalicelib.tenancy.tenant import Role
from chalicelib.tenancy.token_tags import SOURCE_IDENTITY, TAGS, check_source_identity, tag_id_token, tagged
from tests.unit.user_pool import tags_of

if TYPE_CHECKING:
    from tests.support.fresh_python import RunPython

SUB = "b7c5d1c0-0000-4000-8000-000000000001"
ATTRIBUTES = {
    "sub": SUB,
    "email": "member@acme.example.com",
    "email_verified": "true",
    "cognito:user_status": "CONFIRMED",
    "custom:tenantID": "acme",
    "custom:role": "member",
}


@pytest.fixture(autouse=True)
def _shared_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let users of a tenant share sessions, unless a test says otherwise."""
    monkeypatch.setenv("SESSION_PER", "tenant")


def event(attributes: dict[str, Any] = ATTRIBUTES, **request: Any) -> dict[str, Any]:
    """Return the trigger's event, in version V2_0, as Cognito sends it."""
    return {
        "version": "2",
        "triggerSource": "TokenGeneration_Authentication",
        "region": "eu-central-1",
        "userPoolId": "eu-central-1_Pool",
        "userName": "acme/member@acme.example.com",
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "app-client-1"},
        "request": {
            "userAttributes": dict(attributes),
            "groupConfiguration": {"groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": None},
            "scopes": ["aws.cognito.signin.user.admin"],
            **request,
        },
        "response": {"claimsAndScopeOverrideDetails": None},
    }


def added(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the claims that the trigger adds to the id token; it changes nothing else of any token."""
    details = answer["response"]["claimsAndScopeOverrideDetails"]
    assert details.keys() == {"idTokenGeneration"}
    assert details["idTokenGeneration"].keys() == {"claimsToAddOrOverride"}
    claims: dict[str, Any] = details["idTokenGeneration"]["claimsToAddOrOverride"]
    return claims


@pytest.mark.parametrize("role", list(Role))
def test_the_id_token_is_tagged_with_the_users_tenant_and_role(role: Role) -> None:
    """Each as a list of one text, which is the form that STS reads; nothing else of the event is changed."""
    asked = event(ATTRIBUTES | {"custom:tenantID": "acme-eu", "custom:role": role.value})
    before = copy.deepcopy(asked)

    answer = tag_id_token(asked, None)

    assert added(answer) == {TAGS: {"principal_tags": {"tenant": ["acme-eu"], "role": [role.value]}}}
    assert {**answer, "response": None} == {**before, "response": None}
    assert json.loads(json.dumps(answer)) == answer


def test_the_tags_are_read_as_they_were_written() -> None:
    """By what verifies tokens: what the trigger makes is what the authorizer requires."""
    assert tagged(ATTRIBUTES | added(tag_id_token(event(), None))) == ("acme", Role.MEMBER)


@pytest.mark.parametrize(
    "said",
    [
        {"clientMetadata": {"tenant": "globex", "custom:tenantID": "globex", "role": "admin", "custom:role": "admin"}},
        {"groupConfiguration": {"groupsToOverride": ["globex", "admin"], "preferredRole": "admin"}},
        {"scopes": ["globex", "admin"]},
        {"validationData": {"custom:tenantID": "globex"}},
    ],
    ids=lambda said: next(iter(said)),
)
def test_what_the_caller_says_tags_nothing(said: dict[str, Any]) -> None:
    """Whoever signs in may send metadata of any content; attributes are what users cannot write."""
    assert added(tag_id_token(event(**said), None)) == {TAGS: tags_of("acme", "member")}


def test_the_username_tags_nothing() -> None:
    """It has the tenant's name at its beginning, and is no attribute."""
    assert added(tag_id_token(event() | {"userName": "globex/x"}, None)) == {TAGS: tags_of("acme", "member")}


def test_only_where_sessions_are_each_users_own_the_token_names_the_user_to_sts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A session that several users share would name the first of them for what the others do."""
    assert SOURCE_IDENTITY not in added(tag_id_token(event(), None))
    monkeypatch.setenv("SESSION_PER", SessionPer.USER)
    assert added(tag_id_token(event(), None)) == {TAGS: tags_of("acme", "member"), SOURCE_IDENTITY: SUB}


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"custom:tenantID": ""}, id="no tenant"),
        pytest.param({"custom:tenantID": "acme#"}, id="a tenant outside the grammar"),
        pytest.param({"custom:tenantID": "acme,globex"}, id="two tenants"),
        pytest.param({"custom:tenantID": "*"}, id="every tenant"),
        pytest.param({"custom:role": ""}, id="no role"),
        pytest.param({"custom:role": "root"}, id="an unknown role"),
        pytest.param({"custom:role": "Admin"}, id="a role in other letters"),
    ],
)
def test_a_user_without_a_tenant_or_a_role_gets_no_token(changed: dict[str, str]) -> None:
    """Cognito refuses the sign-in when the trigger fails; the twin is one whose attributes are not there at all."""
    for attributes in (ATTRIBUTES | changed, {k: v for k, v in ATTRIBUTES.items() if k not in changed}):
        asked = event(attributes)
        with pytest.raises(InvalidTenantError):
            tag_id_token(asked, None)
        assert asked["response"] == {"claimsAndScopeOverrideDetails": None}


@pytest.mark.parametrize("value", [None, "", "users", "Tenant"])
def test_a_trigger_that_was_not_told_who_shares_a_session_signs_nobody_in(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    """It must not guess."""
    monkeypatch.delenv("SESSION_PER")
    if value is not None:
        monkeypatch.setenv("SESSION_PER", value)
    with pytest.raises(ConfigError, match=r"SESSION_PER must be one of tenant, user|set .*: SESSION_PER"):
        tag_id_token(event(), None)


def test_the_trigger_loads_no_sdk_and_no_jwt_library(run_python: RunPython) -> None:
    """Every sign-in waits for it."""
    code = """
import json, sys
from chalicelib.tenancy.token_tags import tag_id_token
heavy = {"boto3", "botocore", "jwt", "psycopg", "pydantic"}
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules} & heavy)))
"""
    assert run_python(code) == []


GOOD: dict[str, Any] = {"custom:tenantID": "acme", "custom:role": "member", TAGS: tags_of("acme", "member")}


@pytest.mark.parametrize(
    ("tags", "role", "tenant"),
    [
        pytest.param(None, "member", "acme", id="none"),
        pytest.param({}, "member", "acme", id="empty"),
        pytest.param({"principal_tags": {}}, "member", "acme", id="no tag"),
        pytest.param(tags_of("globex", "member"), "member", "acme", id="another tenant"),
        pytest.param(tags_of("acme", "admin"), "member", "acme", id="another role"),
        pytest.param(tags_of("ACME", "member"), "member", "acme", id="other letters"),
        pytest.param(
            {"principal_tags": {"tenant": ["acme", "globex"], "role": ["member"]}}, "member", "acme", id="two"
        ),
        pytest.param(
            {"principal_tags": {"tenant": ["acme"], "role": ["member", "admin"]}}, "member", "acme", id="roles"
        ),
        pytest.param({"principal_tags": {"tenant": "acme", "role": "member"}}, "member", "acme", id="texts"),
        pytest.param(
            {"principal_tags": {"tenant": ["acme"], "role": ["member"], "x": ["y"]}}, "member", "acme", id="one more"
        ),
        pytest.param(
            {**tags_of("acme", "member"), "transitive_tag_keys": ["tenant"]}, "member", "acme", id="transitive"
        ),
        pytest.param(json.dumps(tags_of("acme", "member")), "member", "acme", id="as text"),
        pytest.param(tags_of("acme#", "member"), "member", "acme#", id="a tenant outside the grammar"),
        pytest.param(tags_of("", "member"), "member", "", id="an empty tenant"),
        pytest.param(tags_of(None, "member"), "member", None, id="a tenant null"),
        pytest.param(tags_of(["acme"], "member"), "member", ["acme"], id="a tenant as a list"),
        pytest.param(tags_of("acme", "root"), "root", "acme", id="an unknown role"),
        pytest.param(tags_of("acme", None), None, "acme", id="a role null"),
        pytest.param(tags_of("acme", ["member"]), ["member"], "acme", id="a role as a list"),
        pytest.param(tags_of("acme", {"a": 1}), {"a": 1}, "acme", id="a role as an object"),
    ],
)
def test_tags_that_are_not_exactly_the_users_tenant_and_role_are_refused(tags: Any, role: Any, tenant: Any) -> None:
    """STS would tag the session with something else than the authorizer has judged by."""
    assert tagged(GOOD) == ("acme", Role.MEMBER)
    with pytest.raises(InvalidTenantError):
        tagged({"custom:tenantID": tenant, "custom:role": role, TAGS: tags})


@pytest.mark.parametrize("claim", list(GOOD))
def test_claims_that_are_missing_are_refused(claim: str) -> None:
    """As in a token that was issued before there was a trigger: a refresh brings the tags."""
    with pytest.raises(InvalidTenantError):
        tagged({name: value for name, value in GOOD.items() if name != claim})


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda of: st.lists(of) | st.dictionaries(st.text(), of),
    max_leaves=4,
)


@given(claims=ANYTHING)
def test_whatever_stands_in_place_of_the_tags_is_refused(claims: Any) -> None:
    """By an error that is a refusal, and never by another."""
    with pytest.raises(InvalidTenantError):
        tagged(GOOD | {TAGS: claims})


@pytest.mark.parametrize(
    ("per", "source", "fits"),
    [
        (SessionPer.TENANT, None, True),
        (SessionPer.TENANT, "user-1", False),
        (SessionPer.USER, "user-1", True),
        (SessionPer.USER, None, False),
        (SessionPer.USER, "user-2", False),
    ],
)
def test_a_token_names_the_user_to_sts_exactly_where_each_user_has_a_session(
    per: SessionPer, source: str | None, *, fits: bool
) -> None:
    """One from before SESSION_PER was changed is refused here, with 401, so that the page renews it."""
    claims = {"sub": "user-1", **({} if source is None else {SOURCE_IDENTITY: source})}
    with nullcontext() if fits else pytest.raises(InvalidTenantError):
        check_source_identity(claims, per)
