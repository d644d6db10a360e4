"""Sessions of functions that work for a tenant whose user is not there, so that no token says which tenant.

The function names it. Only its own execution role may open such sessions, of TenantMaintenanceRole.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from chalicelib.vending.sessions import Session

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mypy_boto3_sts import STSClient

    from chalicelib.tenancy.tenant import TenantContext


def maintenance_session(
    sts: Callable[[], STSClient], role_arn: str, tenant: TenantContext, now: Callable[[], datetime]
) -> Callable[[], Session]:
    """Return what opens a session for all that the tenant holds when it is first needed, and then returns that one.

    It lasts an hour, and an invocation of a function a quarter of that.
    """
    from chalicelib.vending.strategies import SessionTagVending  # noqa: PLC0415 -- for one function

    vending = SessionTagVending(sts, role_arn)
    return functools.cache(lambda: Session.of(tenant.tenant_id, tenant.role, vending.vend(tenant), now()))


def own_session(tenant: TenantContext) -> Callable[[], Session]:
    """Return what stands for a session where a function reaches the database with its own right to a login."""
    session = Session.of_function(tenant.tenant_id, tenant.role)
    return lambda: session
