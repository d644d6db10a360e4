"""Operations that touch no single items: for each the resources that AWS authorizes, and the members it may have.

After "Actions, resources, and condition keys for Amazon DynamoDB" in the Service Authorization Reference. Members
that reach further than the named resources (replicas, witnesses, vector indexes, another account's global table) are
left out, and a request that has them is refused. So are ImportTable and ExportTableToPointInTime, which read and
write S3 with permissions of their own, SearchVectors and the bulk operations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from bulkhead_localaws.protocol.checks import AuthorizationCheck, MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services.dynamodb.members import entries, known, names, required_text, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulkhead_localaws.protocol.checks import ContextValue
    from bulkhead_localaws.services.dynamodb.resources import Scope

# What a restore does to the new table, and the caller must be allowed to.
_RESTORING = ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")


class ControlOperation(NamedTuple):
    """An operation: its members, and the function that returns the resources it is authorized on."""

    members: frozenset[str]
    resources: Callable[[dict[str, Any], Scope], list[str]]


def _everything(_structure: dict[str, Any], _scope: Scope) -> list[str]:
    return ["*"]


def _table(structure: dict[str, Any], scope: Scope) -> list[str]:
    return [scope.table_in(structure).arn]


def _new_table(structure: dict[str, Any], scope: Scope, member: str = "TableName") -> str:
    # Of an ARN moto would make a table that is called so, and find it from then on in place of the ARN's own.
    if required_text(structure, member).startswith("arn:"):
        raise UnmappableRequestError(f"moto cannot create a table whose {member} is an ARN")
    return scope.table_in(structure, member).arn


def _table_and_index(structure: dict[str, Any], scope: Scope) -> list[str]:
    table = scope.table_in(structure)
    index = text(structure, "IndexName")
    return [table.arn] if index is None else [table.arn, table.index_arn(index)]


def _global_table(structure: dict[str, Any], scope: Scope) -> list[str]:
    table = scope.table_in(structure, "GlobalTableName")
    return [f"{scope.prefix.replace(f':{scope.region}:', '::').removesuffix('table/')}global-table/{table.name}"]


def _global_and_own_table(structure: dict[str, Any], scope: Scope) -> list[str]:
    return [*_global_table(structure, scope), scope.table_in(structure, "GlobalTableName").arn]


def _owned(member: str, *kinds: str) -> Callable[[dict[str, Any], Scope], list[str]]:
    return lambda structure, scope: [scope.owned_arn(required_text(structure, member), *kinds)]


def _optional_table(structure: dict[str, Any], scope: Scope) -> list[str]:
    return ["*"] if "TableArn" not in structure else [scope.owned_arn(required_text(structure, "TableArn"), "table")]


def _iterated_stream(structure: dict[str, Any], scope: Scope) -> list[str]:
    return [scope.stream_of_iterator(required_text(structure, "ShardIterator"))]


def _restored_tables(structure: dict[str, Any], scope: Scope) -> list[str]:
    if "BackupArn" in structure:
        source = scope.owned_arn(required_text(structure, "BackupArn"), "backup")
    elif ("SourceTableName" in structure) == ("SourceTableArn" in structure):
        raise MalformedRequestError("Exactly one of SourceTableName and SourceTableArn must be specified")
    else:
        source = scope.table_in(structure, next(name for name in structure if name.startswith("SourceTable"))).arn
    return [source, _new_table(structure, scope, "TargetTableName")]


def _operation(resources: Callable[[dict[str, Any], Scope], list[str]], *members: str) -> ControlOperation:
    return ControlOperation(frozenset(members), resources)


_TABLE_SETTINGS = (
    "TableName",
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "SSESpecification",
    "StreamSpecification",
    "TableClass",
    "WarmThroughput",
)
_OVERRIDES = (
    "TargetTableName",
    "BillingModeOverride",
    "GlobalSecondaryIndexOverride",
    "LocalSecondaryIndexOverride",
    "OnDemandThroughputOverride",
    "ProvisionedThroughputOverride",
    "SSESpecificationOverride",
)
_KINESIS = ("TableName", "StreamArn")
_ANY_RESOURCE = ("table", "stream")

CONTROL_OPERATIONS: dict[str, ControlOperation] = {
    "CreateBackup": _operation(_table, "TableName", "BackupName"),
    "CreateGlobalTable": _operation(_global_and_own_table, "GlobalTableName", "ReplicationGroup"),
    "CreateTable": _operation(
        lambda structure, scope: [_new_table(structure, scope)],
        *_TABLE_SETTINGS,
        "GlobalSecondaryIndexes",
        "KeySchema",
        "LocalSecondaryIndexes",
        "ResourcePolicy",
        "Tags",
    ),
    "DeleteBackup": _operation(_owned("BackupArn", "backup"), "BackupArn"),
    "DeleteResourcePolicy": _operation(_owned("ResourceArn", *_ANY_RESOURCE), "ResourceArn", "ExpectedRevisionId"),
    "DeleteTable": _operation(_table, "TableName"),
    "DescribeBackup": _operation(_owned("BackupArn", "backup"), "BackupArn"),
    "DescribeContinuousBackups": _operation(_table, "TableName"),
    "DescribeContributorInsights": _operation(_table_and_index, "TableName", "IndexName"),
    "DescribeEndpoints": _operation(_everything),
    "DescribeExport": _operation(_owned("ExportArn", "export"), "ExportArn"),
    "DescribeGlobalTable": _operation(_global_table, "GlobalTableName"),
    "DescribeGlobalTableSettings": _operation(_global_table, "GlobalTableName"),
    "DescribeImport": _operation(_owned("ImportArn", "import"), "ImportArn"),
    "DescribeKinesisStreamingDestination": _operation(_table, "TableName"),
    "DescribeLimits": _operation(_everything),
    "DescribeStream": _operation(
        _owned("StreamArn", "stream"), "StreamArn", "ExclusiveStartShardId", "Limit", "ShardFilter"
    ),
    "DescribeTable": _operation(_table, "TableName"),
    "DescribeTableReplicaAutoScaling": _operation(_table, "TableName"),
    "DescribeTimeToLive": _operation(_table, "TableName"),
    "DisableKinesisStreamingDestination": _operation(_table, *_KINESIS, "EnableKinesisStreamingConfiguration"),
    "EnableKinesisStreamingDestination": _operation(_table, *_KINESIS, "EnableKinesisStreamingConfiguration"),
    "GetRecords": _operation(_iterated_stream, "ShardIterator", "Limit"),
    "GetResourcePolicy": _operation(_owned("ResourceArn", *_ANY_RESOURCE), "ResourceArn"),
    "GetShardIterator": _operation(
        _owned("StreamArn", "stream"), "StreamArn", "ShardId", "ShardIteratorType", "SequenceNumber", "Timestamp"
    ),
    "ListBackups": _operation(
        _everything,
        "TableName",
        "BackupType",
        "ExclusiveStartBackupArn",
        "Limit",
        "TimeRangeLowerBound",
        "TimeRangeUpperBound",
    ),
    "ListContributorInsights": _operation(_everything, "TableName", "MaxResults", "NextToken"),
    "ListExports": _operation(_optional_table, "TableArn", "MaxResults", "NextToken"),
    "ListGlobalTables": _operation(_everything, "ExclusiveStartGlobalTableName", "Limit", "RegionName"),
    "ListImports": _operation(_optional_table, "TableArn", "NextToken", "PageSize"),
    "ListStreams": _operation(_everything, "TableName", "ExclusiveStartStreamArn", "Limit"),
    "ListTables": _operation(_everything, "ExclusiveStartTableName", "Limit"),
    "ListTagsOfResource": _operation(_owned("ResourceArn", *_ANY_RESOURCE), "ResourceArn", "NextToken"),
    "PutResourcePolicy": _operation(
        _owned("ResourceArn", *_ANY_RESOURCE),
        "ResourceArn",
        "Policy",
        "ConfirmRemoveSelfResourceAccess",
        "ExpectedRevisionId",
    ),
    "RestoreTableFromBackup": _operation(_restored_tables, *_OVERRIDES, "BackupArn"),
    "RestoreTableToPointInTime": _operation(
        _restored_tables,
        *_OVERRIDES,
        "RestoreDateTime",
        "SourceTableArn",
        "SourceTableName",
        "UseLatestRestorableTime",
    ),
    "TagResource": _operation(_owned("ResourceArn", *_ANY_RESOURCE), "ResourceArn", "Tags"),
    "UntagResource": _operation(_owned("ResourceArn", *_ANY_RESOURCE), "ResourceArn", "TagKeys"),
    "UpdateContinuousBackups": _operation(_table, "TableName", "PointInTimeRecoverySpecification"),
    "UpdateContributorInsights": _operation(
        _table_and_index, "TableName", "IndexName", "ContributorInsightsAction", "ContributorInsightsMode"
    ),
    "UpdateKinesisStreamingDestination": _operation(_table, *_KINESIS, "UpdateKinesisStreamingConfiguration"),
    "UpdateTable": _operation(_table, *_TABLE_SETTINGS, "GlobalSecondaryIndexUpdates"),
    "UpdateTimeToLive": _operation(_table, "TableName", "TimeToLiveSpecification"),
}


def control_checks(operation: str, body: dict[str, Any], scope: Scope) -> list[AuthorizationCheck]:
    """Map an operation of `CONTROL_OPERATIONS`.

    Raises:
        MalformedRequestError: a resource is missing or not of the expected kind.
        UnmappableRequestError: a member that is not known, or a resource of another account or region.
    """
    members, resources = CONTROL_OPERATIONS[operation]
    structure = known(body, members, operation)
    context = _tag_context(structure)
    targets = resources(structure, scope)
    checks = [AuthorizationCheck(f"dynamodb:{operation}", target, context) for target in targets]
    if operation in {"RestoreTableFromBackup", "RestoreTableToPointInTime"}:
        checks += [AuthorizationCheck(f"dynamodb:{action}", targets[1]) for action in _RESTORING]
    if operation == "CreateTable" and "Tags" in structure:
        checks.append(AuthorizationCheck("dynamodb:TagResource", targets[0], context))
    if operation == "CreateTable" and "ResourcePolicy" in structure:
        checks.append(AuthorizationCheck("dynamodb:PutResourcePolicy", targets[0]))
    return checks


def _tag_context(structure: dict[str, Any]) -> dict[str, ContextValue]:
    """Return `aws:RequestTag/…` and `aws:TagKeys`, absent when the request has no tags."""
    keys = list(names(structure, "TagKeys"))
    context: dict[str, ContextValue] = {}
    for given in entries(structure, "Tags") if structure.get("Tags") else ():
        tag = known(given, frozenset({"Key", "Value"}), "A tag")
        key = required_text(tag, "Key")
        if f"aws:RequestTag/{key}" in context:
            raise MalformedRequestError(f"The tag {key[:128]!r} occurs twice")
        context[f"aws:RequestTag/{key}"] = required_text(tag, "Value")
        keys.append(key)
    if keys:
        context["aws:TagKeys"] = tuple(dict.fromkeys(keys))
    return context
