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


@pytest.mark.parametrize("planned", ["local_stage", "live_stage", "live_stage_with_a_key"])
def test_a_plan_is_proved(planned: str, request: pytest.FixtureRequest) -> None:
    """Every claim about it; the first two have the roles of both vending strategies."""
    _assert_proved(request.getfixturevalue(planned), by_policies=planned != "live_stage_with_a_key")


def _assert_proved(planned: Planned, *, by_policies: bool) -> None:
    report = prover(planned.plan, planned.sources).report()
    assert [each for each in report.findings if not each.verdict.is_good] == []
    assert report.proved
    assert report.notes  # letters beyond ASCII, which the trust policy cannot list
    assert {Claim.OWN_PARTITION, Claim.GUARD, Claim.TWIN, Claim.SESSIONS, Claim.NO_OTHER_PATH} <= {
        each.claim for each in report.findings
    }
    subjects = " ".join(each.subject for each in report.findings if each.claim is Claim.OWN_PARTITION)
    assert "tenant_role" in subjects
    assert ("session policy for viewer" in subjects) == by_policies


def test_every_reason_is_needed(live_stage: Planned, live_stage_with_a_key: Planned) -> None:
    """A reason whose principal is gone, or that it does not need, would excuse another."""
    reasons = reasons_of(_STAGE)
    waived: set[tuple[str, str]] = set()
    for planned in (live_stage, live_stage_with_a_key):
        report = prover(planned.plan, planned.sources).report()
        waived |= {(each.subject, each.detail) for each in report.findings if each.verdict is Verdict.WAIVED}
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
    ("another opener", "-TenantRole", "assume_role_policy", lambda p: p.replace("-LambdaRole", "-SetRoleRole"),
     Claim.SESSIONS),
    ("anybody opens", "-TenantRole", "assume_role_policy", lambda p: p.replace('{"AWS":[', '{"AWS":["*",'),
     Claim.SESSIONS),
    ("the authorizer reads items", "-AuthorizerRole", "policy",
     lambda p: p.replace(f"table/{_STAGE}-tenants", f"table/{_STAGE}"), Claim.NO_OTHER_PATH),
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
