"""What a decision says: AWS's sentence, and the conditions that were not met."""

from __future__ import annotations

from typing import Any

import pytest

from bulkhead_iam import (
    ContextValue,
    Decision,
    Effect,
    Policy,
    PolicyKind,
    PolicySet,
    Principal,
    Request,
    UnmetCondition,
    evaluate,
)

ACCOUNT = "111122223333"
TABLE = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/pooled"
SESSION = Principal(
    f"arn:aws:sts::{ACCOUNT}:assumed-role/TenantRole/acme", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:role/TenantRole"
)
OWN_KEYS = {
    "ForAllValues:StringLike": {"dynamodb:LeadingKeys": "${aws:PrincipalTag/tenant}#*"},
    "Null": {"dynamodb:LeadingKeys": "false"},
}
READ = {"Sid": "OwnPartitions", "Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": TABLE}
SCAN = {"Sid": "NeverScan", "Effect": "Deny", "Action": "dynamodb:Scan", "Resource": "*"}
WIDE = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ELSEWHERE = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


def _policy(*statements: dict[str, Any], kind: PolicyKind = PolicyKind.IDENTITY) -> Policy:
    return Policy.parse({"Version": "2012-10-17", "Statement": list(statements)}, kind=kind)


def _request(action: str = "GetItem", *keys: str, **context: ContextValue) -> Request:
    held: dict[str, ContextValue] = {"aws:PrincipalTag/tenant": "acme", **context}
    if keys:
        held["dynamodb:LeadingKeys"] = keys
    return Request(SESSION, f"dynamodb:{action}", TABLE, held)


TENANT_ROLE = PolicySet(identity=(_policy({**READ, "Condition": OWN_KEYS}, SCAN),))


def test_an_allowed_request_names_the_statement_that_allows() -> None:
    """The decision names effect, kind and Sid, and has no message."""
    decision = evaluate(_request("GetItem", "acme#items#0"), TENANT_ROLE)

    assert decision == Decision(Effect.ALLOWED, PolicyKind.IDENTITY, "OwnPartitions", (), "")
    assert str(decision) == "Allowed by an identity-based policy (OwnPartitions)"


def test_a_refused_key_names_the_unmet_condition_with_wanted_and_actual_values() -> None:
    """The wanted value is the one that the policy's variable stands for."""
    decision = evaluate(_request("GetItem", "acme-eu#items#0"), TENANT_ROLE)

    assert decision.effect is Effect.IMPLICITLY_DENIED
    assert decision.unmet == (
        UnmetCondition(
            "OwnPartitions",
            "ForAllValues:StringLike",
            "dynamodb:LeadingKeys",
            wanted=("acme#*",),
            actual=("acme-eu#items#0",),
        ),
    )
    assert "dynamodb:LeadingKeys 'acme#*', but it is 'acme-eu#items#0'" in str(decision)


def test_an_untagged_session_sees_the_variable_in_the_unmet_condition() -> None:
    """A variable without value stays as it is written."""
    request = Request(SESSION, "dynamodb:GetItem", TABLE, {"dynamodb:LeadingKeys": ("acme#items",)})

    (unmet,) = evaluate(request, TENANT_ROLE).unmet

    assert unmet.wanted == ("${aws:PrincipalTag/tenant}#*",)


def test_an_absent_key_is_told_from_an_empty_one() -> None:
    """`actual` is None for a key that the request lacks, and empty for one without values."""
    (absent,) = evaluate(_request("GetItem"), TENANT_ROLE).unmet
    (empty,) = evaluate(_request("GetItem", **{"dynamodb:LeadingKeys": ()}), TENANT_ROLE).unmet

    assert (absent.operator, absent.actual) == ("Null", None)
    assert empty.actual == ()
    assert str(absent).endswith("is absent")
    assert str(empty).endswith("is empty")


def test_a_statement_about_another_action_has_no_unmet_conditions() -> None:
    """Only statements that cover principal, action and resource are near misses."""
    assert evaluate(_request("PutItem", "globex#items"), TENANT_ROLE).unmet == ()


def test_an_explicit_deny_says_so_in_the_words_of_aws() -> None:
    """The sentence is that of AWS's page on access denied messages."""
    decision = evaluate(_request("Scan"), TENANT_ROLE)

    assert (decision.effect, decision.statement) == (Effect.EXPLICITLY_DENIED, "NeverScan")
    assert decision.message == (
        f"User: {SESSION.arn} is not authorized to perform: dynamodb:Scan on resource: {TABLE}"
        " with an explicit deny in an identity-based policy"
    )


@pytest.mark.parametrize(
    ("policies", "reason"),
    [
        (PolicySet(), "because no identity-based policy allows the dynamodb:GetItem action"),
        (
            PolicySet((_policy(WIDE),), session=(_policy(ELSEWHERE, kind=PolicyKind.SESSION),)),
            "because no session policy allows the dynamodb:GetItem action",
        ),
        (
            PolicySet((_policy(WIDE),), boundary=(_policy(ELSEWHERE, kind=PolicyKind.BOUNDARY),)),
            "because no permissions boundary allows the dynamodb:GetItem action",
        ),
        (PolicySet((_policy(WIDE),), session=()), "because no session policy allows the dynamodb:GetItem action"),
        (
            PolicySet((_policy(WIDE),), resource_account="444455556666"),
            "because no resource-based policy allows the dynamodb:GetItem action",
        ),
    ],
)
def test_an_implicit_deny_says_which_kind_of_policy_is_missing(policies: PolicySet, reason: str) -> None:
    """The sentence ends as AWS's does."""
    decision = evaluate(_request(), policies)

    assert decision.effect is Effect.IMPLICITLY_DENIED
    assert decision.message.endswith(f"on resource: {TABLE} {reason}")


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        (PolicyKind.IDENTITY, "an identity-based policy"),
        (PolicyKind.SESSION, "a session policy"),
        (PolicyKind.BOUNDARY, "a permissions boundary"),
        (PolicyKind.RESOURCE, "a resource-based policy"),
        (PolicyKind.TRUST, "the role trust policy"),
    ],
)
def test_an_explicit_deny_says_in_which_kind_of_policy(kind: PolicyKind, where: str) -> None:
    """Each kind has AWS's own words."""
    denial: dict[str, Any] = {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"}
    if kind.is_resource_based:
        denial["Principal"] = "*"
    if kind is PolicyKind.TRUST:
        del denial["Resource"]
    policy = _policy(denial, kind=kind)
    policies = PolicySet(
        identity=(policy,) if kind is PolicyKind.IDENTITY else (),
        session=(policy,) if kind is PolicyKind.SESSION else None,
        boundary=(policy,) if kind is PolicyKind.BOUNDARY else None,
        resource=policy if kind.is_resource_based else None,
    )
    role = f"arn:aws:iam::{ACCOUNT}:role/other"

    decision = evaluate(Request(SESSION, "sts:AssumeRole", role, {}), policies)

    assert decision.message.endswith(f"on resource: {role} with an explicit deny in {where}")


def test_a_trust_policy_that_allows_nobody_is_named_as_such() -> None:
    """The refusal names the role trust policy and its unmet condition."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ACCOUNT},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "right"}},
    }
    request = Request(SESSION, "sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/other", {"sts:ExternalId": "wrong"})

    decision = evaluate(request, PolicySet((_policy(WIDE),), _policy(statement, kind=PolicyKind.TRUST)))

    assert decision.message.endswith("because no role trust policy allows the sts:AssumeRole action")
    assert [unmet.key for unmet in decision.unmet] == ["sts:ExternalId"]


def test_a_service_is_not_covered_by_the_name_of_an_account() -> None:
    """A service has no identity-based policies that an account could delegate to."""
    service = Principal("events.amazonaws.com", ACCOUNT, service="events.amazonaws.com")
    policy = _policy({**WIDE, "Principal": {"AWS": ACCOUNT}}, kind=PolicyKind.RESOURCE)

    decision = evaluate(Request(service, "sqs:SendMessage", "*", {}), PolicySet((_policy(WIDE),), policy))

    assert (decision.effect, decision.kind) == (Effect.IMPLICITLY_DENIED, PolicyKind.RESOURCE)


def test_a_line_break_in_a_resource_does_not_break_the_line() -> None:
    """Names come from requests: a log line must not be forged through them."""
    request = Request(SESSION, "s3:GetObject", "arn:aws:s3:::bucket/a\nAllowed by nobody", {})

    assert "\n" not in str(evaluate(request, PolicySet()))


def test_a_context_with_one_key_in_two_spellings_is_refused() -> None:
    """Which of the two would count is anyone's guess."""
    request = _request("GetItem", "acme#items", **{"aws:principaltag/Tenant": "globex"})

    with pytest.raises(ValueError, match="two spellings"):
        evaluate(request, TENANT_ROLE)


def test_a_policy_stands_only_where_its_kind_can() -> None:
    """A statement without principals would be about everybody, and one with them about nobody in particular."""
    resource = _policy({**WIDE, "Principal": "*"}, kind=PolicyKind.RESOURCE)

    with pytest.raises(ValueError, match="an identity-based policy cannot be a resource's policy"):
        PolicySet(resource=_policy(WIDE))
    with pytest.raises(ValueError, match="a resource-based policy cannot be attached to a caller"):
        PolicySet(identity=(resource,))
