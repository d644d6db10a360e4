"""What no attack reaches is named, with the file that lacks something; and the matrix is made without it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.config import Strategy
from chalicelib.data.storage import Kind, Sharding, TenantTable
from chalicelib.entities.entity import Entity
from chalicelib.tenancy.permissions import Permission
from chalicelib.tenancy.tenant import Role
from isolation.attack.coverage import gaps
from isolation.attack.http_attacks import http_cells
from isolation.attack.kept import kept_cells
from isolation.attack.pooled_connections import pooled_connection_cells
from isolation.attack.postgres import postgres_cells
from isolation.attack.served import Served
from isolation.attack.without_sts import without_sts_cells
from tests.unit.isolation.sample_app import (
    ENTITIES,
    PERMISSIONS,
    PROBES,
    Data,
    NoteBody,
    SampleApp,
    SampleNotFoundError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.entities.probe import Probe
    from isolation.attack.cells import Cell


def _gaps(app: SampleApp | None = None, **changed: Any) -> list[str]:
    """Return the gaps of the sample app with these changes; its matrix must be made whatever they are."""
    given = {"entities": ENTITIES, "probes": PROBES, "permissions": PERMISSIONS, "code": Path("none"), **changed}
    served = Served((app or SampleApp(Data())).app.routes, **given)
    assert _cells(served)
    return gaps(served.registered, served.entities, served.probes, served.permissions)


def _cells(served: Served) -> list[Cell]:
    """Return what is made of routes and probes."""
    cells = [
        *http_cells(served, Strategy.WEB_IDENTITY),
        *without_sts_cells(served, Strategy.WEB_IDENTITY),
        *kept_cells(served),
    ]
    return [*cells, *postgres_cells(served), *pooled_connection_cells(served)]


def _with_route(method: str, path: str, **operation: Any) -> list[str]:
    app = SampleApp(Data())
    app.view(path, method, **operation)(_view)
    wild = Permission(method, path.replace("{sample_id}", "*").replace("{part_id}", "*"))
    return _gaps(app, permissions={role: (*PERMISSIONS[role], wild) for role in Role})


def _view(**_: str) -> None:
    """Answer nothing."""


def _probed(**changed: Any) -> Mapping[str, Probe]:
    return {**PROBES, "samples": replace(PROBES["samples"], **changed)}


def test_the_sample_app_lacks_nothing() -> None:
    """Every route and every table is attacked."""
    assert _gaps() == []


def test_a_route_of_no_entity_is_named() -> None:
    """No probe is for it."""
    (gap,) = _with_route("GET", "/reports")

    assert gap.startswith("GET /reports, in tests/unit/isolation/test_attack_coverage.py: it begins with no entity's")


def test_a_path_that_names_more_than_a_row_is_named() -> None:
    """Nothing says what stands for the second parameter; one that names a row and no more is attacked as it is."""
    (gap,) = _with_route("GET", "/samples/{sample_id}/parts/{part_id}")

    assert "GET /samples/{sample_id}/parts/{part_id}" in gap
    assert "no probe knows what {part_id} is" in gap
    assert _with_route("GET", "/samples/{sample_id}/parts", errors=(SampleNotFoundError,)) == []


def test_a_path_with_a_rows_id_that_knows_no_missing_row_is_named() -> None:
    """Whatever it answers about the victim's row might be right; but a PUT with an id of the caller's makes its own."""
    (gap,) = _with_route("GET", "/samples/{sample_id}/parts")

    assert "a path with a row's id, and no RowNotFoundError among its errors" in gap
    assert gap.startswith("GET /samples/{sample_id}/parts, in tests/unit/isolation/")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_another_method_on_me_is_named(method: str) -> None:
    """Only GET is known to be harmless; it may do anything with what it is sent."""
    (gap,) = _with_route(method, "/me")

    assert gap.startswith(f"{method} /me, in tests/unit/isolation/test_attack_coverage.py: it begins with no entity's")


def test_a_body_that_the_probe_does_not_know_is_named() -> None:
    """The further route takes another model; the probe can say what it is sent."""
    (gap,) = _with_route("POST", "/samples/{sample_id}/notes", body=NoteBody)

    assert "chalicelib/entities/samples/probe.py has no body that fits it (title: Field required" in gap
    assert gap.endswith('or add bodies={"POST /samples/{sample_id}/notes": {…}}')
    app = SampleApp(Data())
    app.view("/samples/{sample_id}/notes", "POST", body=NoteBody, errors=(SampleNotFoundError,))(_view)
    known = _probed(bodies={"POST /samples/{sample_id}/notes": {"title": "x"}})
    wild = Permission("POST", "/samples/*/notes")
    assert _gaps(app, probes=known, permissions={role: (*PERMISSIONS[role], wild) for role in Role}) == []


def test_a_route_that_no_role_may_call_is_named() -> None:
    """There would be no twin."""
    app = SampleApp(Data())
    app.view("/samples/{sample_id}/parts", "GET")(_view)

    (gap,) = _gaps(app)

    assert gap.endswith("chalicelib/permissions.json gives it to no role")


def test_a_view_without_an_operation_is_named() -> None:
    """It does not say what it takes."""
    app = SampleApp(Data())
    app.view("/samples/{sample_id}/parts", "GET")(_view)
    entry = app.app.routes["/samples/{sample_id}/parts"]["GET"]
    entry.view_function = lambda **_: None

    (gap,) = _gaps(app)

    assert "its view lacks an @Operation" in gap


@pytest.mark.parametrize("name", PROBES)
def test_an_entity_without_a_probe_is_named_once(name: str) -> None:
    """And not each of its routes."""
    probes = {each: probe for each, probe in PROBES.items() if each != name}

    assert _gaps(probes=probes) == [
        f"chalicelib/entities/{name}/probe.py has no PROBE = Probe(…): nothing can attack /{name}, nor its rows"
    ]


def test_an_entity_without_routes_is_named() -> None:
    """Its table is attacked all the same."""
    bare = Entity("bare", "Bare", TenantTable("bare", "bare_id"))

    found = _gaps(entities=(*ENTITIES, bare), probes={**PROBES, "bare": PROBES["notes"]})

    assert [each.partition(" ")[0] for each in found] == ["chalicelib/entities/bare/routes.py"] * 2
    assert "POST /bare" in found[0]
    assert "GET /bare" in found[1]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"holds": "title"}, "`holds` is 'title'"),
        ({"body": lambda _: {"name": "always the same", "size": 1}}, "`holds` is 'name'"),
        ({"change": {"colour": "red"}}, "(colour: Extra inputs are not permitted): mend it"),
        ({"body": lambda text: {"name": text}}, "size: Field required"),
        ({"by_key": "shard={shard_id}"}, "must name {shard_id} and {row_id}"),
        ({"by_key": "pk={shard_id}&sample_id={row_id}"}, "names pk, which GET /samples does not take"),
        ({"row_id": "a-sample"}, "lets nobody make a row that the probe knows"),
    ],
)
def test_a_probe_that_does_not_fit_its_routes_is_named(changed: dict[str, Any], words: str) -> None:
    """Before any stage is started."""
    found = _gaps(probes=_probed(**changed))

    assert [each for each in found if words in each], found
    assert all("chalicelib/entities/samples/" in each for each in found)


def test_a_key_of_a_table_is_no_probe() -> None:
    """Only rows of the pooled table have one that IAM judges."""
    probes = {**PROBES, "notes": replace(PROBES["notes"], by_key="shard={shard_id}&id={row_id}")}

    assert _gaps(probes=probes) == ["chalicelib/entities/notes/probe.py: `by_key` is for rows of the pooled table"]


def test_a_product_without_entities_lacks_nothing(tmp_path: Path) -> None:
    """The empty product is whole."""
    app = SampleApp(Data())
    routes = {"/me": app.app.routes["/me"]}

    assert gaps(routes, (), {}) == []
    assert _cells(Served(routes, (), {}, tmp_path))


def test_an_entity_is_no_other_whose_name_begins_alike() -> None:
    """`/notes` are not `/note`'s."""
    note = Entity("note", "Note", Kind("note", Sharding(1)))

    assert all("/note," in each or "/note " in each or "note/" in each for each in _gaps(entities=(*ENTITIES, note)))
