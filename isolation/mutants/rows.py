"""The victim's rows as the operator sees them, so that nobody's session and no code of the app is asked."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from isolation.attack.outcomes import ATTACKER, VICTIM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isolation.attack.routes import Target
    from stage.local.stack import LocalStack


class StoredRows:
    """What is stored of an entity; one for each thread."""

    def __init__(self, stack: LocalStack) -> None:
        self._dynamodb = stack.client("dynamodb")
        self._table_name = stack.outputs["table_name"]
        self._owner = psycopg.connect(**stack.database_login("master"), autocommit=True)

    def of(self, target: Target, tenant: str) -> dict[str, str]:
        """Return a tenant's rows as text, by their ids.

        Raises:
            ClientError, BotoCoreError, psycopg.Error: they cannot be read.
        """
        if target.kind:
            begin = f"{tenant}#{target.kind.name}#"
            return {
                item["sk"]["S"]: json.dumps(item, sort_keys=True)
                for item in self._items()
                if item["pk"]["S"].startswith(begin)
            }
        with self._as(tenant) as connection:
            statement = sql.SQL("SELECT {}::text, to_json(t)::text FROM {} t WHERE tenant_id = %s")
            key, table = self._named(target)
            return dict(connection.execute(statement.format(key, table), [tenant]).fetchall())

    def sweep(self, target: Target, mark: str) -> None:
        """Delete the rows of both tenants that hold this text."""
        if target.kind:
            for item in self._items():
                if mark in json.dumps(item):
                    key = {"pk": item["pk"], "sk": item["sk"]}
                    self._dynamodb.delete_item(TableName=self._table_name, Key=key)
            return
        for tenant in (ATTACKER, VICTIM):
            with self._as(tenant) as connection:
                statement = sql.SQL("DELETE FROM {} t WHERE tenant_id = %s AND strpos(to_json(t)::text, %s) > 0")
                connection.execute(statement.format(self._named(target)[1]), [tenant, mark])

    def drop(self, target: Target, tenant: str, row_id: str) -> None:
        """Delete a row, if it is there."""
        if target.kind:
            key = {"pk": {"S": target.key(tenant, row_id)}, "sk": {"S": row_id}}
            self._dynamodb.delete_item(TableName=self._table_name, Key=key)
            return
        with self._as(tenant) as connection:
            key_name, table = self._named(target)
            statement = sql.SQL("DELETE FROM {} WHERE tenant_id = %s AND {}::text = %s")
            connection.execute(statement.format(table, key_name), [tenant, row_id])

    def close(self) -> None:
        """Close the connection to the database."""
        self._owner.close()

    def _items(self) -> Iterator[dict[str, Any]]:
        for page in self._dynamodb.get_paginator("scan").paginate(TableName=self._table_name, ConsistentRead=True):
            yield from page["Items"]

    @staticmethod
    def _named(target: Target) -> tuple[sql.Identifier, sql.Identifier]:
        if target.table is None:
            raise ValueError(f"{target.name} are not in the database")
        return sql.Identifier(target.table.key), sql.Identifier(target.table.name)

    @contextmanager
    def _as(self, tenant: str) -> Iterator[psycopg.Connection[Any]]:
        """Open a transaction as the owner, to whom row-level security applies too."""
        with self._owner.transaction():
            self._owner.execute("SELECT set_config('app.current_tenant', %s, true)", [tenant])
            yield self._owner
