"""All that a tenant holds, wherever it lies: read, deleted and counted through the tenant's own scoped credentials.

The pooled table is gone through by the known kinds and shards, the database by its tenant tables under row-level
security; neither needs a right that reaches other tenants.
"""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, LiteralString, NamedTuple, Protocol

from psycopg import sql

from chalicelib.data.database import Login
from chalicelib.data.dynamodb import ConditionFailedError
from chalicelib.data.partitions import PartitionKey, Partitions
from chalicelib.data.storage import TenantTable
from chalicelib.data.table import Partition

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Executor

    from mypy_boto3_dynamodb import DynamoDBClient

    from chalicelib.data.database import Database
    from chalicelib.data.storage import Storage
    from chalicelib.vending.handles import Handle

_ROWS = 1000
#: A condition may have 300 operators, two for each attribute. Source: AWS, DynamoDB, "Service quotas", expressions.
_COMPARED = 100


class Chunk(NamedTuple):
    """Some rows, a JSON document each, and where to go on; None at the end."""

    rows: list[str]
    after: str | None


class Holding(Protocol):
    """One place that holds rows of the tenant."""

    @property
    def name(self) -> str:
        """A name for people and for files."""

    def read(self, after: str | None) -> Chunk:
        """Return the next rows after a position, in a stable order."""

    def erase(self, rows: list[str]) -> None:
        """Delete the rows that are still as `read` returned them; one that has changed meanwhile stays."""

    def count(self) -> int:
        """Return how many rows there are."""


class PartitionHolding:
    """One partition of the pooled table; a row is an item in DynamoDB's own JSON."""

    def __init__(self, partition: Partition, key: PartitionKey, threads: Executor) -> None:
        self._partition = partition
        self._threads = threads
        self.name = f"dynamodb/{key.kind}-{key.shard}"

    def read(self, after: str | None) -> Chunk:
        """See Holding; a chunk is at most the megabyte that a Query returns."""
        found = self._partition.query(after)
        return Chunk([_line(row) for row in found.rows], found.after)

    def erase(self, rows: list[str]) -> None:
        """See Holding."""
        list(self._threads.map(self._delete, map(_item, rows)))

    def count(self) -> int:
        """See Holding."""
        return self._partition.count()

    def _delete(self, item: dict[str, Any]) -> None:
        """Delete an item if its attributes are still as they were exported; of very many, the first ones."""
        others = [name for name in item if name not in {"pk", "sk"}][:_COMPARED]
        unchanged: dict[str, Any] = {}
        if others:
            unchanged = {
                "ConditionExpression": " AND ".join(f"#a{n} = :a{n}" for n in range(len(others))),
                "ExpressionAttributeNames": {f"#a{n}": name for n, name in enumerate(others)},
                "ExpressionAttributeValues": {f":a{n}": item[name] for n, name in enumerate(others)},
            }
        with suppress(ConditionFailedError):  # it is gone, or has changed: the proof will tell
            self._partition.delete(item["sk"]["S"], **unchanged)


class TableHolding:
    """One tenant table of the database; a row is a JSON object of its columns, as the database writes it.

    Read and written again here, a number could lose digits, and its row would never be found unchanged.
    """

    def __init__(self, database: Database, handle: Handle, table: TenantTable) -> None:
        self._database = database
        self._handle = handle
        self._names = {"table": sql.Identifier("public", table.name), "key": sql.Identifier(table.key)}
        self.name = f"postgresql/{table.name}"

    def read(self, after: str | None) -> Chunk:
        """See Holding."""
        rows = self._fetch(
            Login.READER,
            "SELECT {key}::text, to_jsonb({table}.*)::text FROM {table} WHERE tenant_id = %s AND (%s::text IS NULL OR "
            "{key}::text > %s) ORDER BY {key}::text LIMIT %s",
            [self._handle.tenant.tenant_id, after, after, _ROWS],
        )
        return Chunk([row[1] for row in rows], rows[-1][0] if len(rows) == _ROWS else None)

    def erase(self, rows: list[str]) -> None:
        """See Holding."""
        self._fetch(
            Login.WRITER,
            "DELETE FROM {table} WHERE tenant_id = %s AND to_jsonb({table}.*) IN "
            "(SELECT jsonb_array_elements(%s::jsonb)) RETURNING 1",
            [self._handle.tenant.tenant_id, f"[{','.join(rows)}]"],
        )

    def count(self) -> int:
        """See Holding."""
        rows = self._fetch(
            Login.READER, "SELECT count(*) FROM {table} WHERE tenant_id = %s", [self._handle.tenant.tenant_id]
        )
        return int(rows[0][0])

    def _fetch(self, login: Login, statement: LiteralString, values: list[Any]) -> list[tuple[Any, ...]]:
        composed = sql.SQL(statement).format(**self._names)
        with self._database.tenant_transaction(self._handle, login) as transaction:
            result = transaction.execute(composed, values)
        return result.fetchall()


def holdings_of(  # noqa: PLR0913, PLR0917 -- both stores, and what they may hold
    handle: Handle,
    storages: Iterable[Storage],
    dynamodb: DynamoDBClient,
    table_name: str,
    database: Database,
    threads: Executor,
) -> list[Holding]:
    """Return every place that may hold rows of the tenant."""
    holdings: list[Holding] = []
    for storage in storages:
        if isinstance(storage, TenantTable):
            holdings.append(TableHolding(database, handle, storage))
        else:
            holdings += (
                PartitionHolding(Partition(dynamodb, table_name, key), PartitionKey.parse(key), threads)
                for key in Partitions(handle.tenant, storage).every()
            )
    return holdings


def _line(row: Any) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=_base64)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _item(line: str) -> dict[str, Any]:
    """Read an item back from DynamoDB's own JSON, in which binary values are base64."""
    return {name: _value(typed) for name, typed in json.loads(line).items()}


def _value(typed: dict[str, Any]) -> dict[str, Any]:
    ((kind, value),) = typed.items()
    if kind == "B":
        return {kind: base64.b64decode(value)}
    if kind == "BS":
        return {kind: [base64.b64decode(each) for each in value]}
    if kind == "L":
        return {kind: [_value(each) for each in value]}
    if kind == "M":
        return {kind: {name: _value(each) for name, each in value.items()}}
    return typed
