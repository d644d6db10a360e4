"""Requests of the attacker's users on a route, about a row of the attacker or of the victim."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from isolation.attack.http_cells import OK, Looks, NotOwnError, Reading, http_twin
from isolation.attack.outcomes import ATTACKER, VICTIM
from isolation.attack.planted import made_id
from isolation.attack.routes import IF_MATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from isolation.attack.api import ApiAccess
    from isolation.attack.cells import Twin
    from isolation.attack.http_cells import Request
    from isolation.attack.routes import Route, Target
    from stage.http_api import Answer


def calls(  # noqa: PLR0913 -- what a request is made of
    role: str,
    route: Route,
    target: Target | None,
    tenant: str = ATTACKER,
    *,
    headers: Mapping[str, str] | None = None,
    query: str = "",
    more: Callable[[ApiAccess], Mapping[str, Any]] | None = None,
    doubled: str = "",
) -> Request:
    """Return the request of a role, or of nobody where the role is empty, about a tenant's planted row.

    Without more it is one that the caller's own row is answered with; what it changes there is put back.

    Args:
        role: the caller's, a user of the attacker.
        route: what is called.
        target: its entity, None where it has none.
        tenant: whose row the path names.
        headers: further ones, or another If-Match.
        query: the query, encoded.
        more: further fields of the body, or other values.
        doubled: a field that stands in the body twice.
    """

    def call(api: ApiAccess) -> Answer:
        path = api.rows.path(target, route, tenant) + (f"?{query}" if query else "")
        sent = {**({IF_MATCH: "*"} if IF_MATCH in route.headers else {}), **(headers or {})}
        makes = target is not None and route == target.makes and not target.probe.row_id
        text = f"attack-{secrets.token_hex(8)}" if makes else api.rows.text(ATTACKER)
        body = target.body(route, text) if target else None
        content: dict[str, Any] = {"body": body}
        if more is not None:
            content = {"body": {**(body or {}), **more(api)}}
        if doubled:
            content = {"raw": twice(body or {}, doubled)}
            sent["Content-Type"] = "application/json"
        if role:
            answer = api.as_user(ATTACKER, role, route.method, path, headers=sent, **content)
        else:
            answer = api.call(route.method, path, headers=sent, **content)
        if target is not None and route.writes and answer.status in OK:
            _settle(api, target, tenant, made_id(target, answer) if makes else "")
            if route.method in {"POST", "PUT"} and route != target.makes:
                api.rows.drop_surplus(target, ATTACKER)
        return answer

    return call


def twice(body: Mapping[str, Any], field: str) -> str:
    """Return a JSON object with this field a second time, with another value."""
    return f'{{{json.dumps(field)}: "{VICTIM}", {json.dumps(dict(body))[1:]}'


def _settle(api: ApiAccess, target: Target, tenant: str, made: str) -> None:
    """Put the attacker's rows back as they were planted.

    Raises:
        NotOwnError: what was made is not the attacker's.
    """
    if made:
        if api.rows.shown(target, ATTACKER, made) is None:
            raise NotOwnError(f"a new row of {target.name} is not among the caller's own")
        api.rows.drop(target, ATTACKER, made)
    elif tenant == ATTACKER or target.probe.row_id:
        api.rows.replant(target, ATTACKER)
    else:
        api.rows.drop(target, ATTACKER, api.rows.row_id(target, tenant))


def own_twin(role: str, route: Route, target: Target | None) -> Twin:
    """Return the twin: the same call about the caller's own row."""
    return http_twin(
        f"{route} as {role}, about the own", calls(role, route, target), own=not route.writes, me=target is None
    )


def reading_of(route: Route, target: Target | None) -> Reading:
    """Return how to read the answer to what should reach the caller's own rows only, whoever's row it names."""
    if target is None or not route.parameters or target.probe.row_id:
        looks = Looks.AT_ITS_TENANT if route.writes else Looks.FOR_THE_OWN
    else:
        looks = Looks.FOR_NO_ROW
    return Reading(looks, route.not_found, me=target is None)
