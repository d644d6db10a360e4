"""Partition keys: `{tenant}#{kind}#{shard}`.

The only functions that make one or take one apart, and the table of entity kinds.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from chalicelib.errors import InvalidKeyError
from chalicelib.tenancy.tenant import DELIMITER, is_tenant_id

if TYPE_CHECKING:
    from chalicelib.tenancy.tenant import TenantContext

_KEY = re.compile(r"([^#]+)#([a-z]+)#(0|[1-9][0-9]{0,3})")


class Kind(StrEnum):
    """What kind of entity a partition holds."""

    CART = "cart"
    ITEM = "item"


_KINDS = frozenset(map(str, Kind))


@dataclass(frozen=True, slots=True)
class Sharding:
    """Over how many partitions a tenant's entities of one kind spread.

    `count` places new entities. `others` are further counts by which entities may have been placed: former ones, and
    the next one while a growth is rolled out (docs/decisions/0003).
    """

    count: int
    others: tuple[int, ...] = ()

    def shards(self) -> range:
        """Return every shard that may hold an entity."""
        return range(max(self.count, *self.others, 1))

    def candidates(self, entity_id: str) -> list[int]:
        """Return the shards that may hold this entity; the first is where a new one goes."""
        # Not Python's own hash(), which differs from process to process.
        digest = int.from_bytes(hashlib.sha256(entity_id.encode()).digest()[:8])
        return list(dict.fromkeys(digest % count for count in (self.count, *self.others)))


SHARDING = {
    Kind.CART: Sharding(1),
    Kind.ITEM: Sharding(10),
}


@dataclass(frozen=True, slots=True)
class PartitionKey:
    """One partition key, taken apart; `str()` puts it together."""

    tenant_id: str
    kind: Kind
    shard: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take apart what claims to be a partition key; whose it is, only IAM may judge.

        Raises:
            InvalidKeyError: it does not have the form of one.
        """
        parts = _KEY.fullmatch(text)
        if not parts or not is_tenant_id(parts[1]) or parts[2] not in _KINDS:
            raise InvalidKeyError("must be a whole partition key such as acme#item#3")
        return cls(parts[1], Kind(parts[2]), int(parts[3]))

    def __str__(self) -> str:
        return DELIMITER.join([self.tenant_id, self.kind, str(self.shard)])


class Partitions:
    """The partition keys of one tenant's entities of one kind."""

    def __init__(self, tenant: TenantContext, kind: Kind, sharding: Sharding) -> None:
        self._tenant_id = tenant.tenant_id
        self._kind = kind
        self._sharding = sharding

    def every(self) -> list[str]:
        """Return the keys of all partitions."""
        return [self._key(shard) for shard in self._sharding.shards()]

    def candidates(self, entity_id: str) -> list[str]:
        """Return the keys under which the entity may be; the first is where a new one goes."""
        return [self._key(shard) for shard in self._sharding.candidates(entity_id)]

    def _key(self, shard: int) -> str:
        return str(PartitionKey(self._tenant_id, self._kind, shard))
