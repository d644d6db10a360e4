"""A client of DynamoDB with throw-away keys, for an emulator in the same process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def make_client() -> DynamoDBClient:
    """Make a client with throw-away keys."""
    client: DynamoDBClient = boto3.client(
        "dynamodb", region_name="eu-central-1", aws_access_key_id="AKIATEST", aws_secret_access_key="secret"
    )
    return client
