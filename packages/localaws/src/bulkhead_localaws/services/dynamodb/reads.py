"""Query and Scan, on a table or on one of its secondary indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bulkhead_localaws.protocol.checks import AuthorizationCheck, MalformedRequestError
from bulkhead_localaws.services.dynamodb import key_conditions
from bulkhead_localaws.services.dynamodb.context import (
    RETURN_CONSUMED_CAPACITY,
    SELECT,
    consumed_capacity,
    item_context,
)
from bulkhead_localaws.services.dynamodb.expressions import Placeholders, attributes_of
from bulkhead_localaws.services.dynamodb.items import projection
from bulkhead_localaws.services.dynamodb.members import choice, mapping, names, text
from bulkhead_localaws.services.dynamodb.moto_readings import refuse_white_space
from bulkhead_localaws.services.dynamodb.values import key_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bulkhead_localaws.protocol.checks import ContextValue
    from bulkhead_localaws.services.dynamodb.resources import Scope, Table
    from bulkhead_localaws.services.dynamodb.schema import KeySchema

_SELECT = ("ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "SPECIFIC_ATTRIBUTES", "COUNT")


def query_checks(structure: dict[str, Any], scope: Scope) -> list[AuthorizationCheck]:
    """Map a Query: its leading key is the one value of the table's, or the index's, partition key.

    Raises:
        MalformedRequestError: among others, when no single partition is selected.
        UnmappableRequestError: see `refuse_white_space`.
    """
    table = scope.table_in(structure)
    resource, key = _target(structure, table)
    conditions = _key_conditions(structure)
    leading = None
    if key is not None:
        leading = key_conditions.partition(conditions, key)
        _refuse_foreign_start(structure, key, leading)
    named = [condition.attribute for condition in conditions]
    context = item_context(None if leading is None else [leading], (*named, *_read_attributes(structure)))
    _complete(context, structure)
    return [AuthorizationCheck("dynamodb:Query", resource, context)]


def scan_checks(structure: dict[str, Any], scope: Scope) -> list[AuthorizationCheck]:
    """Map a Scan, which has no leading keys: "Scan returns all items regardless of the leading keys"."""
    resource, _ = _target(structure, scope.table_in(structure))
    context = item_context(None, _read_attributes(structure))
    _complete(context, structure)
    return [AuthorizationCheck("dynamodb:Scan", resource, context)]


def _target(structure: dict[str, Any], table: Table) -> tuple[str, KeySchema | None]:
    index = text(structure, "IndexName")
    if index is None:
        return table.arn, table.key
    return table.index_arn(index), table.index_key(index)


def _key_conditions(structure: dict[str, Any]) -> Sequence[key_conditions.Condition]:
    expression = text(structure, "KeyConditionExpression")
    if expression is None:
        if "KeyConditions" not in structure:
            raise MalformedRequestError(
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
            )
        return key_conditions.legacy(structure)
    conditions = key_conditions.resolve(expression, Placeholders.of(structure))
    refuse_white_space(expression)
    return conditions


def _refuse_foreign_start(structure: dict[str, Any], key: KeySchema, leading: str) -> None:
    if "ExclusiveStartKey" not in structure:
        return
    start = mapping(structure, "ExclusiveStartKey")
    if key.partition.name not in start or key_text(key.partition, start[key.partition.name]) != leading:
        raise MalformedRequestError(
            "The provided starting key is outside query boundaries based on provided conditions"
        )


def _read_attributes(structure: dict[str, Any]) -> list[str]:
    named = [*projection(structure), *names(structure, "QueryFilter"), *names(structure, "ScanFilter")]
    if "FilterExpression" in structure:
        named += attributes_of(structure, "FilterExpression", Placeholders.of(structure))
    return named


def _complete(context: dict[str, ContextValue], structure: dict[str, Any]) -> None:
    """Add Select and ReturnConsumedCapacity, with the defaults of the Query API reference.

    moto returns whole items in spite of AttributesToGet: then Select is what comes back, ALL_ATTRIBUTES.
    """
    context[RETURN_CONSUMED_CAPACITY] = consumed_capacity(structure)
    select = choice(structure, "Select", _SELECT)
    if select is None:
        select = "ALL_PROJECTED_ATTRIBUTES" if "IndexName" in structure else "ALL_ATTRIBUTES"
        if "ProjectionExpression" in structure:
            select = "SPECIFIC_ATTRIBUTES"
    if select == "SPECIFIC_ATTRIBUTES" and "ProjectionExpression" not in structure:
        select = "ALL_ATTRIBUTES"
    context[SELECT] = select
