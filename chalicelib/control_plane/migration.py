"""Brings the database to the newest revision and gives the application's logins their passwords."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalicelib.data.database_secret import DatabaseSecret

SCRIPTS = Path(__file__).parent.parent / "migrations"
_LOCK = 7_241_901_553  # any number that nothing else locks
_LOCK_SECONDS = 60
_LOGINS = ("app_reader", "app_reader_clone", "app_writer", "app_writer_clone")


def migrate(master: dict[str, Any], logins: Iterable[DatabaseSecret], scripts: Path = SCRIPTS) -> str:
    """Apply what is missing, set the logins' passwords, and return the revision; all of it or nothing.

    A revision that this code does not know is a newer code's, which was taken back: the schema stays as it is.

    Safe to run twice, and by two at once: the second waits for the first, up to a minute.

    Args:
        master: psycopg's connection parameters of the master user.
        logins: the application's secrets, which are read after the lock is had: a rotation may have gone on meanwhile.
        scripts: the folder of the revisions.

    Raises:
        psycopg.Error, sqlalchemy.exc.DBAPIError: the database cannot be reached or refuses.
        ValueError: a secret names a login that is not the application's.
    """
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(**master), poolclass=NullPool)
    config = Config()
    config.set_main_option("script_location", str(scripts))
    with engine.begin() as connection:
        connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        if _is_known(config, MigrationContext.configure(connection).get_current_revision()):
            command.upgrade(config, "head")
        driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
        for login in logins:
            set_password(driver, login)
        return str(connection.execute(text("SELECT version_num FROM public.alembic_version")).scalar_one())


def _is_known(config: Config, revision: str | None) -> bool:
    return revision is None or revision in {
        each.revision for each in ScriptDirectory.from_config(config).walk_revisions()
    }


def set_password(connection: psycopg.Connection[Any], login: DatabaseSecret) -> None:
    """Let the login in with its secret's password, which reaches the server and its logs only as a SCRAM verifier.

    Raises:
        ValueError: the secret names another login than the application's.
    """
    if login.username not in _LOGINS:
        raise ValueError(f"the secret names the login {login.username!r}, which is not the application's")
    verifier = connection.pgconn.encrypt_password(
        login.password.encode(), login.username.encode(), b"scram-sha-256"
    ).decode()
    connection.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(login.username), sql.Literal(verifier))
    )
