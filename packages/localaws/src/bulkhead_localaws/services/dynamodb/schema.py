"""What the mapping must know of a table: its key, the keys of its indexes, its stream."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

KeyType = Literal["S", "N", "B"]


@dataclass(frozen=True, slots=True)
class KeyAttribute:
    """A key attribute: its name and its type, a string, a number or binary."""

    name: str
    type: KeyType


@dataclass(frozen=True, slots=True)
class KeySchema:
    """The key of a table or index: one partition key, and a sort key unless it has none."""

    partition: KeyAttribute
    sort: KeyAttribute | None = None
    names: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Collect the names once, since every request asks for them."""
        names = {self.partition.name} if self.sort is None else {self.partition.name, self.sort.name}
        object.__setattr__(self, "names", frozenset(names))


@dataclass(frozen=True, slots=True)
class TableSchema:
    """A table as it is now.

    Args:
        name: the table's name.
        key: the table's own key.
        indexes: by name, the key of each secondary index. An index whose key has several partition attributes
            is left out: its leading key is then unknown, and the condition key absent.
        stream_label: the label of the latest stream, None when the table never had one.
    """

    name: str
    key: KeySchema
    indexes: Mapping[str, KeySchema] = field(default_factory=dict)
    stream_label: str | None = None
    folded_partition_keys: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Collect all partition keys by their lower-case name (see `moto_readings.refuse_lookalikes`)."""
        names = [key.partition.name for key in (self.key, *self.indexes.values())]
        object.__setattr__(self, "folded_partition_keys", {name.lower(): name for name in names})


class TableCatalog(Protocol):
    """The tables that exist in one account and region of the emulator, always current."""

    def table(self, name: str) -> TableSchema | None:
        """Return the table of this name, or None when there is none or its key is not understood."""
