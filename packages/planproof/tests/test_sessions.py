"""Which values of a tag a trust policy admits."""

from __future__ import annotations

from typing import Any

import pytest

from bulkhead_planproof.languages import contains
from bulkhead_planproof.sessions import TagValues, session_tags, tag_values
from bulkhead_planproof.solver import Solver
from bulkhead_planproof.statements import Statement, read_statements

_KEY = "aws:RequestTag/tenant"
_TAG = "aws:PrincipalTag/tenant"


def _statements(
    *conditions: dict[str, Any] | None, actions: tuple[str, ...] = ("sts:AssumeRole", "sts:TagSession")
) -> tuple[Statement, ...]:
    statements = [
        {"Effect": "Allow", "Principal": "*", "Action": list(actions), **({"Condition": each} if each else {})}
        for each in conditions
    ]
    return read_statements({"Version": "2012-10-17", "Statement": statements}, "a trust policy")


def _tags(*conditions: dict[str, Any] | None) -> TagValues:
    return session_tags(_statements(*conditions), "tenant", Solver())


@pytest.mark.parametrize(
    ("condition", "admitted", "refused"),
    [
        ({"StringEquals": {_KEY: ["a", "b"]}}, ["a", "b"], ["c", ""]),
        ({"StringLike": {_KEY: "??*"}}, ["ab", "abc"], ["a", "a#b", "a*b", "a$b"]),
        ({"StringLike": {_KEY: "*"}, "StringNotLike": {_KEY: ["*-", "*A*"]}}, ["a-b"], ["a-", "bAb"]),
        ({"StringEquals": {_KEY: "a"}, "StringNotEquals": {_KEY: "a"}}, [], ["a"]),
        ({"Null": {_KEY: "false"}, "StringNotEquals": {_KEY: "a"}}, ["b"], ["a"]),
        ({"ForAnyValue:StringEquals": {"AWS:requesttag/Tenant": "a"}}, ["a"], ["b"]),
        ({"StringEquals": {_KEY: "${aws:PrincipalTag/x}"}}, ["anything"], ["a#"]),
        ({"StringLike": {_KEY: "?*"}, "StringNotLike": {_KEY: "${aws:PrincipalTag/x}"}}, ["anything"], ["a#"]),
        ({"StringLike": {_KEY: "?*"}, "StringEqualsIgnoreCase": {_KEY: "a"}}, ["a", "b"], [""]),
    ],
)
def test_the_conditions_on_the_tag_say_which_values_there_are(
    condition: dict[str, Any], admitted: list[str], refused: list[str]
) -> None:
    """Of a condition that is not understood, every value; and never one that STS does not take."""
    tags = _tags(condition)
    assert not tags.absent
    assert [each for each in (*admitted, *refused) if contains(tags.values, each)] == admitted


@pytest.mark.parametrize(
    "condition",
    [
        None,
        {"StringNotEquals": {_KEY: "a"}},
        {"StringEqualsIfExists": {_KEY: "a"}},
        {"ForAllValues:StringEquals": {_KEY: "a"}},
        {"StringEquals": {"aws:RequestTag/other": "a"}},
    ],
)
def test_where_the_tag_may_be_missing_it_may_have_any_value(condition: dict[str, Any] | None) -> None:
    """The session may have inherited it."""
    tags = _tags(condition)
    assert tags.absent
    assert contains(tags.values, "b")


def test_each_statement_that_opens_a_session_adds_its_values() -> None:
    """They are alternatives."""
    tags = _tags({"StringEquals": {_KEY: "a"}}, {"StringEquals": {_KEY: "b"}})
    assert [each for each in "abc" if contains(tags.values, each)] == ["a", "b"]


def test_a_value_must_pass_for_both_actions() -> None:
    """AssumeRole and TagSession are authorized apart."""
    opening = _statements({"StringLike": {_KEY: "a*"}}, actions=("sts:AssumeRole",))
    tagging = _statements({"StringLike": {_KEY: "*b"}}, actions=("sts:TagSession",))
    tags = session_tags((*opening, *tagging), "tenant", Solver())
    assert [each for each in ("a", "b", "ab") if contains(tags.values, each)] == ["ab"]
    assert not contains(session_tags(opening, "tenant", Solver()).values, "a")


def test_a_session_may_be_narrowed_further_by_the_tag_that_it_has() -> None:
    """A statement of the role's own policy may be for some tenants only."""
    (statement,) = _statements({"StringEquals": {"aws:PrincipalTag/tenant": "a"}})
    assert tag_values(statement.conditions, "aws:principaltag/tenant").absent is False


@pytest.mark.parametrize(
    ("condition", "empty"),
    [
        ({"StringLike": {"aws:PrincipalTag/other": "a"}}, True),
        ({"Null": {_TAG: "true"}}, True),
        ({"Null": {_TAG: "false"}, "StringLike": {_TAG: "*"}}, False),
        ({"StringEquals": {_TAG: ["", "b"]}, "ForAllValues:StringEquals": {_TAG: "c"}}, True),
        ({"StringEquals": {_TAG: "b"}}, False),
        ({"StringEqualsIfExists": {_TAG: "b"}}, True),
        ({"ForAnyValue:StringNotEquals": {_TAG: "b"}}, False),
        ({"StringNotEquals": {_TAG: "b"}}, True),
        ({"StringNotLike": {_TAG: "*"}}, False),
    ],
)
def test_an_empty_tag_is_a_value_where_any_condition_may_hold_of_it(
    condition: dict[str, Any],
    empty: bool,  # noqa: FBT001
) -> None:
    """It is null to AWS, so that conditions hold of it which have no value in common."""
    (statement,) = _statements(condition)
    assert contains(tag_values(statement.conditions, _TAG).values, "") is empty


@pytest.mark.parametrize(
    ("condition", "valueless"),
    [
        (None, True),
        ({"StringEquals": {_KEY: ["", "a"]}}, True),
        ({"StringLike": {_KEY: "*"}}, True),
        ({"StringLike": {_KEY: "?*"}}, False),
        ({"StringLike": {_KEY: "*"}, "Null": {_KEY: "false"}}, False),
    ],
)
def test_a_variable_may_be_without_a_value_where_the_tag_is_missing_or_empty(
    condition: dict[str, Any] | None,
    valueless: bool,  # noqa: FBT001
) -> None:
    """Then the default counts that a policy gives it."""
    assert _tags(condition).valueless is valueless
