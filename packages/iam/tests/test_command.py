"""`python -m bulkhead_iam evaluate FILE.jsonl`."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from bulkhead_iam.__main__ import main
from bulkhead_iam.cases import verdict

if TYPE_CHECKING:
    from pathlib import Path

ALLOW = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
DENY = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}
REQUEST = {
    "principal": "arn:aws:iam::111122223333:user/ann",
    "action": "s3:GetObject",
    "resource": "arn:aws:s3:::bucket/key",
    "resource_account": "111122223333",
    "context": {},
}


def _line(identifier: str, *identity: Any, **changes: Any) -> str:
    policies = {"identity": list(identity), "resource": None, "session": None, "boundary": None}
    return json.dumps({"id": identifier, "request": {**REQUEST, **changes}, "policies": policies})


def test_each_case_is_answered_by_one_json_line(tmp_path: Path) -> None:
    """The command prints id, decision and detail, or id and error, in the order of the file."""
    cases = tmp_path / "cases.jsonl"
    unknown = {**ALLOW, "Comment": "?"}
    lines = [_line("a", ALLOW), "", _line("b"), _line("c", ALLOW, DENY), _line("d", unknown)]
    cases.write_text("\n".join(lines), encoding="utf-8")

    command = [sys.executable, "-m", "bulkhead_iam", "evaluate", str(cases)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]

    assert answers[:3] == [
        {"id": "a", "decision": "allow", "detail": "Allowed"},
        {"id": "b", "decision": "deny", "detail": "ImplicitlyDenied"},
        {"id": "c", "decision": "deny", "detail": "ExplicitlyDenied"},
    ]
    assert set(answers[3]) == {"id", "error"}
    assert answers[3]["id"] == "d"
    assert "Comment" in answers[3]["error"]


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit status is 1 and the reason goes to standard error."""
    assert main(["evaluate", str(tmp_path / "missing.jsonl")]) == 1
    assert "missing.jsonl" in capsys.readouterr().err


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        "[]",
        '"case"',
        "{}",
        '{"id": "x", "request": 1, "policies": {}}',
        _line("x", principal="ann\n"),
        _line("x", principal="arn:aws:iam::1:user/ann"),
        _line("x", principal=None),
        _line("x", action=None),
        _line("x", resource=["*"]),
        _line("x", context={"aws:username": 1}),
        _line("x", context={"aws:username": [None]}),
        _line("x", context=["aws:username"]),
        _line("x", context={"aws:username": "a", "AWS:UserName": "b"}),
        _line("x", None),
        _line("x", "Allow"),
    ],
)
def test_a_malformed_case_is_an_error_and_never_a_decision(line: str) -> None:
    """Whatever is wrong with a line, its answer is an error."""
    assert set(verdict(line)) == {"id", "error"}


def test_an_error_names_its_case_even_where_a_key_stands_twice() -> None:
    """A line that is refused for a duplicate key still has its id in the answer."""
    answer = verdict('{"id": "x", "id": "x", "request": {}, "policies": {}}')

    assert answer["id"] == "x"
    assert "stands twice" in str(answer["error"])


def test_no_session_policies_are_not_an_empty_session_policy() -> None:
    """An empty list, like null, says that none was passed."""
    case = json.loads(_line("x", ALLOW))
    case["policies"].update(session=[], boundary=[])

    assert verdict(json.dumps(case))["decision"] == "allow"


def test_a_role_policy_with_resources_is_still_required_to_allow() -> None:
    """It cannot be a trust policy, but to assume a role its own policy must allow in any case."""
    other = {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole", "Resource": "*"}
    wide = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    role = "arn:aws:iam::111122223333:role/app"
    case = json.loads(_line("x", wide, action="sts:AssumeRole", resource=role))

    assert verdict(json.dumps(case))["decision"] == "deny"
    case["policies"]["resource"] = {"Statement": other}
    assert verdict(json.dumps(case))["decision"] == "deny"
    case["policies"]["resource"] = {"Statement": {**other, "Principal": {"AWS": "111122223333"}}}
    assert verdict(json.dumps(case))["decision"] == "allow"
