"""A local stack with its API, as `make attack` starts one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from isolation.attack.served import served
from isolation.attack.world import World
from tests.local.conftest import stack

if TYPE_CHECKING:
    from stage.document import LocalStage
    from stage.local.stack import LocalStack

__all__ = ["stack"]


@pytest.fixture(scope="session")
def stage(stack: LocalStack) -> LocalStage:
    """Return the running stage with its API."""
    return stack.stage(stack.serve_api())


@pytest.fixture(scope="session")
def world(stage: LocalStage) -> World:
    """Return the stage as the attacks see it."""
    return World(stage, served())
