"""The rows of each entity that are planted by way of the API: the attacker's, and the victim's to be stolen."""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlencode

from isolation.attack.outcomes import ATTACKER, VICTIM

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isolation.attack.routes import Route, Target
    from isolation.attack.served import Served
    from stage.http_api import Answer

_OK = range(200, 300)
_PAGES = 100


class Users(Protocol):
    """The API, as signed-in users call it at `url`."""

    url: str

    def as_user(self, tenant: str, role: str, method: str, path: str, **request: Any) -> Answer:
        """Send a request with a user's id token."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A row as its own tenant reads it."""

    row_id: str
    shown: Any


class PlantedRows:
    """Makes, reads and takes away rows by the API at `url`, each as the first role that may.

    That is another API where the one under attack is weakened.
    """

    def __init__(self, users: Users, served: Served, texts: Mapping[str, str], url: str) -> None:
        self._targets = [each for each in served.targets if each.makes]
        self._users = users
        self._secrets = texts
        self._url = url
        self._rows: dict[tuple[str, str], Planted] = {}
        self._lists: dict[tuple[str, str], list[dict[str, Any]]] = {}

    def row_id(self, target: Target, tenant: str) -> str:
        """Return the id of the row that is planted for a tenant."""
        return self._rows[target.name, tenant].row_id

    def text(self, tenant: str) -> str:
        """Return the text that only a tenant's rows hold."""
        return self._secrets[tenant]

    def path(self, target: Target | None, route: Route, tenant: str) -> str:
        """Return the path of a route, about a tenant's planted row where it names one."""
        if target is None or not route.parameters:
            return route.path
        return path_of(route, self.row_id(target, tenant))

    def plant(self) -> None:
        """Make a row of each entity for both tenants, with the tenant's secret in it."""
        for target in self._targets:
            for tenant in (ATTACKER, VICTIM):
                self.replant(target, tenant)
                self._lists[target.name, tenant] = self._list(target, tenant)

    def replant(self, target: Target, tenant: str) -> None:
        """Make a tenant's row again as it was, whatever has become of it.

        Raises:
            OSError: the API does not let the tenant make its own row.
        """
        with self._planting():
            self._clear(target, tenant)
            row_id = self._made(target, tenant, self._secrets[tenant], target.probe.row_id)
            self._rows[target.name, tenant] = Planted(row_id, self._shown(target, tenant, row_id))

    def altered(self) -> list[str]:
        """Return the victim when its rows are not as they were: changed, gone, or more than there were; and mend them.

        What cannot be mended, since the API deletes none of it or makes none of it, is told once.
        """
        found = []
        for target in self._targets:
            planted = self._rows[target.name, VICTIM]
            changed = planted.shown != self.shown(target, VICTIM, planted.row_id)
            if changed or self._lists[target.name, VICTIM] != self._list(target, VICTIM):
                found.append(VICTIM)
                self.drop_surplus(target, VICTIM)
                self.replant(target, VICTIM)
                self._lists[target.name, VICTIM] = self._list(target, VICTIM)
        return found[:1]

    def drop_surplus(self, target: Target, tenant: str) -> None:
        """Delete what a tenant has more than when its rows were planted, if there is a route for it."""
        kept = {each.get(target.id_name) for each in self._lists[target.name, tenant]}
        kept.add(self.row_id(target, tenant))
        if target.deletes is not None:
            for row in self._list(target, tenant):
                if row.get(target.id_name) not in kept:
                    self.drop(target, tenant, str(row.get(target.id_name)))

    def clear(self) -> None:
        """Take away what was planted."""
        with self._planting():
            for target in self._targets:
                for tenant in (ATTACKER, VICTIM):
                    self._clear(target, tenant)

    def shown(self, target: Target, tenant: str, row_id: str) -> Any:
        """Return a row as its tenant reads it, or None when it has none of this id."""
        with self._planting():
            return self._shown(target, tenant, row_id)

    @contextmanager
    def another(self, target: Target, tenant: str) -> Iterator[None]:
        """Keep a second row of a tenant meanwhile, where one can be made and taken away again."""
        with self._planting():
            made = self._another(target, tenant) if target.deletes else ""
        try:
            yield
        finally:
            if made:
                self.drop(target, tenant, made)

    def drop(self, target: Target, tenant: str, row_id: str) -> None:
        """Delete a row of a tenant, if there is a route for it."""
        with self._planting():
            self._drop(target, tenant, row_id)

    @contextmanager
    def _planting(self) -> Iterator[None]:
        attacked, self._users.url = self._users.url, self._url
        try:
            yield
        finally:
            self._users.url = attacked

    def _another(self, target: Target, tenant: str) -> str:
        """Return the id of a further row; empty where the API does not let the tenant make it."""
        row_id = target.probe.row_id
        try:
            return self._made(target, tenant, f"another-{secrets.token_hex(8)}", row_id and row_id + row_id[-1])
        except OSError:
            return ""

    def _made(self, target: Target, tenant: str, text: str, row_id: str) -> str:
        route = target.makes
        if route is None:
            raise OSError(f"nobody can make one of {target.name}")
        path = path_of(route, row_id) if row_id else route.path
        answer = self._users.as_user(tenant, route.roles[0], route.method, path, body=target.body(route, text))
        if answer.status not in _OK:
            raise OSError(f"{route} does not let a tenant make its own: {answer.status} {answer.text[:200]}")
        return row_id or made_id(target, answer)

    def _clear(self, target: Target, tenant: str) -> None:
        if (target.name, tenant) in self._rows:
            self._drop(target, tenant, self._rows[target.name, tenant].row_id)

    def _drop(self, target: Target, tenant: str, row_id: str) -> None:
        route = target.deletes
        if route is not None:
            self._users.as_user(tenant, route.roles[0], "DELETE", path_of(route, row_id), headers={"If-Match": "*"})

    def _shown(self, target: Target, tenant: str, row_id: str) -> Any:
        if target.reads is not None:
            role = target.reads.roles[0]
            answer = self._users.as_user(tenant, role, "GET", path_of(target.reads, row_id))
            return answer.body if answer.status in _OK else None
        return next((row for row in self._listed(target, tenant) if row.get(target.id_name) == row_id), None)

    def _list(self, target: Target, tenant: str) -> list[dict[str, Any]]:
        """Return all rows of a tenant, in the order of their contents."""
        with self._planting():
            return sorted(self._listed(target, tenant), key=lambda row: json.dumps(row, sort_keys=True))

    def _listed(self, target: Target, tenant: str) -> Iterator[dict[str, Any]]:
        """Yield all rows that the list shows, page by page."""
        if target.lists is None:
            return
        query: dict[str, str] = {}
        for _ in range(_PAGES):
            path = f"{target.lists.path}?{urlencode(query)}" if query else target.lists.path
            body = self._users.as_user(tenant, target.lists.roles[0], "GET", path).body or {}
            for value in body.values():
                yield from (each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()
            if not body.get("next_cursor"):
                return
            query = {"cursor": body["next_cursor"]}


def path_of(route: Route, row_id: str) -> str:
    """Return the path of a route about this row."""
    path = route.path
    for name in route.parameters:
        path = path.replace(f"{{{name}}}", quote(row_id, safe=""))
    return path


def made_id(target: Target, answer: Answer) -> str:
    """Return the id of the row that was just made: the answer's member of that name, or the end of its Location."""
    named = answer.body.get(target.id_name) if isinstance(answer.body, dict) else None
    return str(named) if named else answer.headers.get("location", "").rpartition("/")[2]
