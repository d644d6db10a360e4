"""`make lock`: writes the locks again. Versions stay as they are, unless they must change or `--upgrade` is given."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ops.environments import VENV, install_uv, uv
from ops.lockfiles import INSTALLER, LOCK_FILES, SUPPORTED_PYTHONS, sealed, versions_of
from stage.errors import INTERRUPTED, CommandError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ops.lockfiles import LockFile


def write(project: Path, lock: LockFile, *, upgrade: bool = False) -> bool:
    """Write a lock for every supported Python and every platform; return whether it changed.

    Raises:
        CommandError: what its sources ask for cannot be resolved, or the index cannot be reached.
    """
    path = project / lock.path
    before = path.read_text() if path.exists() else ""
    options = ["--universal", "--generate-hashes", "--python-version", SUPPORTED_PYTHONS[-1]]
    options += ["--no-header", "--no-emit-index-url", "--no-emit-find-links", "--quiet"]
    options += ["--constraints", f"locks/{lock.within}.txt"] if lock.within else []
    options += ["--upgrade"] if upgrade else []
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, path.name)
        made.write_text(versions_of(before))  # uv keeps the versions that it finds there, and would keep hashes
        uv(project, ["pip", "compile", *options, "-o", str(made), lock.sources[0]], lock.sources[0])
        text = sealed(project, lock, made.read_text())
    path.write_text(text)
    return text != before


def main(arguments: Sequence[str] | None = None) -> int:
    """Lock: 0 when all locks are written, 2 when one cannot be, 130 by Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m ops.lock", description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest version of whatever is not pinned")
    options = parser.parse_args(arguments)
    project = Path(__file__).parent.parent
    try:
        for lock in LOCK_FILES:
            changed = write(project, lock, upgrade=options.upgrade)
            print(f"{lock.path}: {'written' if changed else 'unchanged'}", flush=True)
            if changed and lock is INSTALLER:
                install_uv(project, project / VENV)  # the other locks are made by the uv that they name
    except CommandError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted: `make lock` again writes the locks that are left", file=sys.stderr)
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
