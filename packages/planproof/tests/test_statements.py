"""Statements cover too much where they allow, and too little where they deny, never the other way round."""

from __future__ import annotations

from typing import Any

import pytest

from bulkhead_planproof.languages import contains
from bulkhead_planproof.statements import Statement, denied, read_statements

_TABLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/app"


def _statement(version: str = "2012-10-17", **members: Any) -> Statement:
    source = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": _TABLE, **members}
    source = {key: value for key, value in source.items() if value is not None}
    (statement,) = read_statements({"Version": version, "Statement": source}, "a policy")
    return statement


@pytest.mark.parametrize(
    ("members", "covered", "left_out"),
    [
        ({"Action": ["dynamodb:Get*", "DynamoDB:query"]}, ["dynamodb:getitem", "dynamodb:query"], ["dynamodb:scan"]),
        ({"Action": None, "NotAction": ["dynamodb:*"]}, ["s3:getobject"], ["dynamodb:scan"]),
        ({"Action": None, "NotAction": []}, [], ["s3:getobject"]),
    ],
)
def test_actions_are_compared_in_lower_case(members: dict[str, Any], covered: list[str], left_out: list[str]) -> None:
    """With wildcards; `NotAction` is all the others, and nothing when it is empty."""
    statement = _statement(**members)
    assert [each for each in (*covered, *left_out) if contains(statement.actions, each)] == covered


@pytest.mark.parametrize(
    ("resource", "covered"),
    [
        (_TABLE, True),
        ("*", True),
        ("arn:aws:dynamodb:*:*:table/*", True),
        ("arn:aws:dynamodb:*", True),
        ("arn:aws:dynamodb", True),
        ("arn:aws:dynamodb:eu-central-1:${aws:PrincipalAccount}", True),
        (f"{_TABLE}${{aws:PrincipalTag/tenant, ''}}", True),
        ("arn:aws:dynamodb:eu-central-1:123456789012:table/other", False),
    ],
)
def test_an_allow_covers_every_resource_that_it_may_be_about(resource: str, covered: bool) -> None:  # noqa: FBT001
    """Also where the ARN is short, and is completed, or a variable stands in it."""
    assert contains(_statement(Resource=resource).resources, _TABLE) is covered


def test_not_resource_is_all_the_others() -> None:
    """Where a variable leaves open which these are, it is everything."""
    assert not contains(_statement(Resource=None, NotResource=[_TABLE]).resources, _TABLE)
    assert contains(_statement(Resource=None, NotResource=[f"{_TABLE}-tenants"]).resources, _TABLE)
    assert contains(_statement(Resource=None, NotResource=["arn:aws:dynamodb:*:*:${aws:x}"]).resources, _TABLE)


@pytest.mark.parametrize(
    ("members", "certain"),
    [
        ({}, True),
        ({"Resource": "*"}, True),
        ({"Resource": "arn:aws:dynamodb:eu-central-1:123456789012:table/*"}, True),
        ({"Resource": None, "NotResource": f"{_TABLE}-tenants"}, True),
        ({"Resource": "arn:aws:dynamodb:*:123456789012:table/app"}, False),
        ({"Resource": "arn:aws:dynamodb"}, False),
        ({"Resource": "arn:aws:dynamodb:eu-central-1:123456789012:table/${aws:PrincipalTag/tenant}"}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": "false"}}}, False),
        ({"Principal": {"AWS": "123456789012"}}, False),
    ],
)
def test_a_deny_counts_only_where_it_is_certain(members: dict[str, Any], certain: bool) -> None:  # noqa: FBT001
    """Whatever the context: no condition, no variable, no wildcard that might end at a colon."""
    assert bool(denied([_statement(Effect="Deny", **members)])) is certain


def test_an_allow_denies_nothing() -> None:
    """The two are not mixed up."""
    assert denied([_statement()]) == ()


def test_variables_are_read_in_the_current_version_only() -> None:
    """In an older one they are literal text."""
    condition = {"StringLike": {"dynamodb:LeadingKeys": "${aws:PrincipalTag/tenant}#*"}}
    assert [_statement(v, Condition=condition).conditions[0].variables for v in ("2012-10-17", "2008-10-17")] == [
        True,
        False,
    ]
