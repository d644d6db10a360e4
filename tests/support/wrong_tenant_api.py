"""The local API with a bug: its store takes another tenant than the one whose credentials it holds."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib import wiring
from chalicelib.stores.carts import CartStore
from ops.local_api import main

if TYPE_CHECKING:
    from chalicelib.tenant import TenantContext


def cart_store_of_acme(tenant: TenantContext) -> CartStore:
    """Return acme's cart, whoever asks."""
    clients = wiring.scoped_clients()
    return CartStore(clients.dynamodb(tenant), wiring.config().table_name, replace(tenant, tenant_id="acme"))


if __name__ == "__main__":
    wiring.cart_store = cart_store_of_acme
    sys.exit(main())
