"""A tenant that a request names anywhere but in its token, under any name that the code could read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from isolation.attack.controls import Control
from isolation.attack.http_calls import calls, own_twin, reading_of
from isolation.attack.http_cells import Looks, alike, http_cell
from isolation.attack.leaves import nested
from isolation.attack.names import as_cookies, as_headers, as_query
from isolation.attack.outcomes import ATTACKER, VICTIM
from isolation.attack.routes import IF_MATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from isolation.attack.cells import Cell
    from isolation.attack.http_cells import Reading, Request
    from isolation.attack.routes import Route, Target
    from isolation.attack.served import Served

#: Parameters whose form no tenant's id has.
_OF_A_FORM = ("limit", "cursor")
IN_HEADERS, IN_COOKIES = "tenant in the headers", "tenant in cookies"
IN_QUERY, IN_BODY = "tenant in the query", "tenant in the body"
#: A tenant that is not there.
_NOBODY = "never-onboarded"
_IGNORED, _MODEL = Control.TENANT_FROM_TOKEN, Control.REQUEST_MODEL


def elsewhere_cells(served: Served) -> Iterator[Cell]:
    """Return the attacks on every route, as every role that may call it: about the victim's row where it names one."""
    for target, route in served.routes:
        for role in route.roles:
            yield from _Elsewhere(role, route, target, served.names).cells()


class _Elsewhere:
    """The attacks of one role on one route."""

    def __init__(self, role: str, route: Route, target: Target | None, names: tuple[str, ...]) -> None:
        self._role = role
        self._route = route
        self._target = target
        self._names = names
        self._reading = reading_of(route, target)
        self._twin = own_twin(role, route, target)
        others = route.parameters and target is not None and not target.probe.row_id
        self._tenant = VICTIM if others else ATTACKER

    def cells(self) -> Iterator[Cell]:
        """Return them."""
        yield from self._undocumented()
        yield from self._documented()

    def _undocumented(self) -> Iterator[Cell]:
        for number, names in enumerate(as_headers(self._names, self._route.headers), 1):
            yield self._alike(f"{IN_HEADERS}, {_few(names, number)}", _headers(names))
        for number, names in enumerate(as_cookies(self._names, VICTIM), 1):
            yield self._alike(f"{IN_COOKIES}, {_few(names, number)}", _cookies(names))
        yield self._alike("tenant in the Host", lambda tenant: {"headers": {"Host": f"{tenant}.example.com"}})
        yield from self._of_value("{}", IN_QUERY, IN_BODY)
        if self._target is not None and self._target.kind is not None:
            key = f"{{}}#{self._target.kind.name}#0"
            yield from self._of_value(key, "a key in the query", "a key in the body")

    def _of_value(self, form: str, in_query: str, in_body: str) -> Iterator[Cell]:
        """Return what gives each name this value, in the query and in the body."""
        for number, names in enumerate(as_query(self._names, self._route.query, quote(form.format(VICTIM))), 1):
            yield self._alike(f"{in_query}, {_few(names, number)}", _query(names, form))
        names = [name for name in self._names if name not in self._route.fields]
        control = _MODEL if self._route.operation.body else _IGNORED
        yield self._alike(f"{in_body}, of {len(names)} names", _body(names, form), control)

    def _alike(self, target: str, request: Callable[[str], dict[str, Any]], control: Control = _IGNORED) -> Cell:
        """Return what is answered as if a tenant was named that does not exist."""
        theirs, nobodys = (self._request(**request(tenant)) for tenant in (VICTIM, _NOBODY))
        return self._sent(target, alike(theirs, nobodys), control, self._reading)

    def _documented(self) -> Iterator[Cell]:
        """Return what names it in a parameter or field that the route does take: one at a time, since it is read."""
        form = replace(self._reading, looks=_by_effect(self._reading), unheeded=True)
        for name in self._route.query:
            of_a_form = name in _OF_A_FORM or (self._target is not None and f"{name}=" in self._target.probe.by_key)
            control, reading = (_MODEL, self._reading) if of_a_form else (_IGNORED, form)
            yield self._cell(f"tenant in the parameter {name}", control, reading, query=f"{name}={VICTIM}")
        for name in self._route.headers:
            if name != IF_MATCH:
                yield self._cell(f"tenant in its header {name}", _IGNORED, form, headers={name: VICTIM})
        for name in self._route.fields:
            yield self._cell(f"tenant in the field {name}", _IGNORED, form, more=_field(name))
        body = self._target.body(self._route, "text") if self._target else None
        if body and self._route.operation.body:
            for path, name, value in nested(self._route.operation.body, body, VICTIM):
                yield self._cell(f"tenant within the body, {path}", _IGNORED, form, more=_field(name, value))

    def _cell(self, target: str, control: Control, reading: Reading, **request: Any) -> Cell:
        return self._sent(target, self._request(**request), control, reading)

    def _request(self, **request: Any) -> Request:
        return calls(self._role, self._route, self._target, self._tenant, **request)

    def _sent(self, target: str, request: Request, control: Control, reading: Reading) -> Cell:
        entity = self._target.name if self._target else ""
        attack = str(self._route)
        return http_cell(attack, target, self._role, request, self._twin, control, reading=reading, entity=entity)


def _headers(names: Iterable[str]) -> Callable[[str], dict[str, Any]]:
    return lambda tenant: {"headers": dict.fromkeys(names, tenant)}


def _cookies(names: Iterable[str]) -> Callable[[str], dict[str, Any]]:
    return lambda tenant: {"headers": {"Cookie": "; ".join(f"{each}={tenant}" for each in names)}}


def _query(names: Iterable[str], form: str) -> Callable[[str], dict[str, Any]]:
    return lambda tenant: {"query": urlencode(dict.fromkeys(names, form.format(tenant)))}


def _body(names: Iterable[str], form: str) -> Callable[[str], dict[str, Any]]:
    return lambda tenant: {"more": lambda _: dict.fromkeys(names, form.format(tenant))}


def _field(name: str, value: Any = VICTIM) -> Callable[[object], dict[str, Any]]:
    return lambda _: {name: value}


def _few(names: list[str], number: int) -> str:
    return f"{number}: {len(names)} names from {names[0]} to {names[-1]}"


def _by_effect(reading: Reading) -> Looks:
    """Return what tells where a text that the caller has sent may come back."""
    return reading.looks if reading.looks is Looks.FOR_NO_ROW else Looks.AT_ITS_EFFECT
