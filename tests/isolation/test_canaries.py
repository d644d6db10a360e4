"""Every control of a real local stack is weakened in turn, and the evidence turns red for each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from isolation.canaries.applied import Applied, CanaryError
from isolation.canaries.catalog import CANARIES
from isolation.canaries.runner import CanaryRunner
from isolation.proof.planning import local_plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isolation.canaries.model import Canary, ProofCanary
    from ops.stack import LocalStack
    from ops.stage import LocalStage

_PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def runner(stack: LocalStack, stage: LocalStage) -> Iterator[CanaryRunner]:
    """Return the stack that is weakened; before and after all canaries, the evidence is green."""
    running = CanaryRunner(Applied(stack, stage), local_plan(stack, _PROJECT))
    assert running.unchanged(CANARIES) == []
    yield running
    assert running.unchanged(CANARIES) == []


@pytest.mark.parametrize("canary", CANARIES, ids=[each.name for each in CANARIES])
def test_a_weakened_control_turns_the_evidence_red(runner: CanaryRunner, canary: Canary | ProofCanary) -> None:
    """An attack that must be refused by this control tells, or the claim that rests on it."""
    told = runner.told(canary)
    assert told.caught, f"nothing tells that {canary.name}"


def test_there_are_enough_and_each_has_a_name_of_its_own() -> None:
    """Reports name canaries by it."""
    assert len({each.name for each in CANARIES}) == len(CANARIES) >= 30


def test_an_edit_that_changes_nothing_is_no_canary(runner: CanaryRunner) -> None:
    """Else a control that was renamed would count as weakened, and its evidence as red for another reason."""
    with pytest.raises(CanaryError, match="changes nothing"), runner.applied.policy("TenantRole", lambda _: None):
        pass
    with pytest.raises(CanaryError, match="0 times"), runner.applied.code("chalicelib/tokens.py", "no such code", ""):
        pass
