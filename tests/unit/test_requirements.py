"""What is installed is locked, and what ships is a part of it."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import distributions, packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ops.lockfiles import DEPLOYED, DEVELOPMENT, INSTALLER, LOCK_FILES, require_sound
from tests.support.imports import top_level

if TYPE_CHECKING:
    from ops.lockfiles import LockFile

PROJECT = Path(__file__).parents[2]
PROVIDED = {"chalice", "chalicelib"}  # Chalice's packaging adds its own runtime
LOCKED = re.compile(r"^([\w.-]+)==([^\s;]+)", re.MULTILINE)


def _locked(lock: LockFile) -> set[tuple[str, str]]:
    """Return name and version of each distribution that a lock names; some have another version for another Python."""
    return set(LOCKED.findall((PROJECT / lock.path).read_text()))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _own_distributions() -> set[tuple[str, str]]:
    """Return name and version of each distribution under packages/, as its description says."""
    described = [tomllib.loads(path.read_text()) for path in PROJECT.glob("packages/*/pyproject.toml")]
    return {(each["project"]["name"], each["project"]["version"]) for each in described}


@pytest.mark.parametrize("package", ["iam", "localaws", "planproof"])
def test_a_distribution_names_what_it_imports(package: str) -> None:
    """Among its dependencies and extras: what somebody else installs must be enough."""
    folder = PROJECT / "packages" / package
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    extras = project.get("optional-dependencies", {}).values()
    named = [each for needed in (project.get("dependencies", ()), *extras) for each in needed]
    modules = {path.name for path in (folder / "src").iterdir()} | set(sys.stdlib_module_names)
    distributions = packages_distributions()

    others = top_level((folder / "src").rglob("*.py"), under_if=False) - modules
    imported = {_normal(distributions.get(name, [name])[0]) for name in others}

    assert imported <= {_normal(re.split(r"[^\w.-]", each)[0]) for each in named}


def test_everything_that_the_deployed_code_imports_is_locked() -> None:
    """An import that only a developer's machine satisfies would stop the function at its start."""
    imported = top_level([PROJECT / "app.py", *(PROJECT / "chalicelib").rglob("*.py")], under_if=False)
    third_party = imported - set(sys.stdlib_module_names) - PROVIDED
    distributions = packages_distributions()

    assert {_normal(distributions[name][0]) for name in third_party} <= {name for name, _ in _locked(DEPLOYED)}


def test_what_is_installed_here_is_what_is_locked() -> None:
    """Nothing else, and no other version: so that a green run says something about the next one."""
    installed = {(_normal(each.name), each.version) for each in distributions()}

    assert installed - _locked(DEVELOPMENT) == _own_distributions()
    for source in DEVELOPMENT.sources:
        lines = (PROJECT / source).read_text().splitlines()
        direct = {_normal(re.split(r"[\[=]", line)[0]) for line in lines if "==" in line}
        assert direct - {name for name, _ in installed} == set(), source


def test_what_ships_and_what_installs_have_the_versions_of_development() -> None:
    """The tests ran with them."""
    assert _locked(DEPLOYED) | _locked(INSTALLER) <= _locked(DEVELOPMENT)


@pytest.mark.parametrize("lock", LOCK_FILES, ids=lambda lock: lock.name)
def test_every_lock_matches_its_sources(lock: LockFile) -> None:
    """Whoever changes a direct dependency runs `make lock`, and nobody edits a lock."""
    assert require_sound(PROJECT, lock) == PROJECT / lock.path


@pytest.mark.parametrize("lock", LOCK_FILES, ids=lambda lock: lock.name)
def test_every_locked_distribution_has_hashes_and_no_lock_names_an_index(lock: LockFile) -> None:
    """Files are known by their hashes, wherever they come from."""
    text = (PROJECT / lock.path).read_text()
    blocks = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]

    assert len(blocks) == len(_locked(lock)) > 0
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert re.search(r"https?:|--(extra-)?index-url|--find-links|file:", text) is None


@pytest.mark.parametrize("source", sorted({each for lock in LOCK_FILES for each in lock.sources}))
def test_every_direct_dependency_is_pinned(source: str) -> None:
    """Readable, one a line, with one version."""
    lines = [line.partition(" #")[0].strip() for line in (PROJECT / source).read_text().splitlines()]
    named = [line for line in lines if line and not line.startswith(("#", "-r "))]

    assert [line for line in named if not re.fullmatch(r"[\w.-]+(\[[\w,-]+\])?==[\w.]+", line)] == []
