"""How the evidence adds an item, and asks for one by its whole primary key."""

from __future__ import annotations

from chalicelib.entities.probe import Probe

PROBE = Probe(
    body=lambda text: {"name": text, "price": "1", "attributes": {}},
    holds="name",
    change={"name": "changed"},
    by_key="shard_id={shard_id}&product_id={row_id}",
)
