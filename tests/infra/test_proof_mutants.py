"""No mutant of our own plans is proved of which the evaluator lets something through."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from bulkhead_iam import PolicyError
from bulkhead_planproof.languages import ProofError
from bulkhead_planproof.solver import Solver
from isolation.proof.expectations import name_of, prover
from tests.infra.plan_mutants import mutants
from tests.infra.plan_oracle import Oracle

if TYPE_CHECKING:
    from collections.abc import Callable

    from isolation.proof.planning import Planned
    from tests.infra.plan_mutants import Plan

pytestmark = pytest.mark.evidence

#: What the local stage has none of, or not of this form; all else of prod's plan is in the local one, too.
_ONLY_LIVE = "aws_lambda_permission|aws_s3_bucket_policy"
#: What other strategies make otherwise: who opens users' sessions, and what confines them.
_TRUST = r"module\.tenant_role\[0\]\.aws_iam_role\."
_POLICY_ROLE = r"module\.tenant_policy_role\["


def _is_proved(plan: Plan, planned: Planned, solver: Solver) -> bool:
    try:
        return prover(plan, planned.sources, solver).report().proved
    except ProofError:
        return False


def _first_leak(plan: Plan, name: str) -> str | None:
    try:
        return next(Oracle(plan, name).leaks(), None)
    except PolicyError as error:
        return f"AWS refuses it: {error}"


@pytest.mark.parametrize(
    ("planned_as", "address", "least", "leaking"),
    [
        ("local_stage", "", 500, 60),
        ("web_identity", _ONLY_LIVE, 20, 8),
        ("session_tags", _TRUST, 25, 3),
        ("session_policy", _POLICY_ROLE, 100, 5),
    ],
)
def test_no_mutant_is_proved_that_lets_something_through(  # noqa: PLR0917 -- a case, and two fixtures
    planned_as: str,
    address: str,
    least: int,
    leaking: int,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    """Every statement, condition and attachment of our own plans removed, widened and doubled."""
    is_local = planned_as == "local_stage"
    found = request.getfixturevalue("local_stage" if is_local else "live_stages")
    planned: Planned = found if is_local else found[planned_as]
    name, solver, figures = name_of(planned.plan), Solver(), Counter[str]()
    assert list(Oracle(planned.plan, name).leaks()) == []
    for mutant in mutants(planned.plan, address):
        leak, proved = _first_leak(mutant.plan, name), _is_proved(mutant.plan, planned, solver)
        assert not (proved and leak), f"{mutant.name} is proved, and {leak}"
        figures.update({"mutants": 1, "proved": proved, "that let something through": leak is not None})
    record_property(
        "figures", f"mutants of {planned_as}: {', '.join(f'{count} {what}' for what, count in figures.items())}"
    )
    assert figures["mutants"] >= least
    assert figures["that let something through"] >= leaking
    assert figures["proved"] >= 1  # what only takes rights away
