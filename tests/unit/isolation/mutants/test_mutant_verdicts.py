"""Verdicts: who refused, what leaked, and what is no mutant; the report and its exit code rest on them."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from chalicelib.config import Strategy
from isolation.attack.served import served
from isolation.mutants.attacker import Tried
from isolation.mutants.catalog import mutants
from isolation.mutants.model import Control, Kind, Mutant, Refuser, Verdict
from isolation.mutants.reports import as_json, print_report, summary
from isolation.mutants.runner import Report
from isolation.mutants.verdicts import judge, refusal_of
from stage.http_api import Answer

LEAK = "the answer holds the other tenant's row"
REFUSED: dict[str, Any] = {
    "request_id": "r-1",
    "decision": "ImplicitlyDenied",
    "action": "dynamodb:Query",
    "policy_kind": "identity",
    "statement": "",
    "unmet": [
        {
            "statement": "ReadOwnPartitionOnly",
            "operator": "ForAllValues:StringLike",
            "key": "dynamodb:LeadingKeys",
            "wanted": ["acme#*"],
        }
    ],
    "tags": {"tenant": "acme"},
    "message": "",
}
ALLOWED = {**REFUSED, "decision": "Allowed"}
BY_IAM = "ReadOwnPartitionOnly: ForAllValues:StringLike dynamodb:LeadingKeys acme#*"


@pytest.fixture(scope="module")
def known() -> dict[Kind, Mutant]:
    """Return a mutant of each kind."""
    return {each.kind: each for each in mutants(served(), Strategy.WEB_IDENTITY)}


def _answer(status: int, code: str = "", *, requests: str = "") -> Answer:
    return Answer(status, {"x-aws-requests": requests}, json.dumps({"Code": code}).encode())


def _tried(mutant: Mutant, answer: Answer, leak: str = "") -> list[Tried]:
    return [Tried(mutant.attacks[0], answer, leak)]


@pytest.mark.parametrize(
    ("answer", "control", "refuser"),
    [
        (_answer(403, "TenantAccessDeniedError", requests="r-0,r-1"), Control.LEADING_KEYS, Refuser.IAM),
        (_answer(503, "ScopedCredentialsError", requests="r-1"), Control.TRUST, Refuser.IAM),
        (_answer(403, "TenantAccessDeniedError", requests="r-0"), Control.ROW_SECURITY, Refuser.POSTGRES),
        (_answer(200), Control.ROW_SECURITY, Refuser.POSTGRES),
        (_answer(404, "UserNotFoundError"), Control.ROW_SECURITY, Refuser.POSTGRES),
        (_answer(403, "HandleClosedError", requests="r-1"), Control.HANDLE, Refuser.CODE),
        (_answer(401, "UnauthorizedError"), Control.TAGS, Refuser.CODE),
        (_answer(401, "InvalidTokenError"), Control.TRUST, Refuser.CODE),
        (_answer(401, "UnauthorizedError"), Control.HANDLE, None),
        (_answer(200), Control.LEADING_KEYS, None),
        (_answer(404, "ItemNotFoundError", requests="r-0"), Control.LEADING_KEYS, None),
        (_answer(503, "ScopedCredentialsError", requests="r-0"), Control.TRUST, None),
        (_answer(500, "InternalServerError"), Control.ROW_SECURITY, None),
        (_answer(400, "InvalidRequestError"), Control.ROW_SECURITY, None),
    ],
)
def test_who_refused_is_read_from_the_answer_and_the_decisions(
    answer: Answer, control: Control, refuser: Refuser | None
) -> None:
    """Nothing is taken for a refusal that is none: an empty answer, unless row-level security is what is at stake."""
    refusal = refusal_of(answer, [{**ALLOWED, "request_id": "r-0"}, REFUSED], control)

    assert (refusal.refuser if refusal else None) is refuser


def test_what_leaks_without_its_control_and_is_refused_with_it_is_refused(known: dict[Kind, Mutant]) -> None:
    """The words are those of the control."""
    mutant = known[Kind.KEY]
    refused = _tried(mutant, _answer(403, requests="r-1"))

    judged = judge(mutant, _tried(mutant, _answer(200), LEAK), refused, [REFUSED])

    assert (judged.verdict, judged.by) == (Verdict.REFUSED, BY_IAM)


def test_what_leaks_with_every_control_on_has_leaked(known: dict[Kind, Mutant]) -> None:
    """Whatever else was refused."""
    mutant = known[Kind.KEY]
    leaking = _tried(mutant, _answer(403, requests="r-1")) + _tried(mutant, _answer(200), LEAK)

    judged = judge(mutant, _tried(mutant, _answer(200), LEAK) * 2, leaking, [REFUSED])

    assert judged.verdict is Verdict.LEAKED
    assert LEAK in judged.reason


def test_what_leaks_nothing_without_its_control_is_no_mutant(known: dict[Kind, Mutant]) -> None:
    """Its refusal would show nothing."""
    mutant = known[Kind.KEY]
    refused = _tried(mutant, _answer(403, requests="r-1"))

    assert judge(mutant, refused, refused, [REFUSED]).verdict is Verdict.NO_MUTANT


def test_what_nothing_refused_is_no_mutant(known: dict[Kind, Mutant]) -> None:
    """That the code did nothing is not isolation; a server's error is not either."""
    mutant = known[Kind.KEY]
    leaking = _tried(mutant, _answer(200), LEAK)

    assert judge(mutant, leaking, _tried(mutant, _answer(200)), [REFUSED]).verdict is Verdict.NO_MUTANT
    assert judge(mutant, leaking, _tried(mutant, _answer(500)), [REFUSED]).verdict is Verdict.BROKEN


def test_what_another_control_refused_is_named(known: dict[Kind, Mutant]) -> None:
    """The proof that it leaks was about a control that did not have to act."""
    mutant = known[Kind.KEY]
    closed = _tried(mutant, _answer(403, "HandleClosedError"))

    judged = judge(mutant, _tried(mutant, _answer(200), LEAK), closed, [])

    assert judged.verdict is Verdict.OTHER_CONTROL
    assert Control.LEADING_KEYS in judged.reason


def test_an_open_mutant_must_leak(known: dict[Kind, Mutant]) -> None:
    """Once it does not, somebody has to say what refuses it."""
    mutant = known[Kind.SQL]

    assert judge(mutant, [], _tried(mutant, _answer(200), LEAK), []).verdict is Verdict.OPEN
    assert judge(mutant, [], _tried(mutant, _answer(200)), []).verdict is Verdict.OPEN_GONE


def test_the_evidence_is_red_unless_all_is_refused_or_known(known: dict[Kind, Mutant]) -> None:
    """Another tenant named to STS leaks under the other strategies, and is shown; no other leak is known of them."""
    key, vending = known[Kind.KEY], known[Kind.VENDING]
    leaks = {kind: _tried(mutant, _answer(200), LEAK) for kind, mutant in known.items()}
    refused = judge(key, leaks[Kind.KEY], _tried(key, _answer(403, requests="r-1")), [REFUSED])
    named = judge(vending, leaks[Kind.VENDING], leaks[Kind.VENDING], [])
    leaked = judge(key, leaks[Kind.KEY], leaks[Kind.KEY], [])
    opened = judge(known[Kind.SQL], [], leaks[Kind.SQL], [])

    good = Report(Strategy.WEB_IDENTITY, (refused, opened), (), 1.0)
    assert good.is_good
    assert not replace(good, judged=(refused, named)).is_good
    assert replace(good, judged=(refused, named), strategy=Strategy.SESSION_TAGS).is_good
    assert not replace(good, judged=(refused, leaked), strategy=Strategy.SESSION_TAGS).is_good
    assert not replace(good, judged=()).is_good
    assert not replace(good, few=("9 of the kind: x",)).is_good


def test_the_report_names_what_refused_what_leaked_and_what_is_open(known: dict[Kind, Mutant]) -> None:
    """With the line that was changed; the JSON says the same."""
    key, sql = known[Kind.KEY], known[Kind.SQL]
    leaking = _tried(key, _answer(200), LEAK)
    refused = judge(key, leaking, _tried(key, _answer(403, requests="r-1")), [REFUSED])
    leaked = replace(judge(key, leaking, leaking, []), changed=("table.py:1: -key", "table.py:1: +_theirs(key)"))
    opened = judge(sql, [], _tried(sql, _answer(200), LEAK), [])
    report = Report(Strategy.WEB_IDENTITY, (refused, leaked, opened), (), 2.0)
    out = io.StringIO()

    print_report(report, Console(file=out, width=160))

    text = out.getvalue()
    for words in (
        BY_IAM,
        f"✗ leaked: {key.name}",
        "table.py:1: +_theirs(key)",
        f"! open: {sql.name}: {sql.open_until}",
        "✗ 3 mutants, 1 leaked, 1 open, 1 refused (2 s)",
    ):
        assert words in text
    rows = json.loads(as_json(report))["mutants"]
    assert [(row["verdict"], row["red"]) for row in rows] == [("refused", False), ("leaked", True), ("open", False)]
    assert summary(report) == "1 leaked, 1 open, 1 refused"
