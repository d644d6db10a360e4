"""Writes an entity into a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.entity import changes
from ops.entity.collisions import collisions
from ops.entity.project import (
    ENTITIES,
    LIST,
    PAGE,
    PERMISSIONS,
    TESTS,
    VERSIONS,
    Project,
    places_of,
    with_line,
    with_routes,
)
from ops.entity.readme import ROUTES_TABLE
from ops.entity.rendering import formatted, render
from ops.entity.specification import Specification, Store
from stage.errors import CommandError

if TYPE_CHECKING:
    from pathlib import Path

_WRITES = {Store.DYNAMODB: "write", Store.POSTGRES: "administer"}


def add_entity(project: Path, specification: Specification) -> list[Path]:
    """Write an entity into the project, and return the files that are new or changed, relative to it.

    Tests and page are written where the project has a folder `tests` and `web`. Nothing is written unless all is.

    Raises:
        CommandError: a name is taken, or a file cannot be written.
    """
    project = project.resolve()
    found = Project(project)
    _require_free(found, specification)
    texts = {**_folder(specification), **_tests(found, specification), **_page(found, specification)}
    if specification.store is Store.POSTGRES:
        texts |= _migration(found, specification)
    written = formatted(project, texts)
    written[LIST] = with_line(found.text(LIST), specification.name)
    written[PERMISSIONS] = with_routes(found.text(PERMISSIONS), routes_of(specification))
    return changes.apply(project, written, ROUTES_TABLE)


def routes_of(specification: Specification) -> dict[str, str]:
    """Return the right that each route of the entity takes."""
    write = _WRITES[specification.store]
    one = f"/{specification.name}/*"
    return {
        f"GET /{specification.name}": "read",
        f"POST /{specification.name}": write,
        f"GET {one}": "read",
        f"PATCH {one}": write,
        f"DELETE {one}": write,
    }


def _modules(specification: Specification) -> dict[Path, str]:
    """Return all Python that the entity's classes and variables occur in."""
    test = TESTS / specification.name / "test_store.py"
    return {**_folder(specification), test: render(f"{specification.store}/test_store.py", entity=specification)}


def _folder(specification: Specification) -> dict[Path, str]:
    folder, store = ENTITIES / specification.name, specification.store
    return {
        folder / "__init__.py": render(f"{store}/__init__.py", entity=specification),
        folder / "routes.py": render(f"{store}/routes.py", entity=specification),
        folder / "store.py": render(f"{store}/store.py", entity=specification),
        folder / "probe.py": render("probe.py", entity=specification),
    }


def _tests(project: Project, specification: Specification) -> dict[Path, str]:
    if not (project.root / "tests").is_dir():
        return {}
    folder, store = TESTS / specification.name, specification.store
    return {
        folder / "test_store.py": render(f"{store}/test_store.py", entity=specification),
        folder / "test_http.py": render(f"{store}/test_http.py", entity=specification),
    }


def _page(project: Project, specification: Specification) -> dict[Path, str]:
    if not (project.root / "web").is_dir():
        return {}
    return {PAGE / f"{specification.name}.js": render("page.js", entity=specification)}


def _migration(project: Project, specification: Specification) -> dict[Path, str]:
    revision, down = project.next_revision()
    text = render("migration.py", entity=specification, revision=revision, down_revision=down)
    return {VERSIONS / f"{revision}_{specification.name}.py": text}


def _require_free(project: Project, specification: Specification) -> None:
    """Require that nothing has one of the entity's names yet.

    Raises:
        CommandError: something has.
    """
    name, singular = specification.name, specification.singular
    if name in project.entities():
        raise CommandError(f"NAME={name}: there is such an entity already; REMOVE=1 takes it out")
    for path in (*places_of(name), ENTITIES / f"{name}.py"):
        if (project.root / path).exists():
            raise CommandError(
                f"NAME={name}: {path} is there already; take another name, or move it away: what a run left that was "
                "killed goes by `git stash --include-untracked`"
            )
    if name in project.routes():
        raise CommandError(f"NAME={name}: /{name} is a route already; take another name")
    if name in project.tables():
        raise CommandError(f"NAME={name}: the database has a table {name} already; take another name")
    if singular in project.kinds():
        raise CommandError(f"SINGULAR={singular}: another entity's rows are of this kind; say another SINGULAR=")
    doubled = sorted(collisions(specification, _modules))
    fields = {field.name for field in specification.fields}
    if doubled and doubled[0] in fields:
        raise CommandError(
            f"FIELDS=: {doubled[0]} is something else in the code around it; give the field another name"
        )
    if doubled:
        raise CommandError(
            f"SINGULAR={singular}: {doubled[0]} is something else in the code around it; say another, such as "
            f"SINGULAR={singular}_entry"
        )
    taken = sorted(_defines(specification) & project.defined())
    if taken:
        raise CommandError(f"SINGULAR={singular}: another entity has a {taken[0]} already; say another SINGULAR=")


def _defines(specification: Specification) -> set[str]:
    """Return what the entity's modules define for the API's document: views, bodies, answers and errors."""
    one, several = specification.class_name, specification.plural_class
    views = {f"{verb}_{specification.singular}" for verb in ("create", "get", "patch", "delete")}
    classes = {one, f"New{one}Body", f"{one}Patch", f"{one}Answer", f"{several}Answer", f"{one}NotFoundError"}
    return views | classes | {f"list_{specification.name}"}
