"""The plans of both roots are proved to keep tenants apart, and stay so only as long as their controls do."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from bulkhead_planproof.expectations import matches
from bulkhead_planproof.findings import Claim, Verdict
from bulkhead_planproof.solver import Solver
from chalicelib import PRODUCT
from isolation.proof.expectations import prover, reasons_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from isolation.proof.planning import Planned


pytestmark = pytest.mark.evidence

_STAGE = f"{PRODUCT}-prod"
_SHARED = Solver()  # of what the weakened plans have in common, it is asked once


def test_the_local_stage_is_proved(local_stage: Planned) -> None:
    """Every claim about it; its sessions are opened by users' tokens."""
    _assert_proved(local_stage, by_tokens=True)


@pytest.mark.parametrize("stage", ["web_identity", "session_tags", "session_policy", "key"])
def test_prod_is_proved(stage: str, live_stages: dict[str, Planned]) -> None:
    """Under every strategy, and with a key of its own."""
    _assert_proved(
        live_stages[stage], by_policies=stage == "session_policy", by_tokens=stage in {"web_identity", "key"}
    )


def _assert_proved(planned: Planned, *, by_policies: bool = False, by_tokens: bool = False) -> None:
    report = prover(planned.plan, planned.sources).report()
    assert [each for each in report.findings if not each.verdict.is_good] == []
    assert report.proved
    assert report.notes  # letters beyond ASCII, which the trust policy cannot list
    claims = {each.claim for each in report.findings}
    assert {Claim.OWN_PARTITION, Claim.GUARD, Claim.TWIN, Claim.SESSIONS, Claim.NO_OTHER_PATH} <= claims
    assert (Claim.FROM_INSIDE in claims) == by_tokens
    subjects = " ".join(each.subject for each in report.findings if each.claim is Claim.OWN_PARTITION)
    assert "tenant_maintenance_role" in subjects
    assert ("session policy for viewer" in subjects) == by_policies


def test_every_reason_is_needed(live_stages: dict[str, Planned]) -> None:
    """A reason whose principal is gone, or that it does not need, would excuse another."""
    waived: set[tuple[str, str]] = set()
    for planned in live_stages.values():
        report = prover(planned.plan, planned.sources).report()
        waived |= {(each.subject, each.detail) for each in report.findings if each.verdict is Verdict.WAIVED}
    for strategy in ("web_identity", "session_tags", "session_policy"):
        reasons = reasons_of(_STAGE, strategy)
        for path in reasons.paths:
            assert any(matches([path.principal], who) and detail == str(path) for who, detail in waived), path
        for given in (*reasons.services, *reasons.other_tables.values()):
            assert any(detail.endswith(str(given)) for _, detail in waived), given


def _of(plan: Any, role: str, attribute: str, edit: Callable[[str], str]) -> Any:
    """Return the plan with a policy of a role changed, which must change."""
    weakened = copy.deepcopy(plan)
    changed = 0
    for change in weakened["resource_changes"]:
        after = change["change"]["after"] or {}
        whose = str(after.get("role") or after.get("name") or "")
        if change["mode"] == "managed" and whose.endswith(role) and isinstance(text := after.get(attribute), str):
            after[attribute] = edit(text)
            changed += after[attribute] != text
    assert changed == 1, "the canary no longer bites"
    return weakened


_GUARD = ',"Null":{"dynamodb:LeadingKeys":"false"}'
_ROLES = f"arn:aws:iam::123456789012:role/{_STAGE}"
_OWN = "${aws:PrincipalTag/tenant}#*"
_WEAKENED: list[tuple[str, str, str, Callable[[str], str], Claim]] = [
    ("#* becomes *", "-TenantRole", "policy", lambda p: p.replace("}#*", "}*"), Claim.OWN_PARTITION),
    ("#* becomes -*", "-TenantRole", "policy", lambda p: p.replace("}#*", "}-*"), Claim.OWN_PARTITION),
    ("any tenant", "-TenantRole", "policy", lambda p: p.replace(_OWN, "*#*"), Claim.OWN_PARTITION),
    ("no guard for what needs no key", "-TenantRole", "policy",
     lambda p: p.replace(_GUARD, "").replace('"dynamodb:Query"', '"dynamodb:Query","dynamodb:ExportTable*"'),
     Claim.GUARD),
    ("any key", "-TenantRole", "policy", lambda p: p.replace("ForAllV", "ForAnyV").replace("Values:", "Value:"),
     Claim.OWN_PARTITION),
    ("an index", "-TenantRole", "policy", lambda p: p.replace(f'table/{_STAGE}"', f'table/{_STAGE}*"'),
     Claim.NO_OTHER_PATH),
    ("another opener", "-TenantMaintenanceRole", "assume_role_policy",
     lambda p: p.replace("-OffboardTenantRole", "-SetRoleRole"), Claim.SESSIONS),
    ("anybody opens", "-TenantMaintenanceRole", "assume_role_policy",
     lambda p: p.replace('{"AWS":[', '{"AWS":["*",'), Claim.SESSIONS),
    ("the API opens", "-TenantRole", "assume_role_policy",
     lambda p: p.replace('{"Federated":', f'{{"AWS":"{_ROLES}-LambdaRole","Federated":'),
     Claim.SESSIONS),
    ("the API may ask for a session", "-LambdaRole", "policy",
     lambda p: p.replace('"dynamodb:GetItem"', '"dynamodb:GetItem","sts:AssumeRole"').replace(
         f'table/{_STAGE}-signing-keys"', f'table/{_STAGE}-signing-keys","{_ROLES}-TenantRole"'
     ), Claim.NO_OTHER_PATH),
    ("a token for any client", "-TenantRole", "assume_role_policy",
     lambda p: p.replace(":aud", ":azp"), Claim.SESSIONS),
    ("a token from anywhere", "-TenantRole", "assume_role_policy",
     lambda p: p.replace("aws:SourceVpce", "aws:RequestedRegion").replace('["vpce-', '["eu-central-1","vpce-'),
     Claim.FROM_INSIDE),
    ("the authorizer reads items", "-AuthorizerRole", "policy",
     lambda p: p.replace(f"table/{_STAGE}-tenants", f"table/{_STAGE}"), Claim.NO_OTHER_PATH),
    ("another role writes the keys that sign tokens", "-SetRoleRole", "policy",
     lambda p: p.replace('"dynamodb:GetItem"', '"dynamodb:GetItem","dynamodb:PutItem"').replace(
         f'table/{_STAGE}-tenants"', f'table/{_STAGE}-signing-keys"'
     ), Claim.NO_OTHER_PATH),
    ("the lister scans items", "-ListTenantsRole", "policy",
     lambda p: p.replace(f"table/{_STAGE}-tenants", f"table/{_STAGE}"), Claim.NO_OTHER_PATH),
]  # fmt: skip


@pytest.mark.parametrize(
    ("role", "attribute", "edit", "claim"), [each[1:] for each in _WEAKENED], ids=[each[0] for each in _WEAKENED]
)
def test_a_weakened_plan_is_not_proved(
    live_stage: Planned,
    role: str,
    attribute: str,
    edit: Callable[[str], str],
    claim: Claim,
) -> None:
    """Each control of the plan that a claim rests on, weakened alone."""
    report = prover(_of(live_stage.plan, role, attribute, edit), live_stage.sources, _SHARED).report()
    assert claim in {each.claim for each in report.findings if not each.verdict.is_good}


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("aws_cognito_user_pool_client", {"write_attributes": ["name", "custom:role"]}),
        ("aws_cognito_user_pool", {"admin_create_user_config": [{"allow_admin_create_user_only": False}]}),
        ("aws_iam_openid_connect_provider", {"client_id_list": ["anybodys"]}),
        ("aws_iam_openid_connect_provider", {"url": "accounts.google.com", "arn": "arn:aws:iam::1:oidc-provider/x"}),
    ],
)
def test_a_user_pool_in_whose_tokens_users_have_a_say_is_not_proved(
    live_stage: Planned, kind: str, changed: dict[str, Any]
) -> None:
    """What the pool, its client and the provider say, weakened alone."""
    weakened = copy.deepcopy(live_stage.plan)
    (resource,) = (each for each in weakened["resource_changes"] if each["type"] == kind and each["mode"] == "managed")
    resource["change"]["after"].update(changed)
    report = prover(weakened, live_stage.sources, _SHARED).report()
    assert Claim.SESSIONS in {each.claim for each in report.findings if not each.verdict.is_good}
