"""Names and ARNs of DynamoDB's resources in one account and region.

The ARN formats are those of "Actions, resources, and condition keys for Amazon DynamoDB" in the Service
Authorization Reference.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from bulkhead_localaws.protocol.checks import MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services.dynamodb.members import required_text

if TYPE_CHECKING:
    from bulkhead_localaws.services.dynamodb.schema import KeySchema, TableCatalog, TableSchema

_TABLE_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
_ARN = re.compile(
    r"arn:(?P<partition>[a-z-]+):dynamodb:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):"
    r"table/(?P<table>[a-zA-Z0-9_.-]{3,255})"
    r"(?:/(?P<kind>[a-z]+)/(?P<label>[a-zA-Z0-9_.:-]+))?"
)
_SHARD_ITERATOR = re.compile(r"(?P<stream>[^|]+)\|[0-9]+\|.+", re.DOTALL)


@lru_cache(maxsize=64)
def table_prefix(region: str, account: str) -> str:
    """Return what the ARN of every table of a region and account begins with."""
    return f"arn:{partition_of(region)}:dynamodb:{region}:{account}:table/"


def partition_of(region: str) -> str:
    """Return the partition that a region's ARNs name."""
    for prefix, partition in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("us-iso", "aws-iso")):
        if region.startswith(prefix):
            return partition
    return "aws"


class Table(NamedTuple):
    """A table that a request names: its ARN, and its schema unless the catalog knows no such table."""

    name: str
    arn: str
    schema: TableSchema | None

    @property
    def key(self) -> KeySchema | None:
        """The table's own key, None when it is unknown."""
        return None if self.schema is None else self.schema.key

    def index_key(self, index: str) -> KeySchema | None:
        """Return an index's key, None when it is unknown."""
        return None if self.schema is None else self.schema.indexes.get(index)

    def index_arn(self, index: str) -> str:
        """Return an index's ARN.

        Raises:
            MalformedRequestError: no index can have this name.
        """
        if not _TABLE_NAME.fullmatch(index):
            raise MalformedRequestError(f"Invalid index name: {index[:64]!r}")
        return f"{self.arn}/index/{index}"


class Scope(NamedTuple):
    """The account and region that a request is for, and the tables in it."""

    catalog: TableCatalog
    region: str
    account: str

    @property
    def prefix(self) -> str:
        """What the ARN of every table here begins with."""
        return table_prefix(self.region, self.account)

    def table(self, name: str) -> Table:
        """Return the table of this name or ARN.

        Raises:
            MalformedRequestError: neither a table name nor a table's ARN.
            UnmappableRequestError: the ARN of a table in another account or region, which no emulator reaches.
        """
        if not _TABLE_NAME.fullmatch(name):
            if not name.startswith("arn:"):
                raise MalformedRequestError(f"Invalid table name: {name[:64]!r}")
            arn = self._own_arn(name)
            if arn["kind"] is not None:
                raise MalformedRequestError(f"Not the ARN of a table: {name[:256]!r}")
            name = arn["table"]
        return Table(name, table_prefix(self.region, self.account) + name, self.catalog.table(name))

    def table_in(self, structure: dict[str, Any], member: str = "TableName") -> Table:
        """Return the table that a member names, by its name or ARN.

        Raises:
            MalformedRequestError: absent, not a string, or not a table's name or ARN.
            UnmappableRequestError: a table in another account or region.
        """
        return self.table(required_text(structure, member))

    def owned_arn(self, arn: str, *kinds: str) -> str:
        """Return an ARN of this account and region after checking that it is of one of these kinds.

        Kinds are those below a table (`backup`, `stream`, `export`, `import`), or `table` for a table itself.

        Raises:
            MalformedRequestError: not an ARN of DynamoDB, or of another kind.
            UnmappableRequestError: of another account or region; or of a stream that is not the table's latest.
        """
        parts = self._own_arn(arn)
        if (parts["kind"] or "table") not in kinds:
            raise MalformedRequestError(f"Not the ARN of a {' or '.join(kinds)}: {arn[:256]!r}")
        if parts["kind"] == "stream":
            self._refuse_old_stream(parts["table"], parts["label"])
        return arn

    def stream_of_iterator(self, iterator: str) -> str:
        """Return the stream that a shard iterator reads, whose ARN it begins with.

        Raises:
            MalformedRequestError: not a shard iterator.
            UnmappableRequestError: of another account or region.
        """
        parts = _SHARD_ITERATOR.fullmatch(iterator)
        if parts is None:
            raise MalformedRequestError("Invalid ShardIterator")
        arn = self._own_arn(parts["stream"])
        if arn["kind"] != "stream":
            raise MalformedRequestError("Invalid ShardIterator")
        return parts["stream"]

    def _own_arn(self, arn: str) -> re.Match[str]:
        parts = _ARN.fullmatch(arn)
        if parts is None:
            raise MalformedRequestError(f"Invalid ARN: {arn[:256]!r}")
        here = (partition_of(self.region), self.region, self.account)
        if (parts["partition"], parts["region"], parts["account"]) != here:
            raise UnmappableRequestError(f"{arn[:256]} is in another account or region than {self.prefix}")
        return parts

    def _refuse_old_stream(self, table: str, label: str) -> None:
        # moto takes the table's name from the ARN and reads its latest stream, whatever label the ARN names: a
        # policy for the stream of one label would open that of another.
        schema = self.catalog.table(table)
        if schema is not None and schema.stream_label != label:
            raise UnmappableRequestError(f"{label} is not the label of the latest stream of {table}")
