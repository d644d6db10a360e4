"""The stored copy of the user pool's public signing keys: one item, for functions that cannot reach the pool.

A function outside the VPC writes it, and the API reads it. Nothing in it is secret, and whoever could write it could
have the API take any token for verified: that is one function.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.data.dynamodb import application_errors
from chalicelib.errors import SigningKeysUnavailableError, StoreUnavailableError, TenantAccessDeniedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

#: A copy that nobody has refreshed for so long is not used: the pool may have withdrawn a key.
_TRUSTED = timedelta(days=1)
_AHEAD = timedelta(minutes=5)  # the clock of the function that fetched
_UNAVAILABLE = "The sign-in service's keys are not known right now; try again shortly."


class SigningKeyCopy:
    """The copy of one issuer's keys; `now` has a time zone."""

    def __init__(self, dynamodb: DynamoDBClient, table_name: str, now: Callable[[], datetime]) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name
        self._now = now

    def write(self, issuer: str, document: Mapping[str, Any]) -> None:
        """Replace the copy with this JSON Web Key Set.

        Raises:
            StoreUnavailableError: the table cannot be reached.
        """
        item = {
            "issuer": {"S": issuer},
            "keys": {"S": json.dumps(document)},
            "fetched_at": {"S": self._now().isoformat()},
        }
        with application_errors():
            self._dynamodb.put_item(TableName=self._table_name, Item=item)

    def read(self, issuer: str) -> dict[str, Any]:
        """Return the JSON Web Key Set.

        Raises:
            SigningKeysUnavailableError: it is not there, older than a day, malformed, or the table cannot be read.
        """
        try:
            with application_errors():
                answer = self._dynamodb.get_item(TableName=self._table_name, Key={"issuer": {"S": issuer}})
        except (StoreUnavailableError, TenantAccessDeniedError, BotoCoreError, ClientError) as error:
            raise SigningKeysUnavailableError(_UNAVAILABLE) from error
        try:
            item: Mapping[str, Any] = answer["Item"]
            document, fetched_at = json.loads(item["keys"]["S"]), datetime.fromisoformat(item["fetched_at"]["S"])
            is_trusted = isinstance(document, dict) and -_AHEAD <= self._now() - fetched_at <= _TRUSTED
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise SigningKeysUnavailableError(_UNAVAILABLE) from error
        if not is_trusted:
            raise SigningKeysUnavailableError(_UNAVAILABLE)
        return cast("dict[str, Any]", document)
