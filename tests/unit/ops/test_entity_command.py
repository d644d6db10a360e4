"""The command's answers and exit codes; what it writes is tested beside this."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ops.entity.__main__ import main
from stage.errors import INTERRUPTED

PROJECT = Path(__file__).parents[3]
ADD = ["doodads", "--store", "dynamodb", "--fields", "name:text"]

GIT = ["git", "-c", "user.name=somebody", "-c", "user.email=somebody@example.com"]


def commit_all(copy: Path) -> None:
    """Make the copy a checkout in which nothing is changed."""
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "all", "--no-verify", "--no-gpg-sign"]):
        subprocess.run([*GIT, *command], cwd=copy, check=True)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the application, in which the command runs."""
    shutil.copytree(PROJECT / "chalicelib", tmp_path / "chalicelib", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_says_what_it_wrote_and_what_is_left_to_decide(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that is no checkout of git has nothing to lose, and is written into."""
    assert main(ADD) == 0
    said = capsys.readouterr().out

    assert (copy / "chalicelib/entities/doodads/routes.py").exists()
    for part in ("  chalicelib/entities/doodads/routes.py\n", "permissions.json", "Sharding", "make test"):
        assert part in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([""], "NAME= is missing"),
        (["doodads"], "STORE=: there is no such store"),
        (["doodads", "--store", "dynamodb"], "FIELDS= is missing"),
        (["doodads", "--remove"], "NAME=doodads: there is no such entity"),
        (["doodads", "--remove", "--store", "dynamodb"], "REMOVE=1 takes NAME= alone"),
    ],
)
@pytest.mark.usefixtures("copy")
def test_what_it_cannot_do_it_says_in_one_line(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """2, on the standard error stream."""
    assert main(arguments) == 2
    said = capsys.readouterr()

    assert said.out == ""
    assert said.err.startswith(sentence)
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("signal_name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_what_ctrl_c_or_a_closed_terminal_ends_leaves_nothing(copy: Path, signal_name: str) -> None:
    """130 and a sentence; here it comes when all files are in place, and the README's table is being made of them."""
    shutil.copy(PROJECT / "README.md", copy)
    (copy / "app.py").write_text(
        f"import os, signal, time\nos.kill(os.getppid(), signal.{signal_name})\ntime.sleep(60)\n"
    )
    before = sorted(path for path in copy.rglob("*") if "__pycache__" not in path.parts)
    command = [sys.executable, "-m", "ops.entity", *ADD]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    finished = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)

    assert (finished.returncode, finished.stderr) == (INTERRUPTED, "interrupted: nothing was changed\n")
    assert sorted(path for path in copy.rglob("*") if "__pycache__" not in path.parts) == before


def test_a_checkout_with_changed_files_is_refused(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What nobody has committed could not be told from what this writes; untracked files are in nobody's way."""
    commit_all(copy)
    (copy / "chalicelib/config.py").write_text("# changed\n")

    assert main(ADD) == 2
    assert capsys.readouterr().err.startswith(
        "1 file is changed or new (chalicelib/config.py): commit or stash it first"
    )
    subprocess.run([*GIT, "checkout", "-q", "."], cwd=copy, check=True)
    (copy / "notes.txt").touch()
    assert main(ADD) == 0


def test_what_nobody_has_added_to_git_is_not_removed(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Git could not take it back; once it is committed, it goes."""
    assert main(ADD) == 0
    commit_all(copy)
    (copy / "chalicelib/entities/doodads/mine.txt").touch()
    capsys.readouterr()

    assert main(["doodads", "--remove"]) == 2
    assert capsys.readouterr().err.startswith("1 file is changed or new (chalicelib/entities/doodads/mine.txt)")
    assert (copy / "chalicelib/entities/doodads/mine.txt").exists()
    (copy / "chalicelib/entities/doodads/mine.txt").unlink()
    assert main(["doodads", "--remove"]) == 0


def test_two_at_once_do_not_write_the_same_revision(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second is told to wait."""
    holder = os.open(copy, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    try:
        assert main(ADD) == 2
    finally:
        os.close(holder)
    assert capsys.readouterr().err == "another make entity runs in this project: wait until it has ended\n"
    assert main(ADD) == 0


@pytest.mark.parametrize(("file", "text"), [("permissions.json", "{"), ("entities/cannot.py", "def")])
def test_a_file_that_cannot_be_read_is_named_in_a_sentence(
    copy: Path, capsys: pytest.CaptureFixture[str], file: str, text: str
) -> None:
    """And no traceback."""
    target = copy / "chalicelib" / file
    if not target.exists():
        target = copy / "chalicelib" / "http" / "cannot.py"
    target.write_text(text)

    assert main(ADD) == 2
    assert capsys.readouterr().err.startswith("nothing was changed: a file of the project cannot be read: ")
