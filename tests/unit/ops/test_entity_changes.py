"""Changes of files are all made, or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.entity.changes import Derive, apply
from stage.errors import CommandError

KEPT, GONE, NEW, DEEP = Path("kept.txt"), Path("gone/gone.txt"), Path("new.txt"), Path("some/folder/deep.txt")
CHANGES = {KEPT: "after", GONE: None, NEW: "new", DEEP: "deep"}
README = Path("README.md")


def _derived(project: Path) -> None:
    (project / README).write_text("derived")


DERIVE = Derive((README,), _derived)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a project with three files, one of them in a folder of its own."""
    for path in (KEPT, GONE, README):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("before")
    return tmp_path


def tree(folder: Path) -> dict[str, str | None]:
    """Return all that a folder holds: files with their texts, folders with None."""
    return {
        path.relative_to(folder).as_posix(): path.read_text() if path.is_file() else None for path in folder.rglob("*")
    }


def test_files_are_written_changed_removed_and_derived(folder: Path) -> None:
    """The twin of the failures below; a folder that is left empty goes too, and nothing else is left."""
    (folder / "gone" / "__pycache__").mkdir()

    assert apply(folder, CHANGES, DERIVE) == sorted([*CHANGES, README])
    assert tree(folder) == {
        "kept.txt": "after",
        "new.txt": "new",
        "some": None,
        "some/folder": None,
        "some/folder/deep.txt": "deep",
        "README.md": "derived",
    }


def test_what_is_derived_and_stays_the_same_is_not_named(folder: Path) -> None:
    """Only what changed is."""
    (folder / README).write_text("derived")

    assert README not in apply(folder, CHANGES, DERIVE)


@pytest.mark.parametrize("error", [KeyboardInterrupt, CommandError, ValueError])
def test_what_ends_it_after_the_moves_leaves_the_files_as_they_were(folder: Path, error: type[BaseException]) -> None:
    """Ctrl-C, a refusal or a bug; the error itself goes on."""
    before = tree(folder)

    def fail(project: Path) -> None:
        _derived(project)
        raise error

    with pytest.raises(error):
        apply(folder, CHANGES, Derive((README,), fail))
    assert tree(folder) == before


@pytest.mark.parametrize("at", range(4))
def test_what_ends_it_between_two_moves_leaves_the_files_as_they_were(folder: Path, at: int) -> None:
    """Whichever file cannot be moved: here a folder stands in its place."""
    ordered = dict([*list(CHANGES.items())[:at], (Path("taken"), "text"), *list(CHANGES.items())[at:]])
    (folder / "taken").mkdir()
    before = tree(folder)

    with pytest.raises(CommandError, match=r"nothing was changed: .*taken"):
        apply(folder, ordered, DERIVE)
    assert tree(folder) == before
