"""Attacks by a user whose role was taken away: what was kept for the former role must not serve the new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.tenancy.tenant import Role
from isolation.attack.controls import Control
from isolation.attack.http_calls import own_twin
from isolation.attack.http_cells import OK, Looks, Reading, http_cell
from isolation.attack.outcomes import ATTACKER
from isolation.attack.routes import IF_MATCH, ME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isolation.attack.api import ApiAccess
    from isolation.attack.cells import Cell
    from isolation.attack.http_cells import Request
    from isolation.attack.routes import Route, Target
    from isolation.attack.served import Served
    from stage.http_api import Answer

AFTER_THE_CHANGE = "as a former administrator, after the former role's session was used"


def role_change_cells(served: Served) -> Iterator[Cell]:
    """Return the attacks, on one route of each entity that the new role may not call."""
    for target in served.targets:
        route = next(
            (each for each in target.routes if Role.ADMIN in each.roles and Role.VIEWER not in each.roles), None
        )
        if route is not None:
            act, twin = _after_the_change(route, target), own_twin(Role.ADMIN, route, target)
            yield http_cell(
                str(route), AFTER_THE_CHANGE, Role.VIEWER, act, twin, Control.AUTHORIZER_POLICY,
                reading=Reading(Looks.AT_NOTHING), entity=target.name,
            )  # fmt: skip


def _after_the_change(route: Route, target: Target) -> Request:
    """Return the request with the new token, after one with the former has opened a session."""

    def call(api: ApiAccess) -> Answer:
        opens = target.lists.path if target.lists else ME
        path, body = api.rows.path(target, route, ATTACKER), target.body(route, api.rows.text(ATTACKER))
        with api.changing_roles(Role.ADMIN, Role.VIEWER) as (former, present):
            if api.call("GET", opens, headers=_bearing(former)).status not in OK:
                raise OSError("the former role cannot read its own rows")
            return api.call(route.method, path, headers={IF_MATCH: "*", **_bearing(present)}, body=body)

    return call


def _bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
