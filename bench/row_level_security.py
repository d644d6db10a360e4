"""What row-level security costs: the tenant transaction against WHERE alone on an unprotected copy.

1,000,000 rows of 1,000 tenants, which lie mixed as they come, in a pooled table of the benchmark's own. Both sides take
turns on the same connection of the same pool, each in a transaction of its own in pipeline mode. What the tenant
transaction has beside: the setting, the policy, the watch over the deadline, the look whether its handle is open, and
that its errors are named.
"""

from __future__ import annotations

import json
import random
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import psycopg

from bench.harness import Comparison, Series, in_turn
from bulkhead_localaws.postgres.server import PostgresServer
from chalicelib.control_plane.migration import migrate
from chalicelib.data.database import Database, DatabaseSettings, Login
from chalicelib.data.database_secret import DatabaseSecret
from chalicelib.tenancy.tenant import Role, TenantContext
from chalicelib.vending.handles import Handle, request_scope
from chalicelib.vending.sessions import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from mypy_boto3_secretsmanager import SecretsManagerClient

    from chalicelib.data.database import Connection, Transaction
    from stage.progress import Progress

    Begin = Callable[[Handle, Login], AbstractContextManager[Connection | Transaction]]

ROWS, TENANTS = 1_000_000, 1_000
WARM_UP = 50
COLUMNS = "SELECT row_id, name, title, created_at FROM {}"
#: A table as an entity's migration makes it (chalicelib/migrations/versions).
TABLE = """
CREATE TABLE bench (
    tenant_id text NOT NULL CHECK (tenant_id ~ '^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$'),
    row_id uuid NOT NULL,
    name text NOT NULL,
    title text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, row_id)
);
CREATE UNIQUE INDEX bench_name ON bench (tenant_id, lower(name));
ALTER TABLE bench ENABLE ROW LEVEL SECURITY;
ALTER TABLE bench FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_policy ON bench
    USING (tenant_id = (SELECT nullif(current_setting('app.current_tenant', true), '')))
    WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.current_tenant', true), '')));
GRANT SELECT ON bench TO app_reader;
"""


@dataclass(frozen=True, slots=True)
class _Reading:
    """A statement, how many rows it gives, and what is expected of it."""

    what: str
    statement: str
    rows: int
    rounds: int
    goal: float


READINGS = (
    _Reading("a row", f"{COLUMNS} WHERE tenant_id = %s AND row_id = %s", 1, 6_000, 1.2),
    _Reading(
        "1,000 rows",
        f"{COLUMNS} WHERE tenant_id = %s AND row_id >= %s ORDER BY row_id LIMIT 1000",
        ROWS // TENANTS,
        600,
        1.05,
    ),
)
FIRST = uuid.UUID(int=0)


class _Secrets:
    """A Secrets Manager with one secret."""

    def __init__(self, secret: DatabaseSecret) -> None:
        self._text = json.dumps(
            {
                "host": secret.host,
                "port": secret.port,
                "username": secret.username,
                "password": secret.password,
                "dbname": secret.dbname,
            }
        )

    def get_secret_value(self, **_: str) -> dict[str, str]:
        return {"SecretString": self._text}


class _Benched(Database):
    """The application's data access, and beside it a transaction that protects nothing."""

    @contextmanager
    def unprotected_transaction(self, handle: Handle, login: Login) -> Iterator[Connection]:
        with (
            self._connection(handle, handle.session(), login) as connection,
            connection.pipeline(),
            connection.transaction(),
        ):
            yield connection


def measure(progress: Progress) -> list[Comparison]:
    """Compare reading a single row, and a page."""
    measured = []
    with PostgresServer.start(database="bench") as server:
        with progress.step(f"row-level security: {ROWS:,} rows of {TENANTS:,} tenants, twice"):
            reader, sample = _prepare(server)
        secrets = cast("SecretsManagerClient", _Secrets(reader))
        settings = DatabaseSettings(dict.fromkeys(Login, "arn"), sslmode="disable", connections=1)
        database = _Benched(lambda _: secrets, settings)
        for reading in READINGS:
            with progress.step(f"row-level security: {reading.what}, {reading.rounds:,} of each, in turn"):
                protected, plain = _measure(database, reading, sample)
            sides = Series("tenant transaction", protected), Series("WHERE alone, unprotected copy", plain)
            measured.append(Comparison(f"row-level security, {reading.what}", *sides, goal=reading.goal))
        database.close()
    return measured


def _prepare(server: PostgresServer) -> tuple[DatabaseSecret, list[tuple[str, uuid.UUID]]]:
    """Fill both tables, and return the reader's secret and some of the rows."""
    master: dict[str, Any] = {
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password": server.password,
        "dbname": server.database,
    }
    secrets = [
        DatabaseSecret(server.host, server.port, f"app_{login}", uuid.uuid4().hex, server.database) for login in Login
    ]
    migrate(master, secrets)
    with psycopg.connect(**master, autocommit=True) as connection:
        # So that the two tables do not evict each other.
        connection.execute("ALTER SYSTEM SET shared_buffers = '512MB'")
    server.restart()
    with psycopg.connect(**master, autocommit=True) as connection:
        connection.execute(TABLE)
        connection.execute(
            "INSERT INTO bench SELECT 'tenant-' || number %% %s, gen_random_uuid(), "
            "'row' || number || '@example.com', 'Row ' || number FROM generate_series(1, %s) number",
            [TENANTS, ROWS],
        )
        connection.execute("CREATE TABLE bench_plain (LIKE bench INCLUDING ALL)")
        connection.execute("INSERT INTO bench_plain SELECT * FROM bench")
        connection.execute("GRANT SELECT ON bench_plain TO app_reader")
        connection.execute("VACUUM ANALYZE bench")
        connection.execute("VACUUM ANALYZE bench_plain")
        sample = connection.execute("SELECT tenant_id, row_id FROM bench ORDER BY random() LIMIT 2000").fetchall()
    return secrets[0], sample


def _measure(database: _Benched, reading: _Reading, sample: list[tuple[str, uuid.UUID]]) -> list[list[float]]:
    """Return the milliseconds of each side, measured in pairs on the same row."""
    rows = random.choices(sample, k=WARM_UP + reading.rounds)  # noqa: S311 -- which rows are read
    return in_turn(
        partial(_read, database.tenant_transaction, reading, "bench", iter(rows)),
        partial(_read, database.unprotected_transaction, reading, "bench_plain", iter(rows)),
        rounds=reading.rounds,
        warm_up=WARM_UP,
    )


def _read(begin: Begin, reading: _Reading, table: str, rows: Iterator[tuple[str, uuid.UUID]]) -> float:
    tenant_id, row_id = next(rows)
    tenant = TenantContext(tenant_id=tenant_id, role=Role.VIEWER, user_id="1", email="bench@example.com")
    statement = reading.statement.format(table)
    values = tenant_id, row_id if reading.rows == 1 else FIRST
    session = Session.of_function(tenant_id, tenant.role)
    with request_scope(lambda: session):
        handle = Handle(tenant)
        began = time.perf_counter()
        with begin(handle, Login.READER) as transaction:
            result = transaction.execute(statement, values)
        spent = 1000 * (time.perf_counter() - began)
        assert len(result.fetchall()) == reading.rows
    return spent
