"""With the saved plan, what its JSON leaves open is known; and only as far as the sources tell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bulkhead_planproof.__main__ import main
from planproof_testing.plans import PLANS, REASONS, change_of
from planproof_testing.saved_plans import TIME, written

if TYPE_CHECKING:
    from pathlib import Path

_ROLE = 'resource "aws_iam_role" "tenant" {\n}\n'
_OWNER = "role = aws_iam_role.tenant.id"
_ATTACHED = "policy_arn = aws_iam_policy.lambda.arn"
_SOURCES = f"""
provider "aws" {{
}}
resource "aws_dynamodb_table" "pooled" {{
}}
resource "aws_iam_role" "lambda" {{
}}
resource "aws_iam_policy" "lambda" {{
}}
{_ROLE}
resource "aws_iam_role_policy" "tenant" {{
  {_OWNER}
}}
resource "aws_iam_role_policy_attachment" "lambda" {{
  role = aws_iam_role.lambda.name
  {_ATTACHED}
}}
"""


def _status(folder: Path, sources: str | None) -> int:
    """Prove the first plan of roles with unknown inline policies and tags, and attachments by reference."""
    plan = json.loads((PLANS / "attached_by_reference.json").read_text(encoding="utf-8"))
    plan["timestamp"] = TIME
    change_of(plan, "aws_iam_role.tenant")["after_unknown"].update(inline_policy=True, tags_all=True)
    path = folder / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    saved = [] if sources is None else ["--saved", str(written(folder, {"/main.tf": sources}))]
    return main([str(path), "--reasons", str(REASONS), *saved])


def test_a_first_plan_is_proved_with_its_sources(tmp_path: Path) -> None:
    """Each unknown attribute is one reference, no block is there, and no tag of a provider."""
    assert _status(tmp_path, None) == 1
    assert _status(tmp_path, _SOURCES) == 0


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            _ATTACHED,
            'policy_arn = replace(aws_iam_policy.lambda.arn, "a", "b")',
            "which policy it attaches is not known",
        ),
        (_ATTACHED, "policy_arn = aws_iam_policy.lambda.id", "another"),
        (_OWNER, "role = lower(aws_iam_role.tenant.id)", "role is not known at plan time"),
        (
            _ROLE,
            _ROLE.replace("{", '{\n  dynamic "inline_policy" {\n    for_each = []\n    content {}\n  }'),
            "inline_policy is not known at plan time",
        ),
        (
            'provider "aws" {\n',
            'provider "aws" {\n  dynamic "default_tags" {\n    for_each = []\n    content {}\n  }\n',
            "tags_all is not known at plan time",
        ),
        (
            _ROLE,
            _ROLE + 'removed {\n  from = terraform_data.x\n  provisioner "local-exec" {\n    when = destroy\n  }\n}\n',
            "a provisioner of a removed block: what it does is not in the plan",
        ),
        (
            _ROLE,
            _ROLE + 'ephemeral "aws_lambda_invocation" "x" {\n}\n',
            "ephemeral.aws_lambda_invocation.x: what it does is not in the plan",
        ),
    ],
)
def test_what_the_sources_make_of_it_is_not_known(
    tmp_path: Path, old: str, new: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the JSON alone, all of these look the same."""
    assert _SOURCES.count(old) == 1
    assert _status(tmp_path, _SOURCES.replace(old, new)) in {1, 2}
    printed = capsys.readouterr()
    assert says in printed.out + printed.err


def test_what_reads_and_is_gone_is_no_program(tmp_path: Path) -> None:
    """Such as a password that is drawn at the apply."""
    drawn = 'ephemeral "aws_secretsmanager_random_password" "x" {\n}\nremoved {\n  from = terraform_data.x\n}\n'
    assert _status(tmp_path, _SOURCES + drawn) == 0


@pytest.mark.parametrize("saved", ["missing", "plan.json"])
def test_a_file_that_is_no_saved_plan_is_refused(
    tmp_path: Path, saved: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a sentence."""
    (tmp_path / "plan.json").write_text("{}")
    plan = str(PLANS / "sound.json")
    assert main([plan, "--reasons", str(REASONS), "--saved", str(tmp_path / saved)]) == 2
    assert capsys.readouterr().err.startswith("planproof: ")
