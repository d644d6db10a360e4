"""Onboarding: registry, first administrator's login, what entities do for a new tenant; then the tenant is active.

Each step can be repeated: a run that was interrupted anywhere is completed by the next one with the same event. A run
that is overtaken by an offboarding is ended, by the function's timeout, before that erases what it may have added.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from chalicelib.control_plane.maintenance import own_session
from chalicelib.tenancy.statuses import Status
from chalicelib.tenancy.tenant import Role, TenantContext
from chalicelib.vending.handles import Handle, request_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chalicelib.control_plane.events import OnboardEvent
    from chalicelib.control_plane.pool_users import PoolUsers
    from chalicelib.data.database import Database
    from chalicelib.data.registry import RegisteredTenant, Registry
    from chalicelib.entities.entity import Entity


def onboard(
    event: OnboardEvent,
    registry: Registry,
    pool_users: Callable[[str], PoolUsers],
    database: Callable[[], Database],
    entities: Iterable[Entity],
) -> RegisteredTenant:
    """Onboard a tenant and return it.

    Raises:
        TenantExistsError: the id is taken, or was once.
    """
    tenant = registry.register(event.tenant_id, display_name=event.display_name, admin_email=event.admin_email)
    pool_users(event.tenant_id).invite(event.admin_email, Role.ADMIN)
    administrator = TenantContext(event.tenant_id, Role.ADMIN, "onboard_tenant", event.admin_email)
    database = functools.cache(database)
    with request_scope(own_session(administrator)):
        handle = Handle(administrator)
        for entity in entities:
            if entity.on_onboarded is not None:
                entity.on_onboarded(database(), handle)
    return registry.change(tenant, Status.ACTIVE)
