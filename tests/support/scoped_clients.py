"""A tenant's scoped credentials under a given strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.tenancy.tenant import Role, TenantContext
from stage import scoped_credentials

if TYPE_CHECKING:
    from chalicelib.config import Strategy
    from stage.document import LocalStage


def scoped_client(stage: LocalStage, strategy: Strategy, tenant: str, role: str, service: str = "dynamodb") -> Any:
    """Return a client that holds the credentials of a tenant's user of that role."""
    context = TenantContext(tenant, Role(role), "test", "test@example.com")
    return scoped_credentials.scoped_client(stage, context, strategy, service)
