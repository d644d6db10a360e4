"""The plans of both roots are proved to keep tenants apart, and stay so only as long as their controls do."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bulkhead_planproof.expectations import matches
from bulkhead_planproof.findings import Claim, Report, Verdict
from bulkhead_planproof.grammar import TENANT_ID, grammar
from bulkhead_planproof.other_paths import OtherPaths
from bulkhead_planproof.partitions import KeyForm
from bulkhead_planproof.reach import table_arns
from bulkhead_planproof.reading import read_plan
from bulkhead_planproof.replay import Replay, account_of
from bulkhead_planproof.solver import Solver
from chalicelib import PRODUCT
from isolation.proof.expectations import REASONS, prover

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.infra.applied_stage import AppliedStage

pytestmark = pytest.mark.evidence

_STAGE = f"{PRODUCT}-prod"
_SHARED = Solver()  # of what the weakened plans have in common, it is asked once


@pytest.fixture(scope="module")
def local_plan(stage: AppliedStage) -> Any:
    """Return the plan of a local stage that is applied, so that the user pool's id is known."""
    stage.terraform("plan", "-input=false", f"-out={stage.folder / 'proved'}")
    return json.loads(stage.terraform("show", "-json", str(stage.folder / "proved")).stdout)


def _proof(plan: Mapping[str, Any], solver: Solver | None = None) -> Report:
    return prover(plan, solver).report()


@pytest.mark.parametrize("plan", ["local_plan", "live_plan", "live_plan_with_a_key"])
def test_a_plan_is_proved(plan: str, request: pytest.FixtureRequest) -> None:
    """Every claim about it; the first two have the roles of both vending strategies."""
    _assert_proved(request.getfixturevalue(plan), by_policies=plan != "live_plan_with_a_key")


def _assert_proved(plan: Mapping[str, Any], *, by_policies: bool) -> None:
    report = _proof(plan)
    assert [each for each in report.findings if each.verdict is not Verdict.PROVED] == []
    assert report.proved
    assert {Claim.OWN_PARTITION, Claim.GUARD, Claim.TWIN, Claim.SESSIONS, Claim.NO_OTHER_PATH} <= {
        each.claim for each in report.findings
    }
    subjects = " ".join(each.subject for each in report.findings if each.claim is Claim.OWN_PARTITION)
    assert "tenant_role" in subjects
    assert ("session policy for viewer" in subjects) == by_policies


def test_every_reason_is_needed(live_plan: Any) -> None:
    """A reason whose principal is gone, or that it does not need, would excuse another."""
    plan = read_plan(live_plan)
    form, solver, tables = KeyForm(grammar(TENANT_ID), "#"), Solver(), table_arns([_STAGE])
    replay = Replay(plan, account_of(plan), "tenant")
    for known in REASONS.paths:
        others = tuple(each for each in REASONS.paths if each is not known)
        fewer = REASONS.model_copy(update={"paths": others})
        whose = {key: who for key, who in plan.principals.items() if matches([known.principal], who.name)}
        paths = OtherPaths(replace(plan, principals=whose, grants=[]), fewer, tables, form, replay, solver)
        unproved = [each for each in paths.findings() if each.verdict is not Verdict.PROVED]
        assert any(each.claim is Claim.NO_OTHER_PATH for each in unproved), known
    assert all(any(matches([each], table.name) for table in plan.tables) for each in REASONS.other_tables)


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


def _without(text: str) -> Callable[[str], str]:
    return lambda policy: policy.replace(text, "")


_GUARD = ',"Null":{"dynamodb:LeadingKeys":"false"}'
_OWN = "${aws:PrincipalTag/tenant}#*"
_WEAKENED: list[tuple[str, str, str, Callable[[str], str], Claim]] = [
    ("#* becomes *", "-TenantRole", "policy", lambda p: p.replace("}#*", "}*"), Claim.OWN_PARTITION),
    ("#* becomes -*", "-TenantRole", "policy", lambda p: p.replace("}#*", "}-*"), Claim.OWN_PARTITION),
    ("any tenant", "-TenantRole", "policy", lambda p: p.replace(_OWN, "*#*"), Claim.OWN_PARTITION),
    ("no guard", "-TenantRole", "policy", _without(_GUARD), Claim.GUARD),
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
    live_plan: Any,
    role: str,
    attribute: str,
    edit: Callable[[str], str],
    claim: Claim,
) -> None:
    """Each control of the plan that a claim rests on, weakened alone."""
    report = _proof(_of(live_plan, role, attribute, edit), _SHARED)
    assert claim in {each.claim for each in report.findings if each.verdict is not Verdict.PROVED}
