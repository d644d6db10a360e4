"""Logging in to a server as its superuser."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import psycopg
from psycopg import sql

from bulkhead_localaws.postgres.errors import PostgresError

USER = "postgres"
_NAME_BYTES = 63  # PostgreSQL cuts longer names off
_CONNECT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class PostgresAccess:
    """How to log in as the superuser, without TLS; the password is not in its repr."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str


def check_database_name(name: str) -> None:
    """Refuse a name that PostgreSQL would not keep as it is.

    Raises:
        PostgresError: it would not.
    """
    if not 0 < len(name.encode()) <= _NAME_BYTES or "\0" in name:
        raise PostgresError(f"{name!r} is no name for a database: it has 1 to {_NAME_BYTES} bytes and no NUL")


def create_database(access: PostgresAccess) -> None:
    """Create the database that the access names, unless it is the one that `initdb` makes.

    Raises:
        PostgresError: the server refused.
    """
    if access.database == USER:
        return
    try:
        with connect(replace(access, database=USER)) as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(access.database)))
    except psycopg.Error as error:
        raise PostgresError(f"the database {access.database!r} could not be created: {error}") from error


def connect(access: PostgresAccess) -> psycopg.Connection:
    """Return a connection on which every statement commits by itself.

    Raises:
        psycopg.OperationalError: the server cannot be reached, or refused.
    """
    return psycopg.connect(
        host=access.host,
        port=access.port,
        user=access.user,
        password=access.password,
        dbname=access.database,
        sslmode="disable",
        options="",  # not those of PGOPTIONS
        connect_timeout=_CONNECT_SECONDS,
        autocommit=True,
    )
