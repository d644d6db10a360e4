"""A tenant's users in PostgreSQL."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import psycopg

from chalicelib.data.rows import Row, Rows
from chalicelib.entities.users import TABLE, EmailTakenError, UserNotFoundError

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator
    from datetime import datetime

    from chalicelib.data.database import Database
    from chalicelib.vending.handles import Handle


@dataclass(frozen=True, slots=True)
class User:
    """One user of the tenant's directory."""

    user_id: uuid.UUID
    email: str
    display_name: str
    created_at: datetime


class UserStore:
    """The users of one tenant; IAM gives the writer's login to admins."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @classmethod
    def of(cls, database: Database, handle: Handle) -> Self:
        """Return the tenant's users in this database."""
        return cls(Rows(database, handle, TABLE, ("email", "display_name", "created_at")))

    def page(self, *, limit: int, after: uuid.UUID | None) -> tuple[list[User], uuid.UUID | None]:
        """Return up to `limit` users by id, and the id to go on after, or None at the end."""
        rows, last = self._rows.page(limit=limit, after=after)
        return [User(**row) for row in rows], last

    def get(self, user_id: uuid.UUID) -> User:
        """Return a user.

        Raises:
            UserNotFoundError: the tenant has none of this id.
        """
        return _found(self._rows.get(user_id))

    def create(self, *, email: str, display_name: str) -> User:
        """Add a user with a new id.

        Raises:
            EmailTakenError: another user of the tenant has this email, whatever its case.
        """
        with _taken_emails():
            return User(**self._rows.insert({"email": email, "display_name": display_name}))

    def change(self, user_id: uuid.UUID, **changes: str) -> User:
        """Change `email`, `display_name` or both.

        Raises:
            EmailTakenError: another user of the tenant has this email, whatever its case.
            UserNotFoundError: the tenant has none of this id.
        """
        with _taken_emails():
            return _found(self._rows.change(user_id, changes))

    def delete(self, user_id: uuid.UUID) -> None:
        """Delete a user.

        Raises:
            UserNotFoundError: the tenant has none of this id.
        """
        if not self._rows.delete(user_id):
            raise _not_found()


@contextmanager
def _taken_emails() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.UniqueViolation as error:
        raise EmailTakenError("Another user has this email.") from error


def _found(row: Row | None) -> User:
    if row is None:
        raise _not_found()
    return User(**row)


def _not_found() -> UserNotFoundError:
    return UserNotFoundError("There is no such user.")
