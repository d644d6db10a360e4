"""Canaries of code replace what the code still has, exactly once."""

from __future__ import annotations

import importlib
import inspect
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from isolation.canaries.code import CODE
from isolation.canaries.database import database_canaries
from tests.unit.isolation.sample_world import SampleWorld

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isolation.canaries.applied import Applied
    from isolation.canaries.model import Canary

_PROJECT = Path(__file__).parents[3]


class Recorded:
    """A stack on which nothing is weakened: it keeps how often each piece of code is there that would be replaced."""

    stage = SimpleNamespace(tenant_role_arn="arn:role/TenantRole", lambda_role_arn="arn:role/LambdaRole")

    def __init__(self) -> None:
        self.found: list[int] = []

    @contextmanager
    def code(self, file: str, old: str, new: str) -> Iterator[Any]:
        """See Applied."""
        text = (_PROJECT / file).read_text(encoding="utf-8")
        self.found.append(text.count(old))
        compile(text.replace(old, new), file, "exec")
        yield self.stage

    @contextmanager
    def code_here(self, name: str, old: str, new: str) -> Iterator[Any]:
        """See Applied."""
        text = inspect.getsource(importlib.import_module(name))
        self.found.append(text.count(old))
        compile(text.replace(old, new), name, "exec")
        yield self.stage

    @contextmanager
    def policy(self, *_: object) -> Iterator[Any]:
        """See Applied."""
        yield self.stage

    trust = sql = policy


def _named(canary: Canary) -> str:
    return canary.name


@pytest.mark.parametrize("canary", CODE, ids=_named)
def test_the_code_has_what_a_canary_replaces_once_and_is_code_afterwards(canary: Canary) -> None:
    """A canary whose control was rewritten would stop the whole run, an hour later."""
    recorded = Recorded()
    with canary.weaken(cast("Applied", recorded)):
        pass

    assert recorded.found == [1]


def test_so_has_the_code_of_the_database(tmp_path: Path) -> None:
    """Its canaries are of statements, but for one."""
    recorded = Recorded()
    for canary in database_canaries(SampleWorld(tmp_path).served):
        if "instead of a setting" in canary.name:
            with canary.weaken(cast("Applied", recorded)):
                pass

    assert recorded.found == [1]
