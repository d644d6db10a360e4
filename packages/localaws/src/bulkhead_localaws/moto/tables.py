"""The tables of a running moto, read from its memory: the only file of this package that imports moto."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from moto.backends import get_backend

from bulkhead_localaws.services.dynamodb.schema import KeyAttribute, KeySchema, KeyType, TableSchema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_KEY_TYPES = frozenset(get_args(KeyType))


class MotoTableCatalog:
    """The tables of one account and region of the moto that runs in this process.

    A table that is created, changed or deleted is seen by the next call: schemas are cached per table object and
    built anew when anything that they were built from has changed. Safe to use from several threads.
    """

    def __init__(self, *, account: str, region: str) -> None:
        self._account = account
        self._region = region
        self._backends = get_backend("dynamodb")
        self._schemas: dict[str, tuple[Any, tuple[Any, ...], TableSchema | None]] = {}

    def table(self, name: str) -> TableSchema | None:
        """Return the table, or None when there is none or its key is not one partition and at most one sort key."""
        try:
            table = self._backends[self._account][self._region].tables.get(name)
        except KeyError:  # moto knows no such region
            return None
        if table is None:
            self._schemas.pop(name, None)
            return None
        built_from = _built_from(table)
        cached = self._schemas.get(name)
        if cached is None or cached[0] is not table or cached[1] != built_from:
            cached = (table, built_from, _schema(table))
            self._schemas[name] = cached
        return cached[2]


def _built_from(table: Any) -> tuple[Any, ...]:
    indexes = [*table.global_indexes, *table.indexes]
    described = tuple((index.name, index.schema) for index in indexes)
    return table.name, table.schema, table.attr, table.latest_stream_label, described


def _schema(table: Any) -> TableSchema | None:
    # UpdateTable replaces `attr` by the list it was given, which need not name the table's own key any more; the
    # types of that are kept apart.
    types = {each["AttributeName"]: each["AttributeType"] for each in table.attr}
    types[table.hash_key_attr] = table.hash_key_type
    if table.range_key_attr is not None:
        types[table.range_key_attr] = table.range_key_type
    key = _key(table.schema, types)
    if key is None:
        return None
    indexes = {index.name: _key(index.schema, types) for index in [*table.global_indexes, *table.indexes]}
    return TableSchema(
        name=table.name,
        key=key,
        indexes={name: index for name, index in indexes.items() if index is not None},
        stream_label=table.latest_stream_label,
    )


def _key(schema: Sequence[Mapping[str, str]], types: Mapping[str, Any]) -> KeySchema | None:
    attributes: dict[str, list[KeyAttribute]] = {"HASH": [], "RANGE": []}
    for element in schema:
        name = element["AttributeName"]
        if types.get(name) not in _KEY_TYPES or element["KeyType"] not in attributes:
            return None
        attributes[element["KeyType"]].append(KeyAttribute(name, types[name]))
    if len(attributes["HASH"]) != 1 or len(attributes["RANGE"]) > 1:
        return None
    return KeySchema(attributes["HASH"][0], attributes["RANGE"][0] if attributes["RANGE"] else None)
