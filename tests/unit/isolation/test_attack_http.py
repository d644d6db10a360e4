"""The attacks on the API are made of its routes: green on a sound app, and red for each bug that they are there for."""

from __future__ import annotations

import copy
import inspect
import json
import textwrap
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from chalicelib.config import Strategy
from chalicelib.http.authorization import current_tenant
from chalicelib.tenancy.tenant import Role
from isolation.attack.controls import Control
from isolation.attack.http_attacks import http_cells
from isolation.attack.http_cells import ToldApartError, alike, is_own
from isolation.attack.http_elsewhere import elsewhere_cells
from isolation.attack.http_keys import key_cells
from isolation.attack.http_routes import AFTER_THE_OTHER, route_cells
from isolation.attack.runner import Runner
from isolation.attack.verdicts import Verdict
from stage.http_api import Answer
from tests.unit.isolation.sample_app import PERMISSIONS, found
from tests.unit.isolation.sample_world import SampleWorld

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chalicelib.tenancy.tenant import TenantContext
    from isolation.attack.cells import Cell
    from isolation.attack.verdicts import Judged
    from isolation.attack.world import World


def _cells(world: SampleWorld) -> list[Cell]:
    """Return the attacks but for those with forged tokens, which need a user pool's key, and on paths."""
    served = world.served
    return [*route_cells(served), *elsewhere_cells(served), *key_cells(served, Strategy.SESSION_POLICY)]


def _judged(world: SampleWorld, *words: str) -> list[Judged]:
    cells = [each for each in _cells(world) if not words or any(word in each.target for word in words)]
    assert cells
    return list(Runner(cast("World", world)).run(cells))


def _red(world: SampleWorld, *words: str) -> dict[str, Verdict]:
    return {each.cell.name: each.verdict for each in _judged(world, *words) if not each.verdict.is_good}


def test_a_sound_app_refuses_every_attack_by_the_control_that_is_named(tmp_path: Path) -> None:
    """On each route, and leaves the attacker's rows and the victim's as they were."""
    world = SampleWorld(tmp_path)
    before = copy.deepcopy(world.data.rows)

    judged = _judged(world)

    assert [(each.cell.name, each.verdict, each.reason) for each in judged if not each.verdict.is_good] == []
    assert {each.cell.attack.partition("?")[0] for each in judged} >= {str(route) for _, route in world.served.routes}
    assert {each.cell.entity for each in judged} == {"", "samples", "lines", "notes"}
    assert len({each.cell.name for each in judged}) == len(judged)
    for who, rows in world.data.rows.items():
        assert [_without_ids(row) for row in rows.values()] == [_without_ids(row) for row in before[who].values()]


def _without_ids(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.endswith("_id")}


def test_a_role_that_opens_every_route_turns_red(tmp_path: Path) -> None:
    """It is no longer the authorizer that refuses; in the twin's place stands a role that may."""
    everything = tuple(set().union(*PERMISSIONS.values()))
    red = _red(SampleWorld(tmp_path, roles=dict.fromkeys(Role, everything)), "beyond the role")

    assert "HTTP: POST /notes, beyond the role, as acme member" in red
    assert set(red.values()) == {Verdict.WRONG_CONTROL}


def test_rows_that_are_looked_for_among_all_tenants_turn_red(tmp_path: Path) -> None:
    """A handler that forgets whose row it is: by id, for reading, changing and deleting."""
    red = _red(SampleWorld(tmp_path, tenant_of=_of_the_named_row), "the other's id")

    for method in ("GET", "DELETE"):
        assert red[f"HTTP: {method} /notes/{{note_id}}, the other's id, as acme admin"] is Verdict.LEAKED
    assert red["HTTP: PATCH /samples/{sample_id}, the other's id, If-Match *, as acme member"] is Verdict.LEAKED


def _of_the_named_row(request: Any) -> Any:
    """Take the tenant of the row for the caller's."""
    tenant = current_tenant(request)
    return replace(tenant, tenant_id="globex") if request.uri_params and request.method != "PUT" else tenant


def test_a_put_that_overwrites_the_victims_row_turns_red(tmp_path: Path) -> None:
    """It is answered as the caller's own would be: the victim's row tells."""

    def of_lines(request: Any) -> Any:
        tenant = current_tenant(request)
        return replace(tenant, tenant_id="globex") if request.method == "PUT" else tenant

    judged = _judged(SampleWorld(tmp_path, tenant_of=of_lines), "the other's id")

    reasons = {each.reason for each in judged if each.cell.attack == "PUT /lines/{line_id}"}
    assert "the data of globex is no longer what it was" in reasons


def _from_the_query(request: Any) -> Any:
    tenant = current_tenant(request)
    named = (request.query_params or {}).get("bailiwick")
    return replace(tenant, tenant_id=named) if named else tenant


def _from_a_header(request: Any) -> Any:
    tenant = current_tenant(request)
    named = request.headers.get("x-bailiwick")
    return replace(tenant, tenant_id=named) if named else tenant


def _from_a_cookie(request: Any) -> Any:
    tenant = current_tenant(request)
    cookies = dict(each.split("=", 1) for each in request.headers.get("cookie", "").split("; ") if each)
    named = cookies.get("bailiwick")
    return replace(tenant, tenant_id=named) if named else tenant


def _from_the_body(request: Any) -> Any:
    tenant = current_tenant(request)
    named = json.loads(request.raw_body or b"{}").get("bailiwick")
    return replace(tenant, tenant_id=named) if named else tenant


def _from_a_bracketed_parameter(request: Any) -> Any:
    tenant = current_tenant(request)
    named = (request.query_params or {}).get("filter[acct]")
    return replace(tenant, tenant_id=named) if named else tenant


def _from_a_header_in_two_parts(request: Any) -> Any:
    tenant = current_tenant(request)
    named = request.headers.get("~acct") or request.headers.get("x-" + "bailiwick")
    return replace(tenant, tenant_id=named) if named else tenant


def _from_a_cookie_of_one_letter(request: Any) -> Any:
    tenant = current_tenant(request)
    cookies = dict(each.split("=", 1) for each in request.headers.get("cookie", "").split("; ") if each)
    named = cookies.get("t")
    return replace(tenant, tenant_id=named) if named else tenant


PLACES = {
    "tenant in the query": _from_the_query,
    "tenant in the headers": _from_a_header,
    "tenant in cookies": _from_a_cookie,
    "tenant in the body": _from_the_body,
}


ODDLY_NAMED = [
    *PLACES.items(),
    ("tenant in the query", _from_a_bracketed_parameter),
    ("tenant in the headers", _from_a_header_in_two_parts),
    ("tenant in cookies", _from_a_cookie_of_one_letter),
]


@pytest.mark.parametrize(("place", "tenant_of"), ODDLY_NAMED)
def test_a_tenant_that_is_read_from_elsewhere_turns_red_under_any_name(
    tmp_path: Path, place: str, tenant_of: Any
) -> None:
    """The name stands in the handler's code and in no list of names: what it says there is tried."""
    assert not _red(SampleWorld(tmp_path, tenant_of=tenant_of), place)
    code = tmp_path / "chalicelib" / "entities" / "samples" / "routes.py"
    code.parent.mkdir(parents=True)
    code.write_text(inspect.getsource(tenant_of), encoding="utf-8")

    red = _red(SampleWorld(tmp_path, tenant_of=tenant_of), place)

    leaked = {name for name, verdict in red.items() if verdict is Verdict.LEAKED}
    assert any(name.startswith("HTTP: GET /samples,") for name in leaked)
    assert any(name.startswith("HTTP: GET /samples/{sample_id},") for name in leaked)
    if place != "tenant in the body":  # a route with a body refuses what is no field of it
        assert any(name.startswith("HTTP: POST /samples,") for name in leaked)


@pytest.mark.parametrize("answered", [len, bool])
def test_an_answer_that_tells_a_tenant_from_none_turns_red(tmp_path: Path, answered: Any) -> None:
    """It holds no row of the victim's, only how many there are, or whether there are any."""

    def slip(request: Any, data: Any, name: str) -> list[Any]:
        named = request.headers.get("x-bailiwick")
        return [answered(data.of(named, name))] if named else []

    assert not _red(SampleWorld(tmp_path, slip=slip), "tenant in the headers")
    (tmp_path / "app.py").write_text(textwrap.dedent(inspect.getsource(slip)), encoding="utf-8")

    red = _red(SampleWorld(tmp_path, slip=slip), "tenant in the headers")

    assert {name.split(",")[0] for name in red} == {"HTTP: GET /samples", "HTTP: GET /lines", "HTTP: GET /notes"}
    assert set(red.values()) == {Verdict.LEAKED}


def test_new_rows_differ_in_no_more_than_their_ids() -> None:
    """And in what comes of them; another tenant's shard is told from the own."""
    rows = (
        {"id": str(uuid.uuid4()), "shard_id": f"acme#sample#{number}", "at": f"2026-01-01T00:00:0{number}.5+00:00"}
        for number in range(2)
    )
    one, other = (Answer(201, {}, json.dumps(row).encode()) for row in rows)
    theirs = Answer(201, {}, one.content.replace(b"acme", b"globex"))
    api: Any = None

    assert alike(lambda _: one, lambda _: other)(api) is one
    with pytest.raises(ToldApartError):
        alike(lambda _: theirs, lambda _: other)(api)


def test_who_the_caller_is_counts_as_the_own_on_me_alone() -> None:
    """A list with the caller's tenant in it may show anybody's rows."""
    answer = Answer(200, {}, b'{"tenant": "acme", "rows": [1, 2]}')

    assert is_own(answer, "secret", me=True)
    assert not is_own(answer, "secret")


def test_a_tenant_that_the_host_names_turns_red(tmp_path: Path) -> None:
    """Each tenant's subdomain must not stand for its token."""

    def of_the_host(request: Any) -> Any:
        tenant = current_tenant(request)
        host = request.headers.get("host", "").partition(".example.com")
        return replace(tenant, tenant_id=host[0]) if host[1] else tenant

    red = _red(SampleWorld(tmp_path, tenant_of=of_the_host), "tenant in the Host")

    assert red["HTTP: GET /notes, tenant in the Host, as acme viewer"] is Verdict.LEAKED


def test_a_tenant_in_a_documented_field_turns_red(tmp_path: Path) -> None:
    """What a route does take is tried by itself, since it is not refused; the victim has a row that it had not."""

    def of_the_title(request: Any) -> Any:
        tenant = current_tenant(request)
        body = json.loads(request.raw_body or b"{}") if request.method == "POST" else {}
        return replace(tenant, tenant_id="globex") if body.get("title") == "globex" else tenant

    red = _red(SampleWorld(tmp_path, tenant_of=of_the_title), "tenant in the field")

    assert red["HTTP: POST /notes, tenant in the field title, as acme admin"] is Verdict.LEAKED
    assert set(red.values()) == {Verdict.LEAKED}


def test_a_key_that_nobody_judges_turns_red(tmp_path: Path) -> None:
    """Without IAM the other's row is shown; and a check in the code is another control than the one that is named."""

    def unjudged(data: Any, _: Any, key: Any, row_id: str) -> Any:
        return found(data.of(key.tenant_id, "samples").get(row_id))

    def checked(data: Any, caller: Any, key: Any, row_id: str) -> Any:
        return found(data.of(caller.tenant_id, "samples").get(row_id) if key.tenant_id == caller.tenant_id else None)

    theirs = "HTTP: GET /samples?shard=&sample_id=, the other's row, as acme viewer"
    assert _red(SampleWorld(tmp_path, by_key=unjudged), "the other's row")[theirs] is Verdict.LEAKED
    assert _red(SampleWorld(tmp_path, by_key=checked), "the other's row")[theirs] is Verdict.WRONG_CONTROL


def test_a_tenant_that_is_kept_from_the_request_before_turns_red(tmp_path: Path) -> None:
    """The first caller of a role, whose credentials everybody of that role is then served with."""
    first: dict[Role, TenantContext] = {}

    def kept(request: Any) -> TenantContext:
        tenant = current_tenant(request)
        return first.setdefault(tenant.role, tenant)

    red = _red(SampleWorld(tmp_path, tenant_of=kept), AFTER_THE_OTHER)

    assert red[f"HTTP: GET /samples, {AFTER_THE_OTHER}, as acme viewer"] is Verdict.LEAKED


def test_an_unheeded_if_match_turns_red(tmp_path: Path) -> None:
    """The change is made, to the own row: by the wrong version."""
    red = _red(SampleWorld(tmp_path, versions=lambda _: None), "an entity tag that the row never had")

    assert set(red.values()) == {Verdict.WRONG_CONTROL}
    assert len(red) == len(_both_writers())


def _both_writers() -> tuple[Role, ...]:
    return tuple(role for role in Role if any(each.method == "PATCH" for each in PERMISSIONS[role]))


def _served(tmp_path: Path) -> Any:
    return SampleWorld(tmp_path).served


@pytest.mark.parametrize(
    ("cells", "control"),
    [
        (lambda cell: cell.target == "beyond the role", Control.AUTHORIZER_POLICY),
        (lambda cell: cell.target == "without a token", Control.TOKEN),
        (lambda cell: cell.target == "the other's cursor", Control.TENANT_FROM_TOKEN),
        (lambda cell: cell.target == "a key as the cursor", Control.REQUEST_MODEL),
        (lambda cell: "the other's id in the body as sample_id" in cell.target, Control.REQUEST_MODEL),
        (lambda cell: cell.target == "a name twice in the body", Control.REQUEST_MODEL),
        (lambda cell: cell.target == "limit twice", Control.REQUEST_MODEL),
        (lambda cell: "X-HTTP-Method-Override: GET" in cell.target, Control.ROUTES),
        (lambda cell: cell.attack.startswith("GET /samples?shard="), Control.LEADING_KEYS_BY_SESSION_POLICY),
        (lambda cell: "tenant in the path /globex/lines" in cell.target, Control.ROUTES),
        (lambda cell: cell.attack == "token", Control.TOKEN),
    ],
)
def test_there_is_each_kind_of_attack(tmp_path: Path, cells: Callable[[Cell], bool], control: Control) -> None:
    """One that was lost would be missed by nobody."""
    there = [each for each in http_cells(_served(tmp_path), Strategy.SESSION_POLICY) if cells(each)]

    assert control in {each for cell in there for each in cell.refused_by}


def test_the_sessions_strategy_says_which_leading_keys_refuse(tmp_path: Path) -> None:
    """Those of the role, or those of the session policy."""
    named = {
        strategy: {control for cell in key_cells(_served(tmp_path), strategy) for control in cell.refused_by}
        for strategy in Strategy
    }

    assert Control.LEADING_KEYS_BY_TAG in named[Strategy.SESSION_TAGS]
    assert Control.LEADING_KEYS_BY_TAG not in named[Strategy.SESSION_POLICY]


def test_without_any_entity_tokens_and_me_are_attacked(tmp_path: Path) -> None:
    """And nothing of an entity's."""
    cells = list(http_cells(replace(_served(tmp_path), entities=(), probes={}), Strategy.SESSION_TAGS))

    assert {each.attack for each in cells} == {"token", "Authorization", "GET", "GET /me"}
    assert {each.entity for each in cells} == {""}
