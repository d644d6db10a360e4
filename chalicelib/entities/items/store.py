"""A tenant's items in the pooled table, spread over partitions: `pk = {tenant}#item#{shard}`, `sk = product_id`."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from chalicelib.data.dynamodb import attribute_of, attributes_of
from chalicelib.entities.items import KIND, ItemNotFoundError
from chalicelib.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.data.partitions import PartitionKey
    from chalicelib.data.table import Row, Table, Versions

#: A number is a Decimal, so that it comes back exactly.
AttributeValue = str | Decimal | bool


@dataclass(frozen=True, slots=True)
class Item:
    """One item; `shard_id` is its whole partition key."""

    product_id: str
    shard_id: str
    name: str
    price: Decimal
    attributes: Mapping[str, AttributeValue]
    version: int
    created_at: datetime


class ItemStore:
    """The items of one tenant."""

    def __init__(self, table: Table, now: Callable[[], datetime]) -> None:
        self._table = table
        self._now = now

    def create(self, *, name: str, price: Decimal, attributes: Mapping[str, AttributeValue]) -> Item:
        """Add an item with a new id, in the shard that its id falls into."""
        fields = _fields({"name": name, "price": price, "attributes": attributes})
        return _item(self._table.add(str(uuid.uuid4()), {**fields, "created_at": attribute_of(self._now())}))

    def get(self, product_id: str) -> Item:
        """Return an item.

        Raises:
            ItemNotFoundError: the tenant has none of this id.
        """
        return _found(self._table.get(product_id))

    def get_by_key(self, key: PartitionKey, product_id: str) -> Item:
        """Return the item with exactly this primary key.

        Nothing here compares the key's tenant with the caller's: DynamoDB is asked, and IAM refuses another tenant's.

        Raises:
            TenantAccessDeniedError: IAM refused.
            InvalidRequestError: the partition is the caller's own, but holds no items.
            ItemNotFoundError: the partition is the caller's own, and does not hold the item.
        """
        row = self._table.get_by_key(str(key), product_id)
        if key.kind != KIND.name:
            raise InvalidRequestError("shard_id: must be the partition key of items")
        return _found(row)

    def page(self, *, limit: int, after: str | None) -> tuple[list[Item], str | None]:
        """Return up to `limit` items by id, and the id to go on after, or None at the end."""
        rows, last = self._table.page(limit=limit, after=after)
        return [_item(row) for row in rows], last

    def change(self, product_id: str, versions: Versions, **fields: Any) -> Item:
        """Change `name`, `price`, `attributes` or several of them, and return the item in its new version.

        Raises:
            ItemNotFoundError: the tenant has no item of this id.
            PreconditionFailedError: its version is none of these.
        """
        return _found(self._table.change(product_id, _fields(fields), versions))

    def delete(self, product_id: str, versions: Versions) -> None:
        """Delete an item.

        Raises:
            ItemNotFoundError: the tenant has no item of this id.
            PreconditionFailedError: its version is none of these.
        """
        if not self._table.delete(product_id, versions):
            raise _not_found()


def _fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stored form of `name`, `price` and `attributes`, as far as they are given."""
    stored = attributes_of({name: value for name, value in fields.items() if name != "attributes"})
    if "attributes" in fields:
        stored["attributes"] = {"M": {name: _stored(value) for name, value in fields["attributes"].items()}}
    return stored


def _stored(value: AttributeValue) -> dict[str, Any]:
    return {"N": str(value)} if isinstance(value, Decimal) else attribute_of(value)


def _loaded(stored: Mapping[str, Any]) -> AttributeValue:
    ((kind, value),) = stored.items()
    return Decimal(value) if kind == "N" else value


def _item(stored: Row) -> Item:
    return Item(
        product_id=stored["sk"]["S"],
        shard_id=stored["pk"]["S"],
        name=stored["name"]["S"],
        price=Decimal(stored["price"]["S"]),
        attributes={name: _loaded(value) for name, value in stored["attributes"]["M"].items()},
        version=int(stored["version"]["N"]),
        created_at=datetime.fromisoformat(stored["created_at"]["S"]),
    )


def _found(row: Row | None) -> Item:
    if row is None:
        raise _not_found()
    return _item(row)


def _not_found() -> ItemNotFoundError:
    return ItemNotFoundError("There is no such item.")
