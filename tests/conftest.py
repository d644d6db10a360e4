"""Who runs what when the tests run side by side: one process has the applied local stack, one Terraform's own tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

if TYPE_CHECKING:
    import pytest
    from xdist.remote import Producer  # type: ignore[import-untyped]

_SHARING = {"local", "infra"}  # folders in which all tests use what the first one started


class FolderScheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist ships no types
    """Keeps a folder that shares a stack in one process, and elsewhere a file."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::", 1)[0]
        folder = path.split("/")[1]
        return folder if folder in _SHARING else path


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FolderScheduling:
    """Use it for `pytest -n`."""
    return FolderScheduling(config, log)
