"""PartiQL as moto reads it: when another table would be touched, and when other partitions might be.

moto hands statements to py-partiql-parser (0.6), which cuts them by text and walks over characters. It knows neither
`''` nor most operators, takes comparisons that it does not know for `=`, joins AND and OR from left to right, looks
attributes up without regard to case, and finds ` FROM ` and ` WHERE ` inside string literals. Two consequences:

- A statement whose table moto would not find where DynamoDB finds it is refused (`refuse_other_table`).
- Only statements of the plainest form have leading keys (`reads_alike`). For all others the key is absent, so a
  policy on leading keys does not match, while one that grants the whole table works as far as moto does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bulkhead_localaws.protocol.checks import UnmappableRequestError
from bulkhead_localaws.services.dynamodb.partiql.syntax import Constant, Document

if TYPE_CHECKING:
    from bulkhead_localaws.services.dynamodb.partiql.statements import Statement
    from bulkhead_localaws.services.dynamodb.partiql.syntax import Node
    from bulkhead_localaws.services.dynamodb.schema import TableCatalog

# The cut that py-partiql-parser makes through a SELECT, after it has replaced line ends by blanks.
_CUTS = re.compile("SELECT | FROM | WHERE ", re.IGNORECASE)

_NAME = r"""(?:"[A-Za-z0-9_#:@/-]+"|[A-Za-z_][A-Za-z0-9_]*)"""
# `?` between quotes would be taken for a parameter, U+2019 for a quote, and a line end becomes a blank.
_UNQUOTED = r"""[^'"\u2019\n]"""
_TEXT = rf"""'(?!\?'){_UNQUOTED}*'"""
_TABLE = r"""(?:"[A-Za-z0-9_.-]+"|[A-Za-z_][A-Za-z0-9_]*)"""
_EQUALITY = rf"{_NAME} = +(?:{_TEXT}|\?)"
_EQUALITIES = rf"{_EQUALITY}(?: +AND {_EQUALITY})*"
_ASSIGNMENTS = rf"SET {_EQUALITY}(?:, *{_EQUALITY})*"
_TEXT_EQUALITY = rf"{_NAME} = +{_TEXT}"  # moto knows no parameters in a DELETE


def _pattern(*parts: str) -> re.Pattern[str]:
    return re.compile(" ".join(parts).replace(" ", "[ \\n]"), re.IGNORECASE)


_PLAIN_WHERE = _pattern(_EQUALITIES)
_PLAIN_UPDATE = _pattern("UPDATE", _TABLE, f"(?:{_ASSIGNMENTS}|REMOVE {_NAME})", "WHERE", _EQUALITIES)
_PLAIN_DELETE = _pattern("DELETE FROM", _TABLE, "WHERE", rf"{_TEXT_EQUALITY}(?: +AND {_TEXT_EQUALITY})*")
_PLAIN_INSERT = _pattern("INSERT INTO", _TABLE, r"VALUE +\{")
_OPENINGS = {
    "Insert": _pattern("INSERT INTO", _TABLE, ""),
    "Update": _pattern("UPDATE", _TABLE, ""),
    "Delete": _pattern("DELETE FROM", _TABLE, ""),
}
_PLAIN_INTEGER = re.compile(r"-?[0-9]+")
_PLAIN_TEXT = re.compile(f"{_UNQUOTED}+")


def refuse_other_table(statement: Statement, catalog: TableCatalog) -> None:
    """Refuse a statement that moto might carry out on another table than the one it names.

    Raises:
        UnmappableRequestError: moto cuts the statement elsewhere, or takes a table for an index or the reverse.
    """
    if statement.kind == "Select":
        certain = _cut_alike(statement)
    else:
        certain = _OPENINGS[statement.kind].match(statement.text) is not None
    if not certain:
        raise UnmappableRequestError("moto cannot be trusted to find the table in this PartiQL statement")
    # moto keeps tables and indexes under one name, `table.index`, and names of tables may hold dots.
    table, index = statement.source.table, statement.source.index
    if index is not None and catalog.table(f"{table}.{index}") is not None:
        raise UnmappableRequestError(f"moto cannot tell the index {index} of {table} from the table {table}.{index}")
    for dot in (position for position, sign in enumerate(table) if sign == "."):
        if catalog.table(table[:dot]) is not None:
            raise UnmappableRequestError(f"moto cannot tell the table {table} from an index of {table[:dot]}")


def reads_alike(statement: Statement) -> bool:
    """Whether moto surely touches no other partitions than DynamoDB for this statement."""
    text = statement.text
    if statement.kind == "Select":
        if statement.where_span is None:
            return False
        start, end = statement.where_span
        return end == len(text.rstrip(" \n")) and _PLAIN_WHERE.fullmatch(text[start:end]) is not None
    if statement.kind == "Update":
        return _PLAIN_UPDATE.fullmatch(text) is not None
    if statement.kind == "Delete":
        return _PLAIN_DELETE.fullmatch(text) is not None
    if statement.item is None or "\t" in text or "\r" in text:  # moto takes a tab for the beginning of a value
        return False
    return _PLAIN_INSERT.match(text) is not None and _is_plain(statement.item)


def _cut_alike(statement: Statement) -> bool:
    text = statement.text.replace("\n", " ")
    cuts = [match.span() for match in _CUTS.finditer(text)]
    where = statement.where_span
    if len(cuts) != (2 if where is None else 3) or cuts[0][0] != 0:
        return False
    source_end = len(text) if where is None else cuts[2][0]
    if where is not None and text[cuts[2][1] : where[0]].strip(" "):
        return False
    around = text[cuts[1][1] : statement.source.start] + text[statement.source.end : source_end]
    if around.strip(" ") or "\t" in around or "\r" in around:
        return False
    written = text[statement.source.start : statement.source.end]
    # `"table"."index"`, as DynamoDB wants it, moto does not find at all; nothing is touched.
    quoted = rf'{_TABLE}|[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*|"[A-Za-z0-9_.-]+"\."[A-Za-z0-9_.-]+"'
    return re.fullmatch(quoted, written) is not None


def _is_plain(node: Node) -> bool:
    match node:
        case Document(pairs):
            return bool(pairs) and all(_PLAIN_TEXT.fullmatch(name) and _is_plain(value) for name, value in pairs)
        case Constant("S", text):
            return text == "" or _PLAIN_TEXT.fullmatch(text) is not None
        case Constant("N", text):
            return _PLAIN_INTEGER.fullmatch(text) is not None
    return False
