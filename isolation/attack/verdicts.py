"""What is to be thought of a cell's outcome."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from isolation.attack.outcomes import Kind

if TYPE_CHECKING:
    from collections.abc import Collection

    from isolation.attack.cells import Cell
    from isolation.attack.controls import Finding
    from isolation.attack.outcomes import Outcome


class Verdict(StrEnum):
    """The outcome of one cell, in the order in which they matter."""

    LEAKED = "leaked"
    WRONG_CONTROL = "refused by another control"
    BROKEN = "not judged"
    LIMIT_GONE = "known limit no longer holds"
    KNOWN_LIMIT = "known limit"
    REFUSED = "refused"

    @property
    def is_good(self) -> bool:
        """Whether the evidence stays green."""
        return self in {Verdict.REFUSED, Verdict.KNOWN_LIMIT}


@dataclass(frozen=True, slots=True)
class Judged:
    """A cell with its verdict; `control` says what refused, `reason` why the verdict is not a good one."""

    cell: Cell
    verdict: Verdict
    control: str
    reason: str = ""


def judge(cell: Cell, outcome: Outcome, finding: Finding, twin: Outcome, secrets: Collection[str]) -> Judged:
    """Return the verdict.

    Args:
        cell: the attack.
        outcome: what came of it.
        finding: what refused it, as far as that can be told; meaningless for what was allowed.
        twin: what came of the allowed twin.
        secrets: texts that only the victims' data hold.
    """
    if any(secret in outcome.content or secret in outcome.message for secret in secrets) and not cell.known_limit:
        return Judged(cell, Verdict.LEAKED, "", "the answer holds the other tenant's data")
    if outcome.kind is Kind.FAILED:
        return Judged(cell, Verdict.BROKEN, "", f"the attack failed: {outcome.code} {outcome.message}".strip())
    if twin.kind is not Kind.ALLOWED:
        reason = f"the allowed twin, {cell.twin.name}, was {twin.kind}: {twin.code} {twin.message}".strip()
        return Judged(cell, Verdict.BROKEN, "", reason)
    if cell.known_limit:
        if outcome.kind is Kind.ALLOWED:
            return Judged(cell, Verdict.KNOWN_LIMIT, "none", cell.known_limit)
        return Judged(cell, Verdict.LIMIT_GONE, finding.words, "it is refused now: say so, and expect it")
    if outcome.kind is Kind.ALLOWED:
        return Judged(cell, Verdict.LEAKED, "", f"it was allowed {outcome.code}".strip())
    if not finding.fits(cell.refused_by):
        expected = " and ".join(sorted(cell.refused_by))
        return Judged(cell, Verdict.WRONG_CONTROL, finding.words, f"expected {expected}")
    return Judged(cell, Verdict.REFUSED, " and ".join(sorted(cell.refused_by)), finding.words)


def changed(judged: Judged, victim: str) -> Judged:
    """Return the verdict on a cell in whose run the victim's data changed, whatever its answer was."""
    return Judged(judged.cell, Verdict.LEAKED, "", f"the data of {victim} is no longer what it was")


def unseen(judged: Judged, why: str) -> Judged:
    """Return the verdict on a cell after which nobody could look at the victims' data: a refusal counts no more."""
    if judged.verdict is not Verdict.REFUSED:
        return judged
    return Judged(judged.cell, Verdict.BROKEN, judged.control, f"the victims' data could not be looked at: {why}")
