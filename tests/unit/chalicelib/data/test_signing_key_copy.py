"""The stored copy of the user pool's signing keys."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from chalicelib.data.signing_key_copy import SigningKeyCopy
from chalicelib.errors import InvalidTokenError, SigningKeysUnavailableError, StoreUnavailableError
from chalicelib.tenancy.signing_keys import SigningKeys
from chalicelib.tenancy.tokens import JwtTokenManager
from tests.unit.user_pool import AUDIENCE, ISSUER

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.unit.user_pool import UserPool

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Table:
    """DynamoDB as far as the copy uses it: one table, in memory."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.failure: Exception | None = None

    def put_item(self, *, TableName: str, Item: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 -- as botocore names them
        """Write one item."""
        self._ask(TableName)
        self.items[Item["issuer"]["S"]] = Item
        return {}

    def get_item(self, *, TableName: str, Key: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 -- as above
        """Read one item."""
        self._ask(TableName)
        found = self.items.get(Key["issuer"]["S"])
        return {"Item": found} if found is not None else {}

    def _ask(self, name: str) -> None:
        self.asked.append(name)
        if self.failure is not None:
            raise self.failure


class Copy:
    """A copy in a table of its own, and the time of day."""

    def __init__(self) -> None:
        self.table, self.now = Table(), NOON
        self.keys = SigningKeyCopy(cast("DynamoDBClient", self.table), "example-signing-keys", lambda: self.now)


@pytest.fixture
def copy() -> Copy:
    """An empty copy."""
    return Copy()


def refused(code: str, status: int = 400) -> ClientError:
    """Return botocore's error of that code."""
    answer: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "GetItem")


def test_the_keys_are_read_as_they_were_written(copy: Copy, user_pool: UserPool) -> None:
    """Under their issuer, from one item of the table, whose attributes are all text."""
    copy.keys.write(ISSUER, user_pool.jwks())
    copy.keys.write("https://other.example.com", {"keys": []})
    assert copy.keys.read(ISSUER) == user_pool.jwks()
    assert copy.table.items[ISSUER].keys() == {"issuer", "keys", "fetched_at"}
    assert copy.table.items[ISSUER]["fetched_at"] == {"S": "2026-01-01T12:00:00+00:00"}
    assert set(copy.table.asked) == {"example-signing-keys"}


@pytest.mark.parametrize(("age", "is_used"), [(timedelta(days=1), True), (timedelta(days=1, seconds=1), False)])
def test_a_copy_that_nobody_has_refreshed_for_a_day_is_not_used(
    copy: Copy, user_pool: UserPool, age: timedelta, *, is_used: bool
) -> None:
    """The pool may have withdrawn a key."""
    copy.keys.write(ISSUER, user_pool.jwks())
    copy.now += age
    if is_used:
        assert copy.keys.read(ISSUER)
    else:
        with pytest.raises(SigningKeysUnavailableError):
            copy.keys.read(ISSUER)


def test_another_issuers_copy_is_no_copy(copy: Copy, user_pool: UserPool) -> None:
    """Nor is an empty table."""
    copy.keys.write(f"{ISSUER}2", user_pool.jwks())
    with pytest.raises(SigningKeysUnavailableError) as missing:
        copy.keys.read(ISSUER)
    assert missing.value.STATUS_CODE == 503


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"keys": None}, id="no keys"),
        pytest.param({"fetched_at": None}, id="no time"),
        pytest.param({"keys": {"S": ""}}, id="keys that are empty"),
        pytest.param({"keys": {"S": "{"}}, id="keys that are no JSON"),
        pytest.param({"keys": {"S": "[]"}}, id="keys that are a list"),
        pytest.param({"keys": {"S": "null"}}, id="keys that are null"),
        pytest.param({"keys": {"N": "1"}}, id="keys that are a number"),
        pytest.param({"keys": {"S": '{"keys": []}'}}, id="not one key"),
        pytest.param({"keys": {"S": '{"keys": [{"kty": "RSA"}]}'}}, id="a key that is none"),
        pytest.param({"keys": {"S": "{}"}}, id="another document"),
        pytest.param({"fetched_at": {"S": "yesterday"}}, id="a time that is none"),
        pytest.param({"fetched_at": {"S": "2026-01-01T12:00:00"}}, id="a time of no zone"),
        pytest.param({"fetched_at": {"N": "1767268800"}}, id="a time as a number"),
    ],
)
def test_a_malformed_copy_verifies_nothing_and_is_no_error_of_the_server(
    copy: Copy, user_pool: UserPool, changed: dict[str, Any]
) -> None:
    """The caller gets the 503 of keys that are not known, and STS judges the token where it can."""
    copy.keys.write(ISSUER, user_pool.jwks())
    item = copy.table.items[ISSUER] | changed
    copy.table.items[ISSUER] = {name: value for name, value in item.items() if value is not None}
    with pytest.raises(SigningKeysUnavailableError):
        tokens_by(copy).verify(user_pool.token())


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(refused("AccessDeniedException"), id="refused by IAM"),
        pytest.param(refused("ResourceNotFoundException"), id="no table"),
        pytest.param(refused("ThrottlingException"), id="throttled"),
        pytest.param(refused("InternalServerError", 500), id="failing"),
        pytest.param(EndpointConnectionError(endpoint_url="https://dynamodb.invalid"), id="out of reach"),
        pytest.param(NoCredentialsError(), id="no credentials"),
    ],
)
def test_a_table_that_cannot_be_read_leaves_the_keys_unknown(copy: Copy, failure: Exception) -> None:
    """Whatever the cause; its text is not the caller's."""
    copy.table.failure = failure
    with pytest.raises(SigningKeysUnavailableError) as unavailable:
        copy.keys.read(ISSUER)
    assert str(failure) not in str(unavailable.value)


def test_a_table_that_takes_no_copy_fails_whoever_refreshes_it(copy: Copy, user_pool: UserPool) -> None:
    """The schedule tries again, and an alarm tells."""
    copy.table.failure = refused("ThrottlingException")
    with pytest.raises(StoreUnavailableError):
        copy.keys.write(ISSUER, user_pool.jwks())


def tokens_by(copy: Copy) -> JwtTokenManager:
    """Return what verifies tokens by this copy, as the API does."""
    keys = SigningKeys(ISSUER, fetch=copy.keys.read)
    return JwtTokenManager(issuer=ISSUER, audience=AUDIENCE, keys=keys)


def test_tokens_are_verified_by_the_copy_which_is_read_once(
    copy: Copy, user_pool: UserPool, foreign_pool: UserPool
) -> None:
    """Good ones and forged ones alike."""
    copy.keys.write(ISSUER, user_pool.jwks())
    tokens = tokens_by(copy)
    copy.table.asked.clear()
    for _ in range(3):
        assert tokens.verify(user_pool.token()).tenant_id == "acme"
        with pytest.raises(InvalidTokenError):
            tokens.verify(foreign_pool.token())
    assert len(copy.table.asked) == 1
    assert json.loads(copy.table.items[ISSUER]["keys"]["S"]) == user_pool.jwks()
