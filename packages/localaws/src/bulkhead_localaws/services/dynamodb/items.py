"""Operations on one item, on their own and inside transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from bulkhead_localaws.protocol.checks import AuthorizationCheck, MalformedRequestError
from bulkhead_localaws.services.dynamodb import updates
from bulkhead_localaws.services.dynamodb.context import (
    ENCLOSING_OPERATION,
    RETURN_CONSUMED_CAPACITY,
    SELECT,
    item_context,
    write_checks,
)
from bulkhead_localaws.services.dynamodb.expressions import Placeholders, attributes_of
from bulkhead_localaws.services.dynamodb.members import mapping, names, text
from bulkhead_localaws.services.dynamodb.moto_readings import refuse_list_elements, refuse_lookalikes
from bulkhead_localaws.services.dynamodb.values import partition_of_item, partition_of_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bulkhead_localaws.protocol.checks import ContextValue
    from bulkhead_localaws.services.dynamodb.resources import Scope, Table


class ItemRequest(NamedTuple):
    """An operation on one item.

    Args:
        structure: its members.
        scope: where its table is.
        capacity: the ReturnConsumedCapacity of the whole request.
        enclosing: the transaction that it is part of, None outside of one.
    """

    structure: dict[str, Any]
    scope: Scope
    capacity: str
    enclosing: str | None = None


def get_checks(request: ItemRequest) -> list[AuthorizationCheck]:
    """Map a GetItem, or the Get of a TransactGetItems.

    `Select` "applies to all DynamoDB operations that return item attributes": SPECIFIC_ATTRIBUTES with a
    projection, else ALL_ATTRIBUTES. moto returns whole items in spite of AttributesToGet, and in a transaction in
    spite of ProjectionExpression: then it is ALL_ATTRIBUTES, which is what comes back.
    """
    structure = request.structure
    table = request.scope.table_in(structure)
    key = mapping(structure, "Key")
    context = item_context(_leading_key(table, key), (*key, *projection(structure)))
    honoured = "ProjectionExpression" in structure and request.enclosing is None
    context[SELECT] = "SPECIFIC_ATTRIBUTES" if honoured else "ALL_ATTRIBUTES"
    _complete(context, request)
    return [AuthorizationCheck("dynamodb:GetItem", table.arn, context)]


def put_checks(request: ItemRequest) -> list[AuthorizationCheck]:
    """Map a PutItem, or the Put of a TransactWriteItems: its key is in the item."""
    structure = request.structure
    table = request.scope.table_in(structure)
    item = mapping(structure, "Item")
    context = item_context(leading_key_of_item(table, item), (*item, *_conditions(structure)))
    _complete(context, request)
    return write_checks("dynamodb:PutItem", table.arn, context, structure)


def delete_checks(request: ItemRequest) -> list[AuthorizationCheck]:
    """Map a DeleteItem, or the Delete of a TransactWriteItems."""
    return _keyed_write("dynamodb:DeleteItem", request)


def condition_checks(request: ItemRequest) -> list[AuthorizationCheck]:
    """Map the ConditionCheck of a TransactWriteItems."""
    return _keyed_write("dynamodb:ConditionCheckItem", request)


def update_checks(request: ItemRequest) -> list[AuthorizationCheck]:
    """Map an UpdateItem, or the Update of a TransactWriteItems.

    An item that does not exist is created under the same key, so nothing else can be touched.

    Raises:
        MalformedRequestError: among others, when a key attribute is to be changed: DynamoDB refuses that, and moto
            carries out legacy AttributeUpdates on a key.
    """
    structure = request.structure
    table = request.scope.table_in(structure)
    written = list(names(structure, "AttributeUpdates"))
    named = list(written)
    expression = text(structure, "UpdateExpression")
    if expression is not None:
        update = updates.parse(expression)
        placeholders = Placeholders.of(structure)
        written += map(placeholders.name, update.targets)
        named += placeholders.attributes(update.mentioned)
    refuse_lookalikes(table.schema, written)
    for name in written:
        if table.key is not None and name in table.key.names:
            raise MalformedRequestError(
                "One or more parameter values were invalid: "
                f"Cannot update attribute {name}. This attribute is part of the key"
            )
    return _keyed_write("dynamodb:UpdateItem", request, named)


def _keyed_write(action: str, request: ItemRequest, named: Iterable[str] = ()) -> list[AuthorizationCheck]:
    structure = request.structure
    table = request.scope.table_in(structure)
    key = mapping(structure, "Key")
    context = item_context(_leading_key(table, key), (*key, *named, *_conditions(structure)))
    _complete(context, request)
    return write_checks(action, table.arn, context, structure)


def projection(structure: dict[str, Any]) -> list[str]:
    """Return the top-level attributes that a read asks for, in ProjectionExpression or AttributesToGet.

    Raises:
        MalformedRequestError: they cannot be read.
        UnmappableRequestError: see `refuse_list_elements`.
    """
    if "ProjectionExpression" not in structure:
        return list(names(structure, "AttributesToGet"))
    projected = list(attributes_of(structure, "ProjectionExpression", Placeholders.of(structure)))
    refuse_list_elements(projected)
    return projected


def leading_key_of_item(table: Table, item: dict[str, Any]) -> list[str] | None:
    """Return the leading key of an item that is written, None when the table is unknown.

    Raises:
        MalformedRequestError: a key attribute is missing or not of the key's type.
        UnmappableRequestError: see `refuse_lookalikes`.
    """
    if table.key is None:
        return None
    leading = partition_of_item(table.key, item)
    refuse_lookalikes(table.schema, item)
    return [leading]


def _leading_key(table: Table, key: dict[str, Any]) -> list[str] | None:
    return None if table.key is None else [partition_of_key(table.key, key)]


def _conditions(structure: dict[str, Any]) -> list[str]:
    if "ConditionExpression" not in structure:
        return list(names(structure, "Expected"))
    return list(attributes_of(structure, "ConditionExpression", Placeholders.of(structure)))


def _complete(context: dict[str, ContextValue], request: ItemRequest) -> None:
    context[RETURN_CONSUMED_CAPACITY] = request.capacity
    if request.enclosing is not None:
        context[ENCLOSING_OPERATION] = request.enclosing
