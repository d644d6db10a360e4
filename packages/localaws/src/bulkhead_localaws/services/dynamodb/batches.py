"""Batches, which are one check per table, and transactions, which are one check per action in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bulkhead_localaws.protocol.checks import AuthorizationCheck, MalformedRequestError
from bulkhead_localaws.services.dynamodb.context import (
    RETURN_CONSUMED_CAPACITY,
    SELECT,
    consumed_capacity,
    item_context,
)
from bulkhead_localaws.services.dynamodb.items import (
    ItemRequest,
    condition_checks,
    delete_checks,
    get_checks,
    leading_key_of_item,
    projection,
    put_checks,
    update_checks,
)
from bulkhead_localaws.services.dynamodb.members import entries, known, mapping
from bulkhead_localaws.services.dynamodb.values import SERIALIZATION, partition_of_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulkhead_localaws.services.dynamodb.resources import Scope, Table

_KEYS_AND_ATTRIBUTES = frozenset(
    {"Keys", "AttributesToGet", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"}
)
_WRITE_REQUEST = frozenset({"PutRequest", "DeleteRequest"})
_PUT_REQUEST = frozenset({"Item"})
_DELETE_REQUEST = frozenset({"Key"})
_CONDITION = frozenset(
    {
        "TableName",
        "ConditionExpression",
        "ExpressionAttributeNames",
        "ExpressionAttributeValues",
        "ReturnValuesOnConditionCheckFailure",
    }
)
_READS = {
    "Get": (frozenset({"TableName", "Key", "ProjectionExpression", "ExpressionAttributeNames"}), get_checks),
}
_WRITES = {
    "ConditionCheck": (_CONDITION | {"Key"}, condition_checks),
    "Put": (_CONDITION | {"Item"}, put_checks),
    "Delete": (_CONDITION | {"Key"}, delete_checks),
    "Update": (_CONDITION | {"Key", "UpdateExpression"}, update_checks),
}


def batch_get_checks(structure: dict[str, Any], scope: Scope) -> list[AuthorizationCheck]:
    """Map a BatchGetItem: for each table the leading keys of all items asked for, each once."""
    checks = []
    for table, given in _request_items(structure, scope):
        request = known(given, _KEYS_AND_ATTRIBUTES, "KeysAndAttributes")
        keys = [_object(key, "A key") for key in entries(request, "Keys")]
        leading = None if table.key is None else [partition_of_key(table.key, key) for key in keys]
        named = [name for key in keys for name in key]
        projected = projection(request)
        context = item_context(leading, (*named, *projected))
        context[RETURN_CONSUMED_CAPACITY] = consumed_capacity(structure)
        context[SELECT] = "SPECIFIC_ATTRIBUTES" if projected else "ALL_ATTRIBUTES"
        checks.append(AuthorizationCheck("dynamodb:BatchGetItem", table.arn, context))
    return checks


def batch_write_checks(structure: dict[str, Any], scope: Scope) -> list[AuthorizationCheck]:
    """Map a BatchWriteItem: for each table the leading keys of all items put and deleted, each once."""
    checks = []
    for table, given in _request_items(structure, scope):
        leading: list[str] | None = None
        named: list[str] = []
        if not isinstance(given, list) or not given:
            raise MalformedRequestError("The write requests of a table must be a list that is not empty")
        for request in given:
            names, key = _write_request(request, table)
            named += names
            if key is not None:
                leading = [*(leading or ()), *key]
        context = item_context(leading, named)
        context[RETURN_CONSUMED_CAPACITY] = consumed_capacity(structure)
        checks.append(AuthorizationCheck("dynamodb:BatchWriteItem", table.arn, context))
    return checks


def transact_get_checks(structure: dict[str, Any], scope: Scope) -> list[AuthorizationCheck]:
    """Map a TransactGetItems: a GetItem each, enclosed ("Using IAM with DynamoDB transactions")."""
    return _transaction(structure, scope, "TransactGetItems", _READS)


def transact_write_checks(structure: dict[str, Any], scope: Scope) -> list[AuthorizationCheck]:
    """Map a TransactWriteItems: a PutItem, UpdateItem, DeleteItem or ConditionCheckItem each, enclosed."""
    return _transaction(structure, scope, "TransactWriteItems", _WRITES)


def _transaction(
    structure: dict[str, Any], scope: Scope, enclosing: str, actions: dict[str, tuple[frozenset[str], Any]]
) -> list[AuthorizationCheck]:
    capacity = consumed_capacity(structure)
    checks = []
    for given in entries(structure, "TransactItems"):
        item = known(given, frozenset(actions), "A member of TransactItems")
        if len(item) != 1:
            raise MalformedRequestError("TransactItems can only contain one of Check, Put, Update or Delete")
        ((name, inner),) = item.items()
        members, map_action = actions[name]
        checks += map_action(ItemRequest(known(inner, members, name), scope, capacity, enclosing))
    return checks


def _request_items(structure: dict[str, Any], scope: Scope) -> Iterator[tuple[Table, Any]]:
    requests = mapping(structure, "RequestItems")
    if not requests:
        raise MalformedRequestError("RequestItems must hold at least one table")
    for name, given in requests.items():
        yield scope.table(name), given


def _write_request(given: object, table: Table) -> tuple[list[str], list[str] | None]:
    request = known(given, _WRITE_REQUEST, "A write request")
    if len(request) != 1:
        # moto carries out the first of several.
        raise MalformedRequestError("A write request must be one of PutRequest and DeleteRequest")
    if "PutRequest" in request:
        item = mapping(known(request["PutRequest"], _PUT_REQUEST, "PutRequest"), "Item")
        return list(item), leading_key_of_item(table, item)
    key = mapping(known(request["DeleteRequest"], _DELETE_REQUEST, "DeleteRequest"), "Key")
    return list(key), None if table.key is None else [partition_of_key(table.key, key)]


def _object(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MalformedRequestError(f"{what} is not an object", code=SERIALIZATION)
    return value
