"""The tenant context and the tenant id grammar."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import InvalidTenantError
from chalicelib.tenancy.tenant import Role, TenantContext

if TYPE_CHECKING:
    from collections.abc import Callable

CLAIMS: dict[str, Any] = {"custom:tenantID": "acme", "custom:role": "member", "sub": "user-1", "email": "m@example.com"}
CONTEXT: dict[str, Any] = {"tenant": "acme", "role": "member", "user_id": "user-1", "email": "m@example.com"}
ACME = TenantContext("acme", Role.MEMBER, "user-1", "m@example.com")

VALID_IDS = ("abc", "a1c", "0-9", "acme-eu", "tenant10", "a--b", "a" * 32)
INVALID_IDS = {
    "empty": "",
    "1 character": "a",
    "2 characters": "ab",
    "33 characters": "a" * 33,
    "leading hyphen": "-acme",
    "trailing hyphen": "acme-",
    "upper case": "Acme",
    "trailing newline": "acme\n",
    "leading newline": "\nacme",
    "NUL": "acme\0",
    "space": "ac me",
    "key delimiter": "acme#sample",
    "wildcard": "acme*",
    "single-character wildcard": "acm?",
    "policy variable": "${acme}",
    "quote": "acme'",
    "dot": "ac.me",
    "underscore": "ac_me",
    "slash": "acme/eu",
    "colon": "acme:eu",
    "fullwidth digit": "acme\uff11",
    "Arabic digits": "\u0661\u0662\u0663\u0664",
    "letter with an accent": "acm\u00e9",
    "long s": "acme\u017f",
    "lone surrogate": "acme\ud800",
}


def a_tenant(tenant_id: str) -> TenantContext:
    """Make a context in which only the tenant id varies."""
    return TenantContext(tenant_id, Role.VIEWER, "user-1", "m@example.com")


@pytest.mark.parametrize("tenant_id", VALID_IDS)
def test_a_tenant_id_within_the_grammar_makes_a_context(tenant_id: str) -> None:
    """3 to 32 lower-case letters, digits and inner hyphens."""
    assert a_tenant(tenant_id).tenant_id == tenant_id


@pytest.mark.parametrize("tenant_id", INVALID_IDS.values(), ids=INVALID_IDS.keys())
def test_no_context_exists_for_a_tenant_id_outside_the_grammar(tenant_id: str) -> None:
    """However a context is made, the grammar is checked, and the refused value is not shown."""
    with pytest.raises(InvalidTenantError) as refused:
        a_tenant(tenant_id)
    assert str(refused.value) == "the tenant id is outside the grammar"


@given(st.text())
def test_every_accepted_tenant_id_is_safe_in_keys_policies_and_sql(tenant_id: str) -> None:
    """Whatever text is tried, an accepted id holds letters, digits and hyphens of ASCII only."""
    try:
        accepted = a_tenant(tenant_id).tenant_id
    except InvalidTenantError:
        return
    assert 3 <= len(accepted) <= 32
    assert set(accepted) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


@pytest.mark.parametrize("role", ["root", "Admin", "", None])
def test_no_context_exists_for_an_unknown_role(role: Any) -> None:
    """The constructor checks the role itself: an annotation stops nobody at run time."""
    with pytest.raises(InvalidTenantError, match="the role is unknown"):
        TenantContext("acme", cast("Role", role), "user-1", "m@example.com")


def test_a_context_cannot_be_changed() -> None:
    """A handler that got one context cannot turn it into another tenant's."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        ACME.tenant_id = "globex"  # type: ignore[misc]


@pytest.mark.parametrize("field", ["tenant_id", "role", "user_id", "email"])
def test_no_field_of_a_context_has_a_default(field: str) -> None:
    """A defaulted principal is a leak waiting."""
    fields = dataclasses.asdict(ACME)
    del fields[field]
    with pytest.raises(TypeError, match=field):
        TenantContext(**fields)


def test_claims_become_a_context() -> None:
    """The tenant and the role come from the claims that users cannot write."""
    assert TenantContext.from_claims(CLAIMS | {"cognito:username": "globex/x", "tenant": "globex"}) == ACME


def test_the_authorizer_context_becomes_the_same_context_again() -> None:
    """API Gateway hands on a flat map of strings, to which it adds fields of its own."""
    handed_on = ACME.to_authorizer_context()

    assert handed_on == CONTEXT
    assert all(type(value) is str for value in handed_on.values())
    received = {**handed_on, "principalId": "user-1", "integrationLatency": 3}
    assert TenantContext.from_authorizer_context(received) == ACME


@pytest.mark.parametrize(
    ("read", "source"),
    [(TenantContext.from_claims, CLAIMS), (TenantContext.from_authorizer_context, CONTEXT)],
    ids=["claims", "authorizer context"],
)
@pytest.mark.parametrize("value", ["", None, 7, True, ["acme"], {"S": "acme"}, b"acme"], ids=repr)
def test_a_missing_empty_or_untextual_field_makes_no_context(
    read: Callable[[dict[str, Any]], TenantContext], source: dict[str, Any], value: object
) -> None:
    """Every field is required, and each is text; the message names the field."""
    for name in source:
        with pytest.raises(InvalidTenantError, match=f"{name} is missing"):
            read(source | {name: value})
        with pytest.raises(InvalidTenantError, match=f"{name} is missing"):
            read({other: kept for other, kept in source.items() if other != name})


@pytest.mark.parametrize("role", ["root", "Admin", "ADMIN", "admin\n", " admin", "viewer,admin", "*"])
@pytest.mark.parametrize(
    ("read", "source", "name"),
    [
        (TenantContext.from_claims, CLAIMS, "custom:role"),
        (TenantContext.from_authorizer_context, CONTEXT, "role"),
    ],
    ids=["claims", "authorizer context"],
)
def test_an_unknown_role_makes_no_context(
    read: Callable[[dict[str, Any]], TenantContext], source: dict[str, Any], name: str, role: str
) -> None:
    """Only viewer, member and admin are roles, in exactly this spelling."""
    with pytest.raises(InvalidTenantError, match="the role is unknown"):
        read(source | {name: role})


@pytest.mark.parametrize("role", ["viewer", "member", "admin"])
def test_a_known_role_is_read_as_such(role: str) -> None:
    """The twin of the refusals above."""
    assert TenantContext.from_claims(CLAIMS | {"custom:role": role}).role is Role(role)
