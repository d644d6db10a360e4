"""Update expressions: which attributes are written, and which are named at all.

Grammar of "Using update expressions in DynamoDB": the clauses SET, REMOVE, ADD and DELETE, each at most once, in any
order and case.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from bulkhead_localaws.protocol.checks import MalformedRequestError
from bulkhead_localaws.services.dynamodb.expressions import Mentioned
from bulkhead_localaws.services.dynamodb.lexer import END, Cursor

if TYPE_CHECKING:
    from bulkhead_localaws.services.dynamodb.lexer import Token

_CLAUSES = ("SET", "REMOVE", "ADD", "DELETE")


@dataclass(frozen=True, slots=True)
class Update:
    """What an update expression writes (top-level names or aliases), and all that it mentions."""

    targets: tuple[str, ...]
    mentioned: Mentioned


@lru_cache(maxsize=512)
def parse(expression: str) -> Update:
    """Return what an UpdateExpression writes and mentions.

    Raises:
        MalformedRequestError: not an update expression.
    """
    cursor = Cursor(expression)
    targets: list[Token] = []
    keywords: dict[str, int] = {}
    while cursor.current is not END:
        if not cursor.current.is_word(*_CLAUSES):
            cursor.fail()
        position = cursor.position
        keyword = cursor.take().text.upper()
        if keyword in keywords:
            raise MalformedRequestError(f"The {keyword!r} section can only be used once in an update expression")
        keywords[keyword] = position
        targets += _clause(cursor, keyword)
    written = tuple(dict.fromkeys(token.text for token in targets))
    return Update(written, Mentioned.among(cursor.words(without=set(keywords.values()))))


def _clause(cursor: Cursor, keyword: str) -> list[Token]:
    targets = []
    while True:
        targets.append(cursor.take_path())
        if keyword == "SET":
            cursor.take_sign("=")
            _skip_operand(cursor)
        elif keyword != "REMOVE":
            cursor.take_kind("value")
        if not cursor.current.is_sign(","):
            return targets
        cursor.take()


def _skip_operand(cursor: Cursor) -> None:
    depth = 0
    length = 0
    while cursor.current is not END:
        token = cursor.current
        if depth == 0 and token.is_sign(","):
            break
        # A word such as REMOVE opens the next clause where an operand is complete, and names an attribute elsewhere.
        complete = cursor.previous.kind in {"name", "alias", "value"} or cursor.previous.is_sign(")", "]")
        if depth == 0 and length and complete and token.is_word(*_CLAUSES):
            break
        depth += token.is_sign("(") - token.is_sign(")")
        if depth < 0 or token.is_sign("=", "<", ">", "<=", ">=", "<>"):
            cursor.fail()
        cursor.take()
        length += 1
    if length == 0 or depth != 0:
        cursor.fail()
