"""Every page of each list: of all sizes, along the cursors that it gives, and from places of the caller's choosing.

A list whose first page is the caller's own may show another tenant's rows on the next, or on a longer one.
"""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from isolation.attack.controls import Control
from isolation.attack.http_calls import own_twin
from isolation.attack.http_cells import OK, Looks, Reading, http_cell
from isolation.attack.outcomes import ATTACKER
from stage.http_api import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isolation.attack.api import ApiAccess
    from isolation.attack.cells import Cell
    from isolation.attack.http_cells import Request
    from isolation.attack.routes import Route, Target
    from isolation.attack.served import Served

_PAGES = 200
_LONGEST = "100"
PAGE_BY_PAGE, AT_ONCE = "the own list, one row a page", f"the own list, {_LONGEST} rows a page"
FROM_THE_LOWEST, AFTER_THE_OWN = "the own list after the lowest id", "the own list after the own row"


def page_cells(served: Served) -> Iterator[Cell]:
    """Return the attacks on each list, as every role that may read it."""
    for target in served.targets:
        if target.lists is not None:
            for role in target.lists.roles:
                yield from _pages(role, target.lists, target)


def _pages(role: str, route: Route, target: Target) -> Iterator[Cell]:
    own = Reading(Looks.FOR_THE_OWN)
    attacks: list[tuple[str, Callable[[ApiAccess], dict[str, str]], Reading]] = []
    if "limit" in route.query:
        attacks.append((AT_ONCE, lambda _: {"limit": _LONGEST}, own))
    if {"limit", "cursor"} <= set(route.query):
        attacks.append((PAGE_BY_PAGE, lambda _: {"limit": "1"}, own))
    if "cursor" in route.query:
        # An id may have a narrower form than the lowest has.
        attacks.append((FROM_THE_LOWEST, _after(target, lowest), replace(own, unheeded=True)))
        attacks.append((AFTER_THE_OWN, _after(target, str), Reading()))
    twin = own_twin(role, route, target)
    for words, query, reading in attacks:
        act = _all_pages(role, route, target, query)
        yield http_cell(
            str(route), words, role, act, twin, Control.TENANT_FROM_TOKEN, reading=reading, entity=target.name
        )


def lowest(row_id: str) -> str:
    """Return an id of a row's form, as far as it can be told, before which there is none or few."""
    try:
        uuid.UUID(row_id)
    except ValueError:
        return row_id[:1]
    return str(uuid.UUID(int=0))


def _after(target: Target, position: Callable[[str], str]) -> Callable[[ApiAccess], dict[str, str]]:
    def query(api: ApiAccess) -> dict[str, str]:
        after = position(api.rows.row_id(target, ATTACKER))
        return {"cursor": base64.urlsafe_b64encode(after.encode()).decode()}

    return query


def _all_pages(role: str, route: Route, target: Target, query: Callable[[ApiAccess], dict[str, str]]) -> Request:
    """Return what reads a list to its end, with a second own row in it, and answers with all pages as one."""

    def call(api: ApiAccess) -> Answer:
        with api.rows.another(target, ATTACKER):
            return _joined(api, role, route, query(api))

    return call


def _joined(api: ApiAccess, role: str, route: Route, asked: dict[str, str]) -> Answer:
    pages = []
    following = ""
    for _ in range(_PAGES):
        asked = {**asked, "cursor": following} if following else asked
        answer = api.as_user(ATTACKER, role, route.method, f"{route.path}?{urlencode(asked)}")
        if answer.status not in OK:
            return answer
        pages.append(answer.body)
        following = answer.body.get("next_cursor") or ""
        if not following:
            break
    content = {"pages": pages, "next_cursor": following}
    return Answer(answer.status, answer.headers, json.dumps(content, ensure_ascii=False).encode())
