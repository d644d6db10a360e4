"""Parsing: text and objects, kinds, and values of the wrong type."""

from __future__ import annotations

import json

import pytest

from bulkhead_iam import (
    Effect,
    Policy,
    PolicyError,
    PolicyKind,
    PolicySet,
    Principal,
    Request,
    UnsupportedConditionError,
    evaluate,
)

CALLER = Principal("arn:aws:iam::111122223333:user/ann", "111122223333")


def _effect(document: object, **context: str) -> Effect:
    everything = Policy.parse({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
    policy = Policy.parse(document, accept_mistyped_values=True)  # type: ignore[arg-type]  # what a test gives
    request = Request(CALLER, "sqs:SendMessage", "*", {f"app:{key}": value for key, value in context.items()})
    return evaluate(request, PolicySet(identity=(policy, everything))).effect


def test_text_and_object_are_the_same_document() -> None:
    """A document may be given as JSON text or as the parsed object."""
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}}

    assert _effect(document) is Effect.ALLOWED
    assert _effect(json.dumps(document)) is Effect.ALLOWED


def test_a_policy_equals_itself_only() -> None:
    """Policies are hashed by identity, so that they can be cached by who holds them."""
    text = '{"Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}}'
    one, other = Policy.parse(text), Policy.parse(text)

    assert one != other
    assert len({one, other, one}) == 2


def test_a_policy_knows_its_kind() -> None:
    """The kind is the one that it was parsed as."""
    document = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sqs:*"}}

    assert Policy.parse(document, kind=PolicyKind.RESOURCE).kind is PolicyKind.RESOURCE


def test_an_unknown_operator_has_an_error_of_its_own() -> None:
    """A caller can tell an operator that is not supported from a malformed document."""
    condition = {"StringResembles": {"aws:username": "ann"}}
    document = {"Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*", "Condition": condition}}

    with pytest.raises(UnsupportedConditionError) as refusal:
        Policy.parse(document)

    assert isinstance(refusal.value, PolicyError)
    assert refusal.value.element == "Statement[0].Condition.StringResembles"
    assert refusal.value.value == "StringResembles"


def test_json_that_is_nested_without_end_is_refused() -> None:
    """A hostile document does not exhaust the stack."""
    with pytest.raises(PolicyError, match="nested too deeply"):
        Policy.parse("[" * 100_000)


@pytest.mark.parametrize(
    ("operator", "wanted"),
    [
        ("NumericLessThan", "ten"),
        ("NumericNotEquals", "ten"),
        ("DateGreaterThan", "soon"),
        ("DateNotEquals", "soon"),
        ("IpAddress", "everywhere"),
        ("NotIpAddress", "everywhere"),
        ("Bool", "maybe"),
        ("Null", "maybe"),
        ("BinaryEquals", "?"),
        ("ArnLike", "*"),
        ("ArnNotLike", "*"),
        ("NumericEquals", "${app:other}"),
        ("NumericEquals", "${"),
    ],
)
def test_a_mistyped_value_is_refused_or_decides_against_the_request(operator: str, wanted: str) -> None:
    """By default it is a PolicyError; where it is accepted, an Allow does not apply and a Deny does."""
    statement = {"Action": "sqs:*", "Resource": "*", "Condition": {operator: {"app:value": wanted}}}
    allow = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", **statement}}
    plain = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", **statement}, plain]}

    with pytest.raises(PolicyError):
        Policy.parse(allow)
    assert _effect(allow, value="1") is Effect.IMPLICITLY_DENIED
    assert _effect(deny, value="1") is Effect.EXPLICITLY_DENIED


def test_a_mistyped_value_leaves_the_others_of_its_list() -> None:
    """What another value of the list decides is decided."""
    condition = {"NumericEquals": {"app:value": ["ten", "1"]}}
    statement = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*", "Condition": condition}

    assert _effect({"Statement": statement}, value="1") is Effect.ALLOWED
    assert _effect({"Statement": statement}, value="2") is Effect.IMPLICITLY_DENIED


def test_without_the_key_a_mistyped_value_decides_nothing() -> None:
    """A key that is absent compares with no value, mistyped or not."""
    condition = {"NumericEquals": {"app:value": "ten"}}
    deny = {"Effect": "Deny", "Action": "sqs:*", "Resource": "*", "Condition": condition}
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}

    assert _effect({"Statement": [deny, allow]}) is Effect.ALLOWED
