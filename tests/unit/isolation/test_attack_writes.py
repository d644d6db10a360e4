"""What a route writes is looked for among all rows of the victim, not in the planted one alone."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, cast

import pytest
from chalice.app import Response

from chalicelib.http.requests import parse_body
from chalicelib.tenancy.permissions import Permission
from chalicelib.tenancy.tenant import Role
from isolation.attack.http_elsewhere import elsewhere_cells
from isolation.attack.http_routes import route_cells
from isolation.attack.outcomes import ATTACKER, VICTIM
from isolation.attack.runner import Runner
from isolation.attack.verdicts import Verdict
from tests.unit.isolation.sample_app import PERMISSIONS, SampleApp, SampleBody
from tests.unit.isolation.sample_world import SampleWorld

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from isolation.attack.verdicts import Judged
    from isolation.attack.world import World

_COPIES = Permission("POST", "/samples/copies")
_ALLOWED = {role: (*PERMISSIONS[role], _COPIES) for role in Role}


def _with_copies(tenant: str) -> Callable[[SampleApp], None]:
    """Return what adds a further route that makes a sample, of this tenant, and does not show it."""

    def add(app: SampleApp) -> None:
        @app.view(_COPIES.path, "POST", body=SampleBody)
        def copy() -> Any:
            row, row_id = parse_body(app.request, SampleBody).model_dump(), str(uuid.uuid4())
            app.data.of(tenant, "samples")[row_id] = {"sample_id": row_id, "version": 1, **row}
            return Response("", status_code=204)

    return add


def _judged(world: SampleWorld) -> list[Judged]:
    cells = [*route_cells(world.served), *elsewhere_cells(world.served)]
    return list(Runner(cast("World", world)).run([each for each in cells if each.attack.startswith("POST /samples")]))


def test_a_further_route_may_make_rows_of_the_callers_own(tmp_path: Path) -> None:
    """They are taken away after each attack."""
    world = SampleWorld(tmp_path, more=_with_copies(ATTACKER), permissions=_ALLOWED)

    judged = _judged(world)

    assert [each.cell.name for each in judged if not each.verdict.is_good] == []
    assert any(each.cell.attack == f"POST {_COPIES.path}" for each in judged)
    assert all(len(rows) == 1 for rows in world.data.rows.values())


def test_a_new_row_of_the_victim_turns_red(tmp_path: Path) -> None:
    """Though the planted one is as it was; and it is taken away, so that what follows is judged by itself."""
    world = SampleWorld(tmp_path, more=_with_copies(VICTIM), permissions=_ALLOWED)

    red = [each for each in _judged(world) if not each.verdict.is_good]

    assert {each.verdict for each in red if each.cell.attack == f"POST {_COPIES.path}"} == {Verdict.LEAKED}
    assert "the data of globex is no longer what it was" in {each.reason for each in red}
    assert world.altered() == []


@pytest.mark.parametrize("name", ["samples", "lines", "notes"])
def test_a_further_row_is_an_alteration_once(tmp_path: Path, name: str) -> None:
    """It is gone when it has been told."""
    world = SampleWorld(tmp_path)
    assert world.altered() == []
    (row,) = world.data.of(VICTIM, name).values()
    id_name = next(each for each in row if each.endswith("_id"))
    row_id = "another" if name == "lines" else str(uuid.uuid4())
    world.data.of(VICTIM, name)[row_id] = {**row, id_name: row_id}

    assert [world.altered(), world.altered()] == [[VICTIM], []]
    assert len(world.data.of(VICTIM, name)) == 1
