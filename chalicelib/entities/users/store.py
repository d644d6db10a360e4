"""A tenant's users in PostgreSQL: a directory that grants nothing; roles live in Cognito.

Every statement names the tenant itself, as a second layer on top of row-level security.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from chalicelib.data.database import Login
from chalicelib.errors import EmailTakenError, UserNotFoundError

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.data.database import Database
    from chalicelib.tenancy.tenant import TenantContext

_COLUMNS = "user_id, email, display_name, created_at"


@dataclass(frozen=True, slots=True)
class User:
    """One user of the tenant's directory."""

    user_id: uuid.UUID
    email: str
    display_name: str
    created_at: datetime


class UserStore:
    """The users of one tenant: read with the reader's login, written with the writer's, which IAM gives to admins."""

    def __init__(self, database: Database, tenant: TenantContext) -> None:
        self._database = database
        self._tenant = tenant

    def page(self, *, limit: int, after: uuid.UUID | None) -> tuple[list[User], uuid.UUID | None]:
        """Return up to `limit` users by id, and the id to go on after, or None at the end."""
        with self._database.tenant_transaction(self._tenant, Login.READER) as connection:
            cursor = connection.execute(
                f"SELECT {_COLUMNS} FROM users WHERE tenant_id = %s AND user_id > %s ORDER BY user_id LIMIT %s",  # noqa: S608
                [self._tenant.tenant_id, after or uuid.UUID(int=0), limit + 1],
            )
        users = [User(*row) for row in cursor.fetchall()]
        return users[:limit], users[limit - 1].user_id if len(users) > limit else None

    def get(self, user_id: uuid.UUID) -> User:
        """Return a user.

        Raises:
            UserNotFoundError: the tenant has none of this id.
        """
        with self._database.tenant_transaction(self._tenant, Login.READER) as connection:
            cursor = connection.execute(
                f"SELECT {_COLUMNS} FROM users WHERE tenant_id = %s AND user_id = %s",  # noqa: S608
                [self._tenant.tenant_id, user_id],
            )
        return _found(cursor.fetchone())

    def create(self, *, email: str, display_name: str) -> User:
        """Add a user with a new id.

        Raises:
            EmailTakenError: another user of the tenant has this email, whatever its case.
        """
        try:
            with self._database.tenant_transaction(self._tenant, Login.WRITER) as connection:
                cursor = connection.execute(
                    "INSERT INTO users (tenant_id, user_id, email, display_name) VALUES (%s, %s, %s, %s) "  # noqa: S608
                    f"RETURNING {_COLUMNS}",
                    [self._tenant.tenant_id, uuid.uuid4(), email, display_name],
                )
        except psycopg.errors.UniqueViolation as error:
            raise _email_taken() from error
        return _found(cursor.fetchone())

    def change(self, user_id: uuid.UUID, **changes: str) -> User:
        """Change `email`, `display_name` or both.

        Raises:
            EmailTakenError: another user of the tenant has this email, whatever its case.
            UserNotFoundError: the tenant has none of this id.
        """
        assignments = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(column)) for column in changes)
        statement = sql.SQL("UPDATE users SET {} WHERE tenant_id = %s AND user_id = %s RETURNING {}").format(
            assignments, sql.SQL(_COLUMNS)
        )
        try:
            with self._database.tenant_transaction(self._tenant, Login.WRITER) as connection:
                cursor = connection.execute(statement, [*changes.values(), self._tenant.tenant_id, user_id])
        except psycopg.errors.UniqueViolation as error:
            raise _email_taken() from error
        return _found(cursor.fetchone())

    def delete(self, user_id: uuid.UUID) -> None:
        """Delete a user.

        Raises:
            UserNotFoundError: the tenant has none of this id.
        """
        with self._database.tenant_transaction(self._tenant, Login.WRITER) as connection:
            cursor = connection.execute(
                "DELETE FROM users WHERE tenant_id = %s AND user_id = %s", [self._tenant.tenant_id, user_id]
            )
        if cursor.rowcount == 0:
            raise _not_found()


def _found(row: tuple[Any, ...] | None) -> User:
    if row is None:
        raise _not_found()
    return User(*row)


def _not_found() -> UserNotFoundError:
    return UserNotFoundError("There is no such user.")


def _email_taken() -> EmailTakenError:
    return EmailTakenError("Another user has this email.")
