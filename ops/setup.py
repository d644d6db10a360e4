"""`make setup`: fills .venv with exactly what locks/development.txt names, and packages/. Standard library only.

With `--installer` it stops after uv, which is what `make lock` needs to mend a lock that does not match its sources.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ops.environments import (
    VENV,
    create_with_pip,
    install_packages,
    packages,
    require_supported_python,
    starts,
    sync,
)
from ops.lockfiles import DEVELOPMENT, require_sound
from stage.errors import INTERRUPTED, CommandError

if TYPE_CHECKING:
    from collections.abc import Sequence

_VERSION = ".".join(map(str, sys.version_info[:3]))


def setup(project: Path, *, installer_only: bool = False) -> None:
    """Make or renew .venv with the running interpreter; when it is as it must be, do nothing.

    Raises:
        CommandError: the interpreter is not supported, the lock is not sound, or something cannot be installed.
    """
    require_supported_python(sys.version_info[:2])
    home = project / VENV
    installed = home / "installed"
    if not _is_usable(home):
        _say(f"creating .venv with Python {_VERSION}")
        create_with_pip(project, sys.executable, home)
    if installer_only:
        return
    described = [path / "pyproject.toml" for path in packages(project)]
    wanted = "".join(f"# {path}\n{path.read_text()}" for path in (require_sound(project, DEVELOPMENT), *described))
    if installed.exists() and installed.read_text() == wanted:
        return
    installed.unlink(missing_ok=True)  # from here on it is neither the former nor the new environment
    started = time.monotonic()
    sync(project, DEVELOPMENT, home)
    install_packages(project, home)
    installed.write_text(wanted)
    _say(f"installed {DEVELOPMENT.path} into .venv: {time.monotonic() - started:.1f} s")


def _is_usable(home: Path) -> bool:
    """Return whether an environment was made by this version of Python, in this folder, and its uv starts."""
    configuration = home / "pyvenv.cfg"
    lines = configuration.read_text().splitlines() if configuration.is_file() else []
    settings = {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines)}
    made_here = settings.get("command", "").endswith(f" {home}")  # commands in bin/ hold the folder's path
    return settings.get("version") == _VERSION and made_here and starts(home / "bin" / "uv")


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Set up: 0 when .venv is as locked, 2 when it cannot be, 130 by Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m ops.setup", description=__doc__)
    parser.add_argument("--installer", action="store_true", help="install uv only")
    options = parser.parse_args(arguments)
    try:
        setup(Path(__file__).resolve().parent.parent, installer_only=options.installer)
    except CommandError as error:
        _say(str(error))
        return 2
    except KeyboardInterrupt:
        _say("interrupted: the next run goes on from here")
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
