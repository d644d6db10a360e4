"""Who may run a function: a service, and for one account only."""

from __future__ import annotations

from typing import Any

import pytest

from bulkhead_planproof.findings import Claim
from bulkhead_planproof.grants import is_of
from planproof_testing.plans import ACCOUNT, Outcome, added, policy, proved, sound

_API = f"arn:aws:execute-api:eu-central-1:{ACCOUNT}:a1b2c3/prod/*/*"


def _outcome(unknown: dict[str, Any] | None = None, **attributes: Any) -> Outcome:
    plan = sound()
    known = {"action": "lambda:InvokeFunction", "principal": "apigateway.amazonaws.com", **attributes}
    added(plan, "aws_lambda_permission.opener", unknown, {name: {} for name in unknown or {}}, **known)
    return proved(plan)


@pytest.mark.parametrize(
    "attributes",
    [
        {"source_arn": _API},
        {"source_account": ACCOUNT},
        {"source_account": ACCOUNT, "unknown": {"source_arn": True}},
        {"principal": "cognito-idp.amazonaws.com", "source_arn": f"arn:aws:cognito-idp:eu:{ACCOUNT}:userpool/eu_1"},
        {"principal": "s3.amazonaws.com", "source_arn": "arn:aws:s3:::uploads", "source_account": ACCOUNT},
    ],
)
def test_a_service_for_one_account_is_proved(attributes: dict[str, Any]) -> None:
    """By what it acts for, or by the account that set it up."""
    assert _outcome(**attributes).report.proved


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ({}, "for any account that sets it up"),
        ({"source_arn": "arn:aws:execute-api:eu-central-1:*:*/prod/*/*"}, "for any account"),
        ({"source_arn": "*"}, "for any account"),
        ({"source_arn": f"arn:aws:execute-api:*:*:x:{ACCOUNT}:*"}, "for any account"),
        ({"source_arn": f"arn:aws:execute-api:eu-*:{ACCOUNT}:a1b2c3/*"}, "for any account"),
        ({"source_arn": _API.replace(ACCOUNT, "999999999999")}, "for any account"),
        ({"source_account": "999999999999"}, "for any account"),
        ({"source_arn": f"arn:aws:execute-api:${{x}}:{ACCOUNT}:a1b2c3/*"}, "for any account"),
        ({"source_arn": "arn:aws:s3:::uploads", "principal": "s3.amazonaws.com"}, "for any account"),
        ({"unknown": {"source_arn": True}}, "source_arn is not known at plan time"),
        ({"source_arn": _API, "unknown": {"source_account": True}}, "source_account is not known at plan time"),
        ({"principal": "*", "source_arn": _API}, "which is no service"),
        ({"principal": "999999999999", "source_account": ACCOUNT}, "which is no service"),
        ({"principal": "x.amazonaws.com.example.com", "source_arn": _API}, "which is no service"),
        ({"source_arn": _API, "action": "lambda:*"}, "allows lambda:*, which is more than to run"),
    ],
)
def test_who_may_come_from_anywhere_is_not_proved(attributes: dict[str, Any], says: str) -> None:
    """Anybody's API could run the function that opens sessions, with an event of its own making."""
    outcome = _outcome(**attributes)
    assert not outcome.report.proved
    assert [each.claim for each in outcome.bad] == [Claim.CALLERS]
    assert outcome.says(says)


_READ = {
    "Effect": "Allow",
    "Principal": {"Service": "cloudfront.amazonaws.com"},
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::shop-web/*",
}
_OWN = f"arn:aws:cloudfront::{ACCOUNT}:distribution/*"


def _granted(**members: Any) -> Outcome:
    plan = sound()
    document = policy({**_READ, **members})
    added(plan, "aws_s3_bucket_policy.web", bucket="shop-web", policy=document)
    return proved(plan)


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:SourceArn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1"}},
        {"ArnLike": {"AWS:SourceArn": _OWN}},
        {"StringEquals": {"aws:SourceAccount": [ACCOUNT]}, "Bool": {"aws:SecureTransport": "true"}},
    ],
)
def test_a_service_that_a_reason_names_may_be_let_in_by_a_bucket(condition: dict[str, Any]) -> None:
    """For this account, and it is counted among what is waived."""
    outcome = _granted(Condition=condition)
    assert outcome.report.proved
    assert "hands out the public page" in outcome.text


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"Condition": {"StringEquals": {"aws:SourceAccount": [ACCOUNT, "999999999999"]}}},
        {"Condition": {"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}}},
        {"Condition": {"ForAllValues:StringEquals": {"aws:SourceAccount": ACCOUNT}}},
        {"Condition": {"StringNotEquals": {"aws:SourceAccount": ACCOUNT}}},
        {"Condition": {"ArnLike": {"aws:SourceArn": ["arn:aws:cloudfront::*:distribution/*", _OWN]}}},
        {"Condition": {"StringLike": {"aws:SourceArn": f"arn:aws:*:distribution/*:{ACCOUNT}:*"}}},
    ],
)
def test_a_service_that_comes_for_anybody_is_not_let_in(members: dict[str, Any]) -> None:
    """A reason for the service is none for whoever sets it up."""
    outcome = _granted(**members)
    assert outcome.says("for any account that sets it up")
    assert [each.claim for each in outcome.bad] == [Claim.GRANTS]


@pytest.mark.parametrize(
    "members",
    [
        {"Action": ["s3:GetObject", "s3:PutObject"]},
        {"Action": "s3:*"},
        {"Resource": "arn:aws:s3:::shop-web*"},
        {"Resource": "arn:aws:s3:::shop-exports/*"},
        {"Principal": {"Service": "delivery.logs.amazonaws.com"}},
        {"Principal": "*"},
        {"Principal": {"Service": "cloudfront.amazonaws.com", "AWS": "*"}},
    ],
)
def test_a_reason_excuses_nothing_else(members: dict[str, Any]) -> None:
    """No other action, no other bucket, nobody else: whoever writes the page's bucket serves the page."""
    outcome = _granted(Condition={"ArnLike": {"aws:SourceArn": _OWN}}, **members)
    assert [each.claim for each in outcome.bad] == [Claim.GRANTS]


def test_an_arn_is_of_an_account_only_by_its_fifth_segment() -> None:
    """A wildcard before it could stand for colons."""
    assert is_of(f"arn:aws:sns:eu:{ACCOUNT}:topic", ACCOUNT)
    for arn in (None, "", ACCOUNT, f"arn:aws:sns:eu:x:{ACCOUNT}:topic", f"*:aws:sns:eu:{ACCOUNT}:topic"):
        assert not is_of(arn, ACCOUNT), arn
