"""Virtual environments that hold what a lock names and nothing else. Standard library only, as in `ops.lockfiles`."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from ops.lockfiles import INSTALLER, SUPPORTED_PYTHONS, require_sound, require_unedited
from stage.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ops.lockfiles import LockFile

#: The environment of development, which also holds the uv that fills it and all others.
VENV = Path(".venv")
#: All but this are wheels; it is built with the installer's setuptools, since a build of its own would not be locked.
_ONLY_WHEELS = ("--only-binary", ":all:", "--no-binary", "python-terraform", "--no-build-isolation")
#: What pip is configured with and uv asks for under another name.
_SETTINGS_OF_PIP = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE"}
_WRONG_HASH = re.compile(
    r"hash mismatch for `?(?P<name>[\w.=-]+)|do not match the hashes.*?(?P<other>[\w.-]+)==", re.IGNORECASE | re.DOTALL
)
_NO_WHEEL = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[\w.]+) has no wheels with")
_UNREACHABLE = re.compile(
    r"failed to fetch|error sending request|dns error|connection refused|connection broken|NewConnectionError"
    r"|unreachable|name resolution|timed out|from versions: none",
    re.IGNORECASE,
)


def require_supported_python(version: tuple[int, int]) -> None:
    """Make sure that the locks are made for an interpreter.

    Raises:
        CommandError: they are not.
    """
    *others, last = SUPPORTED_PYTHONS
    running = ".".join(map(str, version))
    if running not in SUPPORTED_PYTHONS:
        raise CommandError(
            f"Python {running} is not supported, {', '.join(others)} and {last} are: "
            f"install one and name it, as in `make setup PYTHON=python{others[0]}`"
        )


def create_with_pip(project: Path, python: str, home: Path) -> None:
    """Make a virtual environment of an interpreter and install uv into it, checked against the installer's lock.

    Raises:
        CommandError: one of both cannot be done.
    """
    require_unedited(project, INSTALLER)
    try:
        _run([python, "-m", "venv", "--clear", str(home)], str(home))
    except CommandError as error:
        hint = "; on Debian and Ubuntu, venv is a package of its own, such as python3.13-venv"
        raise CommandError(f"{error}{hint if 'ensurepip' in str(error) else ''}") from None
    install_uv(project, home)


def install_uv(project: Path, home: Path) -> None:
    """Let pip install what the installer's lock names into a virtual environment that has pip.

    Raises:
        CommandError: the lock was edited, a file is another one than was locked, or the index cannot be reached.
    """
    lock = require_unedited(project, INSTALLER)
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    elsewhere = {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER"}
    environ = {name: value for name, value in os.environ.items() if name not in elsewhere}
    _run([*pip, "--require-hashes", "--only-binary", ":all:", "-r", str(lock)], str(INSTALLER.path), environ=environ)


def starts(command: Path) -> bool:
    """Return whether a command is there and can say its version."""
    try:
        return subprocess.run([command, "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def create(project: Path, python: str, home: Path) -> None:
    """Make an empty virtual environment of a version of Python that is on this machine.

    Raises:
        CommandError: there is no such interpreter.
    """
    uv(project, ["venv", "--quiet", "--clear", "--no-project", "--python", python, str(home)], str(home))


def sync(project: Path, lock: LockFile, home: Path) -> None:
    """Let a virtual environment hold exactly what a lock names.

    Raises:
        CommandError: the lock is not sound, a file is another one than was locked, or the index cannot be reached.
    """
    path = require_sound(project, lock)
    options = ["--quiet", "--require-hashes", *_ONLY_WHEELS, "--python", str(home / "bin" / "python")]
    uv(project, ["pip", "sync", *options, str(path)], str(lock.path))


def packages(project: Path) -> list[Path]:
    """Return the folders of the distributions that the project consists of, each with a pyproject.toml."""
    return sorted(path.parent for path in (project / "packages").glob("*/pyproject.toml"))


def install_packages(project: Path, home: Path) -> None:
    """Let a virtual environment import the project's distributions from where they lie, and have their commands.

    What they need is locked, so that nothing else is installed; that the locks meet their conditions is checked. Their
    build backend is part of uv.

    Raises:
        CommandError: one cannot be built, or needs what the environment does not hold.
    """
    python = ["--quiet", "--python", str(home / "bin" / "python")]
    editable = [option for path in packages(project) for option in ("--editable", str(path))]
    uv(project, ["pip", "install", *python, "--offline", "--no-deps", *editable], "packages/")
    uv(project, ["pip", "check", *python], "packages/")


def uv(project: Path, arguments: Sequence[str], what: str) -> None:
    """Run the project's uv, which takes the index that pip is configured with, and downloads no interpreter.

    Args:
        project: the project's folder.
        arguments: of uv.
        what: is being installed or made, for the message.

    Raises:
        CommandError: it failed.
    """
    command = project / VENV / "bin" / "uv"
    if not command.exists():
        raise CommandError("uv is not installed in .venv: run `make setup`")
    _run([str(command), *arguments], what, environ=environment_of_uv(project, os.environ), cwd=project)


def environment_of_uv(project: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which uv asks the index that pip is configured with, and trusts the same certificates.

    Of pip's further settings (extra indexes, a proxy that only pip knows) uv has its own.
    """
    pip = [str(project / VENV / "bin" / "python"), "-m", "pip", "config", "list"]
    shown = subprocess.run(pip, env=dict(environ), capture_output=True, text=True, check=False).stdout
    configured = re.findall(r"^(:env:|[\w-]+)\.([\w-]+)='(.*)'$", shown, re.MULTILINE)
    configured.sort(key=lambda each: each[0] == ":env:")  # else as pip lists them: the later one counts
    found = {_SETTINGS_OF_PIP[name]: value for _, name, value in configured if name in _SETTINGS_OF_PIP}
    return {**found, **environ, "UV_PYTHON_DOWNLOADS": "never", "UV_COMPILE_BYTECODE": "0"}


def _run(
    command: Sequence[str], what: str, *, environ: Mapping[str, str] | None = None, cwd: Path | None = None
) -> None:
    try:
        ran = subprocess.run(command, env=environ, cwd=cwd, capture_output=True, text=True, check=False)
    except OSError as error:
        raise CommandError(f"{command[0]} cannot be started: {error}") from None
    if ran.returncode:
        raise CommandError(_explained(ran.stderr or ran.stdout, what))


def _explained(said: str, what: str) -> str:
    """Return one sentence on why something was not installed."""
    if wrong := _WRONG_HASH.search(said):
        return (
            f"the package index serves another file of {wrong['name'] or wrong['other']} than {what} names; it was not "
            "installed: try the index that others use, and find out who changed the file before you go on"
        )
    if missing := _NO_WHEEL.search(said):
        return (
            f"there is no build of {missing['name']} {missing['version']} for the Python and processor that {what} is "
            "installed for: pin a version that has one and run `make lock`, or take another RUNTIME"
        )
    if _UNREACHABLE.search(said):
        return (
            f"no package index can be reached for {what}: see to network, proxy and pip's index, and try again "
            f"({said.strip().splitlines()[-1].strip()})"
        )
    return f"{what} cannot be used: {' '.join(said.split()) or 'nothing was said'}"
