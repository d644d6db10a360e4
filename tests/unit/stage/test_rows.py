"""Rows of any entity over the API: what its probe, its storage and the permissions say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chalicelib.data.storage import Kind, Sharding, Storage, TenantTable
from chalicelib.entities.entity import Entity
from chalicelib.entities.probe import Probe
from chalicelib.tenancy.permissions import PERMISSIONS, Permission
from chalicelib.tenancy.tenant import Role, TenantContext
from stage.errors import CommandError
from stage.rows import Creation, is_deleted, is_read_alone, path_by_key

if TYPE_CHECKING:
    from collections.abc import Callable

KIND = Kind("sample", Sharding(10))
ACME = TenantContext("acme", Role.ADMIN, "1", "admin@acme.example.com")
BY_KEY = "shard={shard_id}&id={row_id}"


@pytest.fixture
def entity_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Entity]:
    """Return a function that makes an entity with a probe of the test's own."""

    def make(storage: Storage = KIND, *, row_id: str = "", by_key: str = "") -> Entity:
        probe = Probe(body=lambda text: {"name": text}, holds="name", row_id=row_id, by_key=by_key)
        monkeypatch.setattr(Entity, "probe", lambda _: probe)
        return Entity("samples", "Samples", storage)

    return make


def test_a_row_whose_id_the_store_makes_is_where_the_answer_says(entity_of: Callable[..., Entity]) -> None:
    """An answer that does not say it is a complaint, since nobody could ask for the row."""
    creation = Creation.of(entity_of(), "a", number=2)

    assert creation == Creation("POST", "/samples", {"name": "a"})
    assert creation.row("/samples/7") == "/samples/7"
    with pytest.raises(CommandError, match="POST /samples says in no Location where"):
        creation.row(None)


def test_a_row_whose_id_the_caller_chooses_is_where_it_was_put(entity_of: Callable[..., Entity]) -> None:
    """Several of a tenant get ids of their own."""
    entity = entity_of(row_id="one")

    assert Creation.of(entity, "a") == Creation("PUT", "/samples/one", {"name": "a"})
    assert Creation.of(entity, "a").row(None) == "/samples/one"
    assert Creation.of(entity, "a", number=2).path == "/samples/one-2"


@pytest.mark.parametrize("known", [True, False])
def test_what_the_permissions_open_there_is(
    known: bool,  # noqa: FBT001
    entity_of: Callable[..., Entity],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An administrator may do everything, so that a route that is closed to one is a route that there is not."""
    opened = (Permission("GET", "/samples/*"), Permission("DELETE", "/samples/*")) if known else ()
    monkeypatch.setitem(PERMISSIONS, Role.ADMIN, (Permission("GET", "/samples"), *opened))

    assert (is_read_alone(entity_of()), is_deleted(entity_of())) == (known, known)


def test_a_row_is_asked_for_by_its_whole_primary_key_where_there_is_a_route(entity_of: Callable[..., Entity]) -> None:
    """In the shard that its id falls into, with a `#` that is no fragment."""
    assert path_by_key(entity_of(by_key=BY_KEY), ACME, "/samples/7") == "/samples?shard=acme%23sample%230&id=7"
    assert path_by_key(entity_of(), ACME, "/samples/7") is None
    assert path_by_key(entity_of(TenantTable("samples", "sample_id"), by_key=BY_KEY), ACME, "/samples/7") is None
