"""Key conditions of a Query: the one partition that it reads.

Grammar of "Key condition expressions for the Query operation in DynamoDB", with parentheses anywhere, any white
space, and keywords in any case; the legacy parameter KeyConditions says the same in JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bulkhead_localaws.protocol.checks import MalformedRequestError
from bulkhead_localaws.services.dynamodb.lexer import DEEPEST_NESTING, END, Cursor
from bulkhead_localaws.services.dynamodb.members import entries, known, mapping, required_text
from bulkhead_localaws.services.dynamodb.values import key_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bulkhead_localaws.services.dynamodb.expressions import Placeholders
    from bulkhead_localaws.services.dynamodb.schema import KeySchema

_COMPARISONS = ("=", "<", "<=", ">", ">=")
_MOST_CONDITIONS = 2
_LEGACY_OPERATORS = {
    "EQ": "=",
    "LT": "<",
    "LE": "<=",
    "GT": ">",
    "GE": ">=",
    "BEGINS_WITH": "begins_with",
    "BETWEEN": "BETWEEN",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on one attribute: in an expression its words, in KeyConditions names and values themselves."""

    attribute: str
    operator: str
    values: tuple[Any, ...]

    def __str__(self) -> str:
        """Spell it as an expression in the one way that every parser reads alike."""
        if self.operator == "begins_with":
            return f"begins_with({self.attribute}, {self.values[0]})"
        return f"{self.attribute} {self.operator} {' AND '.join(map(str, self.values))}"


@lru_cache(maxsize=512)
def parse(expression: str) -> tuple[Condition, ...]:
    """Return the conditions that a KeyConditionExpression joins by AND, in their order.

    Raises:
        MalformedRequestError: not a key condition expression.
    """
    cursor = Cursor(expression)
    conditions = _conjunction(cursor, 0)
    if cursor.current is not END:
        cursor.fail()
    return tuple(conditions)


def _conjunction(cursor: Cursor, depth: int) -> list[Condition]:
    conditions = _term(cursor, depth)
    while cursor.current.is_word("AND"):
        cursor.take()
        conditions += _term(cursor, depth)
    return conditions


def _term(cursor: Cursor, depth: int) -> list[Condition]:
    if not cursor.current.is_sign("("):
        return [_condition(cursor)]
    if depth == DEEPEST_NESTING:
        raise MalformedRequestError("The expression has too many nested parentheses")
    cursor.take()
    conditions = _conjunction(cursor, depth + 1)
    cursor.take_sign(")")
    return conditions


def _condition(cursor: Cursor) -> Condition:
    attribute = cursor.take_kind("name", "alias").text
    if attribute == "begins_with" and cursor.current.is_sign("("):
        cursor.take()
        attribute = cursor.take_kind("name", "alias").text
        cursor.take_sign(",")
        value = cursor.take_kind("value").text
        cursor.take_sign(")")
        return Condition(attribute, "begins_with", (value,))
    if cursor.current.is_word("BETWEEN"):
        cursor.take()
        low = cursor.take_kind("value").text
        if not cursor.current.is_word("AND"):
            cursor.fail()
        cursor.take()
        return Condition(attribute, "BETWEEN", (low, cursor.take_kind("value").text))
    operator = cursor.take_sign(*_COMPARISONS).text
    return Condition(attribute, operator, (cursor.take_kind("value").text,))


def resolve(expression: str, placeholders: Placeholders) -> list[Condition]:
    """Return an expression's conditions with names and values in place of placeholders.

    Raises:
        MalformedRequestError: not a key condition expression, or a placeholder that is not defined.
    """
    return [
        Condition(
            placeholders.name(condition.attribute),
            condition.operator,
            tuple(map(placeholders.value, condition.values)),
        )
        for condition in parse(expression)
    ]


_LEGACY_MEMBERS = frozenset({"ComparisonOperator", "AttributeValueList"})


def legacy(structure: dict[str, Any]) -> list[Condition]:
    """Return the conditions of the legacy parameter KeyConditions.

    Raises:
        MalformedRequestError: an operator that a key condition cannot have, or a wrong number of values.
        UnmappableRequestError: a member that is not known.
    """
    conditions = []
    for attribute, given in mapping(structure, "KeyConditions").items():
        condition = known(given, _LEGACY_MEMBERS, "A key condition")
        operator = _LEGACY_OPERATORS.get(required_text(condition, "ComparisonOperator"))
        if operator is None:
            raise MalformedRequestError("Attempted conditional constraint is not an indexable operation")
        values = tuple(entries(condition, "AttributeValueList"))
        if len(values) != (2 if operator == "BETWEEN" else 1):
            raise MalformedRequestError("Invalid number of argument(s) for the ComparisonOperator of a key condition")
        conditions.append(Condition(attribute, operator, values))
    return conditions


def partition(conditions: Sequence[Condition], key: KeySchema) -> str:
    """Return the canonical value of the one partition that resolved conditions select.

    Raises:
        MalformedRequestError: the partition key is not compared for equality exactly once, a condition is on
            another attribute or a second one on the sort key, or a value is not of the key's type.
    """
    if not 1 <= len(conditions) <= _MOST_CONDITIONS:
        raise MalformedRequestError("Conditions can be of length 1 or 2 only")
    found: str | None = None
    for condition in conditions:
        if condition.attribute == key.partition.name:
            if found is not None or condition.operator != "=":
                raise MalformedRequestError("Query key condition not supported")
            found = key_text(key.partition, condition.values[0])
        elif key.sort is None or condition.attribute != key.sort.name:
            raise MalformedRequestError(f"Query condition missed key schema element: {key.partition.name}")
        else:
            for value in condition.values:
                key_text(key.sort, value)
    if found is None:
        raise MalformedRequestError(f"Query condition missed key schema element: {key.partition.name}")
    return found
