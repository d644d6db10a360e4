"""Partition keys: `{tenant}#{kind}#{shard}`.

The only functions that make one or take one apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from chalicelib.errors import InvalidKeyError
from chalicelib.tenancy.tenant import DELIMITER, is_tenant_id

if TYPE_CHECKING:
    from chalicelib.data.storage import Kind
    from chalicelib.tenancy.tenant import TenantContext

_KEY = re.compile(r"([^#]+)#([a-z][a-z0-9_]*)#(0|[1-9][0-9]{0,3})")


@dataclass(frozen=True, slots=True)
class PartitionKey:
    """One partition key, taken apart; `str()` puts it together."""

    tenant_id: str
    kind: str
    shard: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take apart what claims to be a partition key; whose it is, only IAM may judge.

        Raises:
            InvalidKeyError: it does not have the form of one.
        """
        parts = _KEY.fullmatch(text)
        if not parts or not is_tenant_id(parts[1]):
            raise InvalidKeyError("must be a whole partition key such as acme#kind#3")
        return cls(parts[1], parts[2], int(parts[3]))

    def __str__(self) -> str:
        return DELIMITER.join([self.tenant_id, self.kind, str(self.shard)])


class Partitions:
    """The partition keys of one tenant's rows of one kind."""

    def __init__(self, tenant: TenantContext, kind: Kind) -> None:
        self._tenant_id = tenant.tenant_id
        self._kind = kind

    def every(self) -> list[str]:
        """Return the keys of all partitions."""
        return [self._key(shard) for shard in self._kind.sharding.shards()]

    def candidates(self, row_id: str) -> list[str]:
        """Return the keys under which the row may be; the first is where a new one goes."""
        return [self._key(shard) for shard in self._kind.sharding.candidates(row_id)]

    def _key(self, shard: int) -> str:
        return str(PartitionKey(self._tenant_id, self._kind.name, shard))
