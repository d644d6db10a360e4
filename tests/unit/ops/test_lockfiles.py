"""Locks: which are refused, and with which words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ops.lockfiles import LockFile, require_sound, require_unedited, requirement_of, sealed, versions_of
from stage.errors import CommandError

if TYPE_CHECKING:
    from pathlib import Path

OUTER = LockFile("outer", ("outer.txt", "inner.txt"))
INNER = LockFile("inner", ("inner.txt",), within="outer")
REQUIREMENTS = "six==1.16.0 \\\n    --hash=sha256:00\n    # via -r outer.txt\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two sound locks."""
    (tmp_path / "locks").mkdir()
    (tmp_path / "outer.txt").write_text("# What is needed.\n-r inner.txt\nsix==1.16.0 # old\n")
    (tmp_path / "inner.txt").write_text("six==1.16.0\n")
    for lock in (OUTER, INNER):
        (tmp_path / lock.path).write_text(sealed(tmp_path, lock, REQUIREMENTS))
    return tmp_path


def test_a_lock_that_make_lock_wrote_is_sound(project: Path) -> None:
    """It holds what it was given, below two digests."""
    for lock in (OUTER, INNER):
        assert require_sound(project, lock) == project / lock.path
        text = (project / lock.path).read_text()
        assert text.endswith(REQUIREMENTS)
        assert versions_of(text) == "six==1.16.0\n"
        assert requirement_of(text, "six") == REQUIREMENTS


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("six==1.16.0", "six==1.15.0", id="another version"),
        pytest.param("sha256:00", "sha256:11", id="another hash"),
        pytest.param("    # via -r outer.txt\n", "evil==6.6.6\n", id="another distribution"),
        pytest.param("    # via -r outer.txt\n", "", id="a line less"),
        pytest.param("# content sha256:", "# content sha256:0", id="another digest"),
        pytest.param("# Made from outer.txt", "evil==6.6.6 # Made from outer.txt", id="the first line"),
        pytest.param("# inputs sha256:", "evil==6.6.6\n# inputs sha256:", id="a line more in the head"),
        pytest.param("# inputs sha256:", "--index-url=x # inputs sha256:", id="the second line"),
    ],
)
def test_a_lock_that_was_edited_by_hand_is_refused(project: Path, old: str, new: str) -> None:
    """Whatever was edited, and also where its sources do not matter."""
    path = project / OUTER.path
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))

    for require in (require_sound, require_unedited):
        with pytest.raises(CommandError, match=r"^locks/outer.txt was edited after .*`git checkout locks/outer.txt`"):
            require(project, OUTER)


@pytest.mark.parametrize("source", ["outer.txt", "inner.txt"])
def test_a_lock_that_does_not_match_its_sources_is_refused(project: Path, source: str) -> None:
    """Those that a source includes count as well; whoever mends it may use the installer's all the same."""
    with (project / source).open("a") as text:
        text.write("requests==2.0.0\n")

    with pytest.raises(CommandError, match=r"has changed since locks/outer.txt was made: run `make lock`$"):
        require_sound(project, OUTER)
    require_unedited(project, OUTER)


def test_a_lock_within_another_is_as_old_as_that(project: Path) -> None:
    """Else the functions would ship what the tests never ran with."""
    path = project / OUTER.path
    path.write_text(sealed(project, OUTER, REQUIREMENTS.replace("1.16.0", "1.17.0")))

    with pytest.raises(CommandError, match=r"^inner.txt or locks/outer.txt has changed since locks/inner.txt was made"):
        require_sound(project, INNER)


def test_comments_and_empty_lines_of_a_source_do_not_matter(project: Path) -> None:
    """They ask for nothing."""
    (project / "inner.txt").write_text("# Shared.\n\nsix==1.16.0   # why\n")

    require_sound(project, OUTER)


def test_a_missing_lock_is_named(project: Path) -> None:
    """With what brings it back."""
    (project / OUTER.path).unlink()

    with pytest.raises(CommandError, match=r"`git checkout locks/outer.txt` brings it back"):
        require_sound(project, OUTER)


def test_a_merge_conflict_is_told_with_what_settles_it(project: Path) -> None:
    """`git checkout` does not, while the path is unmerged."""
    path = project / OUTER.path
    path.write_text(f"<<<<<<< HEAD\n{path.read_text()}=======\n{path.read_text()}>>>>>>> theirs\n")

    with pytest.raises(CommandError, match=r"^locks/outer.txt has a merge conflict: .* run `make lock`$"):
        require_sound(project, OUTER)


@pytest.mark.parametrize("text", ["", "\n", "six==1.16.0\n", "# content sha256:\n"])
def test_a_file_that_is_no_lock_is_refused(project: Path, text: str) -> None:
    """A merge that went wrong, say."""
    (project / OUTER.path).write_text(text)

    with pytest.raises(CommandError, match="was edited"):
        require_sound(project, OUTER)
