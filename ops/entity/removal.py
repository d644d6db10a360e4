"""Takes an entity out of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.entity import changes
from ops.entity.checks import require_name
from ops.entity.project import (
    LIST,
    PERMISSIONS,
    VERSIONS,
    Project,
    places_of,
    without_line,
    without_routes,
)
from ops.entity.readme import ROUTES_TABLE
from ops.entity.rendering import formatted, render
from stage.errors import CommandError

if TYPE_CHECKING:
    from pathlib import Path


def remove_entity(project: Path, name: str) -> list[Path]:
    """Take an entity out of the project, and return the files that are gone, changed or new, relative to it.

    A table of the database is dropped by a new migration. Nothing is changed unless all is.

    Raises:
        CommandError: there is no such entity, or a file cannot be written.
    """
    project = project.resolve()
    found = Project(project)
    require_name(name, "NAME=")
    if name not in found.entities():
        known = ", ".join(found.entities()) or "none is there"
        raise CommandError(f"NAME={name}: there is no such entity ({known})")
    wanted: dict[Path, str | None] = dict.fromkeys(_files(project, name))
    table = found.table_of(name)
    if table is not None and table in found.tables():
        wanted |= _migration(found, name, table)
    wanted[LIST] = without_line(found.text(LIST), name)
    wanted[PERMISSIONS] = without_routes(found.text(PERMISSIONS), name)
    return changes.apply(project, wanted, ROUTES_TABLE)


def _files(project: Path, name: str) -> list[Path]:
    """Return what the entity's places hold, but for what Python has compiled."""
    places = [project / place for place in places_of(name)]
    inside = [path for place in places for path in ([place] if place.is_file() else place.rglob("*"))]
    return [path.relative_to(project) for path in inside if path.is_file() and "__pycache__" not in path.parts]


def _migration(project: Project, name: str, table: str) -> dict[Path, str]:
    revision, down = project.next_revision()
    path = VERSIONS / f"{revision}_drop_{name}.py"
    text = render("drop.py", table=table, revision=revision, down_revision=down)
    return formatted(project.root, {path: text})
