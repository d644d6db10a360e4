"""A tenant's items in the pooled table, spread over partitions: `pk = {tenant}#item#{shard}`, `sk = product_id`."""

from __future__ import annotations

import heapq
import math
import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from chalicelib.data.dynamodb import ConditionFailedError, application_errors, assignments, price_attribute
from chalicelib.data.partitions import Kind
from chalicelib.errors import InvalidRequestError, ItemNotFoundError, PreconditionFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor

    from mypy_boto3_dynamodb import DynamoDBClient

    from chalicelib.data.partitions import PartitionKey, Partitions

#: A number is a Decimal, so that it comes back exactly.
AttributeValue = str | Decimal | bool

# An answer must fit into the 6 MB that Lambda returns, where a control character takes seven bytes: \\u0001.
_MAX_PAGE_BYTES = 800_000


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


@dataclass(frozen=True, slots=True)
class _Chunk:
    """What one Query brought, and the id that the shard goes on after; None when it holds nothing beyond it."""

    rows: Sequence[Mapping[str, Any]]
    after: str | None


class ItemStore:
    """The items of one tenant."""

    def __init__(
        self,
        dynamodb: DynamoDBClient,
        table_name: str,
        partitions: Partitions,
        threads: Executor,
        now: Callable[[], datetime],
    ) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name
        self._partitions = partitions
        self._threads = threads
        self._now = now

    def create(self, *, name: str, price: Decimal, attributes: Mapping[str, AttributeValue]) -> Item:
        """Add an item with a new id, in the shard that its id falls into."""
        product_id = str(uuid.uuid4())
        shard_id = self._partitions.candidates(product_id)[0]
        item = Item(product_id, shard_id, name, price, attributes, version=1, created_at=self._now())
        with application_errors():
            self._dynamodb.put_item(
                TableName=self._table_name,
                Item={
                    **_key(shard_id, product_id),
                    **_fields({"name": name, "price": price, "attributes": attributes}),
                    "version": {"N": "1"},
                    "created_at": {"S": item.created_at.isoformat()},
                },
            )
        return item

    def get(self, product_id: str) -> Item:
        """Return an item; one GetItem, unless the number of shards has grown since it was written.

        Raises:
            ItemNotFoundError: the tenant has none of this id.
        """
        for shard_id in self._partitions.candidates(product_id):
            stored = self._read(shard_id, product_id)
            if stored:
                return _item(stored)
        raise _not_found()

    def get_by_key(self, key: PartitionKey, product_id: str) -> Item:
        """Return the item with exactly this primary key.

        Nothing here compares the key's tenant with the caller's: DynamoDB is asked, and IAM refuses another tenant's.

        Raises:
            TenantAccessDeniedError: IAM refused.
            InvalidRequestError: the partition is the caller's own, but holds no items.
            ItemNotFoundError: the partition is the caller's own, and does not hold the item.
        """
        stored = self._read(str(key), product_id)
        if key.kind is not Kind.ITEM:
            raise InvalidRequestError("shard_id: must be the partition key of items")
        if not stored:
            raise _not_found()
        return _item(stored)

    def page(self, *, limit: int, after: str | None) -> tuple[list[Item], str | None]:
        """Return up to `limit` items by id, and the id to go on after, or None at the end.

        One Query a shard, all side by side, strongly consistent, merged by id; a shard that runs out before the page is
        full is asked for more. A page also ends after 800 kB.
        """
        wanted = limit + 1  # one more tells whether there is a next page
        shard_ids = self._partitions.every()
        rows = _rows_a_shard(wanted, len(shard_ids))

        def query(shard_id: str) -> _Chunk:
            return self._query(shard_id, after, rows)

        chunks = list(self._threads.map(query, shard_ids))
        shards = [self._rest(shard_id, chunk, rows) for shard_id, chunk in zip(shard_ids, chunks, strict=True)]
        items: list[Item] = []
        size = 0
        for item in heapq.merge(*shards, key=lambda item: item.product_id):
            size += _text_bytes(item)
            if len(items) == limit or (items and size > _MAX_PAGE_BYTES):
                return items, items[-1].product_id
            items.append(item)
        return items, None

    def change(self, product_id: str, versions: frozenset[int] | None, **fields: Any) -> Item:
        """Change `name`, `price`, `attributes` or several of them, and return the item in its new version.

        Only one of these versions is changed, or any when `versions` is None; of several callers with the same version
        exactly one succeeds.

        Raises:
            ItemNotFoundError: the tenant has no item of this id.
            PreconditionFailedError: its version is another.
        """
        clause, names, values = assignments(_fields(fields))
        answer = self._write_existing(
            self._dynamodb.update_item,
            product_id,
            versions,
            names=names,
            values={":one": {"N": "1"}, **values},
            UpdateExpression=f"SET #version = #version + :one, {clause}",
            ReturnValues="ALL_NEW",
        )
        return _item(answer["Attributes"])

    def delete(self, product_id: str, versions: frozenset[int] | None) -> None:
        """Delete an item, only if it has one of these versions, or any when `versions` is None.

        Raises:
            ItemNotFoundError: the tenant has no item of this id.
            PreconditionFailedError: its version is another.
        """
        self._write_existing(self._dynamodb.delete_item, product_id, versions, names={}, values={})

    def _write_existing(
        self,
        write: Callable[..., Any],
        product_id: str,
        versions: frozenset[int] | None,
        *,
        names: dict[str, str],
        values: dict[str, Any],
        **request: Any,
    ) -> Any:
        """Write under the condition that the item is there in one of these versions, wherever it may be."""
        # No stored version is 0: with no version to compare with, nothing matches, and DynamoDB says whether it exists.
        expected = {f":version{n}": {"N": str(version)} for n, version in enumerate(versions or {0})}
        condition = "attribute_exists(#version)" if versions is None else f"#version IN ({', '.join(expected)})"
        values = values if versions is None else {**values, **expected}
        if values:
            request["ExpressionAttributeValues"] = values
        for shard_id in self._partitions.candidates(product_id):
            try:
                with application_errors():
                    return write(
                        TableName=self._table_name,
                        Key=_key(shard_id, product_id),
                        ConditionExpression=condition,
                        ExpressionAttributeNames={"#version": "version", **names},
                        ReturnValuesOnConditionCheckFailure="ALL_OLD",
                        **request,
                    )
            except ConditionFailedError as failed:
                if failed.found:
                    raise PreconditionFailedError("The item has changed meanwhile: read it again.") from failed
        raise _not_found()

    def _read(self, shard_id: str, product_id: str) -> dict[str, Any] | None:
        with application_errors():
            answer = self._dynamodb.get_item(
                TableName=self._table_name, Key=_key(shard_id, product_id), ConsistentRead=True
            )
        return answer.get("Item")

    def _query(self, shard_id: str, after: str | None, rows: int) -> _Chunk:
        beyond = {":after": {"S": after}} if after is not None else {}
        with application_errors():
            answer = self._dynamodb.query(
                TableName=self._table_name,
                KeyConditionExpression="pk = :pk AND sk > :after" if beyond else "pk = :pk",
                ExpressionAttributeValues={":pk": {"S": shard_id}, **beyond},
                ConsistentRead=True,
                Limit=rows,
            )
        last = answer.get("LastEvaluatedKey")
        return _Chunk(answer["Items"], last["sk"]["S"] if last else None)

    def _rest(self, shard_id: str, chunk: _Chunk, rows: int) -> Iterator[Item]:
        """Yield the chunk's items and the shard's further ones, each made in its turn: a page takes about half."""
        yield from map(_item, chunk.rows)
        while chunk.after is not None:
            chunk = self._query(shard_id, chunk.after, rows)
            yield from map(_item, chunk.rows)


def _rows_a_shard(wanted: int, shards: int) -> int:
    """Return how many rows to ask of each shard, so that a page rarely needs a second round.

    Ids are random: a shard has Poisson-many of the next `wanted`, and more than three deviations above the mean once
    in several hundred times.
    """
    mean = wanted / shards
    return min(wanted, math.ceil(mean + 3 * math.sqrt(mean)))


def _key(shard_id: str, product_id: str) -> dict[str, Any]:
    return {"pk": {"S": shard_id}, "sk": {"S": product_id}}


def _fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stored form of `name`, `price` and `attributes`, as far as they are given."""
    stored: dict[str, Any] = {}
    if "name" in fields:
        stored["name"] = {"S": fields["name"]}
    if "price" in fields:
        stored["price"] = price_attribute(fields["price"])
    if "attributes" in fields:
        stored["attributes"] = {"M": {name: _stored(value) for name, value in fields["attributes"].items()}}
    return stored


def _stored(value: AttributeValue) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"N": str(value)} if isinstance(value, Decimal) else {"S": value}


def _loaded(stored: Mapping[str, Any]) -> AttributeValue:
    ((kind, value),) = stored.items()
    return Decimal(value) if kind == "N" else value


def _item(stored: Mapping[str, Any]) -> Item:
    return Item(
        product_id=stored["sk"]["S"],
        shard_id=stored["pk"]["S"],
        name=stored["name"]["S"],
        price=Decimal(stored["price"]["S"]),
        attributes={name: _loaded(value) for name, value in stored["attributes"]["M"].items()},
        version=int(stored["version"]["N"]),
        created_at=datetime.fromisoformat(stored["created_at"]["S"]),
    )


def _text_bytes(item: Item) -> int:
    return sum(len(f"{name}{value}".encode()) for name, value in [("", item.name), *item.attributes.items()])


def _not_found() -> ItemNotFoundError:
    return ItemNotFoundError("There is no such item.")
