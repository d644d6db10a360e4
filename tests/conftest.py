"""Fixtures of more than one folder, and who runs what when the tests run side by side.

One process has the applied local stack, others what needs none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from tests.support.fresh_python import project, run_python
from tests.support.handles import in_request
from tests.support.page import api_user, browser, page_stack, page_stage, served, visit, visits
from tests.support.pooled_table import calls, dynamodb, table_name, table_names, threads
from tests.support.requests import make_request
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

__all__ = [
    "acme",
    "anyone",
    "api_user",
    "api_with",
    "browser",
    "calls",
    "dynamodb",
    "forge",
    "globex",
    "in_request",
    "make_request",
    "newcomer",
    "own_project",
    "page_stack",
    "page_stage",
    "person",
    "project",
    "run_python",
    "served",
    "stack",
    "stage",
    "strategy",
    "table",
    "table_name",
    "table_names",
    "threads",
    "visit",
    "visits",
]

#: Folders in which all tests use what the first one started, by what that is called.
_SHARED = {"local": "local", "entities": "local", "isolation": "isolation", "web": "web", "infra": "infra"}
#: These take longest and go first, in this order; then the other files, so that all processes end at once.
_FIRST = ("local", "entities", "isolation", "web", "infra", "commands")

# A busy machine is no failure, and fixtures that make stateless things may be shared between examples.
settings.register_profile(
    "tests", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("tests")


class FolderScheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist ships no types
    """Keeps the folders that share a stack in one process, and elsewhere a file."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::", 1)[0]
        return _SHARED.get(_folder(nodeid), path)


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
    """Return the folder under tests/, for an entity's tests of its page `web`; empty for the tests of packages/."""
    path = nodeid.split("::", 1)[0]
    top, below = path.split("/")[:2]
    if below == "entities" and path.endswith("/test_page.py"):
        return "web"
    return below if top == "tests" else ""
