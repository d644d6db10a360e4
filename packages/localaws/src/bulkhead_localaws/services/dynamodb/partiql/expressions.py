"""Parser of PartiQL expressions, with the precedence of "PartiQL operators for DynamoDB"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulkhead_localaws.protocol.checks import MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services.dynamodb.partiql.syntax import (
    Column,
    Conjunction,
    Constant,
    Disjunction,
    Document,
    Equality,
    Membership,
    Node,
    Opaque,
    Parameter,
    Sequence,
)

if TYPE_CHECKING:
    from bulkhead_localaws.services.dynamodb.partiql.lexer import Cursor

_DEEPEST_NESTING = 32
_COMPARISONS = ("=", "<>", "!=", "<", "<=", ">", ">=")
_LITERALS = {"TRUE": "BOOL", "FALSE": "BOOL", "NULL": "NULL", "MISSING": "MISSING"}
# Words that cannot stand for an attribute unless quoted, since the grammar needs them where one could be.
_RESERVED = (
    *("AND", "AS", "ASC", "BETWEEN", "BY", "DELETE", "DESC", "EXISTS", "FROM", "IN", "INSERT", "INTO", "IS", "LIKE"),
    *("NOT", "OR", "ORDER", "REMOVE", "RETURNING", "SELECT", "SET", "UPDATE", "VALUE", "WHERE"),
)
_CLOSING = {"(": ")", "[": "]", "<<": ">>"}


def disjunction(cursor: Cursor, depth: int = 0) -> Node:
    """Parse an expression, up to the first word that cannot belong to it.

    Raises:
        UnmappableRequestError: it cannot be read, or is nested more than 32 deep.
    """
    if depth > _DEEPEST_NESTING:
        raise UnmappableRequestError("The PartiQL statement is nested too deeply")
    items = [_conjunction(cursor, depth)]
    while cursor.skip_word("OR"):
        items.append(_conjunction(cursor, depth))
    return items[0] if len(items) == 1 else Disjunction(tuple(items))


def _conjunction(cursor: Cursor, depth: int) -> Node:
    items = [_negation(cursor, depth)]
    while cursor.skip_word("AND"):
        items.append(_negation(cursor, depth))
    return items[0] if len(items) == 1 else Conjunction(tuple(items))


def _negation(cursor: Cursor, depth: int) -> Node:
    negated = False
    while cursor.skip_word("NOT"):
        negated = True
    node = _predicate(cursor, depth)
    return Opaque((node,)) if negated else node


def _predicate(cursor: Cursor, depth: int) -> Node:
    left = _arithmetic(cursor, depth)
    if cursor.current.is_sign(*_COMPARISONS):
        operator = cursor.take().text
        right = _arithmetic(cursor, depth)
        return Equality(left, right) if operator == "=" else Opaque((left, right))
    if cursor.skip_word("IS"):
        cursor.skip_word("NOT")
        if cursor.current.kind != "word":
            cursor.fail()
        cursor.take()
        return Opaque((left,))
    negated = cursor.skip_word("NOT")
    if cursor.skip_word("IN"):
        if not cursor.current.is_sign(*_CLOSING):  # `IN ?`: a parameter may stand for a list, whatever it holds
            return Opaque((left, _arithmetic(cursor, depth)))
        items = _items(cursor, depth)
        return Opaque((left, *items)) if negated else Membership(left, items)
    if cursor.skip_word("BETWEEN"):
        low = _arithmetic(cursor, depth)
        cursor.take_word("AND")
        return Opaque((left, low, _arithmetic(cursor, depth)))
    if cursor.skip_word("LIKE"):
        return Opaque((left, _arithmetic(cursor, depth)))
    if negated:
        cursor.fail()
    return left


def _arithmetic(cursor: Cursor, depth: int) -> Node:
    items = [_primary(cursor, depth)]
    while cursor.current.is_sign("+", "-", "*", "/", "%", "||"):
        cursor.take()
        items.append(_primary(cursor, depth))
    return items[0] if len(items) == 1 else Opaque(tuple(items))


def _primary(cursor: Cursor, depth: int) -> Node:
    token = cursor.current
    if token.is_sign("-", "+"):
        sign = cursor.take().text
        operand = cursor.take()
        if operand.kind != "number":
            cursor.fail()
        return Constant("N", sign.replace("+", "") + operand.text)
    if token.is_sign(*_CLOSING):
        items = _items(cursor, depth)
        return items[0] if token.text == "(" and len(items) == 1 else Sequence(items)
    if token.is_sign("{"):
        return document(cursor, depth + 1)
    if token.kind == "parameter":
        return Parameter(cursor.take_parameter())
    if token.kind == "string":
        return Constant("S", cursor.take().text)
    if token.kind == "number":
        return Constant("N", cursor.take().text)
    if token.is_word(*_LITERALS):
        return Constant(_LITERALS[cursor.take().text.upper()], token.text)
    if token.kind == "word" and not token.is_word(*_RESERVED) and cursor.following.is_sign("("):
        cursor.take()
        return Opaque(_items(cursor, depth))
    return path(cursor)


def path(cursor: Cursor) -> Column:
    """Parse a document path such as `a."b"[2]`.

    Raises:
        UnmappableRequestError: there is none.
    """
    token = cursor.current
    if token.kind not in {"word", "quoted"} or token.is_word(*_RESERVED) or not token.text:
        cursor.fail()
    cursor.take()
    nested = False
    while cursor.current.is_sign(".", "["):
        nested = True
        if cursor.take().text == ".":
            if cursor.current.kind not in {"word", "quoted"}:
                cursor.fail()
            cursor.take()
        else:
            if cursor.current.kind != "number":
                cursor.fail()
            cursor.take()
            cursor.take_sign("]")
    return Column(token.text, nested)


def _items(cursor: Cursor, depth: int) -> tuple[Node, ...]:
    closing = _CLOSING[cursor.take().text]
    items = []
    if not cursor.current.is_sign(closing):
        items.append(disjunction(cursor, depth + 1))
        while cursor.current.is_sign(","):
            cursor.take()
            items.append(disjunction(cursor, depth + 1))
    cursor.take_sign(closing)
    return tuple(items)


def document(cursor: Cursor, depth: int = 0) -> Document:
    """Parse `{'name': value, …}`.

    Raises:
        MalformedRequestError: a name occurs twice.
        UnmappableRequestError: it cannot be read.
    """
    cursor.take_sign("{")
    pairs: dict[str, Node] = {}
    while not cursor.current.is_sign("}"):
        if pairs:
            cursor.take_sign(",")
        if cursor.current.kind != "string":
            cursor.fail()
        name = cursor.take().text
        if name in pairs:
            raise MalformedRequestError(f"The attribute {name!r} occurs twice in a document")
        cursor.take_sign(":")
        pairs[name] = disjunction(cursor, depth + 1)
    cursor.take_sign("}")
    return Document(tuple(pairs.items()))
