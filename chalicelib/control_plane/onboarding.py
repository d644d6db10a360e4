"""Onboarding: registry, first administrator's login, first row in the database; then the tenant is active.

Each step can be repeated: a run that was interrupted anywhere is completed by the next one with the same event. A run
that is overtaken by an offboarding is ended, by the function's timeout, before that erases what it may have added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.data.database import Login
from chalicelib.tenancy.statuses import Status
from chalicelib.tenancy.tenant import Role, TenantContext

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.control_plane.events import OnboardEvent
    from chalicelib.control_plane.pool_users import PoolUsers
    from chalicelib.data.database import Database
    from chalicelib.data.registry import RegisteredTenant, Registry


def onboard(
    event: OnboardEvent, registry: Registry, pool_users: Callable[[str], PoolUsers], database: Database
) -> RegisteredTenant:
    """Onboard a tenant and return it.

    Raises:
        TenantExistsError: the id is taken, or was once.
    """
    tenant = registry.register(event.tenant_id, display_name=event.display_name, admin_email=event.admin_email)
    pool_users(event.tenant_id).invite(event.admin_email, Role.ADMIN)
    _add_to_directory(database, event)
    return registry.change(tenant, Status.ACTIVE)


def _add_to_directory(database: Database, event: OnboardEvent) -> None:
    context = TenantContext(event.tenant_id, Role.ADMIN, "onboard_tenant", event.admin_email)
    with database.tenant_transaction(context, Login.WRITER) as connection:
        connection.execute(
            "INSERT INTO users (tenant_id, user_id, email, display_name) VALUES (%s, gen_random_uuid(), %s, %s) "
            "ON CONFLICT (tenant_id, lower(email)) DO NOTHING",
            [event.tenant_id, event.admin_email, event.admin_email],
        )
