"""An emulated DynamoDB with a pooled table.

It enforces no IAM: the keys that the application makes keep tenants apart here.
"""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from tests.support.emulated_dynamodb import make_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[DynamoDBClient]:
    """A client of an emulated DynamoDB."""
    with mock_aws():
        yield make_client()


@pytest.fixture(scope="module")
def table_names() -> Iterator[str]:
    """Names for tables, no two alike."""
    return (f"example-{number}" for number in itertools.count())


@pytest.fixture
def table_name(dynamodb: DynamoDBClient, table_names: Iterator[str]) -> str:
    """An empty pooled table."""
    name = next(table_names)
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


@pytest.fixture
def calls(dynamodb: DynamoDBClient) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Every call that the client makes, with its parameters."""
    made: list[tuple[str, dict[str, Any]]] = []

    def record(params: dict[str, Any], model: Any, **_: object) -> None:
        made.append((model.name, params))

    dynamodb.meta.events.register("provide-client-params.dynamodb", record, unique_id="calls")
    yield made
    dynamodb.meta.events.unregister("provide-client-params.dynamodb", unique_id="calls")


@pytest.fixture(scope="module")
def threads() -> Iterator[ThreadPoolExecutor]:
    """The threads that ask several partitions side by side."""
    with ThreadPoolExecutor(4) as pool:
        yield pool
