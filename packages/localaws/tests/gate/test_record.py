"""The record of decisions: what people get to see of them, and how much of it is kept."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from bulkhead_iam import Decision, Effect, Policy, PolicyKind, PolicySet, Principal, Request, evaluate
from bulkhead_localaws.gate.callers import Caller
from bulkhead_localaws.gate.record import DecisionRecord, log_refusal
from bulkhead_localaws.protocol.checks import AuthorizationCheck
from localaws_testing.account import NOW, policy, statement

if TYPE_CHECKING:
    from bulkhead_localaws.protocol.checks import ContextValue

ARN = "arn:aws:sts::123456789012:assumed-role/TenantRole/acme"
CALLER = Caller(Principal(ARN, "123456789012"), "AssumedRole", "AROA:acme", None, {"tenant": "acme"}, (), ())
ALLOWED = Decision(Effect.ALLOWED, PolicyKind.IDENTITY, "Reads", (), "")
TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/items"


def denied(**context: ContextValue) -> tuple[AuthorizationCheck, Decision]:
    """Return a check that a condition refuses, and the refusal."""
    keys = {key.replace("_", ":"): value for key, value in context.items()}
    check = AuthorizationCheck("dynamodb:GetItem", TABLE, keys)
    conditions = {"ForAllValues:StringLike": {key: ["acme#*"] for key in keys}}
    allows = Policy.parse(policy(statement("dynamodb:GetItem", Condition=conditions)))
    request = Request(CALLER.principal, check.action, check.resource, check.context)
    return check, evaluate(request, PolicySet((allows,)))


def test_a_decision_is_shown_with_all_that_led_to_it() -> None:
    """As JSON: who, tags, what, on what, in which context, what was decided by what, and when."""
    record = DecisionRecord()
    check, decision = denied(dynamodb_LeadingKeys=("globex#1",))

    record.add("id-1", NOW, CALLER, check, decision)

    (document,) = json.loads(json.dumps(record.as_documents()))
    assert document == {
        "request_id": "id-1",
        "time": "2026-05-17T12:00:00+00:00",
        "principal": ARN,
        "tags": {"tenant": "acme"},
        "action": "dynamodb:GetItem",
        "resource": TABLE,
        "context": {"dynamodb:LeadingKeys": ["globex#1"]},
        "decision": "ImplicitlyDenied",
        "policy_kind": "identity",
        "statement": None,
        "unmet": [
            {
                "statement": "Statement[0]",
                "operator": "ForAllValues:StringLike",
                "key": "dynamodb:LeadingKeys",
                "wanted": ["acme#*"],
                "actual": ["globex#1"],
            }
        ],
        "message": decision.message,
    }


def test_a_permission_names_the_statement_and_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Only refusals are worth a line."""
    record = DecisionRecord()

    record.add("id-1", NOW, CALLER, AuthorizationCheck("dynamodb:GetItem", TABLE), ALLOWED)

    (document,) = record.as_documents()
    assert (document["decision"], document["policy_kind"], document["statement"]) == ("Allowed", "identity", "Reads")
    assert caplog.records == []


def test_the_last_decisions_are_kept_oldest_first() -> None:
    """As many as the record has room for."""
    record = DecisionRecord(capacity=3)

    for number in range(5):
        record.add(f"id-{number}", NOW, CALLER, AuthorizationCheck("dynamodb:GetItem", TABLE), ALLOWED)

    assert [each["request_id"] for each in record.as_documents()] == ["id-2", "id-3", "id-4"]


def test_a_refusal_is_logged_in_one_readable_line(caplog: pytest.LogCaptureFixture) -> None:
    """With the request id, whatever characters the request put into it."""
    check, decision = denied(dynamodb_LeadingKeys=("globex\n\x1b[2J\u2028#1",))

    DecisionRecord().add("id-1", NOW, CALLER, check, decision)

    (line,) = caplog.messages
    assert line.startswith("id-1 refused: ImplicitlyDenied for lack of an identity-based policy: User: ")
    assert "ForAllValues:StringLike dynamodb:LeadingKeys" in line
    assert line.isprintable()
    assert caplog.records[0].levelno == logging.WARNING


def test_log_lines_are_one_line_and_not_endless(caplog: pytest.LogCaptureFixture) -> None:
    """What else is refused goes the same way."""
    log_refusal("id-1", "a\nb\r\tc")
    log_refusal("id-2", "x" * 100_000)

    assert caplog.messages[0] == "id-1 refused: a\\nb\\r\\tc"
    assert len(caplog.messages[1]) < 5_000


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("x" * 10_000, "x" * 2047 + "…"),
        (("a",) * 100, ["a"] * 100),
        (("a",) * 100_000, ["a"] * 100 + ["… and 99900 more"]),
        (("x" * 10_000,), ["x" * 2047 + "…"]),
    ],
)
def test_one_request_cannot_fill_the_memory(value: Any, kept: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A batch of 32 MB has as many keys as that; of long values and lists the beginning is kept, in the log less."""
    record = DecisionRecord()
    check, decision = denied(dynamodb_LeadingKeys=value)

    record.add("id-1", NOW, CALLER, check, decision)

    (document,) = record.as_documents()
    assert document["context"]["dynamodb:LeadingKeys"] == kept
    assert len(json.dumps(document)) < 50_000
    assert all(len(message) < 5_000 for message in caplog.messages)
