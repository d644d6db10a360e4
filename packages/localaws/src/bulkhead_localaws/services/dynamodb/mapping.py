"""DynamoDB requests → everything that IAM must allow for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bulkhead_localaws.protocol.checks import MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services.dynamodb import batches, items, reads
from bulkhead_localaws.services.dynamodb.context import consumed_capacity
from bulkhead_localaws.services.dynamodb.control_plane import CONTROL_OPERATIONS, control_checks
from bulkhead_localaws.services.dynamodb.limits import check_limits
from bulkhead_localaws.services.dynamodb.members import known
from bulkhead_localaws.services.dynamodb.partiql import mapping as partiql
from bulkhead_localaws.services.dynamodb.resources import Scope
from bulkhead_localaws.services.dynamodb.values import SERIALIZATION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bulkhead_localaws.protocol.checks import AuthorizationCheck
    from bulkhead_localaws.services.dynamodb.schema import TableCatalog

_NAMES = {"ExpressionAttributeNames", "ReturnConsumedCapacity"}
_READ = {"TableName", "AttributesToGet", "ConsistentRead", "ProjectionExpression", *_NAMES}
_CONDITIONS = {"ConditionExpression", "ExpressionAttributeValues", "Expected", "ConditionalOperator"}
_WRITE = {
    "TableName",
    "ReturnItemCollectionMetrics",
    "ReturnValues",
    "ReturnValuesOnConditionCheckFailure",
    *_CONDITIONS,
    *_NAMES,
}
_SEARCH = {
    "ConditionalOperator",
    "ExclusiveStartKey",
    "ExpressionAttributeValues",
    "FilterExpression",
    "IndexName",
    "Limit",
    "Select",
    *_READ,
}

_ITEM_OPERATIONS: dict[str, tuple[frozenset[str], Callable[[items.ItemRequest], list[AuthorizationCheck]]]] = {
    "GetItem": (frozenset({"Key", *_READ}), items.get_checks),
    "PutItem": (frozenset({"Item", *_WRITE}), items.put_checks),
    "UpdateItem": (frozenset({"Key", "AttributeUpdates", "UpdateExpression", *_WRITE}), items.update_checks),
    "DeleteItem": (frozenset({"Key", *_WRITE}), items.delete_checks),
}
_DATA_OPERATIONS: dict[str, tuple[frozenset[str], Callable[[dict[str, Any], Scope], list[AuthorizationCheck]]]] = {
    "Query": (
        frozenset({"KeyConditionExpression", "KeyConditions", "QueryFilter", "ScanIndexForward", *_SEARCH}),
        reads.query_checks,
    ),
    "Scan": (frozenset({"ScanFilter", "Segment", "TotalSegments", *_SEARCH}), reads.scan_checks),
    "BatchGetItem": (frozenset({"RequestItems", "ReturnConsumedCapacity"}), batches.batch_get_checks),
    "BatchWriteItem": (
        frozenset({"RequestItems", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics"}),
        batches.batch_write_checks,
    ),
    "TransactGetItems": (frozenset({"TransactItems", "ReturnConsumedCapacity"}), batches.transact_get_checks),
    "TransactWriteItems": (
        frozenset({"TransactItems", "ClientRequestToken", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics"}),
        batches.transact_write_checks,
    ),
    "ExecuteStatement": (
        frozenset(
            {
                "Statement",
                "Parameters",
                "ConsistentRead",
                "Limit",
                "NextToken",
                "ReturnConsumedCapacity",
                "ReturnValuesOnConditionCheckFailure",
            }
        ),
        partiql.statement_checks,
    ),
    "BatchExecuteStatement": (
        frozenset({"Statements", "ReturnConsumedCapacity"}),
        partiql.batch_statement_checks,
    ),
    "ExecuteTransaction": (
        frozenset({"TransactStatements", "ClientRequestToken", "ReturnConsumedCapacity"}),
        partiql.transaction_checks,
    ),
}

OPERATIONS = frozenset({*_ITEM_OPERATIONS, *_DATA_OPERATIONS, *CONTROL_OPERATIONS})


def dynamodb_checks(
    operation: str, body: Mapping[str, Any], *, catalog: TableCatalog, region: str, account: str
) -> tuple[AuthorizationCheck, ...]:
    """Return everything that must be allowed for a request: all of it, and never nothing.

    Where `dynamodb:LeadingKeys` is present, it covers every item that DynamoDB, or the moto behind the gate, can
    read or write for the request in that table or index. Where that cannot be known, it is absent.

    Args:
        operation: exactly as the `X-Amz-Target` header names it behind the dot. Those of DynamoDB Streams, which
            has a target prefix of its own and the same IAM prefix, are mapped as well.
        body: the parsed JSON body. That no object in it names a member twice is for the parser to check: of such
            a body two readers see different requests.
        catalog: the tables of this account and region as they are now.
        region: the region that the request is for.
        account: the account of the caller, twelve digits.

    Raises:
        UnmappableRequestError: an operation or member that is not known, a resource of another account or region,
            or a form that the emulator reads differently.
        MalformedRequestError: DynamoDB would refuse the request with status 400.
    """
    if not isinstance(body, dict):
        raise MalformedRequestError("The request body is not an object", code=SERIALIZATION)
    check_limits(operation, body)
    scope = Scope(catalog, region, account)
    if operation in _ITEM_OPERATIONS:
        members, map_item = _ITEM_OPERATIONS[operation]
        structure = known(body, members, operation)
        return tuple(map_item(items.ItemRequest(structure, scope, consumed_capacity(structure))))
    if operation in _DATA_OPERATIONS:
        members, map_request = _DATA_OPERATIONS[operation]
        return tuple(map_request(known(body, members, operation), scope))
    if operation in CONTROL_OPERATIONS:
        return tuple(control_checks(operation, body, scope))
    raise UnmappableRequestError(f"This gate cannot map the DynamoDB operation {operation[:64]!r} to IAM actions")
