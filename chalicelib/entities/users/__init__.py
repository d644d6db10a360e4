"""Users: a table in PostgreSQL under row-level security."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import wiring

if TYPE_CHECKING:
    from chalicelib.entities.users.store import UserStore
    from chalicelib.tenancy.tenant import TenantContext


def store_of(tenant: TenantContext) -> UserStore:
    """Return the tenant's users, reached with the tenant's scoped credentials."""
    from chalicelib.entities.users.store import UserStore

    return UserStore(wiring.database(), tenant)
