"""What the attacks lack: a route, or a table, of which nothing says how to attack it.

The attacks are made of the routes and of the entities' probes. What is not there is left out of them, and named here.
"""

from __future__ import annotations

import json
import string
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

from chalicelib.errors import InvalidRequestError
from chalicelib.http.operations import operation_of
from chalicelib.http.requests import parse_body
from chalicelib.tenancy.permissions import PERMISSIONS
from isolation.attack.routes import ME, Route, Target, roles_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chalicelib.entities.entity import Entity
    from chalicelib.entities.probe import Probe
    from isolation.attack.routes import Permissions, Registered

_TEXT = "text-of-a-probe"


def probes_of(entities: Iterable[Entity]) -> dict[str, Probe]:
    """Return the probes of the entities that have one, by the entity's name."""
    found = {}
    for entity in entities:
        try:
            found[entity.name] = entity.probe()
        except (ModuleNotFoundError, AttributeError):
            continue  # which `gaps` names
    return found


def gaps(
    registered: Registered,
    entities: Iterable[Entity],
    probes: Mapping[str, Probe],
    permissions: Permissions = PERMISSIONS,
) -> list[str]:
    """Return a sentence for each thing that no attack reaches: which file lacks what; an empty list when none is.

    Args:
        registered: the app's routes.
        entities: the product's.
        probes: theirs, by the entity's name.
        permissions: the routes that roles may call.
    """
    entities = tuple(entities)
    whole = _described(registered, entities, probes, permissions)
    missing = [
        f"{_folder(entity)}/probe.py has no PROBE = Probe(…): nothing can attack /{entity.name}, nor its rows"
        for entity in entities
        if entity.name not in probes
    ]
    for target in whole:
        missing += _gaps_of(target)
    for path, method, entry in authorized(registered):
        owner = _owner(path, entities)
        if (method, path) != ("GET", ME) and (owner is None or owner.name in probes):
            known = next((each for each in whole if each.entity is owner), None)
            reason = _reason(method, path, entry, known, permissions)
            if reason:
                missing.append(f"{method} {path}, in {_file(entry)}: {reason}")
    return missing


def targets(
    registered: Registered,
    entities: Iterable[Entity],
    probes: Mapping[str, Probe],
    permissions: Permissions = PERMISSIONS,
) -> tuple[Target, ...]:
    """Return the entities that can be attacked, each with the routes that can be."""
    found = []
    for target in _described(registered, tuple(entities), probes, permissions):
        known = replace(target, routes=tuple(each for each in target.routes if not _reason_of(each, target)))
        # Without a row of it there is nothing to attack.
        found.append(known if known.makes else replace(target, routes=()))
    return tuple(found)


def authorized(registered: Registered) -> list[tuple[str, str, Any]]:
    """Return path, method and entry of every route that a token opens."""
    return [
        (path, method, entry)
        for path, methods in registered.items()
        for method, entry in methods.items()
        if entry.authorizer
    ]


def route_of(method: str, path: str, entry: Any, permissions: Permissions) -> Route:
    """Return what a view says about itself as a route.

    Raises:
        TypeError: it says nothing.
    """
    return Route(method, path, operation_of(entry.view_function), roles_of(method, path, permissions))


def _described(
    registered: Registered, entities: tuple[Entity, ...], probes: Mapping[str, Probe], permissions: Permissions
) -> list[Target]:
    """Return the entities that have a probe, each with all its routes that say what they take."""
    return [
        Target(
            entity,
            probes[entity.name],
            tuple(
                route_of(method, path, entry, permissions)
                for path, method, entry in authorized(registered)
                if _owner(path, entities) is entity and hasattr(entry.view_function, "operation")
            ),
        )
        for entity in entities
        if entity.name in probes
    ]


def _owner(path: str, entities: Iterable[Entity]) -> Entity | None:
    return next((each for each in entities if path.split("/")[1] == each.name), None)


def _reason(method: str, path: str, entry: Any, target: Target | None, permissions: Permissions) -> str:
    """Return why a route is not attacked; empty where it is."""
    if target is None:
        return "it begins with no entity's /NAME, so that no probe is for it: put it into an entity's folder"
    if not hasattr(entry.view_function, "operation"):
        return "its view lacks an @Operation, which says what it takes"
    route = route_of(method, path, entry, permissions)
    return _reason_of(route, target) or _doubt_of(route, target)


def _doubt_of(route: Route, target: Target) -> str:
    """Return why a route's answers cannot be told from a leak, though it is attacked; empty where they can."""
    if route.parameters and not route.not_found and not (target.probe.row_id and route == target.makes):
        return (
            "a path with a row's id, and no RowNotFoundError among its errors: "
            "say in its @Operation what it answers about another tenant's row"
        )
    return ""


def _reason_of(route: Route, target: Target) -> str:
    further = [each for each in route.parameters if each != target.id_name]
    if further or len(route.parameters) > 1 or (route.parameters and not _is_of_a_row(route, target)):
        return (
            f"no probe knows what {{{(further or route.parameters)[-1]}}} is: a path names one row, "
            f"as /{target.name}/{{id}}; let an entity of its own have what lies below"
        )
    body = target.body(route, _TEXT)
    problem = _problem(body, route.operation.body) if body is not None and route.operation.body else ""
    if problem:
        line = f'bodies={{"{route.method} {route.path}": {{…}}}}'
        return (
            f"PROBE in {_folder(target.entity)}/probe.py has no body that fits it ({problem}): mend it, or add {line}"
        )
    if not route.roles:
        return "chalicelib/permissions.json gives it to no role"
    return ""


def _is_of_a_row(route: Route, target: Target) -> bool:
    return route.path.split("/")[:3] == ["", target.name, f"{{{target.id_name}}}"]


def _problem(body: Mapping[str, Any], model: Any) -> str:
    """Return what the route would say to a body; empty when it takes it."""
    try:
        parse_body(cast("Any", SimpleNamespace(raw_body=json.dumps(dict(body)).encode())), model)
    except InvalidRequestError as error:
        return str(error)
    return ""


def _gaps_of(target: Target) -> list[str]:
    folder, name = _folder(target.entity), target.name
    found = []
    if target.makes is None:
        found.append(
            f"{folder}/routes.py lets nobody make a row that the probe knows: POST /{name}, "
            f"or PUT /{name}/{{id}} with `row_id` in {folder}/probe.py"
        )
    if target.reads is None and target.lists is None:
        found.append(f"{folder}/routes.py shows no row, by GET /{name} or GET /{name}/{{id}}: nobody sees it changed")
    if target.probe.body(_TEXT).get(target.probe.holds) != _TEXT:
        found.append(f"{folder}/probe.py: `holds` is {target.probe.holds!r}, which is not where `body` puts the text")
    return found + _gaps_of_key(target)


def _gaps_of_key(target: Target) -> list[str]:
    query, probe = target.probe.by_key, f"{_folder(target.entity)}/probe.py"
    if not query:
        return []
    if target.kind is None:
        return [f"{probe}: `by_key` is for rows of the pooled table"]
    if {name for _, name, _, _ in string.Formatter().parse(query) if name} != {"shard_id", "row_id"}:
        return [f"{probe}: `by_key` must name {{shard_id}} and {{row_id}}, and nothing else"]
    known = target.lists.query if target.lists else []
    unknown = [name for name, _ in parse_qsl(query) if name not in known]
    return [f"{probe}: `by_key` names {name}, which GET /{target.name} does not take" for name in unknown]


def _folder(entity: Entity) -> str:
    return f"chalicelib/entities/{entity.name}"


def _file(entry: Any) -> str:
    return f"{entry.view_function.__module__.replace('.', '/')}.py"
