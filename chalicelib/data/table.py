"""One kind of a tenant's rows in the pooled table: read, listed in pages, written under conditions.

A row is what DynamoDB stores: attributes by name in DynamoDB's own JSON, with its key `pk` and `sk`; `sk` is the row's
id. A row that is not there is None, and what that means is for the store to say.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from chalicelib.data.dynamodb import ConditionFailedError, application_errors, assignments
from chalicelib.errors import PreconditionFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor

    from mypy_boto3_dynamodb import DynamoDBClient

    from chalicelib.data.partitions import Partitions

Row: TypeAlias = "Mapping[str, Any]"
#: Of a write: only a row in one of these versions, or in any.
Versions: TypeAlias = "frozenset[int] | None"

# An answer must fit into the 6 MB that Lambda returns, where a control character takes seven bytes: \\u0001.
_MAX_PAGE_BYTES = 800_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one Query brought, and the id that the partition goes on after; None when it holds nothing beyond it."""

    rows: Sequence[Row]
    after: str | None


class Partition:
    """One partition of the pooled table."""

    def __init__(self, dynamodb: DynamoDBClient, table_name: str, key: str) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name
        self._key = key

    def get(self, row_id: str) -> Row | None:
        """Return a row."""
        answer = self._answer(self._dynamodb.get_item, Key=self._of(row_id), ConsistentRead=True)
        return cast("Row | None", answer.get("Item"))

    def query(self, after: str | None, **more: Any) -> Chunk:
        """Return the next rows by id, up to `Limit` or the megabyte that a Query returns; strongly consistent."""
        answer = self._query(after, **more)
        last = answer.get("LastEvaluatedKey")
        return Chunk(answer["Items"], last["sk"]["S"] if last else None)

    def count(self) -> int:
        """Return how many rows there are."""
        total, after = 0, None
        while True:
            answer = self._query(after, Select="COUNT")
            total += int(answer["Count"])
            if "LastEvaluatedKey" not in answer:
                return total
            after = answer["LastEvaluatedKey"]["sk"]["S"]

    def put(self, row_id: str, attributes: Row, **condition: Any) -> Row | None:
        """Write a whole row, and return the one that it replaced.

        Raises:
            ConditionFailedError: the condition does not hold.
        """
        item = {**self._of(row_id), **attributes}
        answer = self._answer(self._dynamodb.put_item, Item=item, ReturnValues="ALL_OLD", **condition)
        return cast("Row | None", answer.get("Attributes"))

    def update(self, row_id: str, **request: Any) -> Row:
        """Change a row and return it.

        Raises:
            ConditionFailedError: the condition does not hold.
        """
        answer = self._answer(self._dynamodb.update_item, Key=self._of(row_id), ReturnValues="ALL_NEW", **request)
        return cast("Row", answer["Attributes"])

    def delete(self, row_id: str, **condition: Any) -> None:
        """Delete a row.

        Raises:
            ConditionFailedError: the condition does not hold.
        """
        self._answer(self._dynamodb.delete_item, Key=self._of(row_id), **condition)

    def _query(self, after: str | None, **more: Any) -> Any:
        beyond = {":after": {"S": after}} if after is not None else {}
        return self._answer(
            self._dynamodb.query,
            KeyConditionExpression="pk = :pk AND sk > :after" if beyond else "pk = :pk",
            ExpressionAttributeValues={":pk": {"S": self._key}, **beyond},
            ConsistentRead=True,
            **more,
        )

    def _of(self, row_id: str) -> dict[str, Any]:
        return {"pk": {"S": self._key}, "sk": {"S": row_id}}

    def _answer(self, call: Callable[..., Any], **request: Any) -> Any:
        with application_errors():
            return call(TableName=self._table_name, **request)


class Table:
    """A tenant's rows of one kind, over all partitions that they spread over.

    Every method raises TenantAccessDeniedError when IAM refuses, and StoreUnavailableError when DynamoDB cannot be
    reached in time. `versioned` rows have a `version` that begins with 1 and that each change increases.
    """

    def __init__(
        self,
        dynamodb: DynamoDBClient,
        table_name: str,
        partitions: Partitions,
        threads: Callable[[], Executor],
        *,
        versioned: bool = False,
    ) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name
        self._partitions = partitions
        self._threads = threads
        self._versioned = versioned

    def get(self, row_id: str) -> Row | None:
        """Return a row; one GetItem, unless the number of shards has grown since it was written."""
        rows = (self._partition(key).get(row_id) for key in self._partitions.candidates(row_id))
        return next((row for row in rows if row), None)

    def get_by_key(self, key: str, row_id: str) -> Row | None:
        """Return the row with exactly this primary key: nothing here looks whose it is, and IAM judges."""
        return self._partition(key).get(row_id)

    def page(self, *, limit: int, after: str | None) -> tuple[list[Row], str | None]:
        """Return up to `limit` rows by id, and the id to go on after, or None at the end.

        One Query a partition, all side by side, strongly consistent, merged by id; a partition that runs out before the
        page is full is asked for more. A page also ends after 800 kB.
        """
        wanted = limit + 1  # one more tells whether there is a next page
        partitions = [self._partition(key) for key in self._partitions.every()]
        asked = _rows_a_partition(wanted, len(partitions))

        def first(partition: Partition) -> Chunk:
            return partition.query(after, Limit=asked)

        alone = len(partitions) == 1
        chunks = list(map(first, partitions) if alone else self._threads().map(first, partitions))
        rests = [_rest(partition, chunk, asked) for partition, chunk in zip(partitions, chunks, strict=True)]
        rows: list[Row] = []
        size = 0
        for row in heapq.merge(*rests, key=_row_id):
            size += _size(row)
            if len(rows) == limit or (rows and size > _MAX_PAGE_BYTES):
                return rows, _row_id(rows[-1])
            rows.append(row)
        return rows, None

    def add(self, row_id: str, attributes: Row) -> Row:
        """Write a row with a new id, and return it."""
        key = self._partitions.candidates(row_id)[0]
        stored = {**attributes, **({"version": {"N": "1"}} if self._versioned else {})}
        self._partition(key).put(row_id, stored)
        return {"pk": {"S": key}, "sk": {"S": row_id}, **stored}

    def put(self, row_id: str, attributes: Row) -> bool:
        """Write a whole row, replacing one of the same id, and return whether it is new.

        Raises:
            TypeError: rows here have versions, which this would lose.
        """
        if self._versioned:
            raise TypeError("rows with versions are written with add and change")
        first, *former = self._partitions.candidates(row_id)
        for key in former:  # what is there already stays where it is
            try:
                self._partition(key).put(row_id, attributes, ConditionExpression="attribute_exists(pk)")
            except ConditionFailedError:
                continue
            return False
        return not self._partition(first).put(row_id, attributes)

    def change(self, row_id: str, attributes: Row, versions: Versions = None) -> Row | None:
        """Set these attributes of a row, in one of these versions, and return it; None when there is no such row.

        Of several callers with the same version exactly one succeeds.

        Raises:
            PreconditionFailedError: the row is there, in another version.
            ValueError: there is nothing to set.
        """
        if not attributes:
            raise ValueError("a change sets at least one attribute")
        clause, names, values = assignments(attributes)
        if self._versioned:
            clause = f"#version = #version + :one, {clause}"
            names, values = {"#version": "version", **names}, {":one": {"N": "1"}, **values}

        def write(partition: Partition, condition: dict[str, Any]) -> Row:
            return partition.update(row_id, UpdateExpression=f"SET {clause}", **condition)

        return cast("Row | None", self._write_existing(write, row_id, versions, names, values))

    def delete(self, row_id: str, versions: Versions = None) -> bool:
        """Delete a row in one of these versions, and return whether there was one.

        Raises:
            PreconditionFailedError: the row is there, in another version.
        """

        def write(partition: Partition, condition: dict[str, Any]) -> bool:
            partition.delete(row_id, **condition)
            return True

        return bool(self._write_existing(write, row_id, versions, {}, {}))

    def _write_existing(
        self,
        write: Callable[[Partition, dict[str, Any]], Any],
        row_id: str,
        versions: Versions,
        names: dict[str, str],
        values: dict[str, Any],
    ) -> Any:
        """Write under the condition that the row is there in one of these versions, wherever it may be."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_exists(pk)"}
        if versions is not None:
            # No stored version is 0: with none to compare with, nothing matches, and DynamoDB says whether it exists.
            expected = {f":version{n}": {"N": str(version)} for n, version in enumerate(versions or {0})}
            names, values = {"#version": "version", **names}, {**values, **expected}
            condition = {
                "ConditionExpression": f"#version IN ({', '.join(expected)})",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        if names:
            condition["ExpressionAttributeNames"] = names
        if values:
            condition["ExpressionAttributeValues"] = values
        for key in self._partitions.candidates(row_id):
            try:
                return write(self._partition(key), condition)
            except ConditionFailedError as failed:
                if failed.found:
                    raise PreconditionFailedError("It has changed meanwhile: read it again.") from failed
        return None

    def _partition(self, key: str) -> Partition:
        return Partition(self._dynamodb, self._table_name, key)


def _rest(partition: Partition, chunk: Chunk, asked: int) -> Iterator[Row]:
    """Yield the chunk's rows and the partition's further ones."""
    yield from chunk.rows
    while chunk.after is not None:
        chunk = partition.query(chunk.after, Limit=asked)
        yield from chunk.rows


def _rows_a_partition(wanted: int, partitions: int) -> int:
    """Return how many rows to ask of each partition, so that a page rarely needs a second round.

    Ids fall into shards at random: one has Poisson-many of the next `wanted`, and more than three deviations above the
    mean once in several hundred times.
    """
    if partitions == 1:
        return wanted
    mean = wanted / partitions
    return min(wanted, math.ceil(mean + 3 * math.sqrt(mean)))


def _row_id(row: Row) -> str:
    return cast("str", row["sk"]["S"])


def _size(value: Any) -> int:
    """Return about how many bytes a stored value takes in an answer."""
    if isinstance(value, dict):
        return sum(len(name) + _size(each) for name, each in value.items())
    if isinstance(value, list):
        return sum(map(_size, value))
    return len(value.encode()) if isinstance(value, str) else 1
