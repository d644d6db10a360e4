"""Operations on tables, backups, streams and the account: actions and resources."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.loaders import Loader

from bulkhead_localaws.protocol.checks import MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services.dynamodb import OPERATIONS
from bulkhead_localaws.services.dynamodb.control_plane import CONTROL_OPERATIONS
from bulkhead_localaws.services.dynamodb.mapping import _DATA_OPERATIONS, _ITEM_OPERATIONS
from localaws_testing.example_tables import ACCOUNT, ARN, ITEMS, REFUSED, REGION, mapped, only

STREAM = f"{ARN}items/stream/{ITEMS.stream_label}"
BACKUP = f"{ARN}items/backup/01489602797149-73d8d5bc"


def api_members() -> dict[str, set[str]]:
    """Return the operations of DynamoDB and DynamoDB Streams with their members, as the installed SDK knows them."""
    members = {}
    for service in ("dynamodb", "dynamodbstreams"):
        model = Loader().load_service_model(service, "service-2")
        for name, operation in model["operations"].items():
            shape = model["shapes"][operation["input"]["shape"]] if "input" in operation else {"members": {}}
            members[name] = set(shape["members"])
    return members


def test_every_mapped_member_exists() -> None:
    """A misspelled one would refuse what it should map; what an SDK gains is the matter of `make drift`."""
    known = {name: operation.members for name, operation in CONTROL_OPERATIONS.items()}
    known |= {
        name: entry[0] for operations in (_ITEM_OPERATIONS, _DATA_OPERATIONS) for name, entry in operations.items()
    }
    members = api_members()
    assert set(members) >= OPERATIONS | REFUSED
    for name, own in known.items():
        assert own <= members[name], name


@pytest.mark.parametrize(
    ("operation", "body", "resources"),
    [
        *((name, {}, ["*"]) for name in ("ListTables", "DescribeLimits", "DescribeEndpoints", "ListGlobalTables")),
        *((name, {"TableName": "items"}, ["*"]) for name in ("ListBackups", "ListStreams", "ListContributorInsights")),
        *(
            (name, {"TableName": table}, [f"{ARN}items"])
            for name in ("DescribeTable", "DeleteTable", "DescribeTimeToLive", "UpdateTable", "CreateBackup")
            for table in ("items", f"{ARN}items")
        ),
        (
            "DescribeContributorInsights",
            {"TableName": "items", "IndexName": "by_age"},
            [f"{ARN}items", f"{ARN}items/index/by_age"],
        ),
        ("DescribeBackup", {"BackupArn": BACKUP}, [BACKUP]),
        ("ListTagsOfResource", {"ResourceArn": f"{ARN}items"}, [f"{ARN}items"]),
        ("GetResourcePolicy", {"ResourceArn": STREAM}, [STREAM]),
        ("DescribeStream", {"StreamArn": STREAM}, [STREAM]),
        ("GetRecords", {"ShardIterator": f"{STREAM}|1|AAA=="}, [STREAM]),
        ("ListExports", {}, ["*"]),
        ("ListExports", {"TableArn": f"{ARN}items"}, [f"{ARN}items"]),
        ("DescribeExport", {"ExportArn": f"{ARN}items/export/01-a"}, [f"{ARN}items/export/01-a"]),
        ("DescribeGlobalTable", {"GlobalTableName": "items"}, [f"arn:aws:dynamodb::{ACCOUNT}:global-table/items"]),
    ],
)
def test_control_plane_operations_have_their_documented_resource(
    operation: str, body: dict[str, Any], resources: list[str]
) -> None:
    """The table of the Service Authorization Reference, for each kind of resource."""
    checks = mapped(operation, body)
    assert [check.resource for check in checks] == resources
    assert {check.action for check in checks} == {f"dynamodb:{operation}"}


def test_tags_of_the_request_are_condition_keys() -> None:
    """`aws:RequestTag/…` and `aws:TagKeys`, also for tags given at creation, which need permission to tag as well."""
    tags = [{"Key": "tenant", "Value": "acme"}, {"Key": "stage", "Value": ""}]
    context = {"aws:RequestTag/tenant": "acme", "aws:RequestTag/stage": "", "aws:TagKeys": ("tenant", "stage")}
    assert only("TagResource", {"ResourceArn": f"{ARN}items", "Tags": tags}).context == context
    created = mapped("CreateTable", {"TableName": "fresh", "Tags": tags})
    assert [(check.action, check.resource, check.context) for check in created] == [
        ("dynamodb:CreateTable", f"{ARN}fresh", context),
        ("dynamodb:TagResource", f"{ARN}fresh", context),
    ]
    untagged = only("UntagResource", {"ResourceArn": f"{ARN}items", "TagKeys": ["tenant"]})
    assert untagged.context == {"aws:TagKeys": ("tenant",)}
    assert only("CreateTable", {"TableName": "fresh"}).context == {}


@pytest.mark.parametrize(
    ("operation", "source", "resource"),
    [
        ("RestoreTableFromBackup", {"BackupArn": BACKUP}, BACKUP),
        ("RestoreTableToPointInTime", {"SourceTableName": "items"}, f"{ARN}items"),
        ("RestoreTableToPointInTime", {"SourceTableArn": f"{ARN}items"}, f"{ARN}items"),
    ],
)
def test_a_restore_needs_permission_to_fill_the_new_table(
    operation: str, source: dict[str, str], resource: str
) -> None:
    """On the source, on the target, and all item operations on the target, without leading keys."""
    checks = mapped(operation, source | {"TargetTableName": "fresh"})
    assert [(check.action, check.resource) for check in checks[:2]] == [
        (f"dynamodb:{operation}", resource),
        (f"dynamodb:{operation}", f"{ARN}fresh"),
    ]
    assert {check.action for check in checks[2:]} == {
        f"dynamodb:{action}"
        for action in ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")
    }
    assert all(check.resource == f"{ARN}fresh" and not check.context for check in checks[2:])


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("DescribeTable", {"TableName": f"arn:aws:dynamodb:{REGION}:999999999999:table/items"}),
        ("GetItem", {"TableName": f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/items", "Key": {"pk": {"S": "a"}}}),
        ("DescribeTable", {"TableName": f"arn:aws-cn:dynamodb:{REGION}:{ACCOUNT}:table/items"}),
        ("DescribeStream", {"StreamArn": f"{ARN}items/stream/2020-01-01T00:00:00.000"}),
        ("DescribeBackup", {"BackupArn": BACKUP.replace(ACCOUNT, "999999999999")}),
        ("GetRecords", {"ShardIterator": f"{STREAM.replace(REGION, 'us-east-1')}|1|A"}),
        ("UpdateTable", {"TableName": "items", "ReplicaUpdates": []}),
        ("CreateTable", {"TableName": "fresh", "GlobalTableSourceArn": "x"}),
        ("CreateTable", {"TableName": f"{ARN}fresh"}),
        ("RestoreTableToPointInTime", {"SourceTableName": "items", "TargetTableName": f"{ARN}items"}),
        *((operation, {"TableName": "items"}) for operation in sorted(REFUSED)),
    ],
)
def test_what_reaches_further_is_refused(operation: str, body: dict[str, Any]) -> None:
    """Another account, Region or stream, replicas, S3, and tables that moto would call by an ARN."""
    with pytest.raises(UnmappableRequestError):
        mapped(operation, body)


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        *(
            ("DescribeTable", {"TableName": name})
            for name in ("", "ab", "a b", "a/b", "items\n", "*", "arn:aws:s3:::items")
        ),
        *(("DescribeTable", {"TableName": name}) for name in (5, None, ["items"], {"S": "items"}, STREAM, "x" * 256)),
        ("DescribeBackup", {"BackupArn": f"{ARN}items"}),
        ("DescribeStream", {"StreamArn": BACKUP}),
        ("GetRecords", {"ShardIterator": "AAA"}),
        ("GetRecords", {"ShardIterator": f"{BACKUP}|1|A"}),
        ("TagResource", {"ResourceArn": BACKUP, "Tags": []}),
        (
            "TagResource",
            {"ResourceArn": f"{ARN}items", "Tags": [{"Key": "a", "Value": "b"}, {"Key": "a", "Value": "c"}]},
        ),
        ("TagResource", {"ResourceArn": f"{ARN}items", "Tags": {"a": "b"}}),
        ("RestoreTableToPointInTime", {"TargetTableName": "fresh"}),
        ("RestoreTableToPointInTime", {"SourceTableName": "items", "SourceTableArn": ARN, "TargetTableName": "fresh"}),
    ],
)
def test_a_resource_of_the_wrong_kind_is_refused(operation: str, body: dict[str, Any]) -> None:
    """Names that cannot be, missing ones, and ARNs of something else."""
    with pytest.raises(MalformedRequestError):
        mapped(operation, body)
