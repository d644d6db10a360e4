"""Which control refused, read from a decision record or from AWS's words."""

from __future__ import annotations

from typing import Any

import pytest

from isolation.attack.controls import FORMS, Control, Form, found, of_decision, of_decisions, of_message
from tests.unit.isolation.attack_examples import refusal

LEADING = Control.LEADING_KEYS_BY_TAG
_POOL = "cognito-idp.eu-central-1.amazonaws.com/eu-central-1_aB3"


def _unmet(operator: str, key: str, *wanted: str) -> dict[str, Any]:
    return {"statement": "S", "operator": operator, "key": key, "wanted": list(wanted), "actual": None}


@pytest.mark.parametrize(
    ("changed", "controls"),
    [
        pytest.param({}, {LEADING}, id="leading keys of the role"),
        pytest.param({"policy_kind": "session"}, {Control.LEADING_KEYS_BY_SESSION_POLICY}, id="of a session policy"),
        pytest.param({"condition": {"key": "DYNAMODB:leadingkeys"}}, {LEADING}, id="a key's case does not matter"),
        pytest.param({"condition": {"key": "dynamodb:Leading\u212aeys"}}, {Control.UNKNOWN}, id="another letter"),
        pytest.param({"condition": {"wanted": ["acme*"]}}, {Control.UNKNOWN}, id="a wider pattern is another control"),
        pytest.param({"condition": {"wanted": ["*"]}}, {Control.UNKNOWN}, id="any key"),
        pytest.param({"condition": {"wanted": ["acme#*", "x#*"]}}, {Control.UNKNOWN}, id="another pattern beside it"),
        pytest.param({"condition": {"wanted": ["globex#*"]}}, {Control.UNKNOWN}, id="the pattern of another tenant"),
        pytest.param({"tags": {}}, {Control.UNKNOWN}, id="a session without a tag"),
        pytest.param({"condition": {"operator": "StringLike"}}, {Control.UNKNOWN}, id="another operator"),
        pytest.param({"policy_kind": "boundary"}, {Control.UNKNOWN}, id="a permissions boundary"),
        pytest.param({"policy_kind": None, "unmet": []}, {Control.UNKNOWN}, id="no policy at all"),
        pytest.param({"unmet": []}, {Control.NOT_GRANTED}, id="no statement"),
        pytest.param(
            {"unmet": [], "policy_kind": "session"}, {Control.NOT_GRANTED_BY_SESSION_POLICY}, id="none of the session's"
        ),
        pytest.param({"unmet": [], "policy_kind": "trust"}, {Control.TRUST_PRINCIPAL}, id="a caller not trusted"),
        pytest.param(
            {"unmet": [_unmet("StringEquals", "aws:PrincipalTag/role", "member")]}, {Control.ROLE_TAG}, id="role tag"
        ),
        pytest.param(
            {"unmet": [_unmet("Null", "dynamodb:LeadingKeys", "false")]}, {Control.LEADING_KEY_GUARD}, id="guard"
        ),
        pytest.param(
            {
                "unmet": [
                    _unmet("ForAllValues:StringLike", "dynamodb:LeadingKeys", "acme#*"),
                    _unmet("StringEquals", "aws:PrincipalTag/role", "member"),
                ]
            },
            {LEADING, Control.ROLE_TAG},
            id="two at once",
        ),
        pytest.param(
            {
                "policy_kind": "trust",
                "unmet": [
                    _unmet("StringLike", "aws:RequestTag/tenant", "???*"),
                    _unmet("StringEquals", "aws:RequestTag/role", "member"),
                ],
            },
            {Control.TRUST_TENANT_TAG, Control.TRUST_ROLE_TAG},
            id="both tags",
        ),
        pytest.param(
            {"policy_kind": "trust", "unmet": [_unmet("StringNotLike", "aws:RequestTag/tenant", "-*")]},
            {Control.TRUST_TENANT_GRAMMAR},
            id="grammar",
        ),
        pytest.param(
            {"policy_kind": "trust", "unmet": [_unmet("ForAllValues:StringEquals", "aws:TagKeys", "tenant")]},
            {Control.TRUST_TAG_KEYS},
            id="tag keys",
        ),
        pytest.param(
            {"policy_kind": "trust", "unmet": [_unmet("StringEquals", "aws:SourceVpce", "vpce-1")]},
            {Control.TRUST_ENDPOINT},
            id="the endpoint of STS",
        ),
        pytest.param(
            {"policy_kind": "trust", "unmet": [_unmet("StringEquals", "sts:RoleSessionName", "acme.member")]},
            {Control.TRUST_SESSION_NAME},
            id="the session's name",
        ),
        pytest.param(
            {"policy_kind": "trust", "unmet": [_unmet("Null", "sts:TransitiveTagKeys", "true")]},
            {Control.TRUST_TRANSITIVE_TAGS},
            id="transitive tags",
        ),
        pytest.param(
            {"policy_kind": "trust", "unmet": [_unmet("StringEquals", f"{_POOL}:aud", "client")]},
            {Control.TRUST_AUDIENCE},
            id="the pool's client",
        ),
        pytest.param(
            {"policy_kind": "trust", "unmet": [_unmet("StringEquals", "accounts.google.com:aud", "client")]},
            {Control.UNKNOWN},
            id="another issuer's client",
        ),
        pytest.param(
            {"policy_kind": "trust", "unmet": [_unmet("StringLike", f"{_POOL}:aud", "*")]},
            {Control.UNKNOWN},
            id="a client by a pattern",
        ),
        pytest.param({"unmet": [], "action": "sts:AssumeRole"}, {Control.NO_ASSUME}, id="no role may be assumed"),
        pytest.param(
            {"decision": "ExplicitlyDenied", "statement": "NeverThroughOtherEndpoints", "unmet": []},
            {Control.DATA_ENDPOINT},
            id="another endpoint",
        ),
        pytest.param(
            {"decision": "ExplicitlyDenied", "statement": "NeverScan", "unmet": []}, {Control.NEVER_SCAN}, id="deny"
        ),
        pytest.param(
            {"decision": "ExplicitlyDenied", "statement": "Other", "unmet": []}, {Control.UNKNOWN}, id="another deny"
        ),
        pytest.param(
            {"decision": "ExplicitlyDenied", "statement": "NeverScan", "policy_kind": "resource", "unmet": []},
            {Control.UNKNOWN},
            id="a deny of that name elsewhere",
        ),
    ],
)
def test_a_decision_names_the_controls_that_were_not_met(changed: dict[str, Any], controls: set[Control]) -> None:
    """Exactly these; what is not known is never taken for something that is."""
    assert of_decision(refusal(**changed)).controls == controls


def test_only_exactly_the_expected_controls_fit() -> None:
    """Neither one too few nor one too many."""
    both = found(LEADING, Control.ROLE_TAG)

    assert both.fits(frozenset({LEADING, Control.ROLE_TAG}))
    assert not both.fits(frozenset({LEADING}))
    assert not found(LEADING).fits(frozenset({LEADING, Control.ROLE_TAG}))
    assert not found(Control.UNKNOWN).fits(frozenset({LEADING}))


def test_of_several_decisions_the_refusal_counts_and_without_one_the_service() -> None:
    """In a transaction the own item was allowed before; a service's refusal is none of IAM."""
    allowed = refusal(decision="Allowed", statement="S", unmet=[])

    assert of_decisions("AccessDeniedException", "", [allowed, refusal()]).controls == {LEADING}
    assert of_decisions("ValidationException", "", [allowed]).controls == {Control.KEY_SCHEMA}
    assert of_decisions("ValidationException", "", []).controls == {Control.KEY_SCHEMA}
    assert of_decisions("AccessDeniedException", "", []).controls == {Control.UNKNOWN}
    for code in ("InvalidIdentityToken", "ExpiredTokenException", "IDPRejectedClaim"):
        assert of_decisions(code, "", []).controls == {Control.STS_TOKEN}


@pytest.mark.parametrize(
    ("message", "form"),
    [
        ("because no identity-based policy allows the dynamodb:GetItem action", Form.IDENTITY),
        ("because no session policy allows the dynamodb:GetItem action", Form.SESSION),
        ("with an explicit deny in an identity-based policy", Form.EXPLICIT),
        ("because no role trust policy allows the sts:AssumeRole action", Form.TRUST),
    ],
)
def test_awss_words_tell_the_kind_of_policy(message: str, form: Form) -> None:
    """As much as AWS says: a control of that kind fits, one of another does not."""
    verb = "sts:AssumeRole" if form is Form.TRUST else "dynamodb:GetItem"
    finding = of_message(
        "AccessDeniedException", f"User: A is not authorized to perform: {verb} on resource: R {message}"
    )

    assert finding.form is form
    for control, its_form in FORMS.items():
        assert finding.fits(frozenset({control})) == (its_form is form)


def test_the_refusal_of_a_token_is_the_trusts() -> None:
    """AWS names neither caller nor policy in it."""
    finding = of_message("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")

    assert finding.form is Form.TRUST


def test_words_that_nobody_knows_fit_nothing() -> None:
    """A throttled or broken call is no evidence; a service's own validation is one of its kind."""
    unknown = of_message("ThrottlingException", "Rate exceeded")

    assert not any(unknown.fits(frozenset({control})) for control in FORMS)
    assert of_message("ValidationException", "Type mismatch").fits(frozenset({Control.KEY_SCHEMA}))
