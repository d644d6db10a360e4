"""Plans that are sound are proved; each well-known weak pattern is refuted; what is not understood is not proved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bulkhead_planproof.__main__ import main
from bulkhead_planproof.findings import Claim, Verdict

PLANS = Path(__file__).parent / "plans"
REASONS = ["--reasons", str(Path(__file__).parent / "reasons.json")]
_DASH = ["--tag", "TenantID", "--delimiter", "-"]
_ORGANISATIONS = ["--tag", "org_id", "--delimiter", "/", "--prefix", "ORG/", "--grammar", "[0-9]{6}"]
_SESSION_POLICY = ["--delimiter", "-", "--session-policy", str(PLANS / "session_policy_with_a_dash.policy")]

SOUND = [
    ("sound", []),
    ("every_action_but_scan", []),
    ("item_actions_without_guard", []),
    ("denied_beside_allowed", []),
    ("other_names", _ORGANISATIONS),
    ("web_identity", ["--tag-attribute", "custom:tenant"]),
]
#: The plan, its options, the claim that is refuted, and what the counterexample says.
WEAK = [
    ("tenant_without_delimiter", [], Claim.OWN_PARTITION, "dynamodb:GetItem"),
    ("dash_as_delimiter", _DASH, Claim.OWN_PARTITION, "dynamodb:GetItem"),
    ("session_policy_with_a_dash", _SESSION_POLICY, Claim.OWN_PARTITION, "dynamodb:GetItem"),
    ("slash_with_a_loose_trust", _ORGANISATIONS, Claim.OWN_PARTITION, "ORG/"),
    ("any_value_instead_of_all", [], Claim.OWN_PARTITION, " and "),
    ("no_condition", [], Claim.OWN_PARTITION, "dynamodb:GetItem"),
    ("default_for_a_missing_tag", [], Claim.OWN_PARTITION, "'acme#'"),
    ("tenant_anywhere_in_the_key", [], Claim.OWN_PARTITION, "dynamodb:GetItem"),
    ("one_tenant_for_all", [], Claim.OWN_PARTITION, "of 'acme'"),
    ("star_for_the_tenant", [], Claim.OWN_PARTITION, "dynamodb:GetItem"),
    ("scan_under_for_all_values", [], Claim.GUARD, "dynamodb:Scan"),
    ("missing_guard", [], Claim.GUARD, "no leading key"),
    ("guard_the_wrong_way_round", [], Claim.GUARD, "dynamodb:Scan"),
    ("stream", [], Claim.NO_OTHER_PATH, "dynamodb:GetRecords"),
    ("lambda_role_reads_the_table", [], Claim.NO_OTHER_PATH, "app-LambdaRole may dynamodb:GetItem"),
    ("lambda_role_may_do_everything", [], Claim.NO_OTHER_PATH, "app-LambdaRole may dynamodb:Scan"),
]
#: The plan, the claim that is not proved, and why.
UNKNOWN = [
    ("attached_by_reference", Claim.KNOWN, "role is not known at plan time: name the saved plan"),
    ("policy_known_after_apply", Claim.KNOWN, "policy is not known at plan time"),
    ("managed_policies_known_after_apply", Claim.KNOWN, "managed_policy_arns is not known at plan time"),
    ("targeted", Claim.KNOWN, "the plan is not complete"),
    ("errored", Claim.KNOWN, "the plan is not complete"),
    ("unread_attachment", Claim.KNOWN, "aws_iam_policy_attachment gives to whom is not understood"),
    ("unknown_kind_of_resource", Claim.KNOWN, "awscc_iam_role gives to whom is not understood"),
    ("administrator_by_arn", Claim.KNOWN, "AdministratorAccess allows is not in the plan"),
    ("operator_that_nobody_knows", Claim.KNOWN, "'StringMatches' is not a condition operator"),
    ("leading_keys_with_a_kelvin_sign", Claim.OWN_PARTITION, "no condition holds for every leading key"),
    ("guard_with_a_kelvin_sign", Claim.GUARD, "nothing demands that there is a leading key"),
    ("denied_with_a_kelvin_sign", Claim.KNOWN, "holds a character beyond ASCII"),
    ("operator_that_is_not_read", Claim.OWN_PARTITION, "no condition holds for every leading key"),
    ("role_with_the_tag", Claim.OWN_PARTITION, "has a tag of its own"),
    ("nobody_can_open_a_session", Claim.TWIN, "the claims about it say nothing"),
    ("weak_but_closed", Claim.OWN_PARTITION, "the evaluator refuses the counterexample"),
    ("another_service_is_trusted", Claim.SESSIONS, "trusts ec2.amazonaws.com"),
    ("service_opens_tenants_sessions", Claim.SESSIONS, "LambdaServiceOnly trusts lambda.amazonaws.com"),
    ("whole_account_is_trusted", Claim.SESSIONS, ":root, for which no reason is given"),
    ("table_with_a_policy", Claim.GRANTS, "which holds tenants' items"),
    ("index_without_leading_key", Claim.NO_OTHER_PATH, "leading keys are not the table's"),
    ("role_passes_roles", Claim.NO_OTHER_PATH, "iam:passrole"),
]


def _proof(tmp_path: Path, plan: str, options: list[str]) -> tuple[int, list[dict[str, object]]]:
    out = tmp_path / "findings.json"
    status = main([str(PLANS / f"{plan}.json"), *REASONS, *options, "--json", str(out)])
    return status, next(iter(json.loads(out.read_text()).values()))["findings"]


@pytest.mark.parametrize(("plan", "options"), SOUND)
def test_a_sound_plan_is_proved(
    tmp_path: Path, plan: str, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Every claim, with the figures of the proof."""
    status, findings = _proof(tmp_path, plan, options)
    assert {each["verdict"] for each in findings} == {Verdict.PROVED, Verdict.WAIVED}
    assert status == 0
    printed = capsys.readouterr().out
    assert "questions to the solver" in printed
    assert "the scope is this plan" in printed


@pytest.mark.parametrize(("plan", "options", "claim", "says"), WEAK)
def test_a_weak_plan_is_refuted_by_a_request_that_the_evaluator_allows(  # noqa: PLR0917 -- a case, and two fixtures
    tmp_path: Path, plan: str, options: list[str], claim: Claim, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The counterexample is printed with two tenants, an action and a key, and with the evaluator's decision."""
    status, findings = _proof(tmp_path, plan, options)
    assert status == 1
    refuted = [each for each in findings if each["verdict"] == Verdict.REFUTED and each["claim"] == claim]
    assert refuted
    for each in refuted:
        example = each["counterexample"]
        assert isinstance(example, dict)
        assert example["confirmed"]
        assert ": Allowed" in example["replay"][-1]
        if claim is Claim.OWN_PARTITION:
            assert example["session"] != example["other"]
            assert example["other"] in example["keys"][-1]
    printed = capsys.readouterr().out
    assert any(says in line for line in printed.splitlines() if "counterexample: " in line)


@pytest.mark.parametrize(("plan", "claim", "why"), UNKNOWN)
def test_what_is_not_understood_is_not_proved(tmp_path: Path, plan: str, claim: Claim, why: str) -> None:
    """Neither is it refuted, as nobody knows."""
    status, findings = _proof(tmp_path, plan, [])
    assert status == 1
    assert [each for each in findings if each["verdict"] == Verdict.REFUTED] == []
    unproved = [each for each in findings if each["verdict"] == Verdict.NOT_PROVED]
    assert any(each["claim"] == claim and why in str(each["detail"]) for each in unproved)


def test_every_fixture_is_tested() -> None:
    """A plan that no test reads would show nothing."""
    named = {plan for plan, *_ in (*SOUND, *WEAK, *UNKNOWN)}
    assert {path.stem for path in PLANS.glob("*.json")} == named


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("{", "not JSON"), ("{}", "this is no plan"), ('{"values": {}}', "this is no plan")],
)
def test_what_is_no_plan_is_refused(
    tmp_path: Path, text: str, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a status of its own, since nothing was judged."""
    path = tmp_path / "plan.json"
    path.write_text(text)
    assert main([str(path), *REASONS]) == 2
    assert complaint in capsys.readouterr().err


def test_a_plan_without_a_tenant_role_is_not_proved(tmp_path: Path) -> None:
    """Nothing to prove is no proof."""
    _, findings = _proof(tmp_path, "sound", ["--tenant-role", "*-Sessions"])
    assert any("no role in it is called *-Sessions" in str(each["detail"]) for each in findings)
