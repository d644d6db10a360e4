"""The tutorial, followed word for word in a clone.

It removes the cart, and this test with it: whoever has made the product theirs needs neither.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[3]
TUTORIAL = PROJECT / "docs" / "make-it-yours.md"
#: Commands that take long, or an account: this test does not run them, others do.
_ELSEWHERE = {"make test", "make rehearse", "make bootstrap STAGE=dev", "make deploy STAGE=dev"}
_AUTHOR = ["-c", "user.name=Reader", "-c", "user.email=reader@example.com"]


class Command(NamedTuple):
    """A command of the tutorial, and the output that it prints there."""

    line: str
    output: str


class Change(NamedTuple):
    """A change of a file by hand: these lines for those."""

    file: str
    old: str
    new: str


def steps(text: str) -> dict[str, list[Command | Change]]:
    """Return the numbered sections with what each asks for, in order."""
    sections = re.findall(r"^## (\d+\..*?)$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return {
        title: [
            each
            for language, block in re.findall(r"^```(\w+)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
            for each in (changes(block) if language == "diff" else commands(block))
        ]
        for title, section in sections
    }


def commands(block: str) -> Iterator[Command]:
    """Yield a console block's commands."""
    for line, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
        yield Command(line, output)


def changes(block: str) -> Iterator[Change]:
    """Yield a diff's changes, whose hunks have no line numbers: a reader finds the lines by what they say."""
    for file, hunk in re.findall(r"^--- a/.*\n\+\+\+ b/(.*)\n@@\n((?:(?!--- a/)[ +-].*\n)*)", block, re.MULTILINE):
        lines = hunk.splitlines(keepends=True)
        old, new = ("".join(line[1:] for line in lines if line[0] in kept) for kept in (" -", " +"))
        yield Change(file, old, new)


@dataclass
class Reader:
    """Somebody in a clone, with the virtual environment of this run."""

    clone: Path

    def follow(self, step: Command | Change) -> None:
        """Do what the tutorial says, and compare what it prints there."""
        if isinstance(step, Change):
            path = self.clone / step.file
            text = path.read_text()
            assert text.count(step.old) == 1, (
                f"{step.file} holds these lines {text.count(step.old)} times, and not once:\n{step.old}"
                f"if you have done this step yourself, take {TUTORIAL.name} and this test away"
            )
            path.write_text(text.replace(step.old, step.new))
        elif step.line not in _ELSEWHERE:
            output = self.run(step.line)
            assert not step.output or output == step.output, step.line

    def run(self, line: str) -> str:
        """Run a command as it stands there; `make` with what is installed already."""
        command = shlex.split(line)
        if command[0] == "make":
            command[1:1] = ["--no-print-directory", "--old-file=setup", f"BIN={Path(sys.executable).parent}"]
        if command[0] == "git":
            command[1:1] = _AUTHOR
        finished = subprocess.run(command, cwd=self.clone, capture_output=True, text=True, timeout=300, check=False)
        assert finished.returncode == 0, f"{line}\n{finished.stdout}{finished.stderr}"
        return finished.stdout

    def python(self, *arguments: str) -> str:
        """Run a module of Python in the clone."""
        return self.run(shlex.join([sys.executable, "-m", *arguments]))


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Return somebody who has cloned the project as it is committed, and done all that the tutorial says."""
    clone = tmp_path_factory.mktemp("made") / "acme-desk"
    subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(clone)], check=True)  # noqa: S607 -- git is where it is
    reader = Reader(clone)
    for section in steps(TUTORIAL.read_text()).values():
        for step in section:
            reader.follow(step)
    return reader


def test_the_tutorial_has_six_steps_with_something_to_do() -> None:
    """Six steps, each with something to do; the parser above overlooks no block."""
    text = TUTORIAL.read_text()
    found = steps(text)

    assert [title.split(".")[0] for title in found] == ["1", "2", "3", "4", "5", "6"]
    assert all(found.values())
    assert sum(isinstance(each, Command) for section in found.values() for each in section) == text.count("\n$ ")
    assert sum(isinstance(each, Change) for section in found.values() for each in section) == text.count("\n@@\n")


def test_the_product_has_its_name(reader: Reader) -> None:
    """In the code and in Terraform; what asks for it says it everywhere."""
    said = reader.run(f"{sys.executable} -c 'import app; print(app.app.app_name)'")
    assert said == "acme-desk\n"
    assert reader.python("pytest", "-q", "tests/unit/stage/test_product.py")


@pytest.mark.evidence
def test_what_is_left_passes_lint_and_its_tests(reader: Reader) -> None:
    """The checks of routes, roles, entities and documents that a change by hand would turn red."""
    reader.python("ruff", "check", "app.py", "chalicelib", "tests/entities", "ops")
    reader.python("ruff", "format", "--check", "app.py", "chalicelib", "tests/entities", "ops")
    reader.python("mypy", "app.py", "chalicelib")
    reader.run(f"{Path(sys.executable).parent}/lint-imports")
    reader.python(
        *(
            "pytest",
            "-q",
            "tests/unit/test_routes.py",
            "tests/unit/test_documentation.py",
            "tests/unit/chalicelib/tenancy",
        ),
        *("tests/unit/chalicelib/entities", "tests/unit/stage/test_page.py", "tests/entities/invoices/test_store.py"),
    )


def test_the_new_entity_is_attacked_and_the_removed_one_is_not(reader: Reader) -> None:
    """In the new role too."""
    listed = reader.run('make attack ARGS="--only invoices --list"')
    assert "/invoices" in listed
    assert "auditor" in listed
    assert "/cart" not in reader.run('make attack ARGS="--list"')
