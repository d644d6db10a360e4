"""PostgreSQL as somebody reaches it who got hold of the application's logins."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import TransactionStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from stage.document import LocalStage

LOGINS = ("reader", "writer")
_USABLE = {TransactionStatus.IDLE, TransactionStatus.INTRANS}
ATTACKER, VICTIM = "acme", "globex"
VICTIMS = ("acme-eu", "acme1", "acme10", VICTIM)
SET_TENANT = "SELECT set_config('app.current_tenant', %s, true)"
_INSERT = "INSERT INTO users (tenant_id, user_id, email, display_name) VALUES (%s, %s, %s, %s)"


class DatabaseAccess:
    """Connections of the two logins, whose passwords an administrator's scoped session of the attacker may read.

    `secrets` are what rows hold, by tenant; `secrets_manager` makes that session's client.
    One row of the attacker and one of each victim is planted, each in a transaction of its own tenant.
    """

    def __init__(self, stage: LocalStage, secrets: Mapping[str, str], secrets_manager: Callable[[], Any]) -> None:
        self._stage = stage
        self._secrets = secrets
        self._secrets_manager = secrets_manager
        self._connections: dict[str, psycopg.Connection[Any]] = {}
        self.rows = {tenant: uuid.uuid4() for tenant in (ATTACKER, *VICTIMS)}

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

    def plant(self) -> None:
        """Add the rows."""
        for tenant, user_id in self.rows.items():
            row = [tenant, user_id, f"{user_id}@example.com", self._secrets[tenant]]
            self._as(tenant, _INSERT, row)

    def altered(self) -> list[str]:
        """Return the victims whose rows are not as they were, and put them back."""
        altered = [tenant for tenant in VICTIMS if self._names(tenant) != [(self._secrets[tenant],)]]
        if altered:
            self.clear()
            self.plant()
        return altered

    def clear(self) -> None:
        """Take the rows away."""
        for tenant, user_id in self.rows.items():
            self._as(tenant, "DELETE FROM users WHERE user_id = %s", [user_id])

    def close(self) -> None:
        """Close the connections."""
        for connection in self._connections.values():
            connection.close()

    def _names(self, tenant: str) -> list[Any]:
        return self._as(tenant, "SELECT display_name FROM users WHERE user_id = %s", [self.rows[tenant]])

    def _as(self, tenant: str, statement: str, parameters: Iterable[Any]) -> list[Any]:
        connection = self.connection("writer")
        with connection.transaction():
            connection.execute(SET_TENANT, [tenant])
            cursor = connection.execute(statement.encode(), list(parameters))
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
