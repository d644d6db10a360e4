"""`make entity` in a copy of this project, with git: what it writes is sound, and no other edit is needed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ops.entity.fields import FIELD_TYPES

PROJECT = Path(__file__).parents[2]
#: What commands make, and what no entity has a place in.
_LEFT_OUT = shutil.ignore_patterns(".*cache", ".git", ".hypothesis", ".local", ".terraform", ".venv", "__pycache__",
                                   "build", "dist", "images", "node_modules")  # fmt: skip
_AUTHOR = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false"]
_MOST_FILES = 12
#: Called as the code around them calls things.
_NAMES = ("name", "price", "number", "date", "body", "rows")
FIELDS = ",".join(f"{name}:{kind}" for name, kind in zip(_NAMES, FIELD_TYPES, strict=True))
STORES = {"doodads": "dynamodb", "gewgaws": "postgres"}


def run(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the project, whatever becomes of it."""
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


def python(project: Path, *module: str) -> str:
    """Run a module in the project and return what it printed."""
    finished = run(project, sys.executable, "-m", *module)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def git(project: Path, *command: str) -> str:
    """Run git in the project and return what it printed."""
    finished = run(project, "git", *_AUTHOR, *command)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def commit(project: Path) -> list[str]:
    """Commit all changes and return the files that they are in."""
    git(project, "add", "--all")
    changed = git(project, "diff", "--cached", "--name-only").splitlines()
    git(project, "commit", "--quiet", "--no-verify", "--message", "a step")
    return changed


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of this project in a repository of its own."""
    folder = tmp_path_factory.mktemp("copy") / "project"
    shutil.copytree(PROJECT, folder, ignore=_LEFT_OUT, symlinks=True)
    git(folder, "init", "--quiet")
    commit(folder)
    git(folder, "tag", "before")
    return folder


@pytest.fixture(scope="module")
def written(project: Path) -> dict[str, list[str]]:
    """Return the files of an entity of each store that the command wrote, by the entity's name."""
    files = {}
    for name, store in STORES.items():
        said = python(project, "ops.entity", name, "--store", store, "--fields", FIELDS)
        files[name] = commit(project)
        assert all(f"  {path}\n" in said for path in files[name])
        assert f'then: make test, make attack ARGS="--only {name}"' in said
    return files


def test_an_entity_is_a_dozen_files_at_most(written: dict[str, list[str]]) -> None:
    """The command's, with no edit by hand."""
    assert {name for name, files in written.items() if not 0 < len(files) <= _MOST_FILES} == set()


def test_it_passes_the_linter_and_the_types(project: Path, written: dict[str, list[str]]) -> None:
    """Under the project's own settings."""
    files = sorted({path for each in written.values() for path in each if path.endswith(".py")})

    python(project, "ruff", "check", "--no-cache", *files)
    python(project, "ruff", "format", "--no-cache", "--check", *files)
    python(project, "mypy", "--no-incremental", *files)


def test_its_stores_tests_are_green(project: Path, written: dict[str, list[str]]) -> None:
    """On the emulated DynamoDB and on a PostgreSQL to which its migration was applied."""
    said = python(project, "pytest", "-q", *(f"tests/entities/{name}/test_store.py" for name in written))

    assert " passed" in said
    assert "skipped" not in said


@pytest.mark.usefixtures("written")
def test_files_that_are_changed_already_are_refused(project: Path) -> None:
    """2 and a sentence, so that git can tell what the command did; the twin is `written`."""
    readme = project / "README.md"
    before = readme.read_text()
    readme.write_text(before + "\n")
    finished = run(
        project, sys.executable, "-m", "ops.entity", "knickknacks", "--store", "dynamodb", "--fields", FIELDS
    )
    readme.write_text(before)

    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr == (
        "1 file is changed or new (README.md): commit or stash it first, so that git can undo this\n"
    )
    assert git(project, "status", "--porcelain") == ""


@pytest.mark.usefixtures("written")
def test_what_was_added_can_be_removed(project: Path) -> None:
    """Nothing is left but the table's two migrations, and the answer says what becomes of rows."""
    doodads = python(project, "ops.entity", "doodads", "--remove")
    commit(project)
    gewgaws = python(project, "ops.entity", "gewgaws", "--remove")
    commit(project)
    left = git(project, "diff", "--name-only", "before").splitlines()

    assert "no offboarding exports or erases them any more" in doodads
    assert "drops the table gewgaws, with the rows of all tenants" in gewgaws
    assert [path.partition("_")[2] for path in left] == ["gewgaws.py", "drop_gewgaws.py"]
