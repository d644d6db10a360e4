"""The attacker: what it sends, and what it takes for a leak."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest

from isolation.attack.outcomes import ATTACKER, VICTIM
from isolation.attack.served import Served
from isolation.mutants.attacker import Attacker
from isolation.mutants.edits import MutantError
from isolation.mutants.model import After, Attack, Naming, Place
from isolation.mutants.process import HELD, RELEASES
from stage.http_api import Answer
from tests.unit.isolation.sample_app import ENTITIES, PERMISSIONS, PROBES, Data, SampleApp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from isolation.attack.routes import Target
    from isolation.mutants.rows import StoredRows

UNCHANGED, CHANGED = "http://unchanged", "http://changed"
TARGETS = {
    each.name: each for each in Served(SampleApp(Data()).app.routes, ENTITIES, PROBES, permissions=PERMISSIONS).targets
}
NOTES, LINES, SAMPLES = TARGETS["notes"], TARGETS["lines"], TARGETS["samples"]


@dataclass
class World:
    """Rows of two tenants, and an API whose tenant is the token's, unless `tenant_of` says another."""

    tenant_of: Callable[[str, Mapping[str, Any]], str] = lambda tenant, _: tenant
    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: {ATTACKER: {}, VICTIM: {}})
    asked: list[tuple[str, str, str, Mapping[str, str], Any]] = field(default_factory=list)
    number: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(  # noqa: PLR0917 -- as the real one
        self, url: str, method: str, path: str, token: str, headers: Mapping[str, str] | None = None, body: Any = None
    ) -> Answer:
        """Answer as the API does that is attacked, or as the one that makes rows."""
        with self.lock:
            request = {"query": parse_qs(urlsplit(path).query), "headers": headers or {}, "body": body or {}}
            tenant = token.partition(".")[0]
            if url == CHANGED:
                self.asked.append((tenant, method, path, headers or {}, body))
                tenant = self.tenant_of(tenant, request)
            _, _, row_id = urlsplit(path).path.lstrip("/").partition("/")
            return self._answered(method, self.rows[tenant], row_id, body)

    def _answered(self, method: str, rows: dict[str, dict[str, Any]], row_id: str, body: Any) -> Answer:
        if method == "GET":
            shown = rows.get(row_id) if row_id else {"rows": list(rows.values())}
            return _answer(200 if shown is not None else 404, shown)
        if method == "DELETE":
            return _answer(204 if rows.pop(row_id, None) else 404)
        if method == "PATCH" and row_id not in rows:
            return _answer(404)
        self.number += not row_id
        row_id = row_id or f"row-{self.number}"
        rows[row_id] = {**rows.get(row_id, {}), **body, "note_id": row_id, "sample_id": row_id, "line_id": row_id}
        return _answer(201, rows[row_id])

    def of(self, _: Target, tenant: str) -> dict[str, str]:
        """Return the rows as text."""
        return {row_id: json.dumps(row) for row_id, row in self.rows[tenant].items()}

    def drop(self, _: Target, tenant: str, row_id: str) -> None:
        """Delete a row."""
        self.rows[tenant].pop(row_id, None)

    def sweep(self, _: Target, mark: str) -> None:
        """Delete what holds the text."""
        for tenant, rows in self.rows.items():
            self.rows[tenant] = {row_id: row for row_id, row in rows.items() if mark not in json.dumps(row)}


def _answer(status: int, body: Any = None) -> Answer:
    return Answer(status, {}, json.dumps(body).encode())


def _attacker(world: World) -> Attacker:
    token = lambda tenant, role: f"{tenant}.{role}"  # noqa: E731
    return Attacker(UNCHANGED, token, cast("StoredRows", world), send=world.send)


def _attacks(target: Target, naming: Naming | None = None) -> tuple[Attack, ...]:
    return tuple(Attack(target, route, naming) for route in target.routes)


def test_an_app_that_keeps_to_the_token_leaks_nothing_and_nothing_is_left() -> None:
    """Whatever is asked of it; also the rows that the attacker made of its own are taken away."""
    for target in TARGETS.values():
        world = World()

        tried = _attacker(world).try_all(CHANGED, _attacks(target))

        assert [each.leak for each in tried] == [""] * len(target.routes)
        assert world.rows == {ATTACKER: {}, VICTIM: {}}


@pytest.mark.parametrize(
    ("naming", "named"),
    [
        (Naming(Place.QUERY, "org"), lambda request: request["query"].get("org", [""])[0]),
        (Naming(Place.HEADER, "X-Org"), lambda request: request["headers"].get("X-Org")),
        (Naming(Place.BODY, "org"), lambda request: request["body"].get("org")),
    ],
)
def test_what_is_read_changed_written_and_deleted_is_told(
    naming: Naming, named: Callable[[Mapping[str, Any]], str]
) -> None:
    """By the tenant that the request names: the row is there again for each attack."""
    world = World(lambda tenant, request: named(request) or tenant)

    tried = _attacker(world).try_all(CHANGED, _attacks(NOTES, naming))

    assert {str(each): each.leak for each in tried} == {
        "GET /notes": "the answer holds the other tenant's row",
        "POST /notes": "a row was written to the other tenant",
        "GET /notes/{note_id}": "the answer holds the other tenant's row",
        "PATCH /notes/{note_id}": "the other tenant's row is changed",
        "DELETE /notes/{note_id}": "the other tenant's row is gone",
    }
    assert world.rows == {ATTACKER: {}, VICTIM: {}}


def test_the_victim_asks_first_where_something_may_be_kept() -> None:
    """The attacker's first request is held back until the victim's is open, and the second comes when it is over."""
    world, kept = World(), [""]

    def first(tenant: str, _: Mapping[str, Any]) -> str:
        kept[0] = kept[0] or tenant
        return kept[0]

    world.tenant_of = first
    assert SAMPLES.lists is not None
    attack = Attack(SAMPLES, SAMPLES.lists, after=After.VICTIM, as_last=True)

    tried = _attacker(world).try_all(CHANGED, (attack,))

    assert [each.words for each in tried] == [", after the victim's"]
    assert [each.leak for each in tried] == ["the answer holds the other tenant's row"]
    assert [tenant for tenant, *_ in world.asked] == [VICTIM, ATTACKER]

    world.asked.clear()
    _attacker(world).try_all(CHANGED, (replace(attack, after=After.OPEN_VICTIM),))

    marks = {(tenant, HELD in headers, RELEASES in headers) for tenant, _, _, headers, _ in world.asked}
    assert marks == {(VICTIM, True, False), (ATTACKER, False, True), (ATTACKER, False, False)}


def test_without_the_victims_row_nothing_is_shown() -> None:
    """An app that serves nobody is not isolated; nor is one that does not let the victim at its own."""
    assert LINES.lists is not None
    refusing = World()
    refusing.send = lambda *_, **__: _answer(403)  # type: ignore[method-assign]
    with pytest.raises(MutantError, match="does not let the victim make its own row: 403"):
        _attacker(refusing).try_all(CHANGED, (Attack(LINES, LINES.lists),))

    keeping, real = World(), World.send
    keeping.send = lambda url, *more, **named: (  # type: ignore[method-assign]
        _answer(403) if url == CHANGED else real(keeping, url, *more, **named)
    )
    with pytest.raises(MutantError, match="does not let the victim at its own row: 403"):
        _attacker(keeping).try_all(CHANGED, (Attack(LINES, LINES.lists, after=After.VICTIM),))
    assert keeping.rows == {ATTACKER: {}, VICTIM: {}}


def test_a_row_by_key_is_asked_for_as_the_probe_says() -> None:
    """The victim's whole primary key, encoded."""
    world = World()
    assert SAMPLES.takes_keys is not None

    _attacker(world).try_all(CHANGED, (Attack(SAMPLES, SAMPLES.takes_keys, by_key=True),))

    ((tenant, method, path, _, _),) = world.asked
    assert (tenant, method) == (ATTACKER, "GET")
    assert path.startswith(f"/samples?shard={VICTIM}%23sample%23")
