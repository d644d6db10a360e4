"""Reasons excuse what they name, and nothing else; without any, nothing is excused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bulkhead_planproof.__main__ import main
from bulkhead_planproof.expectations import Reasons, read_reasons
from bulkhead_planproof.findings import Claim, Verdict
from bulkhead_planproof.languages import ProofError
from planproof_testing.plans import ACCOUNT, REASONS, Outcome, added, after, allowing, policy, proved, role, sound

if TYPE_CHECKING:
    from pathlib import Path

_DATA = "arn:aws:s3:::data/*"
_KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/k"


def _reasons(*paths: dict[str, Any], **members: Any) -> Reasons:
    known = json.loads(REASONS.read_text(encoding="utf-8"))
    given = [{"principal": "app-OtherRole", "reason": "it must", **path} for path in paths]
    return read_reasons(json.dumps({**known, **members, "paths": [*known["paths"], *given]}))


def _outcome(statement: dict[str, Any], *paths: dict[str, Any]) -> Outcome:
    plan = sound()
    role(plan, "Other")
    added(plan, "aws_iam_role_policy.other", role="app-OtherRole", name="p", policy=policy(statement))
    return proved(plan, _reasons(*paths))


@pytest.mark.parametrize(
    ("statement", "path"),
    [
        (allowing("s3:*", _DATA), {"actions": ["s3:*"], "resources": [_DATA]}),
        (allowing("s3:GetObject", "arn:aws:s3:::data/a"), {"actions": ["s3:*"], "resources": [_DATA]}),
        (allowing("kms:Decrypt"), {"actions": ["kms:Decrypt"], "resources": ["*"]}),
        (
            allowing("kms:Decrypt", _KEY),
            {"actions": ["kms:Decrypt", "kms:Encrypt"], "resources": ["arn:aws:kms:*:*:key/*"]},
        ),
    ],
)
def test_a_reason_is_a_waiver(statement: dict[str, Any], path: dict[str, Any]) -> None:
    """It is counted beside what is proved and refuted, and printed with the words that were given."""
    assert not _outcome(statement).report.proved
    outcome = _outcome(statement, path)
    assert outcome.report.proved
    (waived,) = [each for each in outcome.report.findings if each.detail.endswith(": it must")]
    assert (waived.verdict, waived.subject, waived.claim) == (Verdict.WAIVED, "app-OtherRole", Claim.NO_OTHER_PATH)
    assert f"app-OtherRole: {waived.detail}" in outcome.text
    assert f"{sum(each.verdict is Verdict.WAIVED for each in outcome.report.findings)} waived" in outcome.text


@pytest.mark.parametrize(
    ("statement", "path"),
    [
        (allowing("s3:*", "arn:aws:s3:::data*"), {"actions": ["s3:*"], "resources": [_DATA]}),
        (allowing("s3:*", [_DATA, "arn:aws:s3:::other/*"]), {"actions": ["s3:*"], "resources": [_DATA]}),
        (allowing(["s3:*", "kms:Decrypt"], _DATA), {"actions": ["s3:*"], "resources": [_DATA]}),
        (allowing("kms:*"), {"actions": ["kms:Decrypt"], "resources": ["*"]}),
        (allowing("kms:Decrypt"), {"actions": ["kms:Decrypt"], "resources": [_KEY]}),
        (allowing("s3:*", _DATA), {"actions": ["s3:*"], "resources": [_DATA], "principal": "app-Other"}),
        (allowing("dynamodb:Scan"), {"actions": ["dynamodb:Scan"], "resources": ["*"]}),
    ],
)
def test_it_excuses_nothing_else(statement: dict[str, Any], path: dict[str, Any]) -> None:
    """Not another action, resource or role; and nobody's path to tenants' own tables."""
    assert not _outcome(statement, path).report.proved


def test_a_reason_that_excuses_nothing_is_no_waiver() -> None:
    """It would be counted for what is not there."""
    path = {"actions": ["s3:*"], "resources": [_DATA]}
    assert "it must" not in _outcome(allowing("sts:GetCallerIdentity"), path).text


@pytest.mark.parametrize(
    "path",
    [
        {"actions": ["*"], "resources": [_DATA]},
        {"actions": ["s?:GetObject"], "resources": [_DATA]},
        {"actions": ["*:GetObject"], "resources": [_DATA]},
        {"actions": [], "resources": [_DATA]},
        {"actions": ["s3:*"], "resources": ["data/*"]},
        {"actions": ["s3:*"], "resources": []},
        {"actions": ["s3:*"], "resources": [_DATA], "reason": " "},
        {"actions": ["s3:*"], "resources": [_DATA], "because": "x"},
    ],
)
def test_a_reason_names_service_actions_and_resources(path: dict[str, Any]) -> None:
    """And why."""
    with pytest.raises(ProofError, match="the file of reasons is not understood"):
        _reasons(path)


def test_without_reasons_nothing_is_excused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names that the reasons of somebody else may have are nothing of their own."""
    plan = sound()
    role(plan, "Lister")
    added(plan, "aws_dynamodb_table.registry", name="app-tenants", hash_key="pk")
    tenants = f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/app-tenants"
    scan = policy(allowing("dynamodb:Scan", tenants))
    added(plan, "aws_iam_role_policy.lister", role="app-ListerRole", name="p", policy=scan)
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")

    assert main([str(path), "--tenant-role", "*-TenantRole"]) == 1

    printed = capsys.readouterr().out
    assert "app-ListerRole may dynamodb:Scan" in printed
    assert "trusts lambda.amazonaws.com, for which no reason is given" in printed
    assert "waived" not in printed


def test_a_table_that_holds_nothing_of_tenants_is_waived_by_name() -> None:
    """And who reads it needs a reason, like any other path."""
    plan = sound()
    added(plan, "aws_dynamodb_table.registry", name="app-tenants", hash_key="pk")
    outcome = proved(plan, _reasons(other_tables={"app-tenants": "the registry"}))
    assert outcome.report.proved
    assert "app-tenants: its items are no tenant's: the registry" in outcome.text


def test_a_service_becomes_only_the_roles_that_its_reason_names() -> None:
    """Never one of tenants' sessions."""
    plan = sound()
    trust = json.loads(after(plan, "aws_iam_role.lambda")["assume_role_policy"])
    after(plan, "aws_iam_role.tenant")["assume_role_policy"] = json.dumps(trust)
    assert proved(plan).says("trusts lambda.amazonaws.com, for which no reason is given")

    plan = sound()
    some = {"actions": ["sts:AssumeRole"], "resources": ["arn:aws:iam::*:role/app-OtherRole"], "reason": "x"}
    outcome = proved(plan, _reasons(services=[{"service": "lambda.amazonaws.com", **some}]))
    assert outcome.says("LambdaServiceOnly trusts lambda.amazonaws.com, for which no reason is given")


def test_a_role_in_a_path_is_named_by_its_whole_arn() -> None:
    """A reason for a role of that name elsewhere is none."""
    named = json.loads(REASONS.read_text(encoding="utf-8"))
    named["paths"][0]["resources"] = [f"arn:aws:iam::{ACCOUNT}:role/app-TenantRole"]
    reasons = read_reasons(json.dumps(named))
    plan = sound()
    assert not proved(plan, reasons).of(Claim.SESSIONS)
    after(plan, "aws_iam_role.tenant")["path"] = "/elsewhere/"
    assert proved(plan, reasons).of(Claim.SESSIONS)


def test_a_reason_to_become_a_role_is_none_to_do_more() -> None:
    """A trust policy may give more than its reason names: here, to set who the source is."""
    plan = sound()
    tenant = after(plan, "aws_iam_role.tenant")
    tenant["assume_role_policy"] = tenant["assume_role_policy"].replace(
        '"sts:TagSession"', '"sts:TagSession", "sts:Set*"'
    )
    assert proved(plan).says("role/app-LambdaRole sts:set")
