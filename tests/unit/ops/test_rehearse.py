"""What a rehearsal starts, and when it can; `make rehearse` itself is the test of the rest."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ops import rehearse
from ops.lockfiles import REHEARSAL, sealed
from stage.errors import CommandError
from stage.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ops.lockfiles import LockFile


class Environments:
    """Stands in for what makes virtual environments."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.installed: list[LockFile] = []
        self.fails = ""

    def create(self, _: Path, python: str, home: Path) -> None:
        """See ops.environments."""
        if self.fails == "create":
            raise CommandError("no interpreter found")
        (home / "bin").mkdir(parents=True, exist_ok=True)
        (home / "bin" / "python").write_text("#!/bin/sh\n")
        (home / "bin" / "python").chmod(0o755)
        self.made.append(python)

    def sync(self, _: Path, lock: LockFile, __: Path) -> None:
        """See ops.environments."""
        if self.fails == "sync":
            raise CommandError("no such version")
        self.installed.append(lock)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that has never rehearsed."""
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / "rehearsal.in").write_text("ministack==1\n")
    _lock(tmp_path, "ministack==1\n")
    return tmp_path


@pytest.fixture
def environments(monkeypatch: pytest.MonkeyPatch) -> Environments:
    """Make environments in the tests' own way."""
    environments = Environments()
    monkeypatch.setattr(rehearse, "create", environments.create)
    monkeypatch.setattr(rehearse, "sync", environments.sync)
    return environments


def _lock(project: Path, requirements: str) -> None:
    (project / REHEARSAL.path).write_text(sealed(project, REHEARSAL, requirements))


def test_the_emulator_is_installed_once_with_the_python_of_the_runtime(
    environments: Environments, project: Path
) -> None:
    """And again when its lock or that Python is another one."""
    python = rehearse._emulators_python(project, "3.13", Progress())
    assert python == project / ".local" / "ministack" / "bin" / "python"
    rehearse._emulators_python(project, "3.13", Progress())
    assert (environments.made, environments.installed) == (["3.13"], [REHEARSAL])

    rehearse._emulators_python(project, "3.12", Progress())
    assert environments.made == ["3.13", "3.12"]
    _lock(project, "ministack==1\nboto3==2\n")
    rehearse._emulators_python(project, "3.12", Progress())
    assert environments.made == ["3.13", "3.12", "3.12"]
    python.unlink()
    rehearse._emulators_python(project, "3.12", Progress())
    assert environments.made[3:] == ["3.12"], "the interpreter is gone"


def test_without_the_python_of_the_runtime_a_sentence_says_what_is_missing(
    environments: Environments, project: Path
) -> None:
    """Another runtime can be rehearsed."""
    environments.fails = "create"
    with pytest.raises(CommandError, match=r"with Python 3.13, as Lambda does, .*RUNTIME=.* \(no interpreter found\)"):
        rehearse._emulators_python(project, "3.13", Progress())


def test_an_installation_that_fails_is_tried_again_the_next_time(environments: Environments, project: Path) -> None:
    """Half an environment is none."""
    environments.fails = "sync"
    with pytest.raises(CommandError, match="no such version"):
        rehearse._emulators_python(project, "3.13", Progress())
    environments.fails = ""
    rehearse._emulators_python(project, "3.13", Progress())
    assert environments.installed == [REHEARSAL]


@pytest.fixture
def _environment() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.usefixtures("_environment")
def test_nothing_of_the_operators_own_aws_reaches_a_rehearsal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without an emulator it ends before anything could be deployed anywhere."""
    monkeypatch.setenv("AWS_PROFILE", "production")

    def no_room(*_: object) -> Path:
        assert "AWS_PROFILE" not in os.environ
        raise CommandError("no room")

    monkeypatch.setattr(rehearse, "_emulators_python", no_room)
    monkeypatch.setattr(rehearse, "require_terraform", lambda: None)
    monkeypatch.setattr(rehearse, "__file__", str(tmp_path / "ops" / "rehearse.py"))
    assert rehearse.main([]) == 2
    assert "no room" in capsys.readouterr().err
