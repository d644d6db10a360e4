"""Migrations on a real server: from nothing, again, and by several at once."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from alembic.script import ScriptDirectory

from bulkhead_localaws.postgres.server import PostgresServer
from chalicelib.control_plane.migration import migrate
from isolation.catalog import LOGINS, catalog_findings
from tests.support.databases import ADD_PENPAL, master_of, secret_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from stage.local.stack import LocalStack

ATTRIBUTES = "rolcanlogin, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication"


@pytest.fixture
def fresh() -> Iterator[PostgresServer]:
    """Return a server on which nothing was migrated yet, and which logs every statement."""
    with PostgresServer.start(database="app") as server:
        with psycopg.connect(**master_of(server), autocommit=True) as master:
            master.execute("ALTER SYSTEM SET log_statement = 'all'")
            master.execute("ALTER SYSTEM SET log_min_duration_statement = 0")
            master.execute("SELECT pg_reload_conf()")
        yield server


@pytest.fixture
def scripts(own_project: Path) -> Path:
    """Return the folder of the revisions, with that of the tests' own table after the product's."""
    return own_project / "chalicelib" / "migrations"


@pytest.fixture
def migrate_fresh(fresh: PostgresServer, scripts: Path) -> Callable[..., str]:
    """Return a function that migrates the server."""

    def run(password: str = "a first password") -> str:  # noqa: S107
        logins = [secret_of(fresh, name, password) for name in ("app_reader", "app_writer")]
        return migrate(master_of(fresh), logins, scripts)

    return run


def _migrate_elsewhere(master: dict[str, Any], logins: list[Any], scripts: Path) -> str:
    """Migrate, in a process that shares nothing with the others."""
    return migrate(master, logins, scripts)


def _logs_in(server: PostgresServer, username: str, password: str) -> bool:
    try:
        with psycopg.connect(**master_of(server) | {"user": username, "password": password}) as connection:
            return connection.execute("SELECT current_user").fetchone() == (username,)
    except psycopg.OperationalError as error:
        if "password authentication failed" not in str(error):
            raise
        return False


def test_a_fresh_server_gets_everything_that_isolation_needs(
    fresh: PostgresServer, migrate_fresh: Callable[..., str]
) -> None:
    """From zero to the newest revision in one call; the catalog check finds nothing missing."""
    with psycopg.connect(**master_of(fresh)) as master:
        assert "the login app_reader does not exist" in catalog_findings(master)

    revision = migrate_fresh()

    with psycopg.connect(**master_of(fresh)) as master:
        assert catalog_findings(master) == []
        assert master.execute("SELECT version_num FROM alembic_version").fetchall() == [(revision,)]


def test_the_logins_may_log_in_and_nothing_else(fresh: PostgresServer, migrate_fresh: Callable[..., str]) -> None:
    """No attribute but LOGIN; the twins, which have no password yet, let nobody in."""
    migrate_fresh()

    with psycopg.connect(**master_of(fresh)) as master:
        roles = master.execute(
            f"SELECT rolname, {ATTRIBUTES} FROM pg_roles WHERE rolname LIKE 'app_%' ORDER BY 1".encode()  # noqa: S608
        ).fetchall()
    assert roles == [(name, True, *[False] * 5) for name in sorted(LOGINS)]
    assert {name for name in LOGINS if _logs_in(fresh, name, "a first password")} == {"app_reader", "app_writer"}


def test_a_second_migration_changes_no_row_and_sets_the_passwords_anew(
    fresh: PostgresServer, migrate_fresh: Callable[..., str]
) -> None:
    """Safe to run again, and the remedy for a database that lost the logins' passwords."""
    first = migrate_fresh()
    with psycopg.connect(**master_of(fresh), autocommit=True) as master:
        master.execute(ADD_PENPAL, ["acme", uuid.uuid4(), "ann@example.com", "Ann"])

    assert migrate_fresh("a second password") == first

    with psycopg.connect(**master_of(fresh)) as master:
        assert master.execute("SELECT count(*) FROM penpals").fetchone() == (1,)
    assert _logs_in(fresh, "app_reader", "a second password")
    assert not _logs_in(fresh, "app_reader", "a first password")


def test_a_newer_codes_schema_is_left_alone_and_the_passwords_are_set(
    fresh: PostgresServer, migrate_fresh: Callable[..., str]
) -> None:
    """Whoever goes back to former code can deploy it: the schema is ahead, and stays."""
    migrate_fresh()
    with psycopg.connect(**master_of(fresh)) as master:
        master.execute("UPDATE alembic_version SET version_num = 'of-tomorrow'")

    assert migrate_fresh("another password") == "of-tomorrow"

    assert _logs_in(fresh, "app_reader", "another password")
    with psycopg.connect(**master_of(fresh)) as master:
        assert catalog_findings(master) == []


def test_two_migrations_at_once_both_succeed(fresh: PostgresServer, scripts: Path) -> None:
    """In two processes, from zero: the second waits for the first."""
    arguments = master_of(fresh), [secret_of(fresh, name) for name in ("app_reader", "app_writer")], scripts
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        revisions = [each.result(60) for each in [processes.submit(_migrate_elsewhere, *arguments) for _ in range(2)]]

    assert len(set(revisions)) == 1
    with psycopg.connect(**master_of(fresh)) as master:
        assert catalog_findings(master) == []


def test_four_migrations_at_once_in_one_process_succeed(migrate_fresh: Callable[..., str]) -> None:
    """Threads, as a warm function never has them, but a test runner does."""
    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(lambda _: migrate_fresh(), range(4)))) == 1


def test_a_migration_that_fails_leaves_nothing_behind(
    fresh: PostgresServer, scripts: Path, migrate_fresh: Callable[..., str]
) -> None:
    """A secret of another login, last in the list, undoes all of it; with the right one it works."""
    stranger = replace(secret_of(fresh, "app_writer"), username="postgres")

    with pytest.raises(ValueError, match="not the application's"):
        migrate(master_of(fresh), [secret_of(fresh, "app_reader"), stranger], scripts)
    with psycopg.connect(**master_of(fresh)) as master:
        assert master.execute("SELECT to_regclass('penpals'), to_regclass('alembic_version')").fetchone() == (
            None,
            None,
        )
        assert master.execute("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'app_%'").fetchone() == (0,)
    assert migrate_fresh()


def test_another_database_of_the_same_server_is_migrated_too(
    fresh: PostgresServer, scripts: Path, migrate_fresh: Callable[..., str]
) -> None:
    """The logins are the server's and may be there already."""
    migrate_fresh()
    with psycopg.connect(**master_of(fresh), autocommit=True) as master:
        master.execute("CREATE DATABASE another")
    another = master_of(fresh) | {"dbname": "another"}

    migrate(another, [secret_of(fresh, "app_reader")], scripts)

    with psycopg.connect(**another) as master:
        assert catalog_findings(master) == []


def test_no_password_reaches_the_servers_log(fresh: PostgresServer, migrate_fresh: Callable[..., str]) -> None:
    """The server, which logs every statement, sees a SCRAM verifier; the password lets the login in."""
    migrate_fresh("hunter2 hunter2 hunter2")

    log = fresh.log.read_text()
    assert 'ALTER ROLE "app_reader" PASSWORD' in log
    assert "SCRAM-SHA-256$" in log
    assert "hunter2" not in log
    assert _logs_in(fresh, "app_reader", "hunter2 hunter2 hunter2")


def test_the_function_migrates_with_its_own_role(stack: LocalStack, scripts: Path) -> None:
    """`migrate_database` reads the three secrets itself and answers with the revision; again, it is the same."""
    answers = [stack.invoke("migrate_database", {}) for _ in range(2)]

    assert answers == [{"revision": ScriptDirectory(str(scripts)).get_current_head()}] * 2
    assert "password" not in json.dumps(answers)
