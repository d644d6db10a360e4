"""Sends the attacks at a changed app, and says what leaked: what was read, and what was changed or written."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from isolation.attack.outcomes import ATTACKER, VICTIM
from isolation.attack.planted import made_id, path_of
from isolation.attack.routes import IF_MATCH
from isolation.mutants.edits import MutantError
from isolation.mutants.model import After, Place
from isolation.mutants.process import HELD, RELEASES
from stage.http_api import Api

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from isolation.attack.routes import Target
    from isolation.mutants.model import Attack
    from isolation.mutants.rows import StoredRows
    from stage.http_api import Answer

_OK = range(200, 300)


@dataclass(frozen=True, slots=True)
class Tried:
    """One attack and its answer; `leak` says what leaked, and is empty when nothing did."""

    attack: Attack
    answer: Answer
    leak: str
    words: str = ""  # when it was, where that matters

    def __str__(self) -> str:
        return f"{self.attack}{self.words}"


@dataclass(frozen=True, slots=True)
class _Planted:
    row_id: str
    stored: str


class Attacker:
    """Attacks changed apps, one after the other.

    Args:
        url: an API without any change, by which the victim's rows are made.
        token: returns the id token of a tenant's user of a role.
        rows: the rows as they are stored.
        number: which of several it is that attack at the same time; it tells their rows apart.
        send: sends a request to a URL: method, path, id token, headers and body.
    """

    def __init__(
        self,
        url: str,
        token: Callable[[str, str], str],
        rows: StoredRows,
        number: int = 0,
        send: Callable[..., Answer] | None = None,
    ) -> None:
        self._send = send or _sent
        self._url = url
        self._number = number
        self._token = token
        self._rows = rows
        self._mark = ""

    def try_all(self, url: str, attacks: tuple[Attack, ...], forged: str = "") -> list[Tried]:
        """Return what came of the attacks on the app at this URL, made with the users' tokens or with this one.

        Raises:
            MutantError: the victim's rows cannot be made, so that nothing is shown.
        """
        self._mark = secrets.token_hex(8)
        planted: dict[str, _Planted] = {}
        tried: list[Tried] = []
        try:
            for attack in attacks:
                target = attack.target
                if target.name not in planted:
                    planted[target.name] = self._plant(target)
                for answer, words in self._answers(url, attack, planted[target.name].row_id, forged):
                    leak = self._leak(target, planted[target.name], answer)
                    tried.append(Tried(attack, answer, leak, words))
                    if leak:
                        self._rows.drop(target, VICTIM, planted[target.name].row_id)
                        self._rows.sweep(target, self._attackers)
                        planted[target.name] = self._plant(target)
        finally:
            for target in {attack.target.name: attack.target for attack in attacks}.values():
                self._rows.sweep(target, self._mark)
                if target.name in planted:  # a change may have taken the mark away
                    self._rows.drop(target, VICTIM, planted[target.name].row_id)
        return tried

    @property
    def _victims(self) -> str:
        return f"{VICTIM}-{self._mark}"

    @property
    def _attackers(self) -> str:
        return f"{ATTACKER}-{self._mark}"

    def _plant(self, target: Target) -> _Planted:
        route = target.makes
        if route is None:
            raise MutantError(f"nobody can make one of {target.name}")
        row_id = target.probe.row_id and target.probe.row_id + target.probe.row_id[-1] * (self._number + 1)
        path = path_of(route, row_id) if row_id else route.path
        token = self._token(VICTIM, route.roles[0])
        answer = self._send(self._url, route.method, path, token, body=target.body(route, self._victims))
        if answer.status not in _OK:
            raise MutantError(f"{route} does not let the victim make its own row: {answer.status} {answer.text[:200]}")
        row_id = row_id or made_id(target, answer)
        return _Planted(row_id, self._rows.of(target, VICTIM).get(row_id, ""))

    def _answers(self, url: str, attack: Attack, row_id: str, forged: str) -> list[tuple[Answer, str]]:
        def ask(tenant: str, **headers: str) -> Answer:
            return self._ask(url, attack, row_id, tenant, headers, forged if tenant == ATTACKER else "")

        if attack.after is After.NOBODY:
            return [(ask(ATTACKER), "")]
        found: list[tuple[Answer, str]] = []
        with ThreadPoolExecutor(1) as beside:
            if attack.after is After.OPEN_VICTIM:
                first = beside.submit(ask, VICTIM, **{HELD: "1"})
                found.append((ask(ATTACKER, **{RELEASES: "1"}), ", while the victim's is open"))
            else:
                first = beside.submit(ask, VICTIM)
            owners = first.result()
        if owners.status not in _OK:
            raise MutantError(f"{attack} does not let the victim at its own row: {owners.status} {owners.text[:200]}")
        return [*found, (ask(ATTACKER), ", after the victim's")]

    def _ask(  # noqa: PLR0913, PLR0917 -- what a request is made of
        self, url: str, attack: Attack, row_id: str, tenant: str, headers: Mapping[str, str], forged: str
    ) -> Answer:
        target, route = attack.target, attack.route
        path = path_of(route, row_id)
        query = [("limit", "100")] if "limit" in route.query and not attack.by_key else []
        body = target.body(route, self._victims if tenant == VICTIM else self._attackers)
        sent = {**headers, **({IF_MATCH: "*"} if IF_MATCH in route.headers else {})}
        if attack.by_key:
            path += "?" + target.probe.by_key.format(
                shard_id=_quoted(target.key(VICTIM, row_id)), row_id=_quoted(row_id)
            )
        naming = attack.naming if tenant == ATTACKER else None
        if naming:
            query += [(naming.name, VICTIM)] if naming.place is Place.QUERY else []
            sent |= {naming.name: VICTIM} if naming.place is Place.HEADER else {}
            body = {**(body or {}), naming.name: VICTIM} if naming.place is Place.BODY else body
            path += f"/{VICTIM}" if naming.place is Place.PATH else ""
        token = forged or self._token(tenant, attack.role)
        return self._send(url, route.method, path + (f"?{urlencode(query)}" if query else ""), token, sent, body)

    def _leak(self, target: Target, planted: _Planted, answer: Answer) -> str:
        if self._victims in answer.text:
            return "the answer holds the other tenant's row"
        stored = self._rows.of(target, VICTIM)
        if planted.row_id not in stored:
            return "the other tenant's row is gone"
        if stored[planted.row_id] != planted.stored:
            return "the other tenant's row is changed"
        if any(self._attackers in row for row in stored.values()):
            return "a row was written to the other tenant"
        return ""


def _quoted(text: str) -> str:
    return urlencode({"": text})[1:]


def _sent(  # noqa: PLR0913, PLR0917 -- what a request is made of
    url: str, method: str, path: str, token: str, headers: Mapping[str, str] | None = None, body: Any = None
) -> Answer:
    api = Api(url)
    try:
        return api.call(method, path, headers={"Authorization": f"Bearer {token}", **(headers or {})}, body=body)
    finally:
        api.close()
