"""A tenant's rows in one table of the database: read with the reader's login, written with the writer's.

Every statement names the tenant itself, as a second layer on top of row-level security.
"""

from __future__ import annotations

import functools
import uuid
from typing import TYPE_CHECKING, Any, LiteralString, NamedTuple, TypeAlias

from psycopg import sql

from chalicelib.data.database import Login

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.data.database import Database
    from chalicelib.data.storage import TenantTable
    from chalicelib.vending.handles import Handle

Row: TypeAlias = "dict[str, Any]"
_WRITTEN = "written_"  # before a column's name in a statement's values, so that a column `tenant` is not the tenant
_INSERT: LiteralString = "INSERT INTO {table} (tenant_id, {key}, {names}) VALUES (%(tenant)s, %(key)s, {values})"


class Rows:
    """The rows of one tenant in a table whose key is a UUID; a row is its columns by name, without `tenant_id`.

    Every method raises TenantAccessDeniedError when IAM does not entitle the tenant's role to the login, and
    DatabaseUnavailableError when the database does not answer in time. `columns` names the table's other columns.
    """

    def __init__(self, database: Database, handle: Handle, table: TenantTable, columns: tuple[str, ...]) -> None:
        self._database = database
        self._handle = handle
        self._key = table.key
        self._columns = (table.key, *columns)
        self._table = table

    def page(self, *, limit: int, after: uuid.UUID | None) -> tuple[list[Row], uuid.UUID | None]:
        """Return up to `limit` rows by key, and the key to go on after, or None at the end."""
        rows = self._run(
            Login.READER,
            "SELECT {columns} FROM {table} WHERE tenant_id = %(tenant)s AND {key} > %(after)s "
            "ORDER BY {key} LIMIT %(limit)s",
            after=after or uuid.UUID(int=0),
            limit=limit + 1,
        ).rows
        return rows[:limit], rows[limit - 1][self._key] if len(rows) > limit else None

    def get(self, key: uuid.UUID) -> Row | None:
        """Return a row."""
        statement = "SELECT {columns} FROM {table} WHERE tenant_id = %(tenant)s AND {key} = %(key)s"
        return _only(self._run(Login.READER, statement, key=key).rows)

    def insert(self, values: Mapping[str, Any]) -> Row:
        """Add a row with a new key and return it.

        Raises:
            psycopg.errors.IntegrityError: a constraint of the table refuses.
        """
        return self._run(Login.WRITER, _INSERT + " RETURNING {columns}", values, key=uuid.uuid4()).rows[0]

    def insert_unless_there(self, values: Mapping[str, Any]) -> None:
        """Add a row with a new key, unless one of the table's unique indexes has its values already."""
        self._run(Login.WRITER, _INSERT + " ON CONFLICT DO NOTHING", values, key=uuid.uuid4())

    def change(self, key: uuid.UUID, values: Mapping[str, Any]) -> Row | None:
        """Set these columns of a row and return it; None when there is no such row.

        Raises:
            psycopg.errors.IntegrityError: a constraint of the table refuses.
            ValueError: there is nothing to set.
        """
        if not values:
            raise ValueError("a change sets at least one column")
        statement: LiteralString = (
            "UPDATE {table} SET ({names}) = ROW ({values}) WHERE tenant_id = %(tenant)s AND {key} = %(key)s "
            "RETURNING {columns}"
        )
        return _only(self._run(Login.WRITER, statement, values, key=key).rows)

    def delete(self, key: uuid.UUID) -> bool:
        """Delete a row, and return whether there was one."""
        statement = "DELETE FROM {table} WHERE tenant_id = %(tenant)s AND {key} = %(key)s"
        return self._run(Login.WRITER, statement, key=key).touched > 0

    def _run(
        self, login: Login, statement: LiteralString, values: Mapping[str, Any] | None = None, **others: Any
    ) -> _Answer:
        values = values or {}
        text = _composed(statement, self._table, self._columns, tuple(values))
        with self._database.tenant_transaction(self._handle, login) as transaction:
            written = {f"{_WRITTEN}{name}": value for name, value in values.items()}
            result = transaction.execute(text, {"tenant": self._handle.tenant.tenant_id, **others, **written})
        rows = [dict(zip(self._columns, row, strict=True)) for row in result.fetchall()]
        return _Answer(rows, result.rowcount)


class _Answer(NamedTuple):
    rows: list[Row]
    touched: int


@functools.cache  # a statement of the code, and names of the schema: there are few
def _composed(
    statement: LiteralString, table: TenantTable, columns: tuple[str, ...], names: tuple[str, ...]
) -> sql.Composed:
    comma = sql.SQL(", ")
    return sql.SQL(statement).format(
        table=sql.Identifier("public", table.name),
        key=sql.Identifier(table.key),
        columns=comma.join(map(sql.Identifier, columns)),
        names=comma.join(map(sql.Identifier, names)),
        values=comma.join(sql.Placeholder(f"{_WRITTEN}{name}") for name in names),
    )


def _only(rows: list[Row]) -> Row | None:
    return rows[0] if rows else None
