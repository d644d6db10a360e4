"""Who runs what when the tests run side by side: one process has the applied local stack, others what needs none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests.support.stack import (
    acme,
    anyone,
    api_with,
    forge,
    globex,
    newcomer,
    own_project,
    person,
    stack,
    stage,
    strategy,
    table,
)

if TYPE_CHECKING:
    from xdist.remote import Producer  # type: ignore[import-untyped]

#: The stack that tests/local and tests/entities share; tests/isolation and tests/web have their own.
__all__ = [
    "acme", "anyone", "api_with", "forge", "globex", "newcomer", "own_project", "person", "stack", "stage", "strategy",
    "table",
]  # fmt: skip

#: Folders in which all tests use what the first one started.
_SHARING = frozenset({"local", "isolation", "web", "infra"})
#: These take longest and go first, in this order; then the other files, so that all processes end at once.
_FIRST = ("local", "isolation", "web", "infra", "commands")


class FolderScheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist ships no types
    """Keeps a folder that shares a stack in one process, and elsewhere a file."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::", 1)[0]
        folder = _folder(nodeid)
        return folder if folder in _SHARING else path


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FolderScheduling:
    """Use it for `pytest -n`, in the order of the items: xdist's own is by the number of tests."""
    config.option.loadscopereorder = False
    return FolderScheduling(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the folders that take longest first."""
    ranks = {folder: rank for rank, folder in enumerate(_FIRST)}
    items.sort(key=lambda item: ranks.get(_folder(item.nodeid), len(ranks)))


def _folder(nodeid: str) -> str:
    """Return the folder under tests/; empty for the tests of packages/."""
    top, below = nodeid.split("/")[:2]
    return below if top == "tests" else ""
