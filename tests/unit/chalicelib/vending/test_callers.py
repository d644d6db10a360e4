"""For whom a session is opened, as a token says."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.errors import InvalidTokenError
from chalicelib.tenancy.tenant import Role
from chalicelib.tenancy.token_tags import TAGS
from chalicelib.vending.callers import Caller
from tests.unit.user_pool import base64url, good_claims, tags_of

if TYPE_CHECKING:
    from tests.unit.user_pool import UserPool

SUB = "b7c5d1c0-0000-4000-8000-000000000001"


def unsigned(payload: str) -> str:
    """Return a token with this payload and no signature."""
    return f"{base64url(b'{}')}.{base64url(payload.encode())}."


@pytest.mark.parametrize("role", list(Role))
def test_a_token_says_for_whom_a_session_is_opened(user_pool: UserPool, role: Role) -> None:
    """Tenant, role and user, and until when; the token itself goes with it, for STS."""
    token = user_pool.token({"custom:tenantID": "acme-eu", "custom:role": role.value})
    caller = Caller.claimed(token)
    assert (caller.tenant_id, caller.role, caller.user_id, caller.token) == ("acme-eu", role, SUB, token)
    assert 800 < caller.expires_at - time.time() <= 840


def test_a_caller_is_written_without_the_token(user_pool: UserPool) -> None:
    """It may stand in an error's text."""
    token = user_pool.token()
    assert not any(part in repr(Caller.claimed(token)) for part in token.split("."))


@pytest.mark.parametrize(
    ("changes", "without"),
    [
        pytest.param({}, [TAGS], id="no tags"),
        pytest.param({TAGS: None}, [], id="tags null"),
        pytest.param({TAGS: json.dumps(tags_of("acme", "member"))}, [], id="tags as text"),
        pytest.param({TAGS: tags_of("globex", "member")}, [], id="another tenant's tag"),
        pytest.param({TAGS: tags_of("acme", "admin")}, [], id="another role's tag"),
        pytest.param(
            {TAGS: {"principal_tags": {"tenant": ["acme", "globex"], "role": ["member"]}}}, [], id="two tenants"
        ),
        pytest.param({TAGS: {"principal_tags": {"tenant": "acme", "role": "member"}}}, [], id="tags that are no lists"),
        pytest.param({TAGS: {"principal_tags": {"tenant": ["acme"]}}}, [], id="a tag less"),
        pytest.param(
            {TAGS: {"principal_tags": {"tenant": ["acme"], "role": ["member"], "team": ["a"]}}}, [], id="a tag more"
        ),
        pytest.param(
            {TAGS: {**tags_of("acme", "member"), "transitive_tag_keys": ["tenant"]}}, [], id="transitive keys"
        ),
        pytest.param({TAGS: {**tags_of("acme", "member"), "transitive_tag_keys": []}}, [], id="no transitive keys"),
        pytest.param({"custom:tenantID": "acme#1"}, [], id="a tenant outside the grammar"),
        pytest.param({"custom:tenantID": "acme*"}, [], id="a tenant with a wildcard"),
        pytest.param({"custom:tenantID": ["acme"]}, [], id="a tenant as a list"),
        pytest.param({"custom:tenantID": None}, [], id="a tenant null"),
        pytest.param({"custom:role": "root"}, [], id="an unknown role"),
        pytest.param({"custom:role": ["admin"]}, [], id="a role as a list"),
        pytest.param({}, ["custom:tenantID"], id="no tenant"),
        pytest.param({}, ["custom:role"], id="no role"),
        pytest.param({}, ["sub"], id="no user"),
        pytest.param({"sub": ""}, [], id="an empty user"),
        pytest.param({"sub": 7}, [], id="a user that is a number"),
        pytest.param({}, ["exp"], id="no end"),
        pytest.param({"exp": "2030"}, [], id="an end that is text"),
        pytest.param({"exp": 1e12}, [], id="an end that is no whole number"),
        pytest.param({"exp": float("nan")}, [], id="an end that is none"),
    ],
)
def test_a_token_that_names_nobody_or_several_is_refused(
    user_pool: UserPool, changes: dict[str, Any], without: list[str]
) -> None:
    """A good signature does not help: it is STS's error otherwise, or another tenant's session."""
    with pytest.raises(InvalidTokenError) as refused:
        Caller.claimed(user_pool.token(changes, without=without))
    assert refused.value.STATUS_CODE == 401


def test_an_end_in_the_farthest_future_is_a_number_like_any_other(user_pool: UserPool) -> None:
    """No error of the server."""
    assert Caller.claimed(user_pool.token({"exp": 10**400})).expires_at == 10**400


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="nothing"),
        pytest.param("a", id="one part"),
        pytest.param("a.b", id="two parts"),
        pytest.param("a.b.c.d", id="four parts"),
        pytest.param("a.b.c", id="no base64"),
        pytest.param("a.\u00e4\u00e4\u00e4\u00e4.c", id="no ASCII"),
        pytest.param(unsigned("{"), id="no JSON"),
        pytest.param(unsigned("\ud7ff")[:-3] + ".", id="cut short"),
        pytest.param(unsigned(json.dumps([good_claims()])), id="a list"),
        pytest.param(unsigned('"acme"'), id="text"),
        pytest.param(unsigned("null"), id="null"),
        pytest.param(unsigned("[" * 100_000), id="nested too deep"),
        pytest.param(unsigned('{"exp": ' + "9" * 5000 + "}"), id="a number too long"),
    ],
)
def test_what_is_no_token_is_refused_as_such(token: str) -> None:
    """A 401 and not an error of the server."""
    with pytest.raises(InvalidTokenError) as refused:
        Caller.claimed(token)
    assert refused.value.reason == "the token is no JWT"
