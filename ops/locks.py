"""The locks: everything that is installed, transitively, with hashes, for every supported Python.

`make lock` writes them; whoever installs from one checks it first, so that no lock is used that was edited by hand or
that is older than what it was made from. Standard library only: `make setup` runs this before anything is installed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from ops.errors import OpsError

#: The folder of the locks, and of the sources that no root file holds.
FOLDER = Path("locks")
_INPUTS, _CONTENT = "# inputs sha256:", "# content sha256:"


@dataclass(frozen=True)
class Lock:
    """What one environment installs: the file, the sources that it is made from, and the lock that limits it."""

    name: str
    sources: tuple[str, ...]
    within: str | None = None

    @property
    def path(self) -> Path:
        """The file, relative to the project."""
        return FOLDER / f"{self.name}.txt"

    @property
    def inputs(self) -> tuple[Path, ...]:
        """All files that decide what is in it, relative to the project."""
        return (*map(Path, self.sources), *([FOLDER / f"{self.within}.txt"] if self.within else []))


INSTALLER = Lock("installer", ("locks/installer.in",))
DEVELOPMENT = Lock("development", ("requirements-dev.txt", "requirements.txt", "locks/installer.in"))
DEPLOYED = Lock("deployed", ("requirements.txt",), within="development")
REHEARSAL = Lock("rehearsal", ("locks/rehearsal.in",))
LINTERS = Lock("linters", ("locks/linters.in",))
#: In the order in which they are made.
LOCKS = (INSTALLER, DEVELOPMENT, DEPLOYED, REHEARSAL, LINTERS)


def sealed(project: Path, lock: Lock, requirements: str) -> str:
    """Return the text of a lock: the requirements, under digests of them and of what they were made from."""
    return (
        f"# Made from {lock.sources[0]} by `make lock`, and refused when it is edited by hand.\n"
        f"{_INPUTS}{_digest_of_inputs(project, lock)}\n"
        f"{_CONTENT}{_digest(requirements)}\n"
        f"{requirements}"
    )


def require_sound(project: Path, lock: Lock) -> Path:
    """Return the path of a lock from which may be installed.

    Raises:
        OpsError: it is missing, was edited by hand, or does not match its sources.
    """
    require_unedited(project, lock)
    path = project / lock.path
    if f"{_INPUTS}{_digest_of_inputs(project, lock)}" not in path.read_text().splitlines()[:3]:
        raise OpsError(f"{' or '.join(map(str, lock.inputs))} has changed since {lock.path} was made: run `make lock`")
    return path


def require_unedited(project: Path, lock: Lock) -> Path:
    """Return the path of a lock that is as `make lock` wrote it, whatever its sources say by now.

    Raises:
        OpsError: it is missing, or was edited by hand.
    """
    path = project / lock.path
    if not path.is_file():
        raise OpsError(f"{lock.path} is missing: `git checkout {lock.path}` brings it back")
    head, requirements = _parts(path.read_text())
    if f"{_CONTENT}{_digest(requirements)}" not in head:
        raise OpsError(
            f"{lock.path} was edited after `make lock` wrote it: `git checkout {lock.path}` undoes that; "
            "change its source and run `make lock` instead"
        )
    return path


def requirements_of(text: str) -> str:
    """Return what `sealed` was given."""
    return _parts(text)[1]


def _parts(text: str) -> tuple[list[str], str]:
    lines = text.splitlines(keepends=True)
    return [line.rstrip("\n") for line in lines[:3]], "".join(lines[3:])


def _digest_of_inputs(project: Path, lock: Lock) -> str:
    """Return a digest of what the inputs ask for: a changed comment makes no other lock."""
    asked = "".join(f"{path.as_posix()}\n{_asked(project / path)}" for path in lock.inputs)
    return _digest(asked)


def _asked(path: Path) -> str:
    lines = (line.partition(" #")[0].strip() for line in path.read_text().splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("#"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
