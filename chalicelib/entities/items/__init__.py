"""Items: a catalogue spread over ten shards of a tenant."""

from __future__ import annotations

from chalicelib.data.storage import Kind, Sharding
from chalicelib.entities.entity import Entity
from chalicelib.errors import RowNotFoundError

KIND = Kind("item", Sharding(10))
ENTITY = Entity("items", "Items", KIND)


class ItemNotFoundError(RowNotFoundError):
    """The caller's tenant has no such item."""
