"""Requests as API Gateway hands them to the application, and an emulated DynamoDB with a pooled table.

It enforces no IAM: the stores' own keys keep tenants apart here.
"""

from __future__ import annotations

import base64
import itertools
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from chalice.app import Request
from moto import mock_aws

from tests.support.emulated_dynamodb import make_client

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient


class MakeRequest(Protocol):
    """Makes a request from the parts that a test is about."""

    def __call__(  # noqa: D102
        self,
        body: str | bytes | None = None,
        *,
        query: Mapping[str, Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        authorizer: Any = None,
        lambda_context: Any = None,
    ) -> Request: ...


@pytest.fixture
def make_request() -> MakeRequest:
    """Make a request out of an API Gateway proxy event; a body of bytes travels as base64."""

    def make(
        body: str | bytes | None = None,
        *,
        query: Mapping[str, Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        authorizer: Any = None,
        lambda_context: Any = None,
    ) -> Request:
        context: dict[str, Any] = {"httpMethod": "PUT", "resourcePath": "/cart/{item_id}", "requestId": "gateway-1"}
        if authorizer is not None:
            context["authorizer"] = authorizer
        event = {
            "multiValueQueryStringParameters": None if query is None else dict(query),
            "headers": {"content-type": "application/json", "x-tenant": "globex", **(headers or {})},
            "pathParameters": {"item_id": "a", "tenant": "globex"},
            "requestContext": context,
            "body": base64.b64encode(body).decode() if isinstance(body, bytes) else body,
            "isBase64Encoded": isinstance(body, bytes),
            "stageVariables": {"tenant": "globex"},
        }
        return Request(event, lambda_context)

    return make


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
