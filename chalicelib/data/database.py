"""PostgreSQL for one tenant at a time: the only file that may set `app.current_tenant`.

Row-level security compares that setting with each row. The setting is the tenant of the handle's session, which a
verified token has chosen, and not what a tenant context says. It stops a forgotten WHERE and a wrong context, not SQL
that sets another tenant; hence a test that nothing else calls `set_config`.
"""

from __future__ import annotations

import functools
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
from psycopg import sql
from psycopg_pool import ConnectionPool

from chalicelib.data.database_secret import DatabaseSecret
from chalicelib.data.deadlines import Deadlines
from chalicelib.errors import DatabaseUnavailableError, TenantAccessDeniedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_secretsmanager import SecretsManagerClient
    from psycopg.abc import Params

    from chalicelib.tenancy.tenant import Role
    from chalicelib.vending.handles import Handle
    from chalicelib.vending.sessions import Session

#: For so long a tenant's right to a login, once proven by reading its secret, is taken as given.
ENTITLED_SECONDS = 300.0
_WAIT_SECONDS, _ATTEMPTS = 3.0, 3
_TRANSACTION_SECONDS = 8.0  # more than the server's own statement_timeout
_TRUSTED_SECONDS = 1.0
#: The certificates that RDS servers' chains end in.
RDS_ROOTS = Path(__file__).with_name("rds-roots.pem")
_TRY_AGAIN = "The database cannot take this request right now; try again shortly."


class Connection(psycopg.Connection[tuple[Any, ...]]):
    """A connection that knows when it last worked, by the monotonic clock."""

    worked_at = 0.0

    @functools.cached_property
    def setting(self) -> psycopg.Cursor[tuple[Any, ...]]:
        """The cursor that makes the setting: kept, since a new one takes a seventh of the setting's time."""
        return self.cursor()


class Login(StrEnum):
    """The application's two database logins."""

    READER = "reader"
    WRITER = "writer"


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where the logins' secrets are, how connections are protected, and how many a login may have."""

    secret_arns: dict[Login, str]
    sslmode: str
    connections: int


class Result:
    """What a statement brought; it runs no other one, as a cursor of the driver would, and is read by its handle only.

    Every member raises HandleClosedError when the request of the handle is over, or this is another request, and
    RuntimeError before the transaction's block has ended: until then nothing has come.
    """

    __slots__ = ("_cursor", "_transaction")

    def __init__(self, cursor: psycopg.Cursor[tuple[Any, ...]], transaction: Transaction) -> None:
        self._cursor = cursor
        self._transaction = transaction

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the rows; none of a statement that returns none."""
        cursor = self._ended()
        return cursor.fetchall() if cursor.description else []

    @property
    def rowcount(self) -> int:
        """How many rows the statement returned or touched."""
        return self._ended().rowcount

    def _ended(self) -> psycopg.Cursor[tuple[Any, ...]]:
        self._transaction.handle.check()
        if not self._transaction.has_ended:
            raise RuntimeError("read the results of a transaction after its block")
        return self._cursor


class Transaction:
    """An open transaction of one handle; code that keeps it longer than the handle lives can run nothing in it."""

    __slots__ = ("_connection", "handle", "has_ended")

    def __init__(self, connection: Connection, handle: Handle) -> None:
        self._connection = connection
        self.handle = handle
        self.has_ended = False

    def execute(self, statement: LiteralString | sql.Composed, values: Params | None = None) -> Result:
        """Run a statement; read its result after the transaction's block.

        Raises:
            HandleClosedError: the request of the handle is over, or this is another request.
        """
        self.handle.check()
        return Result(self._connection.execute(statement, values), self)


class Database:
    """Transactions under row-level security."""

    def __init__(
        self,
        secrets: Callable[[Handle], SecretsManagerClient],
        settings: DatabaseSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._secrets = secrets
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._entitled: dict[tuple[str, Role, Login], float] = {}
        self._pools: dict[Login, tuple[DatabaseSecret, ConnectionPool[Connection]]] = {}
        self._failed_at = 0.0
        self._deadlines = Deadlines(_TRANSACTION_SECONDS)

    @contextmanager
    def tenant_transaction(self, handle: Handle, login: Login) -> Iterator[Transaction]:
        """Run the block's statements in one transaction, in which the rows of the session's tenant are all there are.

        They travel together with BEGIN, the setting and COMMIT (pipeline mode): read results after the block. The
        transaction commits when the block ends and rolls back when it raises.

        Raises:
            HandleClosedError: the request of the handle is over, or this is another request.
            TenantAccessDeniedError: IAM does not entitle the session to this login, or the login may not do that.
            DatabaseUnavailableError: no connection, no answer in time, or a broken connection; nothing is half-written.
            psycopg.IntegrityError: a constraint refuses; the transaction was rolled back.
        """
        session = handle.session()
        try:
            with (
                self._connection(handle, session, login) as connection,
                self._deadlines.watching(connection),
                connection.pipeline(),
                connection.transaction(),
            ):
                connection.setting.execute("SELECT set_config('app.current_tenant', %s, true)", [session.tenant_id])
                transaction = Transaction(connection, handle)
                yield transaction
                handle.check()  # a block that was suspended may go on in another request: it is rolled back
            transaction.has_ended = True
        except psycopg.errors.InsufficientPrivilege as error:
            raise TenantAccessDeniedError("The database does not let this tenant do that.") from error
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise DatabaseUnavailableError(_TRY_AGAIN) from error

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            pools, self._pools = self._pools, {}
        for _, pool in pools.values():
            pool.close(timeout=_WAIT_SECONDS)

    @contextmanager
    def _connection(self, handle: Handle, session: Session, login: Login) -> Iterator[Connection]:
        pool, connection = self._connected(handle, session, login)
        try:
            yield connection
            connection.worked_at = time.monotonic()
        except psycopg.OperationalError:
            self._failed_at = time.monotonic()
            raise
        finally:
            pool.putconn(connection)

    def _connected(
        self, handle: Handle, session: Session, login: Login
    ) -> tuple[ConnectionPool[Connection], Connection]:
        pool = self._pool(handle, session, login)
        for attempts_left in reversed(range(_ATTEMPTS)):
            try:
                return pool, self._take(pool)
            except psycopg.OperationalError:
                exhausted = not pool.closed and pool.get_stats()["pool_size"] > 0
                if exhausted or not attempts_left:
                    raise
                # The password was rotated away since the secret was read, or the database was gone for a while.
                pool = self._pool(handle, session, login, renewed_from=pool)
        raise AssertionError("the last attempt raises")

    def _take(self, pool: ConnectionPool[Connection]) -> Connection:
        """Return a connection that works; the pool replaces those that broke while they were idle.

        The pool's own check would pause after each broken one, for longer than a request may wait.
        """
        deadline = time.monotonic() + _WAIT_SECONDS
        while True:
            connection = pool.getconn(timeout=deadline - time.monotonic())
            try:
                with self._deadlines.watching(connection):
                    self._check(connection)
            except psycopg.Error:
                pool.putconn(connection)
            else:
                return connection

    def _check(self, connection: Connection) -> None:
        """Find out that a connection is broken, without a round trip for one that just worked while none failed."""
        if connection.worked_at <= max(self._failed_at, time.monotonic() - _TRUSTED_SECONDS):
            ConnectionPool.check_connection(connection)

    def _pool(
        self,
        handle: Handle,
        session: Session,
        login: Login,
        renewed_from: ConnectionPool[Connection] | None = None,
    ) -> ConnectionPool[Connection]:
        """Return the login's pool, once the tenant's own scoped credentials have read its secret."""
        key = (session.tenant_id, session.role, login)
        now = self._clock()
        known = self._pools.get(login)
        if renewed_from is None and known is not None and self._entitled.get(key, 0.0) > now:
            return known[1]
        with self._lock:  # around the reading too: else a slow thread would bring back the secret before a rotation
            known = self._pools.get(login)
            if known is not None and known[1] is not renewed_from and self._entitled.get(key, 0.0) > now:
                return known[1]
            secret = DatabaseSecret.read(self._secrets(handle), self._settings.secret_arns[login])
            self._entitled = {each: until for each, until in self._entitled.items() if until > now}
            self._entitled[key] = now + ENTITLED_SECONDS
            if known is not None and known[0] == secret and not known[1].closed:
                if known[1] is renewed_from:
                    raise psycopg.OperationalError("the login's secret is current, and no connection came free")
                return known[1]
            pool = self._open(secret)
            self._pools[login] = secret, pool
        if known is not None:
            _close_aside(known[1])
        return pool

    def _open(self, secret: DatabaseSecret) -> ConnectionPool[Connection]:
        return ConnectionPool(
            connection_class=Connection,
            kwargs=secret.conninfo(sslmode=self._settings.sslmode, sslrootcert=str(RDS_ROOTS)) | {"autocommit": True},
            configure=_just_opened,
            min_size=0,
            max_size=self._settings.connections,
            max_waiting=256,
            max_idle=60,
            reconnect_timeout=0,  # a request waits for a connection, not for the database to come back
            reconnect_failed=_give_up,
            open=True,
        )


def _just_opened(connection: Connection) -> None:
    connection.worked_at = time.monotonic()


def _give_up(pool: ConnectionPool[Connection]) -> None:
    """Close a pool that has no connection and cannot make one, so that whoever waits for one learns it at once."""
    if pool.get_stats()["pool_size"] == 0:
        _close_aside(pool)


def _close_aside(pool: ConnectionPool[Connection]) -> None:
    """Close in a thread of its own: it waits for the pool's threads. Connections in use close when they come back."""
    threading.Thread(target=pool.close, kwargs={"timeout": _WAIT_SECONDS}, daemon=True).start()
