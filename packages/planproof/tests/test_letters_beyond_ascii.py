"""A letter that only looks like one of ASCII is another one: what is written with it proves nothing."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import bulkhead_planproof
from bulkhead_iam import PolicyKind
from bulkhead_planproof.__main__ import main
from bulkhead_planproof.configuration import module_of
from bulkhead_planproof.contexts import satisfying
from bulkhead_planproof.expectations import KnownPath
from bulkhead_planproof.findings import Claim
from bulkhead_planproof.grammar import grammar
from bulkhead_planproof.languages import ProofError, contains
from bulkhead_planproof.leading_keys import leading_keys
from bulkhead_planproof.plan import Plan, read_document
from bulkhead_planproof.reach import data_actions
from bulkhead_planproof.replay import likeliest_account
from bulkhead_planproof.session_policy import from_template
from bulkhead_planproof.sessions import tag_values
from bulkhead_planproof.statements import Statement, read_statements

if TYPE_CHECKING:
    from collections.abc import Mapping

PLANS = Path(__file__).parent / "plans"
REASONS = Path(__file__).parent / "reasons.json"
SOURCES = Path(bulkhead_planproof.__file__).parent
KELVIN, LONG_S, DOTLESS_I = "\u212a", "\u017f", "\u0131"
#: The number of an account in other digits.
ARABIC = "".join(chr(0x660 + int(digit)) for digit in "123456789012")
_CASES = frozenset(("lower", "upper", "casefold", "title", "capitalize", "swapcase", "isdigit", "isdecimal"))


def _statement(**members: Any) -> Statement:
    source = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*", **members}
    (statement,) = read_statements({"Version": "2012-10-17", "Statement": source}, "a policy")
    return statement


def _run(tmp_path: Path, plan: str, *options: str) -> int:
    path = tmp_path / "plan.json"
    path.write_text(plan)
    return main([str(path), "--reasons", str(REASONS), *options])


def _with_the_tag_task() -> str:
    """Return the sound plan with a tag in which two letters can be mistaken."""
    plan = (PLANS / "sound.json").read_text()
    return plan.replace("Tag/tenant", "Tag/task").replace(r"[\"tenant\"]", r"[\"task\"]")


def test_a_condition_on_another_key_says_nothing_of_leading_keys() -> None:
    """The Kelvin sign is no k."""
    condition = {"ForAllValues:StringLike": {f"dynamodb:Leading{KELVIN}eys": "${aws:PrincipalTag/tenant}#*"}}

    assert leading_keys(_statement(Condition=condition).conditions).every == ()


def test_a_condition_on_another_tag_says_nothing_of_this_one() -> None:
    """Nor is the tag's key in a policy that of the session."""
    conditions = _statement(Condition={"StringEquals": {f"aws:RequestTag/tas{KELVIN}": "a"}}).conditions

    assert tag_values(conditions, "aws:requesttag/task").absent
    assert not tag_values(conditions, f"AWS:RequestTag/TAS{KELVIN}").absent


def test_an_action_that_only_looks_like_another_is_another() -> None:
    """In what is explained, and in what is harmless."""
    explained, _ = KnownPath(principal="*", actions=(f"kms:{KELVIN}*",), resources=("*",), reason="x").languages()
    harmless = data_actions([f"dynamodb:Create{KELVIN}"])

    assert not contains(explained, "kms:k")
    assert contains(harmless, "dynamodb:createk")


@pytest.mark.parametrize("element", ["Action", "NotAction"])
def test_an_action_of_a_statement_stays_what_it_is(element: str) -> None:
    """The evaluator refuses such a statement; how it is read does not rest on that."""
    source = {"Effect": "Allow", element: [f"dynamodb:CreateBac{KELVIN}up"], "Resource": "*"}
    (statement,) = read_statements({"Version": "2012-10-17", "Statement": source}, "a policy")

    assert contains(statement.actions, "dynamodb:createbackup") is (element == "NotAction")


@pytest.mark.parametrize(
    ("action", "status"),
    [("kinesis:GetRecords", 0), (f"kinesis:GetRecord{LONG_S}", 1), (f"{KELVIN}inesis:GetRecords", 2)],
)
def test_a_reason_for_another_action_explains_nothing(tmp_path: Path, action: str, status: int) -> None:
    """Nor is it a service that its letters only look like."""
    reasons = tmp_path / "reasons.json"
    known = json.loads(REASONS.read_text())
    path = {"principal": "*-LambdaRole", "actions": [action], "resources": ["*"], "reason": "for a test"}
    reasons.write_text(json.dumps({**known, "paths": [*known["paths"], path]}))
    plan = json.loads((PLANS / "sound.json").read_text())
    policy = next(each for each in plan["resource_changes"] if each["address"] == "aws_iam_role_policy.lambda")
    document = json.loads(policy["change"]["after"]["policy"])
    document["Statement"].append({"Effect": "Allow", "Action": "kinesis:GetRecords", "Resource": "*"})
    policy["change"]["after"]["policy"] = json.dumps(document)

    assert _run(tmp_path, json.dumps(plan), "--reasons", str(reasons)) == status


@pytest.mark.parametrize(("tag", "proved"), [("task", True), (f"tas{KELVIN}", False), (f"ta{LONG_S}k", False)])
def test_partitions_are_proved_for_the_tag_that_is_named(
    tmp_path: Path,
    tag: str,
    proved: bool,  # noqa: FBT001
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Not for one that looks like it."""
    assert _run(tmp_path, _with_the_tag_task(), "--tag", tag) == (0 if proved else 2)
    assert (f"PROVED      {Claim.OWN_PARTITION}" in capsys.readouterr().out) is proved


@pytest.mark.parametrize("key", ["task", "TASK", f"tas{KELVIN}", f"ta{LONG_S}k"])
def test_a_role_with_what_may_be_the_tag_is_not_proved(
    tmp_path: Path, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody knows whether a session would get it: here doubt is on the other side."""
    plan = json.loads(_with_the_tag_task())
    role = next(each for each in plan["resource_changes"] if each["address"] == "aws_iam_role.tenant")
    role["change"]["after"]["tags"] = {key: "acme"}

    assert _run(tmp_path, json.dumps(plan), "--tag", "task") == 1
    assert "has a tag of its own" in capsys.readouterr().out


@pytest.mark.parametrize(
    "variable",
    [
        "aws:PrincipalTag/tenant",
        "AWS:principaltag/TENANT",
        f"aws:Pr{DOTLESS_I}ncipalTag/tenant",
        f"aw{LONG_S}:PrincipalTag/tenant",
        r"aws:PrincipalTag\/tenant",
        r"aws:PrincipalTag/\u0074enant",
        r"a\u0077\u017f:PrincipalTag/tenant",
    ],
)
def test_a_session_policy_that_may_rest_on_the_tag_is_not_proved(variable: str) -> None:
    """Whatever letters and escapes it hides behind."""
    statement = f'{{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/{{tenant}}/${{{variable}}}"}}'
    policy = from_template(f'{{"Version": "2012-10-17", "Statement": {statement}}}', "a file")

    with pytest.raises(ProofError, match="rests on the tag tenant"):
        policy.for_any_tenant("tenant")


def test_a_session_policy_that_is_no_json_is_not_understood() -> None:
    """It cannot rest on anything."""
    with pytest.raises(ProofError, match="is not JSON"):
        from_template("{tenant}", "a file").for_any_tenant("tenant")


def test_a_placeholder_is_written_in_one_case_or_the_other() -> None:
    """One that is not replaced would be text that every session shares."""
    with pytest.raises(ProofError, match="stands nowhere"):
        from_template('{"a": "{Tenant}#*"}', "a file")


def test_a_key_in_two_cases_is_one_key_of_a_counterexample() -> None:
    """The evaluator refuses a context that holds it twice."""
    written: Mapping[str, Any] = {"StringLike": {"aws:username": "a*"}, "StringEquals": {"AWS:UserName": "ab"}}

    assert satisfying(_statement(Condition=written).conditions, {}) == {"aws:username": "ab"}


def test_an_account_has_digits_of_ascii() -> None:
    """Else the caller of a counterexample would be nobody whom the evaluator knows."""
    arn = "arn:aws:dynamodb:eu-central-1:" + ARABIC + ":table/app"
    text = json.dumps({"Statement": {"Effect": "Allow", "Action": "dynamodb:*", "Resource": arn}})
    plan = Plan()
    plan.principal("role", "r").documents.append(read_document(text, "a policy", PolicyKind.IDENTITY))

    assert likeliest_account(plan) == "123456789012"


def test_a_repetition_in_a_grammar_has_digits_of_ascii() -> None:
    """As in Python's regular expressions, to which other digits are text."""
    with pytest.raises(ProofError, match="is not understood"):
        grammar("a{\u0662}")


def test_the_index_of_a_resource_has_digits_of_ascii() -> None:
    """As in Terraform's addresses."""
    assert module_of("module.a[1].aws_iam_role.b[2]") == (("a",), "aws_iam_role.b")
    assert module_of("module.a[\u0661].aws_iam_role.b") == (("a[\u0661]",), "aws_iam_role.b")


def test_no_module_folds_case_by_itself() -> None:
    """`bulkhead_iam.folding` does; the report's verdicts in capitals are its own words."""
    found = [
        path.name
        for path in sorted(SOURCES.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in _CASES
    ]

    assert found == ["rendering.py"]
