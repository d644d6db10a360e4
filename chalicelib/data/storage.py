"""Where an entity's rows lie: a kind of the pooled table, or a table of the database."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Sharding:
    """Over how many partitions a tenant's rows of one kind spread.

    `count` places new rows. `others` are further counts by which rows may have been placed: former ones, and the next
    one while a growth is rolled out (docs/decisions/0003).
    """

    count: int
    others: tuple[int, ...] = ()

    def shards(self) -> range:
        """Return every shard that may hold a row."""
        return range(max(self.count, *self.others, 1))

    def candidates(self, row_id: str) -> list[int]:
        """Return the shards that may hold this row; the first is where a new one goes."""
        # Not Python's own hash(), which differs from process to process.
        digest = int.from_bytes(hashlib.sha256(row_id.encode()).digest()[:8])
        return list(dict.fromkeys(digest % count for count in (self.count, *self.others)))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of the pooled table; its name stands in partition keys, `{tenant}#{kind}#{shard}`."""

    name: str
    sharding: Sharding


@dataclass(frozen=True, slots=True)
class TenantTable:
    """A table of the database, whose primary key is `tenant_id` and this column."""

    name: str
    key: str


Storage: TypeAlias = Kind | TenantTable
