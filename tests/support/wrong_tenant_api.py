"""The local API with a bug: its stores take another tenant than the one whose credentials they hold."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chalicelib import wiring
from chalicelib.data.partitions import SHARDING, Kind, Partitions
from chalicelib.entities.cart import routes as cart_routes
from chalicelib.entities.cart.store import CartStore
from chalicelib.entities.items import routes as item_routes
from chalicelib.entities.items.store import ItemStore
from stage.local.api import main

if TYPE_CHECKING:
    from chalicelib.tenancy.tenant import TenantContext


def cart_store_of_acme(tenant: TenantContext) -> CartStore:
    """Return acme's cart, whoever asks."""
    clients = wiring.scoped_clients()
    return CartStore(clients.dynamodb(tenant), wiring.config().table_name, replace(tenant, tenant_id="acme"))


def item_store_of_acme(tenant: TenantContext) -> ItemStore:
    """Return acme's items, whoever asks."""
    return ItemStore(
        wiring.scoped_clients().dynamodb(tenant),
        wiring.config().table_name,
        Partitions(replace(tenant, tenant_id="acme"), Kind.ITEM, SHARDING[Kind.ITEM]),
        wiring.listing_threads(),
        lambda: datetime.now(UTC),
    )


if __name__ == "__main__":
    setattr(cart_routes, "store_of", cart_store_of_acme)  # noqa: B010 -- as a bug there would
    setattr(item_routes, "store_of", item_store_of_acme)  # noqa: B010
    sys.exit(main())
