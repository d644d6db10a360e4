"""The README's table of routes, written again by `ops.routes_table` once an entity is there or gone.

It is made of the application, which a process of its own imports: what was written does so without an error.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ops.entity.changes import Derive
from stage.errors import CommandError

_README = Path("README.md")
_OWN_PROJECT = Path(__file__).parents[2]


def _write(project: Path) -> None:
    if not (project / _README).exists():
        return
    finished = subprocess.run(
        [sys.executable, "-m", "ops.routes_table"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(_OWN_PROJECT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        said = finished.stderr.strip().rpartition("\n")[2]
        raise CommandError(f"nothing was changed: the README's table of routes cannot be written: {said}")


ROUTES_TABLE = Derive((_README,), _write)
