"""What import contracts cannot say: no circle of files, nothing leans on tests, and a version stands in one place."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import grimp
import pytest

from chalicelib import __version__

PROJECT = Path(__file__).parents[2]
CONFIGURATION = tomllib.loads((PROJECT / "pyproject.toml").read_text())
ROOMS: list[str] = CONFIGURATION["tool"]["importlinter"]["root_packages"]


def circles(graph: grimp.ImportGraph) -> list[list[str]]:
    """Return the sets of files that import each other, by Tarjan's algorithm (SIAM J. Comput. 1, 1972)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        order[module] = lowest[module] = len(order)
        path.append(module)
        for imported in graph.find_modules_directly_imported_by(module):
            if imported not in order:
                visit(imported)
            if imported in path:
                lowest[module] = min(lowest[module], lowest[imported])
        if lowest[module] == order[module]:
            circle = path[path.index(module) :]
            del path[path.index(module) :]
            if len(circle) > 1:
                found.append(sorted(circle))

    for module in sorted(graph.modules):
        if module not in order:
            visit(module)
    return found


def test_no_files_import_each_other_in_a_circle() -> None:
    """Imports for the type checker count as well: whoever reads one file of a circle must read all."""
    assert circles(grimp.build_graph(*ROOMS, cache_dir=None)) == []


def test_a_circle_would_be_seen() -> None:
    """Of two files and of three, and no straight line is one."""
    graph = grimp.ImportGraph()
    for importer, imported in ("ab", "bc", "ca", "de", "ed", "df", "ac"):
        for module in (importer, imported):
            graph.add_module(module)
        graph.add_import(importer=importer, imported=imported)

    assert circles(graph) == [["a", "b", "c"], ["d", "e"]]


def test_every_room_is_in_the_contracts() -> None:
    """A new package of the project would be held to nothing."""
    packages = {path.parent.name for path in PROJECT.glob("*/__init__.py")}
    packages |= {path.parent.name for path in PROJECT.glob("packages/*/src/*/__init__.py")}

    assert packages == set(ROOMS)


@pytest.mark.parametrize("room", ["app.py", "bench", "chalicelib", "isolation", "ops", "packages/*/src", "stage"])
def test_nothing_imports_the_tests(room: str) -> None:
    """They are about it, and not the other way round."""
    assert not _imported(PROJECT / room) & {"tests", "localaws_testing"}


@pytest.mark.parametrize("room", ["chalicelib", "isolation", "ops", "packages/*/src", "stage"])
def test_the_composition_root_is_imported_by_servers_and_tests_alone(room: str) -> None:
    """It is no package, so that no contract can say it. Benchmarks may: they run it as Lambda does."""
    assert "app" not in _imported(PROJECT / room)


@pytest.mark.parametrize("package", ["iam", "localaws", "planproof"])
def test_the_tests_of_a_distribution_need_nothing_else_of_the_project(package: str) -> None:
    """They go with it."""
    own = {path.name for path in PROJECT.glob("packages/*/src/*")}

    assert not _imported(PROJECT / "packages" / package / "tests") & (set(ROOMS) | {"app", "tests"}) - own


def _imported(place: Path) -> set[str]:
    """Return the top-level modules that a file, or the files of a folder, import."""
    places = PROJECT.glob(place.relative_to(PROJECT).as_posix())
    files = [file for each in places for file in ([each] if each.is_file() else each.rglob("*.py"))]
    assert files, place
    nodes = [node for path in files for node in ast.walk(ast.parse(path.read_text()))]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("package", ["iam", "localaws", "planproof"])
def test_the_version_of_a_distribution_stands_in_its_description_alone(package: str) -> None:
    """Code asks the metadata of what is installed."""
    folder = PROJECT / "packages" / package
    version = tomllib.loads((folder / "pyproject.toml").read_text())["project"]["version"]
    files = [PROJECT / "README.md", *folder.glob("*.md"), *(folder / "src").rglob("*.py")]

    assert [path for path in files if re.search(rf"{re.escape(version)}(?![\w.])", path.read_text())] == []


def test_the_applications_version_stands_in_its_package_alone() -> None:
    """The functions carry no metadata, so it is code."""
    assert CONFIGURATION["project"]["dynamic"] == ["version"]
    files = [PROJECT / "app.py", *(PROJECT / "chalicelib").rglob("*.py")]
    assert [path.parent.name for path in files if f'"{__version__}"' in path.read_text()] == ["chalicelib"]
