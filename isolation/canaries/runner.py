"""Runs canaries one after the other on a stack, after a control run in which nothing is weakened."""

from __future__ import annotations

import copy
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bulkhead_planproof.solver import Solver
from isolation.attack.matrix import all_cells, chosen, on_stage, thinned
from isolation.attack.runner import Report, run
from isolation.canaries.applied import CanaryError
from isolation.canaries.model import Canary, ProofCanary, Told
from isolation.proof.expectations import prover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bulkhead_planproof.findings import Report as Proof
    from isolation.attack.cells import Cell
    from isolation.attack.verdicts import Judged
    from isolation.canaries.applied import Applied
    from stage.document import LocalStage


@dataclass
class CanaryRunner:
    """Runs canaries on a stack.

    Args:
        applied: the stack.
        plan: a plan of it in which nothing changes, as Terraform writes it in JSON.
    """

    applied: Applied
    plan: Mapping[str, Any]
    _solver: Solver = field(default_factory=Solver, init=False)

    def cells_of(self, canary: Canary) -> tuple[Cell, ...]:
        """Return the attacks that a canary must be told by, made of the code that runs now.

        Raises:
            CanaryError: there are none.
        """
        found = cells_of(canary, self._cells())
        if not found:
            raise CanaryError(f"{canary.name}: no attack must be refused by {canary.control}")
        return found

    def without_ground(self, canaries: Iterable[Canary | ProofCanary]) -> dict[str, str]:
        """Return why canaries are left out: their names, and what no entity offers for their attacks."""
        cells = self._cells()
        return {
            each.name: f"no entity has {each.needs}"
            for each in canaries
            if isinstance(each, Canary) and each.needs and not cells_of(each, cells)
        }

    def _cells(self) -> tuple[Cell, ...]:
        return thinned(all_cells(self.applied.stage.vending_strategy, self.applied.served()))

    def unchanged(self, canaries: Iterable[Canary | ProofCanary]) -> list[str]:
        """Return what is wrong although nothing is weakened: of all the attacks of these canaries, and the proof."""
        canaries = tuple(canaries)
        cells = {cell.name: cell for each in canaries if isinstance(each, Canary) for cell in self.cells_of(each)}
        return self._wrong(tuple(cells.values()), proved=any(isinstance(each, ProofCanary) for each in canaries))

    def restored(self, canaries: Iterable[Canary | ProofCanary], told: Iterable[Told]) -> list[str]:
        """Return what is still wrong after these were told: of the attacks that told, and the proof."""
        canaries, by = tuple(canaries), {each.by for each in told}
        cells = {cell.name: cell for each in canaries if isinstance(each, Canary) for cell in self.cells_of(each)}
        some = tuple(cell for name, cell in cells.items() if name in by)
        return self._wrong(some, proved=any(isinstance(each, ProofCanary) for each in canaries))

    def _wrong(self, cells: tuple[Cell, ...], *, proved: bool) -> list[str]:
        judged = self._attacked(self.applied.stage, cells).judged if cells else ()
        wrong = [f"{each.cell.name}: {each.verdict}: {each.reason}" for each in judged if not each.verdict.is_good]
        findings = self._proof().findings if proved else ()
        return wrong + [f"{each.subject}: {each.claim}: {each.verdict}" for each in findings
                        if not each.verdict.is_good]  # fmt: skip

    def told(self, canary: Canary | ProofCanary) -> Told:
        """Weaken the control, look at the evidence, and put it back.

        Raises:
            CanaryError: the canary weakens nothing, or no attack asks for its control.
        """
        started = time.monotonic()
        with canary.weaken(self.applied) as stage:
            by, how = self._red(canary) if isinstance(canary, ProofCanary) else self._leaking(canary, stage)
        control = canary.claim if isinstance(canary, ProofCanary) else canary.control
        return Told(canary.name, control, by, how, time.monotonic() - started)

    def _leaking(self, canary: Canary, stage: LocalStage) -> tuple[str, str]:
        report = self._attacked(stage, self.cells_of(canary), until=lambda each: each.verdict is canary.verdict)
        for each in report.judged:
            if each.verdict is canary.verdict:
                instead = f"; it was {each.control}" if each.control else ""
                return each.cell.name, f"{each.verdict}: {each.reason}{instead}"
        return "", ""

    def _red(self, canary: ProofCanary) -> tuple[str, str]:
        for each in self._proof().findings:
            if each.claim is canary.claim and each.verdict in canary.verdicts:
                return f"proof: {each.claim}", f"{each.subject}: {each.counterexample or each.detail}"
        return "", ""

    def _attacked(
        self, stage: LocalStage, cells: tuple[Cell, ...], until: Callable[[Judged], bool] | None = None
    ) -> Report:
        world = self.applied.world(stage)
        selection = on_stage(cells, local=True, tenants=world.tenants)
        return run(world, selection.cells, selection.skipped, name=stage.api_url, until=until)

    def _proof(self) -> Proof:
        plan = as_applied(self.plan, self.applied)
        return prover(plan, solver=self._solver).report()


def cells_of(canary: Canary, cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Return those of the attacks that a canary must be told by."""
    some = chosen(cells, services=(canary.service,), controls=(canary.control,))
    return tuple(cell for cell in some if canary.cells(cell) and not cell.known_limit)


def as_applied(plan: Mapping[str, Any], applied: Applied) -> dict[str, Any]:
    """Return the plan with the roles' policies as IAM has them now."""
    known = applied.role_policies()
    changed = copy.deepcopy(dict(plan))
    for change in changed["resource_changes"]:
        after = change["change"]["after"]
        if change["type"] == "aws_iam_role":
            after["assume_role_policy"] = known[after["name"]][0]
        elif change["type"] == "aws_iam_role_policy":
            after["policy"] = known[after["role"]][1][after["name"]]
    return changed


def as_json(told: Iterable[Told]) -> str:
    """Return what came of canaries as a JSON document."""
    rows = [
        {"canary": each.canary, "control": each.control, "caught": each.caught, "by": each.by, "how": each.how}
        for each in told
    ]
    return json.dumps(rows, indent=1) + "\n"
