"""What import contracts cannot say: no circle of files, nothing leans on tests, and a version stands in one place."""

from __future__ import annotations

import re
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

from chalicelib import __version__
from tests.support.imports import top_level

PROJECT = Path(__file__).parents[2]
CONFIGURATION = tomllib.loads((PROJECT / "pyproject.toml").read_text())
ROOMS: list[str] = CONFIGURATION["tool"]["importlinter"]["root_packages"]


def circle(graph: grimp.ImportGraph) -> list[str]:
    """Return files that import each other in a circle, the first one again at the end; nothing when none do."""
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def test_no_files_import_each_other_in_a_circle() -> None:
    """Imports for the type checker count as well: whoever reads one file of a circle must read all."""
    assert circle(grimp.build_graph(*ROOMS, cache_dir=None)) == []


@pytest.mark.parametrize(
    ("imports", "found"),
    [
        (("ab", "bc", "ca", "cf"), {"a", "b", "c"}),
        (("de", "ed", "df"), {"d", "e"}),
        (("ab", "bc", "ac"), set()),
    ],
)
def test_a_circle_would_be_seen(imports: tuple[str, ...], found: set[str]) -> None:
    """Of two files and of three, and no straight line is one."""
    graph = grimp.ImportGraph()
    for importer, imported in map(tuple, imports):
        for module in (importer, imported):
            graph.add_module(module)
        graph.add_import(importer=importer, imported=imported)

    assert set(circle(graph)) == found


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
    """It is no package, so that no contract can say it. Benchmarks may: they run it as Lambda does.

    So may the command that describes its routes, and the evidence, which attacks and changes them.
    """
    readers = {
        "ops": [PROJECT / "ops" / "routes_table.py"],
        "isolation": [
            PROJECT / "isolation" / "attack" / "served.py",
            PROJECT / "isolation" / "mutants" / "preloaded.py",
        ],
    }
    importing = sorted(path for path in _files(PROJECT / room) if "app" in top_level([path]))
    assert importing == readers.get(room, [])


@pytest.mark.parametrize("package", ["iam", "localaws", "planproof"])
def test_the_tests_of_a_distribution_need_nothing_else_of_the_project(package: str) -> None:
    """They go with it."""
    own = {path.name for path in PROJECT.glob("packages/*/src/*")}

    assert not _imported(PROJECT / "packages" / package / "tests") & (set(ROOMS) | {"app", "tests"}) - own


def _imported(place: Path) -> set[str]:
    """Return the top-level modules that a file, or the files of a folder, import."""
    return top_level(_files(place))


def _files(place: Path) -> list[Path]:
    places = PROJECT.glob(place.relative_to(PROJECT).as_posix())
    files = [file for each in places for file in ([each] if each.is_file() else each.rglob("*.py"))]
    assert files, place
    return files


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
