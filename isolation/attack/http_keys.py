"""Attacks on routes that take a whole primary key, and parameters and paths of a form that no row has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlencode

from chalicelib.config import Strategy
from chalicelib.tenancy.tenant import Role
from isolation.attack.controls import Control
from isolation.attack.http_calls import calls, own_twin
from isolation.attack.http_cells import OK, Looks, Reading, http_cell, http_twin
from isolation.attack.outcomes import ATTACKER, VICTIM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isolation.attack.api import ApiAccess
    from isolation.attack.cells import Cell, Twin
    from isolation.attack.http_cells import Request
    from isolation.attack.routes import Route, Target
    from isolation.attack.served import Served
    from stage.http_api import Answer

THE_OTHERS_ROW = "the other's row"
AFTER_ITS_OWNER = "the other's row, when the other has just read it"
_AT_IAM = Reading(Looks.AT_IAM)


def key_cells(served: Served, strategy: str) -> Iterator[Cell]:
    """Return the attacks; the sessions of the API are opened by this strategy."""
    for target in served.targets:
        if target.takes_keys is not None:
            for role in target.takes_keys.roles:
                yield from _Keys(role, target.takes_keys, target, strategy).cells()
        for route in target.routes:
            for role in route.roles:
                yield from _malformed(role, route, target)
        yield from _other_methods(served, target)


class _Keys:
    """The attacks of one role with another tenant's primary key, which the route takes and IAM judges."""

    def __init__(self, role: str, route: Route, target: Target, strategy: str) -> None:
        self._role = role
        self._route = route
        self._target = target
        by_policy = strategy == Strategy.SESSION_POLICY
        self._leading = Control.LEADING_KEYS_BY_SESSION_POLICY if by_policy else Control.LEADING_KEYS_BY_TAG
        self._attack = f"{route}?{'&'.join(f'{name}=' for name, _ in parse_qsl(target.probe.by_key))}"

    def cells(self) -> Iterator[Cell]:
        """Return them."""
        own = self._twin(self._role)
        yield self._by_iam(THE_OTHERS_ROW, self._of(VICTIM), own)
        others = [role for role in self._route.roles if role != self._role]
        # By another role, so that the attack is the first of its own.
        yield self._by_iam(AFTER_ITS_OWNER, self._after_its_owner, self._twin(others[-1]) if others else own)
        for key in self._others():
            yield self._by_iam(key, self._with(key), own)
        for key in self._of_no_form():
            yield self._cell(f"{key!a}", self._with(key), own, Control.REQUEST_MODEL)
        for name, query in self._polluted():
            yield self._cell(name, query, own, Control.REQUEST_MODEL)

    def _others(self) -> Iterator[str]:
        kind = self._target.kind
        if kind is not None:
            last = kind.sharding.shards()[-1]
            yield from (f"{VICTIM}#{kind.name}#{last}", f"{VICTIM}#other#0", f"{VICTIM}#attack#0")
            yield from (f"{tenant}#{kind.name}#{last}" for tenant in ("acme-eu", "acme1", "acme10"))

    def _of_no_form(self) -> Iterator[str]:
        kind = self._target.kind.name if self._target.kind else ""
        yield from (
            VICTIM, f"{VICTIM.upper()}#{kind}#0", f"{VICTIM}#{kind}", f"{VICTIM}#{kind}#00", f"{VICTIM}#{kind}#0#",
            f"{VICTIM}#{kind}#0\n", f"#{kind}#0", f"{VICTIM}#{kind}#-1", f"*#{kind}#0", f"{VICTIM}%23{kind}%230",
            f"\u0261lobex#{kind}#0", f"{ATTACKER}#{VICTIM}#{kind}#0",
        )  # fmt: skip

    def _polluted(self) -> Iterator[tuple[str, Request]]:
        """Return queries with a part of the key, or more than the key."""
        for name, _ in parse_qsl(self._target.probe.by_key):
            yield f"{name} twice", self._query(behind=name)
            yield f"{name} twice, the other's first", self._query(before=name)
            yield f"{name} alone", self._query(alone=name)
        for name in ("limit", "cursor"):
            if name in self._route.query:
                yield f"a key with {name}", self._query(further=name)

    def _query(self, *, before: str = "", behind: str = "", alone: str = "", further: str = "") -> Request:
        """Return the own key with a part of the other's before or behind it, that part alone, or a further name."""

        def call(api: ApiAccess) -> Answer:
            own, theirs = self._pairs(api, ATTACKER), self._pairs(api, VICTIM)
            parts = {name: [each for each in theirs if each[0] == name] for name in (before, behind, alone)}
            if alone:
                return self._get(api, urlencode(parts[alone]))
            more = [(further, "1")] if further else []
            return self._get(api, urlencode([*parts[before], *own, *parts[behind], *more]))

        return call

    def _pairs(self, api: ApiAccess, tenant: str, key: str = "") -> list[tuple[str, str]]:
        row_id = api.rows.row_id(self._target, tenant)
        key = key or self._target.key(tenant, row_id)
        return [(name, each.format(shard_id=key, row_id=row_id)) for name, each in parse_qsl(self._target.probe.by_key)]

    def _of(self, tenant: str) -> Request:
        return lambda api: self._get(api, urlencode(self._pairs(api, tenant)))

    def _with(self, key: str) -> Request:
        return lambda api: self._get(api, urlencode(self._pairs(api, VICTIM, key)))

    def _after_its_owner(self, api: ApiAccess) -> Answer:
        """Let the victim read its row, then ask for it: what was kept for the victim must not serve the attacker."""
        query = urlencode(self._pairs(api, VICTIM))
        if api.as_user(VICTIM, self._role, "GET", f"{self._route.path}?{query}").status not in OK:
            raise OSError("the victim cannot read its own row")
        return self._get(api, query)

    def _get(self, api: ApiAccess, query: str) -> Answer:
        return api.as_user(ATTACKER, self._role, "GET", f"{self._route.path}?{query}")

    def _twin(self, role: str) -> Twin:
        own = _Keys(role, self._route, self._target, "")._of(ATTACKER)  # noqa: SLF001 -- another of this class
        return http_twin(f"GET of the own row of {self._target.name} by its key as {role}", own, own=True)

    def _by_iam(self, words: str, request: Request, twin: Twin) -> Cell:
        return self._cell(words, request, twin, self._leading, _AT_IAM)

    def _cell(self, words: str, request: Request, twin: Twin, control: Control, reading: Reading | None = None) -> Cell:
        return http_cell(
            self._attack, words, self._role, request, twin, control,
            reading=reading or Reading(), entity=self._target.name,
        )  # fmt: skip


def _malformed(role: str, route: Route, target: Target) -> Iterator[Cell]:
    """Return repeated parameters of a list, ids of no row's form, and a method that a header names."""
    twin, entity = own_twin(role, route, target), target.name
    if route == target.lists:
        for name in ("limit", "cursor"):
            if name in route.query:
                act = calls(role, route, target, query=f"{name}=1&{name}=100")
                yield http_cell(str(route), f"{name} twice", role, act, twin, Control.REQUEST_MODEL, entity=entity)
    if route == target.reads:
        kind = target.kind.name if target.kind else target.name
        for row_id in (f"{VICTIM}%23{kind}%230", f"..%2F..%2F{VICTIM}", "*", "%2A", VICTIM):
            act = _at(role, f"/{target.name}/{row_id}")
            control, reading = _of_no_row(row_id, route)
            yield http_cell(str(route), f"the id {row_id}", role, act, twin, control, reading=reading, entity=entity)
        for header in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
            act = calls(role, route, target, headers={header: "DELETE"})
            reading = Reading(Looks.FOR_THE_OWN, route.not_found)
            words, own = f"the own row, {header}: DELETE", Control.TENANT_FROM_TOKEN
            yield http_cell(str(route), words, role, act, twin, own, reading=reading, entity=entity)


def _of_no_row(row_id: str, route: Route) -> tuple[Control, Reading]:
    """Return what refuses an id in a path: its form, or that there is no such row; either, where no form is said."""
    described = next((each for each in route.operation.path if each.name in route.parameters), None)
    pattern = described.schema.get("pattern") if described else None
    reading = Reading(Looks.FOR_NO_ROW, route.not_found, unheeded=pattern is None)
    if pattern is None or re.search(pattern, unquote(row_id)):
        return Control.TENANT_FROM_TOKEN, reading
    return Control.REQUEST_MODEL, reading


def _at(role: str, path: str) -> Request:
    return lambda api: api.as_user(ATTACKER, role, "GET", path)


def _other_methods(served: Served, target: Target) -> Iterator[Cell]:
    """Return methods that a row's path does not take, with one that it does in a header."""
    route = next((each for each in target.routes if each.parameters), None)
    if route is None:
        return
    taken = served.registered[route.path]
    for role in Role:
        if role in route.roles:
            twin = own_twin(role, route, target)
            for method in ("POST", "PUT", "TRACE", "PROPFIND"):
                if method not in taken:
                    act = _other_method(role, route, target, method)
                    words, entity = "X-HTTP-Method-Override: GET", target.name
                    yield http_cell(f"{method} {route.path}", words, role, act, twin, Control.ROUTES, entity=entity)


def _other_method(role: str, route: Route, target: Target, method: str) -> Request:
    def call(api: ApiAccess) -> Answer:
        path = api.rows.path(target, route, VICTIM)
        return api.as_user(ATTACKER, role, method, path, headers={"X-HTTP-Method-Override": "GET"})

    return call
