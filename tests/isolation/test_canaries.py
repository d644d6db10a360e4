"""What counts as a canary; that each is caught on a real local stack is what `make canaries` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from isolation.attack.served import served
from isolation.canaries.applied import Applied, CanaryError
from isolation.canaries.catalog import canaries

if TYPE_CHECKING:
    from stage.document import LocalStage
    from stage.local.stack import LocalStack

pytestmark = pytest.mark.evidence


def test_there_are_enough_and_each_has_a_name_of_its_own() -> None:
    """Reports name canaries by it."""
    every = canaries(served())

    assert len({each.name for each in every}) == len(every) >= 30


def test_an_edit_that_changes_nothing_is_no_canary(stack: LocalStack, stage: LocalStage) -> None:
    """Else a control that was renamed would count as weakened, and its evidence as red for another reason."""
    applied = Applied(stack, stage)
    with pytest.raises(CanaryError, match="changes nothing"), applied.policy("TenantRole", lambda _: None):
        pass
    with pytest.raises(CanaryError, match="0 times"), applied.code("chalicelib/tenancy/tokens.py", "no such code", ""):
        pass
