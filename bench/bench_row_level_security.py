"""What row-level security costs: the tenant transaction against WHERE alone on an unprotected copy, in one run.

1,000,000 rows of 1,000 tenants, which lie mixed as they come in a pooled table. Both sides take turns on the same
connection of the same pool, each in a transaction of its own in pipeline mode: only the setting and the policy differ.
"""

from __future__ import annotations

import json
import random
import statistics
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import psycopg

from chalicelib.control_plane.migration import migrate
from chalicelib.database import Database, DatabaseSettings, Login
from chalicelib.database_secret import DatabaseSecret
from chalicelib.tenant import Role, TenantContext
from localaws.postgres import PostgresServer
from ops.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_secretsmanager import SecretsManagerClient

    from chalicelib.database import Connection

ROWS, TENANTS = 1_000_000, 1_000
READS, PAGES, WARM_UP = 6_000, 600, 50
GOALS = {"a single row": 1.2, "a page of 1,000 rows": 1.05}
READ = "SELECT user_id, email, display_name, created_at FROM {} WHERE tenant_id = %s AND user_id = %s"
PAGE = (
    "SELECT user_id, email, display_name, created_at FROM {} "
    "WHERE tenant_id = %s AND user_id > %s ORDER BY user_id LIMIT 1000"
)


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
    def unprotected_transaction(self, tenant: TenantContext, login: Login) -> Iterator[Connection]:
        with self._connection(tenant, login) as connection, connection.pipeline(), connection.transaction():
            yield connection


def main() -> None:
    """Print medians, spread and the ratios."""
    progress = Progress()
    with PostgresServer.start(database="bench") as server:
        with progress.step(f"{ROWS:,} rows of {TENANTS:,} tenants, twice"):
            reader, sample = _prepare(server)
        secrets = cast("SecretsManagerClient", _Secrets(reader))
        settings = DatabaseSettings(dict.fromkeys(Login, "arn"), sslmode="disable", connections=1)
        database = _Benched(lambda _: secrets, settings)
        for what, statement, rounds in (("a single row", READ, READS), ("a page of 1,000 rows", PAGE, PAGES)):
            with progress.step(f"{what}: {rounds:,} of each, in turn"):
                protected, plain = _measure(database, statement, sample, rounds)
            _report(what, protected, plain)
        database.close()


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
        connection.execute(
            "ALTER SYSTEM SET shared_buffers = '512MB'"
        )  # so that the two tables do not evict each other
    server.restart()
    with psycopg.connect(**master, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO users SELECT 'tenant-' || number %% %s, gen_random_uuid(), "
            "'user' || number || '@example.com', 'User ' || number FROM generate_series(1, %s) number",
            [TENANTS, ROWS],
        )
        connection.execute("CREATE TABLE users_plain (LIKE users INCLUDING ALL)")
        connection.execute("INSERT INTO users_plain SELECT * FROM users")
        connection.execute("GRANT SELECT ON users_plain TO app_reader")
        connection.execute("VACUUM ANALYZE users")
        connection.execute("VACUUM ANALYZE users_plain")
        sample = connection.execute("SELECT tenant_id, user_id FROM users ORDER BY random() LIMIT 2000").fetchall()
    return secrets[0], sample


def _measure(
    database: _Benched, statement: str, sample: list[tuple[str, uuid.UUID]], rounds: int
) -> tuple[list[float], list[float]]:
    """Return the seconds of each, measured in pairs on the same row, each first in every other pair."""
    sides: list[tuple[Callable[..., Any], str, list[float]]] = [
        (database.tenant_transaction, statement.format("users"), []),
        (database.unprotected_transaction, statement.format("users_plain"), []),
    ]
    for number in range(-WARM_UP, rounds):
        tenant_id, user_id = random.choice(sample)  # noqa: S311 -- which row is read
        tenant = TenantContext(tenant_id=tenant_id, role=Role.VIEWER, user_id="1", email="bench@example.com")
        start = user_id if statement is READ else uuid.UUID(int=0)
        for transaction, query, seconds in sides if number % 2 else reversed(sides):
            started = time.perf_counter()
            with transaction(tenant, Login.READER) as connection:
                cursor = connection.execute(query.encode(), [tenant_id, start])
            rows = cursor.fetchall()
            if number >= 0:
                seconds.append(time.perf_counter() - started)
            assert len(rows) == (1 if statement is READ else ROWS // TENANTS)
    return sides[0][2], sides[1][2]


def _report(what: str, protected: list[float], plain: list[float]) -> None:
    for side, seconds in (("tenant transaction", protected), ("WHERE alone, unprotected", plain)):
        deciles = [1000 * each for each in statistics.quantiles(seconds, n=10)]
        print(f"{what}, {side}:".ljust(50), f"median {deciles[4]:.3f} ms  10 % {deciles[0]:.3f}  90 % {deciles[8]:.3f}")
    ratio = statistics.median(protected) / statistics.median(plain)
    pairs = statistics.median(one / other for one, other in zip(protected, plain, strict=True))
    verdict = "met" if ratio <= GOALS[what] else "missed"
    print(f"{what}, ratio:".ljust(50), f"medians {ratio:.3f}  pairs {pairs:.3f}  goal {GOALS[what]:.2f}: {verdict}")


if __name__ == "__main__":
    main()
