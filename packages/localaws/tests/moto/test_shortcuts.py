"""The shortcuts through moto's DynamoDB change no answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from moto.core import serialize
from moto.dynamodb.models.table import Table

from bulkhead_localaws.moto import shortcuts
from localaws_testing.account import Account

if TYPE_CHECKING:
    from collections.abc import Callable

VALUES: dict[str, Any] = {
    "text": {"S": "Ämboß"},
    "empty": {"S": ""},
    "zero": {"N": "0"},
    "number": {"N": "12345678901234567890123456789012345678"},
    "yes": {"BOOL": True},
    "no": {"BOOL": False},
    "null": {"NULL": True},
    "bytes": {"B": "AAEC"},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2"]},
    "blobs": {"BS": ["AAEC"]},
    "list": {"L": [{"S": "a"}, {"M": {"n": {"N": "1"}}}, {"L": []}]},
    "map": {"M": {"S": {"S": "named S"}, "inner": {"M": {"b": {"BOOL": False}, "x": {"M": {}}}}}},
}
QUERIES: dict[str, dict[str, Any]] = {
    "whole partition": {},
    "backwards": {"ScanIndexForward": False},
    "page": {"Limit": 2},
    "next page": {"Limit": 2, "ExclusiveStartKey": {"pk": {"S": "b"}, "sk": {"S": "1"}}},
    "condition": {"KeyConditionExpression": "pk = :pk AND sk > :sk", ":sk": {"S": "1"}},
    "filter": {"FilterExpression": "n > :n", ":n": {"N": "2"}},
    "projection": {"ProjectionExpression": "n"},
    "count": {"Select": "COUNT"},
    "no such partition": {":pk": {"S": "x"}},
    "index": {"IndexName": "by-n", "KeyConditionExpression": "n = :n", ":n": {"N": "1"}},
}


@pytest.fixture
def account() -> Account:
    """An account with a table of three partitions and an index."""
    account = Account()
    account.administer(
        "dynamodb",
        "CreateTable",
        TableName="items",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": kind} for name, kind in (("pk", "S"), ("sk", "S"), ("n", "N"))
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-n",
                "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    for pk in "abc":
        for number in range(5):
            item = {"pk": {"S": pk}, "sk": {"S": str(number)}, "n": {"N": str(number)}}
            account.administer("dynamodb", "PutItem", TableName="items", Item=item)
    return account


@pytest.fixture
def without_shortcuts(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a function that takes the shortcuts away until the end of the test."""

    def take_away() -> None:
        monkeypatch.setattr(Table, "query", shortcuts._query_of_the_whole_table)
        monkeypatch.delitem(serialize.SERVICE_SPECIFIC_SERIALIZERS, "dynamodb")

    return take_away


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_is_answered_as_without_them(
    account: Account, without_shortcuts: Callable[[], None], name: str
) -> None:
    """Whatever it asks for."""
    given = dict(QUERIES[name])
    values = {":pk": {"S": "b"}, **{key: given.pop(key) for key in list(given) if key.startswith(":")}}
    query = {"TableName": "items", "KeyConditionExpression": "pk = :pk", **given}
    if "IndexName" in query:
        del values[":pk"]
    with_them = account.administer("dynamodb", "Query", **query, ExpressionAttributeValues=values).json()
    without_shortcuts()

    assert account.administer("dynamodb", "Query", **query, ExpressionAttributeValues=values).json() == with_them
    assert with_them["Count"] == {"page": 2, "next page": 2, "condition": 3, "filter": 2, "no such partition": 0}.get(
        name, 3 if name == "index" else 5
    )


def test_every_kind_of_value_is_answered_as_without_them(
    account: Account, without_shortcuts: Callable[[], None]
) -> None:
    """Byte by byte, nested ones as well."""
    key = {"pk": {"S": "values"}, "sk": {"S": "0"}}
    account.administer("dynamodb", "PutItem", TableName="items", Item=key | VALUES)
    with_them = account.administer("dynamodb", "GetItem", TableName="items", Key=key).body
    without_shortcuts()

    assert account.administer("dynamodb", "GetItem", TableName="items", Key=key).body == with_them
    assert json.loads(with_them)["Item"] == key | VALUES


def test_a_query_looks_at_its_own_partition_only(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it costs does not grow with the other tenants' items."""
    seen: list[int] = []
    all_items = Table.all_items

    def counting(table: Any) -> Any:
        items = all_items(table)
        seen.append(len(items))
        return items

    monkeypatch.setattr(Table, "all_items", counting)
    values = {":pk": {"S": "b"}}
    account.administer(
        "dynamodb", "Query", TableName="items", KeyConditionExpression="pk = :pk", ExpressionAttributeValues=values
    )
    assert seen == [5]
