"""The project that the tests of the core run: this one, with two entities of the tests' own beside those it has.

So these tests know no entity of the product, and hold for whatever entities it has or has not.
"""

from __future__ import annotations

import shutil
from pathlib import Path

_PROJECT = Path(__file__).parents[2]
#: What a running stage needs, and the modules beside `stage.local.api` that tests serve the app with.
_NEEDED = ("app.py", ".chalice", "chalicelib", "infra", "stage", "tests/support")
_UNUSED = shutil.ignore_patterns("__pycache__", ".terraform")


def make_own_project(folder: Path) -> Path:
    """Copy what a stage runs into an empty folder, add the tests' own entities, and return the folder."""
    for name in _NEEDED:
        source, copy = _PROJECT / name, folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=_UNUSED)
        else:
            shutil.copy(source, copy)
    return folder
