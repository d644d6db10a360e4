"""Attacks on each route: by a role that may not call it, without a token, and with the ids of the victim's rows."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote

from chalicelib.tenancy.tenant import Role
from isolation.attack.controls import Control
from isolation.attack.http_calls import calls, own_twin, reading_of
from isolation.attack.http_cells import OK, Looks, Reading, http_cell
from isolation.attack.outcomes import ATTACKER, VICTIM
from isolation.attack.routes import IF_MATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isolation.attack.api import ApiAccess
    from isolation.attack.cells import Cell
    from isolation.attack.http_cells import Request
    from isolation.attack.routes import Route, Target
    from isolation.attack.served import Served
    from stage.http_api import Answer

BEYOND_THE_ROLE = "beyond the role"
#: A version that no row reaches in a run.
NEVER = '"999"'
AFTER_THE_OTHER = "the own list, when the other has just read its own"
SEEN_NEVER = "an entity tag that the row never had"


def route_cells(served: Served) -> Iterator[Cell]:
    """Return the attacks."""
    for target, route in served.routes:
        yield from _callers(route, target)
        if target is not None:
            for role in route.roles:
                yield from _ids(role, route, target)
                yield from _bodies(role, route, target)
                yield from _after_the_other(role, route, target)


def _callers(route: Route, target: Target | None) -> Iterator[Cell]:
    first, entity = route.roles[0], target.name if target else ""
    twin = own_twin(first, route, target)
    for role in Role:
        if role not in route.roles:
            act = calls(role, route, target)
            yield http_cell(str(route), BEYOND_THE_ROLE, role, act, twin, Control.AUTHORIZER_POLICY, entity=entity)
    nobody = calls("", route, target)
    reading = Reading(Looks.AT_NOTHING)
    yield http_cell(str(route), "without a token", first, nobody, twin, Control.TOKEN, reading=reading, entity=entity)


def _ids(role: str, route: Route, target: Target) -> Iterator[Cell]:
    """Return what names the victim's row: the caller's tenant has none of this id, or an own one."""
    twin, own, entity = own_twin(role, route, target), Control.TENANT_FROM_TOKEN, target.name
    if not route.parameters:
        yield from _cursors(role, route, target)
        return
    for tag in ('"1"', "*") if IF_MATCH in route.headers else ("",):
        headers, words = ({IF_MATCH: tag}, f", If-Match {tag}") if tag else ({}, "")
        if target.probe.row_id and tag == '"1"':
            continue  # the caller's own row of this id may be in any version
        act = calls(role, route, target, VICTIM, headers=headers)
        reading = reading_of(route, target)
        yield http_cell(str(route), f"the other's id{words}", role, act, twin, own, reading=reading, entity=entity)
    if IF_MATCH in route.headers:
        act = calls(role, route, target, headers={IF_MATCH: NEVER})
        yield http_cell(str(route), SEEN_NEVER, role, act, twin, Control.PRECONDITION, entity=entity)


def _cursors(role: str, route: Route, target: Target) -> Iterator[Cell]:
    if route != target.lists or "cursor" not in route.query:
        return
    twin, entity = own_twin(role, route, target), target.name
    theirs = _cursor(role, route, lambda api: api.rows.row_id(target, VICTIM))
    yield http_cell(str(route), "the other's cursor", role, theirs, twin, Control.TENANT_FROM_TOKEN, entity=entity)
    key = _cursor(role, route, lambda _: f"{VICTIM}#{target.kind.name if target.kind else target.name}#0")
    yield http_cell(str(route), "a key as the cursor", role, key, twin, Control.REQUEST_MODEL, entity=entity)


def _after_the_other(role: str, route: Route, target: Target) -> Iterator[Cell]:
    """Let the victim list its rows, then list the own: what was kept for the victim must not serve the attacker."""
    if route != target.lists or target.kind is None:
        return

    def call(api: ApiAccess) -> Answer:
        if api.as_user(VICTIM, role, route.method, route.path).status not in OK:
            raise OSError("the victim cannot list its own rows")
        return api.as_user(ATTACKER, role, route.method, route.path)

    others = [each for each in route.roles if each != role]
    # As another role, so that the attack is the first of its own.
    twin = own_twin(others[-1] if others else role, route, target)
    reading, own = Reading(Looks.FOR_THE_OWN), Control.TENANT_FROM_TOKEN
    yield http_cell(str(route), AFTER_THE_OTHER, role, call, twin, own, reading=reading, entity=target.name)


def _cursor(role: str, route: Route, make: Callable[[ApiAccess], str]) -> Request:
    def call(api: ApiAccess) -> Answer:
        cursor = base64.urlsafe_b64encode(make(api).encode()).decode()
        return api.as_user(ATTACKER, role, route.method, f"{route.path}?cursor={quote(cursor, safe='')}")

    return call


def _bodies(role: str, route: Route, target: Target) -> Iterator[Cell]:
    """Return bodies that name the victim's row, or one thing twice."""
    if not route.operation.body:
        return
    twin, model, entity = own_twin(role, route, target), Control.REQUEST_MODEL, target.name
    if target.id_name and target.id_name not in route.fields:
        act = calls(role, route, target, more=lambda api: {target.id_name: api.rows.row_id(target, VICTIM)})
        words = f"the other's id in the body as {target.id_name}"
        yield http_cell(str(route), words, role, act, twin, model, entity=entity)
    for field in list(target.body(route, "") or ())[:1]:
        act = calls(role, route, target, doubled=field)
        yield http_cell(str(route), "a name twice in the body", role, act, twin, model, entity=entity)
