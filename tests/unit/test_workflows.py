"""Workflows call the Makefile and nothing else, and GitHub will understand every file that it reads."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

PROJECT = Path(__file__).parents[2]
GITHUB = PROJECT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").iterdir())
TEMPLATES = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").iterdir() if path.name != "config.yml")
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", (PROJECT / "Makefile").read_text(), re.MULTILINE))
ONE_TARGET = re.compile(r"make ([a-z-]+)(?: [A-Z_]+=(?:[\w.-]|\$\{\{ matrix\.\w+ \}\})+)*")


def _jobs(workflow: Path) -> dict[str, Any]:
    jobs: dict[str, Any] = YAML(typ="safe").load(workflow)["jobs"]
    return jobs


def _is_make(command: str) -> bool:
    match = ONE_TARGET.fullmatch(command)
    return match is not None and match[1] in TARGETS


def _valid(schema: str, *files: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema", schema, *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_every_command_of_a_workflow_is_one_make_target(workflow: Path) -> None:
    """What a workflow does, everybody can do, by the same name."""
    commands = [step["run"] for job in _jobs(workflow).values() for step in job["steps"] if "run" in step]

    assert commands
    assert [command for command in commands if not _is_make(command)] == []


@pytest.mark.parametrize(
    "command",
    [
        "pip install x",
        "make",
        "make no-such-target",
        "make test && curl x",
        "make test; ls",
        "make test\nls",
        "make test ARGS=$(id);curl${IFS}x",
        "make test ARGS=${{ github.event.pull_request.title }}",
    ],
)
def test_another_command_would_be_noticed(command: str) -> None:
    """Else the test above could not fail."""
    assert not _is_make(command)
    assert _is_make("make test PYTHON=python${{ matrix.python }}")


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_read_and_ends_by_itself(workflow: Path) -> None:
    """No token that can write, no job without a limit."""
    assert YAML(typ="safe").load(workflow)["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] <= 90 for job in _jobs(workflow).values())


def test_the_tests_run_on_every_supported_python() -> None:
    """In the order of .python-version."""
    matrix = _jobs(GITHUB / "workflows" / "test.yml")["test"]["strategy"]["matrix"]

    assert matrix["python"] == (PROJECT / ".python-version").read_text().split()


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.dependabot", [GITHUB / "dependabot.yml"]),
        ("vendor.github-issue-forms", TEMPLATES),
        ("vendor.github-issue-config", [GITHUB / "ISSUE_TEMPLATE" / "config.yml"]),
    ],
)
def test_every_file_that_github_reads_is_valid(schema: str, files: list[Path]) -> None:
    """By the schemas that check-jsonschema carries, without the network."""
    ran = _valid(schema, *files)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_file_that_is_not_valid_would_be_noticed(tmp_path: Path) -> None:
    """Else the test above could not fail."""
    broken = tmp_path / "test.yml"
    broken.write_text(f"{(GITHUB / 'workflows' / 'test.yml').read_text()}\nno_such_key: 1\n")

    assert _valid("vendor.github-workflows", broken).returncode == 1
