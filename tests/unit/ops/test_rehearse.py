"""What a rehearsal starts, and when it can; `make rehearse` itself is the test of the rest."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from ops import rehearse
from ops.errors import OpsError
from ops.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WANTED = "ministack==1\n"


class FakeShell:
    """Stands in for the commands that make a virtual environment."""

    def __init__(self, home: Path) -> None:
        self.ran: list[list[str]] = []
        self.fails = False
        self._home = home

    def run(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        """See subprocess."""
        self.ran.append(command)
        python = self._home / "bin" / "python"
        python.parent.mkdir(parents=True, exist_ok=True)
        python.touch()
        return subprocess.CompletedProcess(command, int(self.fails), "", "no such version")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeShell:
    """A project that has never rehearsed."""
    (tmp_path / "requirements-rehearse.txt").write_text(WANTED)
    shell = FakeShell(tmp_path / ".local" / "ministack")
    monkeypatch.setattr(subprocess, "run", shell.run)
    return shell


def test_the_emulator_is_installed_once(shell: FakeShell, tmp_path: Path) -> None:
    """And again when its requirements have changed."""
    python = rehearse._emulators_python(tmp_path, Progress())
    assert python == tmp_path / ".local" / "ministack" / "bin" / "python"
    assert [command[1:3] for command in shell.ran] == [["-m", "venv"], ["-m", "pip"]]
    assert shell.ran[1][0] == str(python)
    rehearse._emulators_python(tmp_path, Progress())
    assert len(shell.ran) == 2
    (tmp_path / "requirements-rehearse.txt").write_text("ministack==2\n")
    rehearse._emulators_python(tmp_path, Progress())
    assert len(shell.ran) == 4


def test_an_installation_that_fails_is_tried_again_the_next_time(shell: FakeShell, tmp_path: Path) -> None:
    """Half an environment is none."""
    shell.fails = True
    with pytest.raises(OpsError, match="ministack cannot be installed: no such version"):
        rehearse._emulators_python(tmp_path, Progress())
    shell.fails = False
    rehearse._emulators_python(tmp_path, Progress())
    assert len(shell.ran) == 3


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
        raise OpsError("no room")

    monkeypatch.setattr(rehearse, "_emulators_python", no_room)
    monkeypatch.setattr(rehearse, "require_terraform", lambda: None)
    monkeypatch.setattr(rehearse, "__file__", str(tmp_path / "ops" / "rehearse.py"))
    assert rehearse.main([]) == 2
    assert "no room" in capsys.readouterr().err
