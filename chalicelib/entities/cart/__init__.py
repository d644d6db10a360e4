"""The cart: lines in one partition of a tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import wiring

if TYPE_CHECKING:
    from chalicelib.entities.cart.store import CartStore
    from chalicelib.tenancy.tenant import TenantContext


def store_of(tenant: TenantContext) -> CartStore:
    """Return the tenant's cart, reached with the tenant's scoped credentials."""
    from chalicelib.entities.cart.store import CartStore

    return CartStore(wiring.scoped_clients().dynamodb(tenant), wiring.config().table_name, tenant)
