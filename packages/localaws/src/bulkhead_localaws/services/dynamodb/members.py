"""Reading the members of a request's structures: only known ones, of the JSON types that the protocol says.

The members are listed by hand and not taken from an SDK's service model: a member that DynamoDB gains later could
widen what a request touches, so it is refused until somebody has mapped it. Names are compared exactly, as DynamoDB
does. A member that is null counts as absent, as in all AWS JSON protocols. (An object that names a member twice is
the business of whoever parses the body.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bulkhead_localaws.protocol.checks import MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services.dynamodb.values import SERIALIZATION

if TYPE_CHECKING:
    from collections.abc import Iterable

EXPRESSION_MEMBERS = frozenset(
    {
        "ConditionExpression",
        "ExpressionAttributeNames",
        "ExpressionAttributeValues",
        "FilterExpression",
        "KeyConditionExpression",
        "ProjectionExpression",
        "UpdateExpression",
    }
)
LEGACY_MEMBERS = frozenset(
    {
        "AttributeUpdates",
        "AttributesToGet",
        "ConditionalOperator",
        "Expected",
        "KeyConditions",
        "QueryFilter",
        "ScanFilter",
    }
)


def known(structure: object, allowed: frozenset[str], what: str) -> dict[str, Any]:
    """Return the structure's members that are not null.

    Raises:
        MalformedRequestError: not an object, or expressions mixed with the parameters that they replace.
        UnmappableRequestError: a member that is not among `allowed`.
    """
    if not isinstance(structure, dict):
        raise MalformedRequestError(f"{what} is not an object", code=SERIALIZATION)
    keys = structure.keys()
    if not keys <= allowed:
        unknown = ", ".join(sorted(map(str, keys - allowed)))
        raise UnmappableRequestError(f"{what} has members that this gate cannot map: {unknown}")
    if None in structure.values():
        structure = {name: value for name, value in structure.items() if value is not None}
        keys = structure.keys()
    if not keys.isdisjoint(LEGACY_MEMBERS) and not keys.isdisjoint(EXPRESSION_MEMBERS):
        raise MalformedRequestError(
            "Can not use both expression and non-expression parameters in the same request: "
            f"Non-expression parameters: {{{', '.join(sorted(keys & LEGACY_MEMBERS))}}} "
            f"Expression parameters: {{{', '.join(sorted(keys & EXPRESSION_MEMBERS))}}}"
        )
    return structure


def text(structure: dict[str, Any], name: str) -> str | None:
    """Return a member that is a string, or None when it is absent.

    Raises:
        MalformedRequestError: the member is not a string.
    """
    value = structure.get(name)
    if value is not None and not isinstance(value, str):
        raise MalformedRequestError(f"{name} is not a string", code=SERIALIZATION)
    return value


def required_text(structure: dict[str, Any], name: str) -> str:
    """Return a member that is a string and must be there.

    Raises:
        MalformedRequestError: the member is absent or not a string.
    """
    value = text(structure, name)
    if value is None:
        raise MalformedRequestError(f"The parameter '{name}' is required but was not present in the request")
    return value


def choice(structure: dict[str, Any], name: str, values: Iterable[str]) -> str | None:
    """Return a member that is one of some words, or None when it is absent.

    Raises:
        MalformedRequestError: the member is anything else.
    """
    value = text(structure, name)
    if value is not None and value not in values:
        raise MalformedRequestError(f"Value '{value[:64]}' of {name} is not one of {', '.join(values)}")
    return value


def mapping(structure: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a member that is an object and must be there.

    Raises:
        MalformedRequestError: the member is absent or not an object.
    """
    value = structure.get(name)
    if value is None:
        raise MalformedRequestError(f"The parameter '{name}' is required but was not present in the request")
    if not isinstance(value, dict):
        raise MalformedRequestError(f"{name} is not an object", code=SERIALIZATION)
    return value


def names(structure: dict[str, Any], name: str) -> tuple[str, ...]:
    """Return the keys of a member that is an object, or the strings of one that is a list; none when absent.

    Raises:
        MalformedRequestError: the member is neither, or a list of something else than strings.
    """
    value = structure.get(name)
    if value is None:
        return ()
    if not isinstance(value, dict | list) or not all(isinstance(each, str) for each in value):
        raise MalformedRequestError(f"{name} is not of the expected type", code=SERIALIZATION)
    return tuple(value)


def entries(structure: dict[str, Any], name: str) -> list[Any]:
    """Return a member that is a list and must not be empty.

    Raises:
        MalformedRequestError: the member is absent, not a list, or empty.
    """
    value = structure.get(name)
    if value is not None and not isinstance(value, list):
        raise MalformedRequestError(f"{name} is not a list", code=SERIALIZATION)
    if not value:
        raise MalformedRequestError(f"{name} must hold at least one member")
    return value
