"""Users: a table in PostgreSQL under row-level security, which grants nothing; roles live in Cognito."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.data.storage import TenantTable
from chalicelib.entities.entity import Entity
from chalicelib.errors import AppError, RowNotFoundError

if TYPE_CHECKING:
    from chalicelib.data.database import Database
    from chalicelib.vending.handles import Handle

TABLE = TenantTable("users", key="user_id")


def add_administrator(database: Database, handle: Handle) -> None:
    """Put a new tenant's first administrator into its directory, unless it is there."""
    from chalicelib.data.rows import Rows  # noqa: PLC0415 -- for one function

    columns = {"email": handle.tenant.email, "display_name": handle.tenant.email}
    Rows(database, handle, TABLE, tuple(columns)).insert_unless_there(columns)


ENTITY = Entity("users", "Users", TABLE, on_onboarded=add_administrator)


class UserNotFoundError(RowNotFoundError):
    """The caller's tenant has no such user."""


class EmailTakenError(AppError):
    """Another user of the caller's tenant has this email."""

    STATUS_CODE = 409
