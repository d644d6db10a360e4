"""The catalog shows moto's tables as they are now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from bulkhead_localaws.moto.tables import MotoTableCatalog
from bulkhead_localaws.services.dynamodb import KeyAttribute, KeySchema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

ACCOUNT = "123456789012"
REGION = "eu-central-1"


@pytest.fixture
def dynamodb() -> Iterator[DynamoDBClient]:
    """Return a client of a moto that begins empty."""
    with mock_aws():
        yield boto3.client("dynamodb", REGION, aws_access_key_id="testing", aws_secret_access_key="testing")


@pytest.fixture
def catalog() -> MotoTableCatalog:
    """Return the catalog of that moto."""
    return MotoTableCatalog(account=ACCOUNT, region=REGION)


def create(dynamodb: DynamoDBClient, name: str = "items", sort: str = "sk") -> None:
    """Create a table with a sort key and one index."""
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": sort, "AttributeType": "N"},
            {"AttributeName": "owner", "AttributeType": "B"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_owner",
                "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )


def test_a_table_has_its_key_and_those_of_its_indexes(dynamodb: DynamoDBClient, catalog: MotoTableCatalog) -> None:
    """Names and types of partition and sort keys."""
    create(dynamodb)
    table = catalog.table("items")
    assert table is not None
    assert table.key == KeySchema(KeyAttribute("pk", "S"), KeyAttribute("sk", "N"))
    assert table.indexes == {"by_owner": KeySchema(KeyAttribute("owner", "B"))}
    assert table.stream_label is None
    assert catalog.table("items") is table


def test_changes_are_seen_at_once(dynamodb: DynamoDBClient, catalog: MotoTableCatalog) -> None:
    """A table that is deleted, created anew, given a stream or an index is another one on the next call."""
    assert catalog.table("items") is None
    create(dynamodb)
    dynamodb.update_table(TableName="items", StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    table = catalog.table("items")
    assert table is not None
    assert table.stream_label is not None
    dynamodb.update_table(
        TableName="items",
        AttributeDefinitions=[{"AttributeName": "age", "AttributeType": "N"}],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "by_age",
                    "KeySchema": [{"AttributeName": "age", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            },
        ],
    )
    table = catalog.table("items")
    assert table is not None
    assert table.key.sort == KeyAttribute("sk", "N")
    assert table.indexes == {"by_age": KeySchema(KeyAttribute("age", "N"))}  # moto forgot the type of `owner`
    dynamodb.delete_table(TableName="items")
    assert catalog.table("items") is None
    create(dynamodb, sort="other")
    table = catalog.table("items")
    assert table is not None
    assert table.key.sort == KeyAttribute("other", "N")


def test_an_index_with_several_partition_attributes_is_left_out(
    dynamodb: DynamoDBClient, catalog: MotoTableCatalog
) -> None:
    """One leading key could not stand for it; without it, LeadingKeys is absent."""
    create(dynamodb)
    dynamodb.update_table(
        TableName="items",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("a", "b")],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "by_both",
                    "KeySchema": [{"AttributeName": name, "KeyType": "HASH"} for name in ("a", "b")],
                    "Projection": {"ProjectionType": "ALL"},
                }
            },
        ],
    )
    table = catalog.table("items")
    assert table is not None
    assert "by_both" not in table.indexes


def test_other_accounts_and_regions_are_other_catalogs(dynamodb: DynamoDBClient) -> None:
    """A table is found where it is and nowhere else."""
    create(dynamodb)
    assert MotoTableCatalog(account="210987654321", region=REGION).table("items") is None
    assert MotoTableCatalog(account=ACCOUNT, region="us-east-1").table("items") is None
    assert MotoTableCatalog(account=ACCOUNT, region="mars-north-1").table("items") is None
