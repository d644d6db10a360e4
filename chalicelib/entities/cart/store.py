"""A tenant's cart in the pooled table: `pk = {tenant}#cart#0`, `sk = item_id`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from chalicelib.data.dynamodb import attributes_of
from chalicelib.entities.cart import CartLineNotFoundError

if TYPE_CHECKING:
    from chalicelib.data.table import Row, Table


@dataclass(frozen=True, slots=True)
class CartLine:
    """One line of a cart."""

    item_id: str
    description: str
    price: Decimal
    quantity: int


class CartStore:
    """The cart of one tenant."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def page(self, *, limit: int, after: str | None) -> tuple[list[CartLine], str | None]:
        """Return up to `limit` lines by item id, and the id to go on after, or None at the end."""
        rows, last = self._table.page(limit=limit, after=after)
        return [_line(row) for row in rows], last

    def put(self, item_id: str, *, description: str, price: Decimal, quantity: int) -> tuple[CartLine, bool]:
        """Write a line, replacing one of the same id, and return it and whether it is new."""
        new = self._table.put(
            item_id, attributes_of({"description": description, "price": price, "quantity": quantity})
        )
        return CartLine(item_id, description, price, quantity), new

    def change(self, item_id: str, **fields: Any) -> CartLine:
        """Change `description`, `price`, `quantity` or several of them, and return the line.

        Raises:
            CartLineNotFoundError: the cart holds no such line; none is created.
        """
        row = self._table.change(item_id, attributes_of(fields))
        if row is None:
            raise _not_found()
        return _line(row)

    def delete(self, item_id: str) -> None:
        """Delete a line.

        Raises:
            CartLineNotFoundError: the cart holds no such line.
        """
        if not self._table.delete(item_id):
            raise _not_found()


def _line(row: Row) -> CartLine:
    return CartLine(
        item_id=row["sk"]["S"],
        description=row["description"]["S"],
        price=Decimal(row["price"]["S"]),
        quantity=int(row["quantity"]["N"]),
    )


def _not_found() -> CartLineNotFoundError:
    return CartLineNotFoundError("There is no such line in the cart.")
