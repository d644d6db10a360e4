"""A local stack with its API, as `make attack` starts one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chalicelib.config import Strategy
from isolation.attack.served import served
from isolation.attack.world import World
from tests.support.stack import running_stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stage.document import LocalStage
    from stage.local.stack import LocalStack

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Return a stack of its own that runs this project as it is: the attacks come from the project's own entities."""
    with running_stack(PROJECT, tmp_path_factory.mktemp("stage")) as running:
        yield running


@pytest.fixture(scope="session")
def stage(stack: LocalStack) -> LocalStage:
    """Return the running stage with its API."""
    return stack.stage(stack.serve_api())


@pytest.fixture(scope="session")
def stage_by_tags(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStage]:
    """Return a running stage whose API opens sessions by session tags, with its own role."""
    with running_stack(PROJECT, tmp_path_factory.mktemp("by-tags"), Strategy.SESSION_TAGS) as running:
        yield running.stage(running.serve_api())


@pytest.fixture(scope="session")
def world(stage: LocalStage) -> World:
    """Return the stage as the attacks see it."""
    return World(stage, served())
