"""Parser of PartiQL statements: SELECT, INSERT, UPDATE and DELETE as the DynamoDB Developer Guide describes them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from bulkhead_localaws.protocol.checks import UnmappableRequestError
from bulkhead_localaws.services.dynamodb.partiql import expressions
from bulkhead_localaws.services.dynamodb.partiql.lexer import Cursor
from bulkhead_localaws.services.dynamodb.partiql.syntax import columns

if TYPE_CHECKING:
    from bulkhead_localaws.services.dynamodb.partiql.syntax import Document, Node

_RETURNED = {("ALL", "OLD"): "ALL_OLD", ("MODIFIED", "OLD"): "UPDATED_OLD"} | {
    ("ALL", "NEW"): "ALL_NEW",
    ("MODIFIED", "NEW"): "UPDATED_NEW",
}


@dataclass(frozen=True, slots=True)
class Source:
    """The table that a statement is about, an index of it, and where in the text that stands."""

    table: str
    index: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement.

    Args:
        kind: Select, Insert, Update or Delete.
        text: the whole statement.
        source: what it reads or writes.
        attributes: top-level attributes that it names, in order, each once.
        parameters: how many `?` it has.
        everything: whether a SELECT asks for `*`.
        where: the condition, None when there is none.
        where_span: where in the text the condition stands.
        item: the item that an INSERT puts.
        targets: top-level attributes that an UPDATE sets or removes.
        returned: the RETURNING clause as a value of ReturnValues; NONE without one.
    """

    kind: str
    text: str
    source: Source
    attributes: tuple[str, ...]
    parameters: int
    everything: bool = False
    where: Node | None = None
    where_span: tuple[int, int] | None = None
    item: Document | None = None
    targets: tuple[str, ...] = ()
    returned: str = "NONE"


@lru_cache(maxsize=512)
def parse(text: str) -> Statement:
    """Parse a statement.

    Raises:
        MalformedRequestError: it is empty, too long, or names an attribute of an item twice.
        UnmappableRequestError: it is anything that this parser does not know.
    """
    cursor = Cursor(text)
    if cursor.skip_word("SELECT"):
        statement = _select(cursor, text)
    elif cursor.skip_word("INSERT"):
        statement = _insert(cursor, text)
    elif cursor.skip_word("UPDATE"):
        statement = _update(cursor, text)
    elif cursor.skip_word("DELETE"):
        statement = _delete(cursor, text)
    else:
        cursor.fail()
    if cursor.current.kind != "end":
        cursor.fail()
    return statement


def _select(cursor: Cursor, text: str) -> Statement:
    named: list[str] = []
    everything = cursor.current.is_sign("*")
    if everything:
        cursor.take()
    else:
        named += columns(expressions.disjunction(cursor))
        while cursor.current.is_sign(","):
            cursor.take()
            named += columns(expressions.disjunction(cursor))
    cursor.take_word("FROM")
    source = _source(cursor)
    where, span = _where(cursor)
    if cursor.skip_word("ORDER"):
        cursor.take_word("BY")
        named.append(_ordering(cursor))
        while cursor.current.is_sign(","):
            cursor.take()
            named.append(_ordering(cursor))
    return Statement(
        "Select", text, source, _once(named, where), cursor.parameters, everything, where=where, where_span=span
    )


def _insert(cursor: Cursor, text: str) -> Statement:
    cursor.take_word("INTO")
    source = _source(cursor)
    cursor.take_word("VALUE")
    item = expressions.document(cursor)
    named = [name for name, _ in item.pairs]
    return Statement("Insert", text, source, _once(named, item), cursor.parameters, item=item)


def _update(cursor: Cursor, text: str) -> Statement:
    source = _source(cursor)
    targets: list[str] = []
    named: list[str] = []
    while cursor.current.is_word("SET", "REMOVE"):
        assigns = cursor.take().text.upper() == "SET"
        while True:
            targets.append(expressions.path(cursor).name)
            if assigns:
                cursor.take_sign("=")
                named += columns(expressions.disjunction(cursor))
            if not cursor.current.is_sign(","):
                break
            cursor.take()
    if not targets:
        cursor.fail()
    where, span = _where(cursor)
    return Statement(
        "Update",
        text,
        source,
        _once([*targets, *named], where),
        cursor.parameters,
        where=where,
        where_span=span,
        targets=tuple(targets),
        returned=_returning(cursor),
    )


def _delete(cursor: Cursor, text: str) -> Statement:
    cursor.take_word("FROM")
    source = _source(cursor)
    where, span = _where(cursor)
    attributes = _once([], where)
    returned = _returning(cursor)
    return Statement(
        "Delete", text, source, attributes, cursor.parameters, where=where, where_span=span, returned=returned
    )


def _source(cursor: Cursor) -> Source:
    start = cursor.current.start
    names = [_identifier(cursor)]
    if cursor.current.is_sign("."):
        cursor.take()
        names.append(_identifier(cursor))
    return Source(names[0], names[1] if names[1:] else None, start, cursor.behind)


def _identifier(cursor: Cursor) -> str:
    if cursor.current.kind not in {"word", "quoted"}:
        cursor.fail()
    return cursor.take().text


def _where(cursor: Cursor) -> tuple[Node | None, tuple[int, int] | None]:
    if not cursor.skip_word("WHERE"):
        return None, None
    start = cursor.current.start
    condition = expressions.disjunction(cursor)
    return condition, (start, cursor.behind)


def _ordering(cursor: Cursor) -> str:
    name = expressions.path(cursor).name
    cursor.skip_word("ASC", "DESC")
    return name


def _returning(cursor: Cursor) -> str:
    if not cursor.skip_word("RETURNING"):
        return "NONE"
    words = cursor.take().text.upper(), cursor.take().text.upper()
    cursor.take_sign("*")
    if words not in _RETURNED:
        raise UnmappableRequestError(f"Cannot read the RETURNING clause {' '.join(words)[:32]!r}")
    return _RETURNED[words]


def _once(named: list[str], node: Node | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*named, *(() if node is None else columns(node))]))
