"""At whose partition the knock is: IAM judges keys, and knows no entity."""

from __future__ import annotations

import pytest

from chalicelib.data.storage import Kind, Sharding, TenantTable
from chalicelib.entities.entity import Entity
from ops import knock

TABLE = Entity("samples", "Samples", TenantTable("samples", "sample_id"))
POOLED = Entity("examples", "Examples", Kind("example", Sharding(1)))


@pytest.mark.parametrize(
    ("entities", "kind"),
    [((TABLE, POOLED), "example"), ((TABLE,), "knock"), ((), "knock")],
    ids=["a kind", "a table", "none"],
)
def test_it_is_at_the_first_kind_there_is_or_at_one_that_holds_nothing(
    entities: tuple[Entity, ...], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a product without an entity can be knocked at."""
    monkeypatch.setattr(knock, "ENTITIES", entities)

    assert knock._kind().name == kind
