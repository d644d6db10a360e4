"""`make setup`: fills .venv with exactly what locks/development.txt names. Standard library only.

With `--installer` it stops after uv, which is what `make lock` needs to mend a lock that does not match its sources.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ops.environments import VENV, create_with_pip, require_supported_python, sync
from ops.errors import OpsError
from ops.locks import DEVELOPMENT, require_sound

if TYPE_CHECKING:
    from collections.abc import Sequence


def setup(project: Path, *, installer_only: bool = False) -> None:
    """Make or renew .venv with the running interpreter; when it is as it must be, do nothing.

    Raises:
        OpsError: the interpreter is not supported, the lock is not sound, or something cannot be installed.
    """
    require_supported_python(project, sys.version_info[:2])
    home = project / VENV
    installed = home / "installed"
    python = ".".join(map(str, sys.version_info[:3]))
    if not (home / "bin" / "uv").exists() or _version_of(home) != python:
        _say(f"creating .venv with Python {python}")
        create_with_pip(project, sys.executable, home)
    if installer_only:
        return
    wanted = require_sound(project, DEVELOPMENT).read_text()
    if installed.exists() and installed.read_text() == wanted:
        return
    started = time.monotonic()
    sync(project, DEVELOPMENT, home)
    installed.write_text(wanted)
    _say(f"installed {DEVELOPMENT.path} into .venv: {time.monotonic() - started:.1f} s")


def _version_of(home: Path) -> str:
    """Return the version of the interpreter that an environment was made with, or nothing."""
    configuration = home / "pyvenv.cfg"
    lines = configuration.read_text().splitlines() if configuration.exists() else []
    return next((line.partition("=")[2].strip() for line in lines if line.startswith("version ")), "")


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Set up: 0 when .venv is as locked, 2 when it cannot be."""
    parser = argparse.ArgumentParser(prog="python -m ops.setup", description=__doc__)
    parser.add_argument("--installer", action="store_true", help="install uv only")
    options = parser.parse_args(arguments)
    try:
        setup(Path(__file__).parent.parent, installer_only=options.installer)
    except OpsError as error:
        _say(str(error))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
