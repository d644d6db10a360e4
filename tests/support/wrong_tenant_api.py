"""The local API with a bug: its stores take another tenant than the one whose credentials they hold."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chalicelib import wiring
from chalicelib.keys import SHARDING, Kind, Partitions
from chalicelib.stores.carts import CartStore
from chalicelib.stores.items import ItemStore
from stage.local.api import main

if TYPE_CHECKING:
    from chalicelib.tenant import TenantContext


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
    wiring.cart_store = cart_store_of_acme
    wiring.item_store = item_store_of_acme
    sys.exit(main())
