"""What goes wrong between a request and PostgreSQL: the right error in bounded time, and nothing half-written."""

from __future__ import annotations

import os
import signal
import time
import traceback
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.parsers import ResponseParserError
from psycopg import sql

from bulkhead_localaws.postgres.server import PostgresServer
from chalicelib import PRODUCT
from chalicelib.data.database import Database, Login
from chalicelib.data.database_secret import DatabaseSecret
from chalicelib.data.rows import Rows
from chalicelib.errors import DatabaseUnavailableError, TenantAccessDeniedError
from tests.support.databases import ADD_PENPAL, PENPALS, Secrets, master_of, migrated_server, refusal
from tests.support.handles import handle_of, open_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from stage.http_api import Api
    from tests.support.people import Person

Own = tuple[PostgresServer, dict[Login, DatabaseSecret]]
ANN = {"email": "ann@example.com", "display_name": "Ann"}
BOUND_SECONDS = 25.0  # API Gateway waits 29; a bound, not a measurement


pytestmark = pytest.mark.usefixtures("in_request")


@pytest.fixture(scope="module")
def own(own_project: Path) -> Iterator[Own]:
    """Return a server that a test may stop, and its logins' secrets."""
    with migrated_server(own_project / "chalicelib" / "migrations") as running:
        yield running


@pytest.fixture
def secrets(own: Own) -> Secrets:
    """Return a Secrets Manager with both logins' secrets."""
    held = Secrets()
    for login, secret in own[1].items():
        held.store(login, secret)
    return held


@pytest.fixture
def database(secrets: Secrets, own: Own) -> Iterator[Database]:
    """Return the database with a table without penpals, on a server that runs again after the test."""
    with psycopg.connect(**master_of(own[0]), autocommit=True) as master:
        master.execute("DELETE FROM penpals")
    opened = secrets.database()
    yield opened
    opened.close()
    own[0].resume()


@contextmanager
def _unavailable() -> Iterator[None]:
    """Expect a DatabaseUnavailableError within the bound."""
    started = time.monotonic()
    with pytest.raises(DatabaseUnavailableError):
        yield
    assert time.monotonic() - started < BOUND_SECONDS


def _cut(own: Own, login: str) -> None:
    """End every connection of a login, as an operator or a failover does."""
    with psycopg.connect(**master_of(own[0]), autocommit=True) as master:
        master.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = %s", [login])


def _warm(database: Database, connections: int) -> None:
    """Fill the reader's pool: so many transactions at the same time."""
    with ThreadPoolExecutor(connections) as threads:
        list(threads.map(lambda _: _read(database, "SELECT pg_sleep(0.2)"), range(connections)))


def _penpals(database: Database) -> Rows:
    return Rows(database, handle_of(), PENPALS, ("email", "display_name"))


def _read(database: Database, statement: LiteralString) -> list[Any]:
    with open_request():
        with database.tenant_transaction(handle_of(), Login.READER) as transaction:
            result = transaction.execute(sql.SQL(statement).format())
        return result.fetchall()


def test_a_database_that_is_down_is_reported_and_used_again_once_it_is_back(database: Database, own: Own) -> None:
    """Before the first connection and after it; the first request after the restart works."""
    penpals = _penpals(database)
    own[0].halt()
    for _ in range(2):
        with _unavailable():
            penpals.page(limit=10, after=None)
    own[0].resume()
    assert penpals.page(limit=10, after=None) == ([], None)

    own[0].halt()
    with _unavailable():
        penpals.page(limit=10, after=None)
    with _unavailable():
        penpals.insert(ANN)
    own[0].resume()
    assert penpals.insert(ANN)["email"] == "ann@example.com"


def test_a_server_process_that_hangs_is_given_up(database: Database) -> None:
    """The server acknowledges every packet and answers none, so that only a deadline on this side helps."""
    ((pid,),) = _read(database, "SELECT pg_backend_pid()")
    os.kill(pid, signal.SIGSTOP)
    try:
        with _unavailable():
            _read(database, "SELECT 1")
    finally:
        os.kill(pid, signal.SIGCONT)
    assert _read(database, "SELECT 1") == [(1,)]


def test_sixteen_callers_of_a_database_that_is_down_all_learn_it_in_time(database: Database, own: Own) -> None:
    """Nobody queues behind the others' attempts."""
    own[0].halt()

    def call(_: int) -> float:
        started = time.monotonic()
        with _unavailable():
            _read(database, "SELECT 1")
        return time.monotonic() - started

    with ThreadPoolExecutor(16) as threads:
        assert max(threads.map(call, range(16))) < 2


def test_connections_that_broke_while_they_were_idle_cost_no_request(database: Database, own: Own) -> None:
    """After a restart a full pool holds broken connections only; the next requests succeed, and quickly."""
    _warm(database, 8)
    own[0].restart()
    time.sleep(1.1)  # past the time for which a connection is trusted
    started = time.monotonic()

    _warm(database, 8)

    assert time.monotonic() - started < 2


def test_after_one_broken_connection_the_others_are_not_trusted(database: Database, own: Own) -> None:
    """Right after a restart one request may fail, and not one for every connection in the pool."""
    _warm(database, 8)
    own[0].restart()

    failed = 0
    for _ in range(8):
        try:
            _read(database, "SELECT 1")
        except DatabaseUnavailableError:
            failed += 1

    assert failed <= 1


@pytest.mark.parametrize(
    ("held", "error"),
    [
        pytest.param(refusal("ResourceNotFoundException"), DatabaseUnavailableError, id="missing"),
        pytest.param(refusal("ThrottlingException"), DatabaseUnavailableError, id="throttled"),
        pytest.param(refusal("DecryptionFailure"), DatabaseUnavailableError, id="not decrypted"),
        pytest.param(EndpointConnectionError(endpoint_url="x"), DatabaseUnavailableError, id="unreachable"),
        pytest.param(ResponseParserError("<html>"), DatabaseUnavailableError, id="an answer that is none"),
        pytest.param(refusal("AccessDeniedException"), TenantAccessDeniedError, id="IAM denies"),
        pytest.param("hunter2", DatabaseUnavailableError, id="not JSON"),
        pytest.param('["hunter2"]', DatabaseUnavailableError, id="a list"),
        pytest.param("", DatabaseUnavailableError, id="empty"),
        pytest.param('{"host": "127.0.0.1", "password": "hunter2"}', DatabaseUnavailableError, id="fields missing"),
        pytest.param(
            '{"host": "127.0.0.1", "port": "hunter2", "username": "a", "password": "hunter2", "dbname": "d"}',
            DatabaseUnavailableError,
            id="no port",
        ),
    ],
)
def test_a_secret_that_cannot_be_used_is_an_error_that_shows_nothing_of_it(
    database: Database, secrets: Secrets, own: Own, held: str | Exception, error: type[Exception]
) -> None:
    """503, or 403 when IAM refuses; with the right secret the same object works."""
    secrets.values[Login.READER] = held

    with pytest.raises(error) as raised:
        _read(database, "SELECT 1")
    assert "hunter2" not in "".join(traceback.format_exception(raised.value, limit=0))

    secrets.store(Login.READER, own[1][Login.READER])
    assert _read(database, "SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    "wrong", [{"password": "wrong"}, {"username": "nobody"}, {"dbname": "nothing"}, {"password": "a\0b"}, {"port": 1}]
)
def test_a_login_that_the_server_refuses_is_reported_at_once(
    database: Database, secrets: Secrets, own: Own, wrong: dict[str, Any]
) -> None:
    """Without waiting for a connection that cannot come; when the secret is put right, the next request works."""
    secrets.store(Login.READER, own[1][Login.READER], **wrong)
    for _ in range(2):
        started = time.monotonic()
        with _unavailable():
            _read(database, "SELECT 1")
        assert time.monotonic() - started < 2

    secrets.store(Login.READER, own[1][Login.READER])
    assert _read(database, "SELECT 1") == [(1,)]


def test_a_connection_cut_in_the_middle_of_a_transaction_leaves_nothing(database: Database, own: Own) -> None:
    """The row was in the transaction, the transaction is gone, and the next one works."""
    penpals = _penpals(database)

    def cut_after_an_insert() -> None:
        with database.tenant_transaction(handle_of(), Login.WRITER) as connection:
            added = connection._connection.execute(
                ADD_PENPAL + " RETURNING email", ["acme", uuid.uuid4(), *ANN.values()]
            )
            assert added.fetchall() == [(ANN["email"],)]
            _cut(own, "app_writer")

    with _unavailable():
        cut_after_an_insert()
    assert penpals.page(limit=10, after=None) == ([], None)
    assert penpals.insert(ANN)["display_name"] == "Ann"


def test_an_error_in_the_block_or_a_refused_row_rolls_back_and_keeps_the_connection(database: Database) -> None:
    """Neither is the database's failure: the same connection serves the next transaction."""
    penpals = _penpals(database)
    penpals.insert(ANN)
    update: LiteralString = "UPDATE penpals SET display_name = 'half'"

    def fail_after_an_update() -> None:
        with database.tenant_transaction(handle_of(), Login.WRITER) as connection:
            connection.execute(update)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_an_update()
    with pytest.raises(psycopg.errors.NotNullViolation):
        penpals.insert(ANN | {"email": None})
    assert [penpal["display_name"] for penpal in penpals.page(limit=10, after=None)[0]] == ["Ann"]
    assert database._pools[Login.WRITER][1].get_stats()["connections_num"] == 1


def test_a_statement_that_takes_too_long_is_cancelled(database: Database) -> None:
    """`statement_timeout` ends it on the server after 5 s; the connection goes on working."""
    with _unavailable():
        _read(database, "SELECT pg_sleep(30)")
    assert _read(database, "SELECT 1") == [(1,)]


def test_a_row_that_somebody_else_locked_is_not_waited_for_long(database: Database, own: Own) -> None:
    """`lock_timeout`: 503 after 2 s, and the change works when the lock is gone."""
    penpals = _penpals(database)
    key = penpals.insert(ANN)["penpal_id"]
    with psycopg.connect(**master_of(own[0])) as master:
        master.execute("SELECT FROM penpals FOR UPDATE")
        with _unavailable():
            penpals.change(key, {"display_name": "Anna"})

    assert penpals.get(key) == ANN | {"penpal_id": key}
    assert penpals.change(key, {"display_name": "Anna"}) == ANN | {"penpal_id": key, "display_name": "Anna"}


def test_a_pool_that_is_exhausted_makes_others_wait_for_a_bounded_time(secrets: Secrets) -> None:
    """503 while the only connection is in use; whoever comes after it was given back is served."""
    database = secrets.database(connections=1)
    taken, done = Event(), Event()

    def hold() -> None:
        with open_request(), database.tenant_transaction(handle_of(), Login.READER):
            taken.set()
            done.wait(30)

    with ThreadPoolExecutor(1) as threads:
        holding = threads.submit(hold)
        taken.wait(10)
        with _unavailable():
            _read(database, "SELECT 1")
        done.set()
        holding.result()
    assert _read(database, "SELECT 1") == [(1,)]
    database.close()


def test_a_server_without_room_for_another_connection_is_reported(database: Database, own: Own) -> None:
    """`too many connections` is 503; with room the next request works."""
    with psycopg.connect(**master_of(own[0]), autocommit=True) as master:
        master.execute("ALTER ROLE app_reader CONNECTION LIMIT 0")
        with _unavailable():
            _read(database, "SELECT 1")
        master.execute("ALTER ROLE app_reader CONNECTION LIMIT -1")
    assert _read(database, "SELECT 1") == [(1,)]


@pytest.mark.parametrize("setting", ["READER_SECRET_ARN", "AWS_ENDPOINT_URL_SECRETS_MANAGER"])
def test_over_http_a_secret_that_is_not_there_is_503_with_retry_after(
    api_with: Callable[..., Api], person: Callable[..., Person], setting: str
) -> None:
    """Missing, or in a Secrets Manager that does not answer; the stage's own API is the allowed twin."""
    acme = person("acme", "viewer")
    missing = f"arn:aws:secretsmanager:eu-central-1:123456789012:secret:{PRODUCT}-local/database/app_reader-000000"
    api = api_with(**{setting: missing if setting == "READER_SECRET_ARN" else "http://127.0.0.1:9"})

    answer = api.call("GET", "/penpals", headers={"Authorization": f"Bearer {acme.id_token}"})

    assert (answer.status, answer.body["Code"]) == (503, "DatabaseUnavailableError")
    assert int(answer.headers["retry-after"]) > 0
    assert acme.call("GET", "/penpals").status == 200
