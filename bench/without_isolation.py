"""The same app as somebody would have it who keeps tenants apart by nothing: one static client for all."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, cast

from botocore.session import Session

from chalicelib import wiring
from chalicelib.data.partitions import SHARDING, Kind, Partitions
from chalicelib.entities.cart import routes as carts
from chalicelib.entities.cart.store import CartStore
from chalicelib.entities.items import routes as items
from chalicelib.entities.items.store import ItemStore
from chalicelib.tenancy.tenant import Role, TenantContext

if TYPE_CHECKING:
    from chalice.app import Chalice
    from mypy_boto3_dynamodb import DynamoDBClient

ANYBODY = TenantContext("acme", Role.MEMBER, "1", "bench@example.com")


def remove_isolation(app: Chalice) -> None:
    """Take the authorizer, the tenant context and the vended credentials out of the running app."""
    client = cast(
        "DynamoDBClient",
        Session().create_client("dynamodb", region_name=wiring.config().region, config=wiring.client_config()),
    )
    table = wiring.config().table_name
    item_store = ItemStore(
        client,
        table,
        Partitions(ANYBODY, Kind.ITEM, SHARDING[Kind.ITEM]),
        wiring.listing_threads(),
        lambda: datetime.now(UTC),
    )
    cart_store = CartStore(client, table, ANYBODY)
    for module, name, replacement in (
        (items, "store_of", item_store),
        (carts, "store_of", cart_store),
        (items, "current_tenant", ANYBODY),
        (carts, "current_tenant", ANYBODY),
    ):
        assert callable(getattr(module, name)), name
        setattr(module, name, partial(_always, replacement))
    for methods in app.routes.values():
        for route in methods.values():
            route.authorizer = None


def _always(value: object, _: object) -> object:
    return value
