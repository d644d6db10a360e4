"""What a plan could hide from the proof: each is not proved, however sound the rest is."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bulkhead_planproof.__main__ import main
from bulkhead_planproof.changes import load
from bulkhead_planproof.expectations import read_reasons
from bulkhead_planproof.grammar import TENANT_ID, grammar
from bulkhead_planproof.partitions import KeyForm
from bulkhead_planproof.prover import Prover
from bulkhead_planproof.reading import read_plan
from bulkhead_planproof.session_policy import from_template

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulkhead_planproof.session_policy import SessionPolicies

PLANS = Path(__file__).parent / "plans"
REASONS = ["--reasons", str(Path(__file__).parent / "reasons.json")]
_SOUND = json.loads((PLANS / "sound.json").read_text(encoding="utf-8"))
_EVERYTHING = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}]}
)
_PUBLIC = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}],
    }
)


def _of(plan: Any, kind: str, name: str) -> Any:
    return next(
        each["change"]
        for each in plan["resource_changes"]
        if each["type"] == kind and name in json.dumps(each["change"]["after"])
    )


def _added(plan: Any, kind: str, **after: Any) -> None:
    change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {}}
    address = f"{kind}.added"
    plan["resource_changes"].append(
        {"address": address, "mode": "managed", "type": kind, "name": "added", "change": change}
    )
    resources = plan["configuration"]["root_module"].setdefault("resources", [])
    resources.append({"address": address, "mode": "managed", "type": kind, "name": "added", "expressions": {}})


def _inline_beside_a_separate_one(plan: Any) -> None:
    separate = _of(plan, "aws_iam_role_policy", "TenantRole")["after"]["name"]
    _of(plan, "aws_iam_role", "TenantRole")["after"]["inline_policy"] = [{"name": separate, "policy": _EVERYTHING}]


def _generated_inline(plan: Any) -> None:
    _of(plan, "aws_iam_role", "LambdaRole")["after_unknown"]["inline_policy"] = True


def _forgotten(plan: Any) -> None:
    _added(plan, "aws_s3_bucket_policy", bucket="b", policy=_PUBLIC)
    change = plan["resource_changes"][-1]["change"]
    change.update(actions=["forget"], before=change["after"], after=None)


def _user_who_is_called_as_a_role(plan: Any) -> None:
    _added(plan, "aws_iam_user", name="x-LambdaRole")
    _added(plan, "aws_iam_user_policy", user="x-LambdaRole", name="p", policy=_EVERYTHING)


@pytest.mark.parametrize(
    ("hide", "says"),
    [
        pytest.param(_inline_beside_a_separate_one, "TenantRole", id="inline policy of the same name"),
        pytest.param(
            _generated_inline,
            "inline_policy is not known at plan time: name the saved plan",
            id="dynamic inline policy",
        ),
        pytest.param(_forgotten, "is forgotten", id="forgotten bucket policy"),
        pytest.param(
            lambda plan: _added(
                plan, "aws_s3_bucket_policy", bucket="shop-web-eu-exports-123456789012", policy=_PUBLIC
            ),
            "allows something by itself",
            id="exports of a stage called web-eu",
        ),
        pytest.param(
            lambda plan: _added(
                plan, "aws_dynamodb_resource_policy", resource_arn="shop-web-123456789012", policy=_PUBLIC
            ),
            "allows something by itself",
            id="a table that is called as the page's bucket",
        ),
        pytest.param(
            lambda plan: _added(plan, "aws_s3_bucket", bucket="b", policy=_PUBLIC),
            "allows something by itself",
            id="a bucket's own policy",
        ),
        pytest.param(
            lambda plan: _added(plan, "aws_s3_bucket", bucket="b", acl="public-read"),
            "access control list",
            id="a bucket's own acl",
        ),
        pytest.param(
            lambda plan: _added(plan, "aws_lambda_permission", principal="*", action="lambda:InvokeFunction"),
            "may run the function",
            id="anybody calls",
        ),
        pytest.param(
            lambda plan: _added(plan, "aws_lambda_function_url", authorization_type="NONE"),
            "is not understood",
            id="a function's URL",
        ),
        pytest.param(
            lambda plan: _added(plan, "aws_db_snapshot", shared_accounts=["all"]), "is not understood", id="a snapshot"
        ),
        pytest.param(
            _user_who_is_called_as_a_role,
            "x-LambdaRole",
            id="a user who is called as a role",
        ),
    ],
)
def test_a_plan_that_hides_something_is_not_proved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], hide: Callable[[Any], object], says: str
) -> None:
    """And the words say what."""
    plan = copy.deepcopy(_SOUND)
    hide(plan)
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan))

    assert main([str(path), *REASONS]) in {1, 2}

    printed = capsys.readouterr()
    wrong = [line for line in printed.out.splitlines() if not line.startswith("PROVED")]
    assert says in "\n".join([*wrong, printed.err])


_KEYS = '"Condition": {{"ForAllValues:StringLike": {{"dynamodb:LeadingKeys": "{}"}}}}'
_GET = '{"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*", '
_OBJECT = '{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/{tenant}"}'
_OLD = f'{{"Statement": [{_GET}{_KEYS.format("{tenant}-*")}}}]}}'
_BY_TAG = (
    f'{{"Version": "2012-10-17", "Statement": [{_OBJECT}, {_GET}{_KEYS.format("${aws:PrincipalTag/tenant}#*")}}}]}}'
)


@pytest.mark.parametrize(
    ("text", "says"),
    [('{"Statement": []}', "{tenant} stands nowhere"), (_OLD, "2012-10-17"), (_BY_TAG, "rests on the tag")],
)
def test_a_session_policy_that_rests_on_something_else_is_not_proved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    """Whatever role it is for."""
    policy = tmp_path / "session.policy"
    policy.write_text(text)
    plan = str(PLANS / "session_policy_with_a_dash.json")
    assert main([plan, *REASONS, "--session-policy", str(policy)])
    printed = capsys.readouterr()
    assert says in printed.out + printed.err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (REASONS, "no role in the plan is called *-TenantPolicyRole, which a session policy is passed for"),
        (
            ["--tenant-role", "*-TenantRole"],
            "a session policy is for a role: name it, as in --session-policy-role NAME",
        ),
    ],
)
def test_a_session_policy_for_no_role_is_not_ignored(
    capsys: pytest.CaptureFixture[str], options: list[str], says: str
) -> None:
    """Else a weak one would seem proved."""
    policy = PLANS / "session_policy_with_a_dash.policy"
    assert main([str(PLANS / "sound.json"), *options, "--session-policy", str(policy)]) == 2
    assert capsys.readouterr().err == f"planproof: {says}\n"


def test_a_role_of_session_policies_that_is_not_there_is_a_slip(capsys: pytest.CaptureFixture[str]) -> None:
    """Also without a policy: the role that was meant would go unseen."""
    options = ["--tenant-role", "*-TenantRole", "--session-policy-role", "*-PolicyRole"]
    assert main([str(PLANS / "sound.json"), *options]) == 2
    assert "no role in the plan is called *-PolicyRole" in capsys.readouterr().err


def test_a_role_that_is_named_as_both_kinds_is_not_proved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Else a sound session policy would hide a role's own that is not."""
    policy = tmp_path / "sound.policy"
    policy.write_text(f'{{"Version": "2012-10-17", "Statement": [{_GET}{_KEYS.format("{tenant}#*")}}}]}}')
    both = ["--session-policy-role", "app-TenantRole", "--session-policy", str(policy)]

    assert main([str(PLANS / "no_condition.json"), *REASONS, *both]) == 1
    assert "it is named both as a role that tags confine" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("plan", "policies", "says"),
    [
        ("sound", lambda _, __: (from_template("{tenant}", "a policy"),), "which session policies are passed for"),
        ("session_policy_with_a_dash", lambda _, __: (), "a session policy confines it, and none is given"),
    ],
)
def test_code_that_passes_policies_for_no_role_or_none_for_one_proves_nothing(
    plan: str, policies: SessionPolicies, says: str
) -> None:
    """The prover itself says so, whoever calls it."""
    read = read_plan(load((PLANS / f"{plan}.json").read_text()))
    reasons = read_reasons((PLANS.parent / "reasons.json").read_text())
    found = Prover(read, reasons, KeyForm(grammar(TENANT_ID), "#"), "tenant", policies).report()

    assert not found.proved
    assert any(says in each.detail for each in found.findings)


def test_a_role_that_session_policies_confine_needs_one(capsys: pytest.CaptureFixture[str]) -> None:
    """Its own policy is for all tenants."""
    assert main([str(PLANS / "session_policy_with_a_dash.json"), *REASONS]) == 1
    assert "a session policy confines it, and none is given" in capsys.readouterr().out


def test_without_a_role_of_tenants_nothing_is_proved(capsys: pytest.CaptureFixture[str]) -> None:
    """The message says what to tell it."""
    assert main([str(PLANS / "sound.json")]) == 2
    assert "name them, as in --tenant-role NAME" in capsys.readouterr().err
