"""A fresh interpreter, for what an import loads or an environment holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = Path(__file__).parents[2]


class RunPython(Protocol):
    """Runs code in a fresh interpreter and returns what its last printed line says, read as JSON."""

    def __call__(self, code: str, environment: Mapping[str, str] | None = None) -> Any: ...  # noqa: D102


@pytest.fixture(scope="session")
def project() -> Path:
    """The folder that holds app.py."""
    return PROJECT


@pytest.fixture(scope="session")
def run_python() -> RunPython:
    """Run code where only the given environment exists, so that nothing of this process leaks in."""

    def run(code: str, environment: Mapping[str, str] | None = None) -> Any:
        finished = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            cwd=PROJECT,
            env={"PYTHONPATH": str(PROJECT), "PATH": os.defpath, **(environment or {})},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout.splitlines()[-1])

    return run
