"""Partition keys: `{tenant}#{kind}#{shard}`.

`#` separates because it occurs neither in the tenant id grammar nor in any STS tag value, so that no tenant's prefix is
a prefix of another's: `acme#` and `acme-eu#` share no key.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.tenant import TenantContext


class Kind(StrEnum):
    """What kind of entity a partition holds."""

    CART = "cart"


def partition_key(tenant: TenantContext, kind: Kind, shard: int) -> str:
    """Return the partition key of one shard of a tenant's entities of one kind."""
    return f"{tenant.tenant_id}#{kind}#{shard}"
