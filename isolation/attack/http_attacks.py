"""Attacks by way of the HTTP API: tokens, and what is made of the routes that the app serves."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chalicelib.tenancy.tenant import Role
from isolation.attack.controls import Control
from isolation.attack.forged_tokens import forgeries
from isolation.attack.http_calls import own_twin
from isolation.attack.http_cells import Looks, Reading, http_cell, http_twin
from isolation.attack.http_elsewhere import elsewhere_cells
from isolation.attack.http_keys import key_cells
from isolation.attack.http_pages import page_cells
from isolation.attack.http_routes import route_cells
from isolation.attack.outcomes import ATTACKER, VICTIM
from isolation.attack.role_changes import role_change_cells
from isolation.attack.routes import ME, matches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isolation.attack.api import ApiAccess
    from isolation.attack.cells import Cell
    from isolation.attack.http_cells import Request
    from isolation.attack.served import Served
    from stage.http_api import Answer

_NO_ANSWER = Reading(Looks.AT_NOTHING)
_AUTHORIZATION = {
    "no scheme": "{token}",
    "scheme Basic": "Basic {token}",
    "scheme twice": "Bearer Bearer {token}",
    "token in quotes": 'Bearer "{token}"',
    "two tokens in one header": "Bearer {token}, Bearer {token}",
    "comma and tenant": f"Bearer {{token}}, tenant={VICTIM}",
    "empty": "",
}


def http_cells(served: Served, strategy: str) -> Iterator[Cell]:
    """Return every attack by way of the API, whose sessions are opened by this strategy."""
    yield from _tokens()
    yield from _paths(served)
    yield from route_cells(served)
    yield from page_cells(served)
    yield from elsewhere_cells(served)
    yield from key_cells(served, strategy)
    yield from role_change_cells(served)


def _tokens() -> Iterator[Cell]:
    unaltered = http_twin(f"GET {ME} with the same token unaltered", _with_token(lambda api: api.forged()))

    def cell(attack: str, name: str, request: Request, control: Control = Control.TOKEN) -> Cell:
        return http_cell(attack, name, Role.MEMBER, request, unaltered, control, reading=_NO_ANSWER)

    for name, make in forgeries().items():
        yield cell("token", name, _with_token(make))
    for name, header in _AUTHORIZATION.items():
        yield cell("Authorization", name, _with_header(header))
    yield cell("Authorization", "none", lambda api: api.call("GET", ME))
    yield cell("Authorization", "two headers", _two_headers)
    for name, query in {"in the query": "access_token={}&token={}", "as id_token": "id_token={}"}.items():
        yield cell("token", name, _in_the_query(query))
    never = _with_token(lambda api: api.forged_for("never-onboarded", Role.MEMBER))
    yield cell("token", "of a tenant that is not registered", never, Control.AUTHORIZER_POLICY)


def _with_token(make: Callable[[ApiAccess], str]) -> Request:
    return lambda api: api.call("GET", ME, headers={"Authorization": f"Bearer {make(api)}"})


def _with_header(header: str) -> Request:
    return lambda api: api.call(
        "GET", ME, headers={"Authorization": header.format(token=api.token(ATTACKER, Role.MEMBER))}
    )


def _two_headers(api: ApiAccess) -> Answer:
    lines = [f"Authorization: Bearer {api.token(tenant, Role.MEMBER)}" for tenant in (ATTACKER, VICTIM)]
    return api.send("\r\n".join([f"GET {ME} HTTP/1.1", "Host: x", *lines, "Connection: close", "", ""]))


def _in_the_query(query: str) -> Request:
    return lambda api: api.call("GET", f"{ME}?{query.replace('{}', api.token(ATTACKER, Role.MEMBER))}")


def _paths(served: Served) -> Iterator[Cell]:
    """Return paths that name the tenant: there is no such route."""
    for name, entity in (("me", ""), *((each.name, each.name) for each in served.targets)):
        for path in (f"/{VICTIM}/{name}", f"/tenants/{VICTIM}/{name}", f"/{name}/{VICTIM}/{name}",
                     f"/../{VICTIM}/{name}", f"//{VICTIM}/{name}"):  # fmt: skip
            if not matches(served.registered, urlsplit(path).path):
                for role in Role:
                    twin = own_twin(role, served.me, None)
                    words = f"tenant in the path {path}"
                    yield http_cell("GET", words, role, _at(role, path), twin, Control.ROUTES, entity=entity)


def _at(role: str, path: str) -> Request:
    return lambda api: api.as_user(ATTACKER, role, "GET", path)
