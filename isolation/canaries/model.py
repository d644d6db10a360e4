"""What a canary is and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from bulkhead_planproof.findings import Claim
from bulkhead_planproof.findings import Verdict as Proved
from chalicelib.config import Strategy
from isolation.attack.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from isolation.attack.cells import Cell
    from isolation.attack.controls import Control
    from isolation.attack.outcomes import Service
    from isolation.canaries.applied import Applied
    from stage.document import LocalStage

#: Weakens one control of the stack for as long; the stage is the one to attack, whose API may be another.
Weaken: TypeAlias = "Callable[[Applied], AbstractContextManager[LocalStage]]"


def _any(_: Cell) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Canary:
    """One control that is weakened, and the attacks that must tell.

    Args:
        name: what is weakened.
        weaken: weakens it, and puts it back.
        service: whose attacks are tried.
        control: of them those that this control must refuse.
        cells: of these a part, where all would take long.
        verdict: what at least one of them must come to: leaked, or refused by another control where a second one holds.
        strategy: by which the stage's sessions are opened on which it is weakened.
        needs: what an entity must offer for there to be such attacks; empty where no entity is needed.
    """

    name: str
    weaken: Weaken
    service: Service
    control: Control
    cells: Callable[[Cell], bool] = _any
    verdict: Verdict = Verdict.LEAKED
    strategy: Strategy = Strategy.WEB_IDENTITY
    needs: str = ""


@dataclass(frozen=True, slots=True)
class ProofCanary:
    """A control of the applied policies, and the claim that is no longer proved when it is weakened.

    It must be refuted by a request, but for those about who opens sessions, where there may be none to show.
    """

    name: str
    weaken: Weaken
    claim: Claim
    strategy: Strategy = Strategy.WEB_IDENTITY

    @property
    def verdicts(self) -> frozenset[Proved]:
        """The verdicts on the claim that tell."""
        opens = self.claim in {Claim.SESSIONS, Claim.FROM_INSIDE}
        return frozenset({Proved.REFUTED, Proved.NOT_PROVED} if opens else {Proved.REFUTED})


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a canary: `by` names the attack or claim that told, and is empty when none did."""

    canary: str
    control: str
    by: str
    how: str
    seconds: float

    @property
    def caught(self) -> bool:
        """Whether the evidence turned red."""
        return bool(self.by)
