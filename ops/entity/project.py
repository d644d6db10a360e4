"""What `make entity` reads of a project: its entities, permissions, migrations, and the names that are taken."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stage.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable

ENTITIES = Path("chalicelib/entities")
LIST = ENTITIES / "__init__.py"
PERMISSIONS = Path("chalicelib/permissions.json")
VERSIONS = Path("chalicelib/migrations/versions")
TESTS = Path("tests/entities")
PAGE = Path("web/js/entities")
_LISTED = re.compile(r"^ENTITIES = entities\((.*?)\)$", re.DOTALL | re.MULTILINE)
_ROUTE = re.compile(r"""\.route\(\s*["']/([^/"']*)""")
_KIND = re.compile(r"""\bKind\(\s*["']([^"']+)["']""")
_TABLE = re.compile(r"""\bTenantTable\(\s*["']([^"']+)["']""")
_REVISION = re.compile(r"[0-9]{4}_\w+\.py")
_STATEMENT = re.compile(r"\b(CREATE|DROP) TABLE (?:IF (?:NOT )?EXISTS )?(?:public\.)?(\w+)")


def places_of(name: str) -> tuple[Path, ...]:
    """Return where all of an entity lies, but for its line, its permissions and its migrations."""
    return (ENTITIES / name, TESTS / name, PAGE / f"{name}.js")


@dataclass(frozen=True, slots=True)
class Project:
    """The project in a folder."""

    root: Path

    def text(self, path: Path) -> str:
        """Return a file of it.

        Raises:
            CommandError: it is not there.
        """
        try:
            return (self.root / path).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise CommandError(f"{path} is missing: {self.root} is not this project") from None

    def entities(self) -> list[str]:
        """Return the names of the entities that are listed."""
        return [str(name) for name in ast.literal_eval(f"[{_listed(self.text(LIST))[1]}]")]

    def routes(self) -> set[str]:
        """Return with what the paths of all routes begin."""
        return set(_found(_ROUTE, self._sources("chalicelib/**/*.py")))

    def kinds(self) -> set[str]:
        """Return the kinds of the pooled table that entities have."""
        return set(_found(_KIND, self._sources(f"{ENTITIES}/*/__init__.py")))

    def table_of(self, name: str) -> str | None:
        """Return the table of the database that an entity has, None when it has none."""
        return next(iter(_found(_TABLE, [self.text(ENTITIES / name / "__init__.py")])), None)

    def defined(self) -> set[str]:
        """Return the classes and functions of all routes, which share the API's document."""
        trees = map(ast.parse, (*self._sources(f"{ENTITIES}/*/*.py"), *self._sources("chalicelib/http/*.py")))
        kinds = (ast.ClassDef, ast.FunctionDef)
        return {node.name for tree in trees for node in tree.body if isinstance(node, kinds)}

    def tables(self) -> set[str]:
        """Return the tables that the migrations make and none of them drops."""
        tables: set[str] = set()
        for path in self._revisions():
            for verb, table in _STATEMENT.findall(path.read_text(encoding="utf-8")):
                (tables.add if verb == "CREATE" else tables.discard)(table)
        return tables

    def next_revision(self) -> tuple[str, str]:
        """Return the number of the next migration and that of the one it follows.

        Raises:
            CommandError: the migrations are no single line.
        """
        named = [_assigned(path) for path in self._revisions()]
        heads = {each["revision"] for each in named} - {each["down_revision"] for each in named}
        if len(heads) != 1:
            raise CommandError(f"{VERSIONS} must end in one revision, not in {len(heads)}: merge them first")
        last = max(int(path.name[:4]) for path in self._revisions())
        return f"{last + 1:04}", str(heads.pop())

    def _revisions(self) -> list[Path]:
        folder = self.root / VERSIONS
        return sorted(path for path in folder.glob("*.py") if _REVISION.fullmatch(path.name))

    def _sources(self, pattern: str) -> Iterable[str]:
        return [path.read_text(encoding="utf-8") for path in sorted(self.root.glob(pattern))]


def with_line(text: str, name: str) -> str:
    """Return the list of entities with one more at its end."""
    match = _listed(text)
    lines = match[1].rstrip() or ""
    return _replaced(text, match, f'{lines}\n    "{name}",\n')


def without_line(text: str, name: str) -> str:
    """Return the list of entities without this one."""
    match = _listed(text)
    left = re.sub(rf"""\n\s*["']{name}["'],""", "", match[1])
    if left == match[1]:
        raise CommandError(f"{LIST}: {name} must stand on a line of its own")
    return _replaced(text, match, left if left.strip() else "")


def with_routes(text: str, routes: dict[str, str]) -> str:
    """Return the table of permissions with these rights by route."""
    table = json.loads(text)
    table["routes"] |= routes
    return _written(table)


def without_routes(text: str, name: str) -> str:
    """Return the table of permissions without an entity's routes."""
    table = json.loads(text)
    table["routes"] = {
        route: right for route, right in table["routes"].items() if route.split(" ")[1].split("/")[1] != name
    }
    return _written(table)


def _written(table: Any) -> str:
    """Write the permissions as they are kept: the roles of a right on one line."""
    text = json.dumps(table, indent=2, ensure_ascii=False)
    return re.sub(r"\[[^\]]*\]", lambda array: json.dumps(json.loads(array[0]), ensure_ascii=False), text) + "\n"


def _listed(text: str) -> re.Match[str]:
    match = _LISTED.search(text)
    if match is None:
        raise CommandError(f"{LIST}: the line that begins with ENTITIES = entities( is missing")
    return match


def _replaced(text: str, match: re.Match[str], inner: str) -> str:
    return f"{text[: match.start(1)]}{inner}{text[match.end(1) :]}"


def _found(pattern: re.Pattern[str], sources: Iterable[str]) -> list[str]:
    return [found for source in sources for found in pattern.findall(source)]


def _assigned(path: Path) -> dict[str, Any]:
    """Return the constants that a module assigns."""
    nodes = ast.parse(path.read_text(encoding="utf-8")).body
    return {
        node.targets[0].id: node.value.value
        for node in nodes
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }
