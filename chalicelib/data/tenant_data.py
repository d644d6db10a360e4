"""What tenants may have rows of: all that is exported and erased when one leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.data.partitions import Kind, Sharding


@dataclass(frozen=True, slots=True)
class TenantData:
    """Kinds of the pooled table, and tables of the database with the rest of their primary key."""

    sharding: Mapping[Kind, Sharding]
    tables: Mapping[str, str]
