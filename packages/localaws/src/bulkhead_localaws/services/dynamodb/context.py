"""The condition keys of DynamoDB, as "Using IAM policy conditions for fine-grained access control" defines them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bulkhead_localaws.protocol.checks import AuthorizationCheck
from bulkhead_localaws.services.dynamodb.members import choice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bulkhead_localaws.protocol.checks import ContextValue

LEADING_KEYS = "dynamodb:LeadingKeys"
# "FirstPartitionKeyValues and LeadingKeys can used exchangeable": both always have the same values.
FIRST_PARTITION_KEY_VALUES = "dynamodb:FirstPartitionKeyValues"
ATTRIBUTES = "dynamodb:Attributes"
SELECT = "dynamodb:Select"
RETURN_VALUES = "dynamodb:ReturnValues"
RETURN_CONSUMED_CAPACITY = "dynamodb:ReturnConsumedCapacity"
ENCLOSING_OPERATION = "dynamodb:EnclosingOperation"
FULL_TABLE_SCAN = "dynamodb:FullTableScan"

_RETURN_VALUES = ("NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW")


def item_context(leading_keys: Iterable[str] | None, attributes: Iterable[str]) -> dict[str, ContextValue]:
    """Return the keys that every item operation has.

    Neither is ever present and empty, since `ForAllValues` is true for an empty list as for an absent one.

    Args:
        leading_keys: canonical partition key values that cover every item that can be touched; None when that is
            not known, and the key then absent.
        attributes: names of the top-level attributes that the request names.
    """
    context: dict[str, ContextValue] = {}
    if leading_keys is not None:
        values = tuple(dict.fromkeys(leading_keys))
        if values:
            context[LEADING_KEYS] = context[FIRST_PARTITION_KEY_VALUES] = values
    named = tuple(dict.fromkeys(attributes))
    if named:
        context[ATTRIBUTES] = named
    return context


def consumed_capacity(structure: dict[str, Any]) -> str:
    """Return the `ReturnConsumedCapacity` of a request, NONE unless it says otherwise.

    Raises:
        MalformedRequestError: not one of the documented words.
    """
    return choice(structure, "ReturnConsumedCapacity", ("NONE", "TOTAL", "INDEXES")) or "NONE"


def write_checks(
    action: str, resource: str, context: dict[str, ContextValue], structure: dict[str, Any]
) -> list[AuthorizationCheck]:
    """Return the checks of a write: one for each way in which it returns values.

    "The ReturnValues parameter always has a value (NONE unless otherwise specified)." DynamoDB does not document
    whether `ReturnValuesOnConditionCheckFailure`, which returns the old item just as well, counts for
    `dynamodb:ReturnValues`. The safe side is that it does: a policy that forbids ALL_OLD forbids both ways to it.

    Raises:
        MalformedRequestError: a value that is not documented.
    """
    values = {choice(structure, "ReturnValues", _RETURN_VALUES) or "NONE": None}
    if choice(structure, "ReturnValuesOnConditionCheckFailure", ("NONE", "ALL_OLD")) == "ALL_OLD":
        values.pop("NONE", None)
        values["ALL_OLD"] = None
    return [AuthorizationCheck(action, resource, {**context, RETURN_VALUES: value}) for value in values]
