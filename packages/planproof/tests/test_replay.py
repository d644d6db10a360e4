"""A counterexample is one that a session can make: with the tags that the trust policy gives it, and keys as sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bulkhead_planproof.findings import Claim, Verdict
from planproof_testing.plans import TABLE, Outcome, added, after, allowing, policy, proved, sound

_TAG = "aws:RequestTag/tenant"
_KEYS = "dynamodb:LeadingKeys"
_GUARD = {"Null": {_KEYS: "false"}}


def _outcome(statement: dict[str, Any], trust: dict[str, Any]) -> Outcome:
    """Prove the sound plan with another statement of the tenant role, and sessions on other conditions."""
    plan = sound()
    after(plan, "aws_iam_role_policy.tenant")["policy"] = policy(statement)
    role = after(plan, "aws_iam_role.tenant")
    document = json.loads(role["assume_role_policy"])
    document["Statement"][0]["Condition"] = trust
    role["assume_role_policy"] = json.dumps(document)
    return proved(plan)


def _verdicts(outcome: Outcome, claim: Claim) -> set[Verdict]:
    return {
        each.verdict for each in outcome.report.findings if each.claim is claim and each.subject != "app-LambdaRole"
    }


@pytest.mark.parametrize(("tag", "refuted"), [("acme", True), ("globex", False)])
def test_a_path_for_a_tenant_who_has_no_session_is_not_refuted(tag: str, refuted: bool) -> None:  # noqa: FBT001
    """The trust policy lets in acme only; it is not proved either, since other paths are not told apart by tenants."""
    condition = {"StringEquals": {"aws:PrincipalTag/tenant": tag}}
    statement = allowing("dynamodb:Query", f"{TABLE}/index/by-date", Condition=condition)
    found = _verdicts(_outcome(statement, {"StringEquals": {_TAG: "acme"}}), Claim.NO_OTHER_PATH)
    assert (Verdict.REFUTED in found) is refuted
    assert Verdict.PROVED not in found


def test_a_call_has_the_tags_with_which_its_session_was_opened() -> None:
    """No session's tag ends in the delimiter, and every session has a tag: nobody may scan."""
    condition = {"ForAllValues:StringLike": {"aws:PrincipalTag/tenant": "*#"}}
    found = _outcome(allowing("dynamodb:Scan", TABLE, Condition=condition), {"StringLike": {_TAG: "?*"}})
    assert Verdict.REFUTED not in _verdicts(found, Claim.GUARD)


def test_a_leading_key_is_replayed_under_both_of_its_names() -> None:
    """Else a condition on the other name would hold for lack of it."""
    condition = {**_GUARD, "ForAllValues:StringEqualsIgnoreCase": {"dynamodb:FirstPartitionKeyValues": "nobody's"}}
    found = _outcome(allowing("dynamodb:GetItem", TABLE, Condition=condition), {"StringLike": {_TAG: "?*"}})
    assert _verdicts(found, Claim.OWN_PARTITION) == {Verdict.NOT_PROVED}


@pytest.mark.parametrize(
    ("default", "trust", "session"),
    [
        ("", {"StringLikeIfExists": {_TAG: "?*"}}, None),
        ("acme", {"StringLikeIfExists": {_TAG: "?*"}}, None),
        ("acme", {"StringEquals": {_TAG: ["globex", ""]}}, ""),
    ],
)
def test_a_session_whose_tag_is_missing_or_empty_has_the_default(
    default: str, trust: dict[str, Any], session: str | None
) -> None:
    """Also the empty one: then every session without a tag reaches the same keys."""
    condition = {**_GUARD, "ForAllValues:StringLike": {_KEYS: f"${{aws:PrincipalTag/tenant, '{default}'}}#*"}}
    outcome = _outcome(allowing("dynamodb:GetItem", TABLE, Condition=condition), trust)
    (found,) = outcome.of(Claim.OWN_PARTITION)
    assert found.verdict is Verdict.REFUTED
    assert found.counterexample is not None
    assert found.counterexample.session == session
    assert found.counterexample.keys is not None
    assert found.counterexample.keys[0].startswith(f"{default}#")


def test_a_session_has_no_tag_that_sts_does_not_take() -> None:
    """The evaluator does not know what STS takes: an asterisk is none of it."""
    condition = {"StringEquals": {"aws:PrincipalTag/tenant": "acme*"}}
    found = _outcome(allowing("dynamodb:Scan", TABLE, Condition=condition), {"StringLike": {_TAG: "?*"}})
    assert Verdict.REFUTED not in _verdicts(found, Claim.GUARD)


@pytest.mark.parametrize(
    "condition",
    [
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/somebody-else"}},
        {"StringEquals": {"aws:PrincipalType": "User"}},
        {"StringEquals": {"AWS:PrincipalAccount": "999999999999"}},
    ],
)
def test_what_aws_takes_from_the_caller_is_not_invented(condition: dict[str, Any]) -> None:
    """A role is not somebody else because a condition asks for that: nobody refutes it."""
    statement = {**allowing("dynamodb:Scan", TABLE), "Condition": condition}
    plan = added(sound(), "aws_iam_role_policy.scan", role="app-LambdaRole", name="scan", policy=policy(statement))
    assert [each.verdict for each in proved(plan).of(Claim.NO_OTHER_PATH)] == [Verdict.NOT_PROVED]


def test_from_where_a_request_comes_its_caller_chooses() -> None:
    """An endpoint that a Deny statement spares is one that a session may use; an organisation is not."""
    for key, verdict in (("aws:SourceVpce", Verdict.REFUTED), ("aws:PrincipalOrgID", Verdict.NOT_PROVED)):
        spared = {"StringNotEquals": {key: "vpce-0123456789abcdef0"}}
        denied = {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*", "Condition": spared}
        text = policy(allowing("dynamodb:Scan", TABLE), denied)
        plan = added(sound(), "aws_iam_role_policy.scan", role="app-LambdaRole", name="scan", policy=text)
        assert [each.verdict for each in proved(plan).of(Claim.NO_OTHER_PATH)] == [verdict]
