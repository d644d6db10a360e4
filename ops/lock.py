"""`make lock`: writes the locks again. Versions stay as they are, unless they must change or `--upgrade` is given."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ops.environments import supported_pythons, uv
from ops.errors import OpsError
from ops.locks import LOCKS, requirements_of, sealed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ops.locks import Lock


def lock(project: Path, one: Lock, *, upgrade: bool = False) -> bool:
    """Write a lock for every supported Python and every platform; return whether it changed.

    Raises:
        OpsError: what its sources ask for cannot be resolved, or the index cannot be reached.
    """
    path = project / one.path
    before = path.read_text() if path.exists() else ""
    options = ["--universal", "--generate-hashes", "--python-version", supported_pythons(project)[-1]]
    options += ["--no-header", "--no-emit-index-url", "--no-emit-find-links", "--quiet"]
    options += ["--constraints", f"locks/{one.within}.txt"] if one.within else []
    options += ["--upgrade"] if upgrade else []
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, path.name)
        made.write_text(requirements_of(before))  # uv keeps the versions that it finds there
        arguments = ["pip", "compile", *options, "-o", str(made), one.sources[0]]
        uv(project, arguments, one.sources[0])
        text = sealed(project, one, made.read_text())
    path.write_text(text)
    return text != before


def main(arguments: Sequence[str] | None = None) -> int:
    """Lock: 0 when all locks are written, 2 when one cannot be."""
    parser = argparse.ArgumentParser(prog="python -m ops.lock", description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest version of whatever is not pinned")
    options = parser.parse_args(arguments)
    project = Path(__file__).parent.parent
    try:
        for one in LOCKS:
            changed = lock(project, one, upgrade=options.upgrade)
            print(f"{one.path}: {'written' if changed else 'unchanged'}")
    except OpsError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
