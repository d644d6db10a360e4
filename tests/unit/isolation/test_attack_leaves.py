"""A tenant is named in every text of a body, however deep it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

import pytest
from pydantic import Field

from chalicelib.http.requests import Body, parse_body
from chalicelib.tenancy.permissions import Permission
from chalicelib.tenancy.tenant import Role
from isolation.attack.http_elsewhere import elsewhere_cells
from isolation.attack.leaves import nested
from isolation.attack.runner import Runner
from isolation.attack.verdicts import Verdict
from tests.unit.isolation.sample_app import PERMISSIONS, SampleApp, SampleBody
from tests.unit.isolation.sample_world import SampleWorld

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from isolation.attack.world import World


class Party(Body):
    """Somebody, and who knows them."""

    account: str
    number: int
    code: str = Field(default="A1", pattern="^[A-Z][0-9]$")
    friends: list[Party] = Field(default_factory=list)


class OrderBody(SampleBody):
    """A body with more in it than a probe knows."""

    party: Party | None = None
    tags: list[str] = Field(default_factory=list)
    notes: dict[str, str] = Field(default_factory=dict)
    remarks: dict[Annotated[str, Field(pattern="^[a-z_]+$")], Annotated[str, Field(pattern="^[^#]*$")]] = Field(
        default_factory=dict
    )


def test_each_text_is_set_in_an_otherwise_valid_body() -> None:
    """But for those of a form, and those that stand at the top, which are tried by themselves."""
    body = {"name": "x", "size": 1}

    found = list(nested(OrderBody, body, "globex"))

    assert {path for path, _, _ in found} >= {"party.account", "party.friends[].account", "tags[]", "notes.tenant_id"}
    assert "remarks.tenant_id" in {path for path, _, _ in found}
    assert not [path for path, _, _ in found if "code" in path or "number" in path or path in {"name", "size"}]
    for path, name, value in found:
        assert "globex" in OrderBody.model_validate({**body, name: value}).model_dump_json(), path


def test_what_the_probe_sends_stays_around_it() -> None:
    """As far as it has the value's form."""
    known = {"name": "x", "size": 1, "party": {"account": "a", "number": 7}, "tags": ["one", "two"]}

    found = {path: value for path, _, value in nested(OrderBody, known, "globex")}

    assert found["party.account"] == {"account": "globex", "number": 7}
    assert found["tags[]"] == ["globex", "two"]


_ORDERS = Permission("POST", "/samples/orders")
_ALLOWED = {role: (*PERMISSIONS[role], _ORDERS) for role in Role}


def _with_orders(tenant_of: Callable[[Any], str]) -> Callable[[SampleApp], None]:
    def add(app: SampleApp) -> None:
        @app.view(_ORDERS.path, "POST", body=OrderBody)
        def order() -> Any:
            body = parse_body(app.request, OrderBody)
            named = tenant_of(body)
            return {"rows": list(app.data.of(named, "samples").values()) if named else []}

    return add


@pytest.mark.parametrize(
    ("tenant_of", "path"),
    [
        (lambda body: body.party and body.party.account, "party.account"),
        (lambda body: body.party and body.party.friends and body.party.friends[0].account, "party.friends[].account"),
        (lambda body: body.tags and body.tags[0], "tags[]"),
        (lambda body: next(iter(body.notes.values()), ""), "notes.tenant_id"),
    ],
)
def test_a_tenant_within_a_body_turns_red(tmp_path: Path, tenant_of: Any, path: str) -> None:
    """The app that takes none from there stays green."""
    words = f"HTTP: POST /samples/orders, tenant within the body, {path}, as acme viewer"

    assert _red(SampleWorld(tmp_path, more=_with_orders(lambda _: ""), permissions=_ALLOWED)) == {}
    red = _red(SampleWorld(tmp_path, more=_with_orders(tenant_of), permissions=_ALLOWED))

    assert red[words] is Verdict.LEAKED


def _red(world: SampleWorld) -> dict[str, Verdict]:
    cells = [each for each in elsewhere_cells(world.served) if each.attack == "POST /samples/orders"]
    assert cells
    judged = Runner(cast("World", world)).run(cells)
    return {each.cell.name: each.verdict for each in judged if not each.verdict.is_good}
