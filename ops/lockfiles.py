"""The locks: everything that is installed, transitively, with hashes, for every supported Python.

`make lock` writes them; an installation checks its lock first, so that no lock is used that was edited by hand or that
is older than what it was made from. Standard library only: `make setup` runs this before anything is installed.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from stage.errors import CommandError

#: The versions of Python that locks are made for, newest first; .python-version lists them for pyenv.
SUPPORTED_PYTHONS = ("3.13", "3.12", "3.11")
#: The folder of the locks, and of the sources that no root file holds.
FOLDER = Path("locks")
_INPUTS, _CONTENT = "# inputs sha256:", "# content sha256:"
_HEAD_LINES = 3
_CONFLICT = re.compile(r"^(<<<<<<<|=======|>>>>>>>)", re.MULTILINE)
_VERSION = re.compile(r"^[\w.-]+==[^\\\n]+", re.MULTILINE)


@dataclass(frozen=True)
class LockFile:
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


INSTALLER = LockFile("installer", ("locks/installer.in",))
DEVELOPMENT = LockFile("development", ("requirements-dev.txt", "requirements.txt", "locks/installer.in"))
DEPLOYED = LockFile("deployed", ("requirements.txt",), within="development")
REHEARSAL = LockFile("rehearsal", ("locks/rehearsal.in",))
LINTERS = LockFile("linters", ("locks/linters.in",))
#: In the order in which they are made.
LOCK_FILES = (INSTALLER, DEVELOPMENT, DEPLOYED, REHEARSAL, LINTERS)


def sealed(project: Path, lock: LockFile, requirements: str) -> str:
    """Return the text of a lock: the requirements, under digests of them and of what they were made from."""
    return "\n".join(
        [
            _first_line(lock),
            f"{_INPUTS}{_digest_of_inputs(project, lock)}",
            f"{_CONTENT}{_digest(requirements)}",
            requirements,
        ]
    )


def require_sound(project: Path, lock: LockFile) -> Path:
    """Return the path of a lock from which may be installed.

    Raises:
        CommandError: it is missing, was edited by hand, or does not match its sources.
    """
    path = require_unedited(project, lock)
    if path.read_text().splitlines()[1] != f"{_INPUTS}{_digest_of_inputs(project, lock)}":
        raise CommandError(
            f"{' or '.join(map(str, lock.inputs))} has changed since {lock.path} was made: run `make lock`"
        )
    return path


def require_unedited(project: Path, lock: LockFile) -> Path:
    """Return the path of a lock that is as `make lock` wrote it, whatever its sources say by now.

    Raises:
        CommandError: it is missing, was edited by hand, or a merge left a conflict in it.
    """
    path = project / lock.path
    if not path.is_file():
        raise CommandError(f"{lock.path} is missing: `git checkout {lock.path}` brings it back")
    text = path.read_text()
    if _CONFLICT.search(text):
        raise CommandError(f"{lock.path} has a merge conflict: resolve that of its source, and run `make lock`")
    head, requirements = _parts(text)
    inputs = head[1] if len(head) == _HEAD_LINES else ""
    if head != [_first_line(lock), inputs, f"{_CONTENT}{_digest(requirements)}"] or not re.fullmatch(
        rf"{_INPUTS}[0-9a-f]{{64}}", inputs
    ):
        raise CommandError(
            f"{lock.path} was edited after `make lock` wrote it: `git checkout {lock.path}` undoes that; "
            "change its source and run `make lock` instead"
        )
    return path


def versions_of(text: str) -> str:
    """Return the versions that a lock names, one a line, without the hashes: those come from the index each time."""
    return "".join(f"{line.rstrip()}\n" for line in _VERSION.findall(text))


def requirement_of(text: str, name: str) -> str:
    """Return what a lock says of one distribution, hashes included."""
    [found] = re.findall(rf"^{re.escape(name)}==.*\n(?:[ ].*\n)*", text, re.MULTILINE)
    return str(found)


def _first_line(lock: LockFile) -> str:
    return f"# Made from {lock.sources[0]} by `make lock`, and refused when it is edited by hand."


def _parts(text: str) -> tuple[list[str], str]:
    *head, requirements = text.split("\n", _HEAD_LINES)
    return head, requirements


def _digest_of_inputs(project: Path, lock: LockFile) -> str:
    """Return a digest of what the inputs ask for: a changed comment makes no other lock."""
    asked = "".join(f"{path.as_posix()}\n{_asked(project / path)}" for path in lock.inputs)
    return _digest(f"Python {SUPPORTED_PYTHONS[-1]}\n{asked}")


def _asked(path: Path) -> str:
    lines = (line.partition(" #")[0].strip() for line in path.read_text().splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("#"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
