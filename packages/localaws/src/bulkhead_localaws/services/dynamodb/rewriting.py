"""The same request in the one spelling that moto reads as DynamoDB reads all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bulkhead_localaws.services.dynamodb import key_conditions

if TYPE_CHECKING:
    from collections.abc import Mapping


def as_moto_reads(operation: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the body to authorize and forward: this very object when there is nothing to respell.

    Only the white space, parentheses, keyword case and order of a KeyConditionExpression change, none of which
    mean anything to DynamoDB.

    Raises:
        MalformedRequestError: the KeyConditionExpression cannot be read.
    """
    expression = body.get("KeyConditionExpression") if operation == "Query" else None
    if not isinstance(expression, str):
        return body
    # An equality first: moto does not find an AND behind a BETWEEN.
    conditions = sorted(key_conditions.parse(expression), key=lambda condition: condition.operator != "=")
    respelled = " AND ".join(map(str, conditions))
    return body if respelled == expression else {**body, "KeyConditionExpression": respelled}
