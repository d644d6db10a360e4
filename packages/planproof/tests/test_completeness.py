"""A plan that is not all that there will be proves nothing; neither does one of which something is not known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bulkhead_planproof.__main__ import main
from bulkhead_planproof.findings import Claim, Verdict
from bulkhead_planproof.rendering import as_json
from planproof_testing.plans import EVERYTHING, REASONS, added, after, allowing, change_of, policy, proved, role, sound

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from planproof_testing.plans import Plan

_BEFORE = {"address": "aws_iam_role_policy.before", "mode": "managed", "type": "aws_iam_role_policy", "name": "before"}
_DATA = {"address": "data.aws_region.here", "mode": "data", "type": "aws_region", "name": "here"}


def _state(*resources: dict[str, Any], module: bool = False) -> dict[str, Any]:
    """Return a state of these, and of what tells the account."""
    inner: dict[str, Any] = {"resources": list(resources)}
    told = sound()["prior_state"]["values"]["root_module"]["resources"]
    root = {"resources": told, "child_modules": [inner]} if module else {"resources": [*told, *resources]}
    return {"values": {"root_module": root}}


def _with_provisioner(plan: Plan, *, module: bool = False) -> None:
    configured = plan["configuration"]["root_module"]
    resource = {"address": "terraform_data.run", "mode": "managed", "type": "terraform_data", "name": "run"}
    resource["provisioners"] = [{"type": "local-exec", "expressions": {}}]  # type: ignore[assignment]
    if module:
        configured["module_calls"] = {"runs": {"source": "./runs", "module": {"resources": [resource]}}}
    else:
        configured["resources"].append(resource)


def _calling(plan: Plan, kind: str) -> None:
    data = {"address": f"data.{kind}.x", "mode": "data", "type": kind, "name": "x"}
    plan["configuration"]["root_module"]["resources"].append(data)


@pytest.mark.parametrize(
    "change",
    [
        lambda plan: plan.update(prior_state=_state(_DATA)),
        lambda plan: plan.update(prior_state=_state({**_BEFORE, "address": "aws_iam_role.tenant"}, module=True)),
        lambda plan: plan.update(planned_values=_state({**_BEFORE, "address": "aws_iam_role.tenant"})["values"]),
        lambda plan: (
            plan["resource_changes"][0].update(previous_address="aws_iam_role_policy.before")
            or plan.update(prior_state=_state(_BEFORE))
        ),
        lambda plan: _calling(plan, "aws_caller_identity"),
        lambda plan: plan.update(deferred_changes=[]),
    ],
)
def test_a_complete_plan_is_proved(change: Callable[[Plan], object]) -> None:
    """The twins of the plans below."""
    plan = sound()
    change(plan)
    assert proved(plan).report.proved


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(lambda plan: plan.pop("complete"), "does not say that it is complete", id="it does not say"),
        pytest.param(lambda plan: plan.update(complete=False), "the plan is not complete", id="it says no"),
        pytest.param(lambda plan: plan.update(complete=None), "does not say that it is complete", id="null"),
        pytest.param(lambda plan: plan.update(errored=True), "the plan is not complete", id="errors"),
        pytest.param(lambda plan: plan.update(deferred_changes=[{}]), "the plan is not complete", id="deferred"),
        pytest.param(lambda plan: plan.update(format_version="2.0"), "format '2.0' is not", id="another format"),
        pytest.param(
            lambda plan: plan.update(prior_state=_state(_BEFORE)),
            "the state has aws_iam_role_policy.before, of which it says nothing",
            id="more in the state",
        ),
        pytest.param(
            lambda plan: plan.update(prior_state=_state(_BEFORE, {**_BEFORE, "address": "a.b"}, module=True)),
            "the state has a.b and 1 more, of which it says nothing",
            id="more in a module of the state",
        ),
        pytest.param(
            lambda plan: plan.update(planned_values=_state(_BEFORE)["values"]),
            "the plan's values has aws_iam_role_policy.before",
            id="more in the values",
        ),
        pytest.param(_with_provisioner, "what its provisioner 'local-exec' does is not in the plan", id="provisioner"),
        pytest.param(
            lambda plan: _with_provisioner(plan, module=True),
            "module.runs.terraform_data.run: what its provisioner",
            id="provisioner in a module",
        ),
        pytest.param(lambda plan: _calling(plan, "external"), "what external does is not in the plan", id="a program"),
        pytest.param(
            lambda plan: _calling(plan, "aws_lambda_invocation"), "what aws_lambda_invocation does", id="a call"
        ),
        pytest.param(lambda plan: plan.update(action_invocations=[{}]), "the plan invokes actions", id="an action"),
        pytest.param(
            lambda plan: plan.update(deferred_action_invocations=[{}]), "the plan invokes actions", id="a later action"
        ),
        pytest.param(
            lambda plan: plan["resource_changes"].append(
                {
                    "address": "aws_iam_role_policy.before",
                    "mode": "managed",
                    "type": "aws_iam_role_policy",
                    "change": {"actions": ["forget"], "after": None},
                }
            ),
            "is forgotten, and stays as it is",
            id="forgotten",
        ),
    ],
)
def test_an_incomplete_plan_proves_nothing(change: Callable[[Plan], object], says: str) -> None:
    """Neither in its text nor in its JSON is anything called proved."""
    plan = sound()
    change(plan)
    outcome = proved(plan)
    assert outcome.says(says)
    assert {each.claim for each in outcome.bad} == {Claim.KNOWN}
    assert "proved" not in json.dumps(as_json(outcome.report)["findings"]).replace("not proved", "")
    assert not [line for line in outcome.text.splitlines() if line.startswith("PROVED")]


@pytest.mark.parametrize(
    "change",
    [
        lambda plan: after(plan, "aws_iam_role_policy.other").update(policy="{"),
        lambda plan: change_of(plan, "aws_iam_role_policy.other")["after_unknown"].update(policy=True),
        lambda plan: change_of(plan, "aws_iam_role.Other")["after_unknown"].update(inline_policy=True),
        lambda plan: change_of(plan, "aws_iam_role.Other")["after_unknown"].update(tags_all=True),
        lambda plan: change_of(plan, "aws_iam_role.Other")["after_unknown"].update(assume_role_policy=True),
    ],
)
def test_of_a_principal_that_is_not_known_nothing_is_proved(change: Callable[[Plan], object]) -> None:
    """Others may be."""
    plan = sound()
    role(plan, "Other")
    added(
        plan,
        "aws_iam_role_policy.other",
        role="app-OtherRole",
        name="p",
        policy=policy(allowing("sts:GetCallerIdentity")),
    )
    assert proved(plan).report.proved
    change(plan)

    outcome = proved(plan)

    of_other = [each for each in outcome.report.findings if each.subject == "app-OtherRole"]
    assert Verdict.PROVED not in {each.verdict for each in of_other}
    assert any(each.claim is Claim.KNOWN and each.verdict is Verdict.NOT_PROVED for each in of_other)
    assert any(each.claim is Claim.NO_OTHER_PATH and each.verdict is Verdict.NOT_PROVED for each in of_other)
    proofs = [each for each in outcome.report.findings if each.verdict is Verdict.PROVED]
    assert "app-TenantRole" in {each.subject for each in proofs}
    assert Claim.KNOWN not in {each.claim for each in proofs}


@pytest.mark.parametrize(
    "tags",
    [
        {"after": {"tags": {"tenant": "acme"}}, "unknown": {}},
        {"after": {"tags": None, "tags_all": {"Tenant": "acme"}}, "unknown": {}},
        {"after": {"tags": {}}, "unknown": {"tags": {"tenant": True}}},
        {"after": {"tags": None}, "unknown": {"tags_all": True}},
        {"after": {"tags": None}, "unknown": {"tags": True}},
    ],
)
def test_tags_of_the_tenant_role_must_be_known(tags: dict[str, dict[str, Any]]) -> None:
    """Its sessions would get them: those of the provider's default_tags, too."""
    plan = sound()
    after(plan, "aws_iam_role.tenant").update(tags["after"])
    change_of(plan, "aws_iam_role.tenant")["after_unknown"].update(tags["unknown"])
    assert not proved(plan).report.proved


def test_a_letter_beyond_ascii_is_another_letter() -> None:
    """`K` of U+212A is lower-cased to `k` by Python, and AWS does not know such a key."""
    plan = sound()
    tenant = after(plan, "aws_iam_role_policy.tenant")
    tenant["policy"] = tenant["policy"].replace("dynamodb:LeadingKeys", "dynamodb:Leading\u212aeys")
    assert proved(plan).of(Claim.OWN_PARTITION)


@pytest.mark.parametrize(
    "changes",
    [
        [{}],
        [{"address": "a.b", "mode": "managed", "type": "a", "change": None}],
        [{"address": "a.b", "mode": "managed", "type": "a", "change": {"actions": ["create"], "after": []}}],
        [{"address": 1, "mode": "managed", "type": "a", "change": {"actions": []}}],
        [{"address": "a.b", "mode": "other", "type": "a", "change": {"actions": []}}],
        ["aws_iam_role.tenant"],
    ],
)
def test_what_terraform_does_not_print_is_no_plan(
    tmp_path: Path, changes: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """A sentence, and no traceback."""
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({**sound(), "resource_changes": changes}), encoding="utf-8")
    assert main([str(path), "--reasons", str(REASONS)]) == 2
    assert capsys.readouterr().err.startswith(
        "planproof: this is no plan that `terraform show -json` prints: resource_ch"
    )


def test_a_policy_that_nobody_attaches_must_be_known_as_well() -> None:
    """It could be what an attachment means that is not known itself."""
    plan = sound()
    added(plan, "aws_iam_policy.x", {"policy": True}, {"policy": {}}, name="x")
    assert proved(plan).says("aws_iam_policy.x: policy is not known at plan time")
    assert not proved(plan).report.proved
    after(plan, "aws_iam_policy.x").update(policy=EVERYTHING)
    change_of(plan, "aws_iam_policy.x")["after_unknown"].clear()
    assert proved(plan).report.proved


def test_of_a_tenant_role_that_is_not_known_nothing_is_proved() -> None:
    """None of the claims about its sessions, either."""
    plan = sound()
    added(plan, "aws_iam_role_policy.other", role="app-TenantRole", name="p", policy="{")
    found = [each for each in proved(plan).report.findings if each.claim not in {Claim.SESSIONS, Claim.KNOWN}]
    assert {each.verdict for each in found if "enant" in each.subject} == {Verdict.NOT_PROVED}
