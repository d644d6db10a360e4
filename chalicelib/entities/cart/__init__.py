"""The cart: lines in one partition of a tenant."""

from __future__ import annotations

from chalicelib.data.storage import Kind, Sharding
from chalicelib.entities.entity import Entity
from chalicelib.errors import RowNotFoundError

KIND = Kind("cart", Sharding(1))
ENTITY = Entity("cart", "Cart", KIND)


class CartLineNotFoundError(RowNotFoundError):
    """The caller's cart holds no such line."""
