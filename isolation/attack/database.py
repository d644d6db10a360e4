"""PostgreSQL as somebody reaches it who got hold of the application's logins."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus
from psycopg.types.json import Jsonb

from isolation.attack.outcomes import ATTACKER, VICTIMS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.data.storage import TenantTable
    from chalicelib.entities.probe import Probe
    from isolation.attack.served import Served
    from stage.document import LocalStage

LOGINS = ("reader", "writer")
_USABLE = {TransactionStatus.IDLE, TransactionStatus.INTRANS}
SET_TENANT = "SELECT set_config('app.current_tenant', %s, true)"
_INSERT = "INSERT INTO {table} (tenant_id, {key}, {columns}) VALUES (%(tenant)s, %(key)s, {values})"
_COLUMN = "column_"  # before a column's name among a statement's values, where `own`, `other` and `key` stand as well


@dataclass(frozen=True, slots=True)
class Table:
    """A tenant table of an entity, and what a row of it is made of: the fields of its probe's body are columns."""

    entity: str
    table: TenantTable
    probe: Probe

    def sql(self, template: str) -> str:
        """Return a statement of `{table}`, its `{key}`, the column `{text}`, other `{columns}` and their `{values}`."""
        columns = self.probe.body("")
        return template.format(
            table=identifier(self.table.name),
            key=identifier(self.table.key),
            text=identifier(self.probe.holds),
            columns=", ".join(map(identifier, columns)),
            values=", ".join(f"%({_COLUMN}{name})s" for name in columns),
        )

    def values(self, text: str) -> dict[str, Any]:
        """Return the values of a row that holds this text, as a statement takes them."""
        body = self.probe.body(text)
        return {f"{_COLUMN}{name}": Jsonb(value) if isinstance(value, dict | list) else value
                for name, value in body.items()}  # fmt: skip


def tables_of(served: Served) -> tuple[Table, ...]:
    """Return the tenant tables of the entities under attack."""
    return tuple(Table(each.name, each.table, each.probe) for each in served.targets if each.table)


def identifier(name: str) -> str:
    """Return a name as it stands in a statement."""
    return sql.Identifier(name).as_string(None)


class DatabaseAccess:
    """Connections of the two logins, whose passwords an administrator's scoped session of the attacker may read.

    `secrets` are what rows hold, by tenant; `secrets_manager` makes that session's client.
    One row of the attacker and one of each victim is planted in each table, in a transaction of its own tenant.
    """

    def __init__(
        self,
        stage: LocalStage,
        secrets: Mapping[str, str],
        secrets_manager: Callable[[], Any],
        tables: tuple[Table, ...],
    ) -> None:
        self._stage = stage
        self._secrets = secrets
        self._secrets_manager = secrets_manager
        self._connections: dict[str, psycopg.Connection[Any]] = {}
        self._tables = tables
        self.rows = {(each.entity, tenant): uuid.uuid4() for each in tables for tenant in (ATTACKER, *VICTIMS)}

    def connection(self, login: str) -> psycopg.Connection[Any]:
        """Return the login's connection, in autocommit.

        Raises:
            psycopg.Error: the server cannot be reached or refuses.
        """
        known = self._connections.get(login)
        if known is not None and known.info.transaction_status not in _USABLE:
            known.close()  # an attack that got through has left it in the middle of something
        if known is None or known.closed:
            known = self._connections[login] = self._connect(login)
        return known

    def text(self, tenant: str) -> str:
        """Return the text that the tenant's rows hold: its secret, and another than the row that the API has made."""
        return f"{self._secrets[tenant]}-sql"

    def plant(self) -> None:
        """Add the rows."""
        for table in self._tables:
            self._plant(table)

    def altered(self) -> list[str]:
        """Return the victims whose rows are not as they were, and put them back."""
        found: list[str] = []
        for table in self._tables:
            altered = [tenant for tenant in VICTIMS if self._texts(table, tenant) != [(self.text(tenant),)]]
            if altered:
                self._clear(table)
                self._plant(table)
            found += altered
        return list(dict.fromkeys(found))

    def clear(self) -> None:
        """Take the rows away."""
        for table in self._tables:
            self._clear(table)

    def close(self) -> None:
        """Close the connections."""
        for connection in self._connections.values():
            connection.close()

    def _plant(self, table: Table) -> None:
        for tenant in (ATTACKER, *VICTIMS):
            values = table.values(self.text(tenant))
            row = {"tenant": tenant, "key": self.rows[table.entity, tenant]}
            self._as(tenant, table.sql(_INSERT), row | values)

    def _clear(self, table: Table) -> None:
        for tenant in (ATTACKER, *VICTIMS):
            key = {"key": self.rows[table.entity, tenant]}
            self._as(tenant, table.sql("DELETE FROM {table} WHERE {key} = %(key)s"), key)

    def _texts(self, table: Table, tenant: str) -> list[Any]:
        key = {"key": self.rows[table.entity, tenant]}
        return self._as(tenant, table.sql("SELECT {text} FROM {table} WHERE {key} = %(key)s"), key)

    def _as(self, tenant: str, statement: str, parameters: Mapping[str, Any]) -> list[Any]:
        connection = self.connection("writer")
        with connection.transaction():
            connection.execute(SET_TENANT, [tenant])
            cursor = connection.execute(statement.encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    def _connect(self, login: str) -> psycopg.Connection[Any]:
        arn = getattr(self._stage.database, f"{login}_secret_arn")
        secret = json.loads(
            self._secrets_manager().get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")["SecretString"]
        )
        return psycopg.connect(
            host=secret["host"],
            port=secret["port"],
            user=secret["username"],
            password=secret["password"],
            dbname=secret["dbname"],
            sslmode="prefer",
            connect_timeout=5,
            autocommit=True,
        )
