"""Items: a catalogue spread over ten shards of a tenant."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chalicelib import wiring

if TYPE_CHECKING:
    from chalicelib.entities.items.store import ItemStore
    from chalicelib.tenancy.tenant import TenantContext


def store_of(tenant: TenantContext) -> ItemStore:
    """Return the tenant's items, reached with the tenant's scoped credentials."""
    from chalicelib.data.partitions import SHARDING, Kind, Partitions
    from chalicelib.entities.items.store import ItemStore

    return ItemStore(
        wiring.scoped_clients().dynamodb(tenant),
        wiring.config().table_name,
        Partitions(tenant, Kind.ITEM, SHARDING[Kind.ITEM]),
        wiring.listing_threads(),
        lambda: datetime.now(UTC),
    )
