"""How much one request may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bulkhead_localaws.protocol.checks import MalformedRequestError
from bulkhead_localaws.services.dynamodb.limits import check_limits
from localaws_testing.account import Account
from localaws_testing.example_tables import key, mapped, where

if TYPE_CHECKING:
    from collections.abc import Callable

KB = 1024


def batch_get(count: int) -> dict[str, Any]:
    """Ask for so many keys, of two tables."""
    first = count // 2
    numbers = [{"id": {"N": str(number)}} for number in range(count - first)]
    keys = [key(f"acme#{number}") for number in range(first)]
    return {"RequestItems": {"items": {"Keys": keys}, "numbers": {"Keys": numbers}}}


def batch_write(count: int) -> dict[str, Any]:
    """Put and delete so many items, of two tables."""
    first = count // 2
    puts = [{"PutRequest": {"Item": key(f"acme#{number}")}} for number in range(first)]
    deletes = [{"DeleteRequest": {"Key": {"id": {"N": str(number)}}}} for number in range(count - first)]
    return {"RequestItems": {"items": puts, "numbers": deletes}}


def transaction(kind: str) -> Callable[[int], dict[str, Any]]:
    """Return a function that makes a transaction of so many actions."""
    return lambda count: {
        "TransactItems": [{kind: {"TableName": "items", "Key": key(f"acme#{number}")}} for number in range(count)]
    }


def statements(member: str) -> Callable[[int], dict[str, Any]]:
    """Return a function that makes a batch of so many statements."""
    return lambda count: {member: [{"Statement": where("pk = 'acme#1' AND sk = 'a'")}] * count}


LIMITS: dict[str, tuple[Callable[[int], dict[str, Any]], int, str]] = {
    "BatchGetItem": (batch_get, 100, "Too many items requested for the BatchGetItem call"),
    "BatchWriteItem": (batch_write, 25, "Too many items requested for the BatchWriteItem call"),
    "BatchExecuteStatement": (statements("Statements"), 25, "at 'statements' failed .* equal to 25"),
    "ExecuteTransaction": (statements("TransactStatements"), 100, "at 'transactStatements' failed .* equal to 100"),
    "TransactGetItems": (transaction("Get"), 100, "at 'transactItems' failed .* equal to 100"),
    "TransactWriteItems": (transaction("Delete"), 100, "at 'transactItems' failed .* equal to 100"),
}


@pytest.mark.parametrize("operation", LIMITS)
def test_a_request_holds_so_many_and_not_one_more(operation: str) -> None:
    """Counted over all tables, and refused as DynamoDB refuses it."""
    make, most, message = LIMITS[operation]

    assert mapped(operation, make(most))
    with pytest.raises(MalformedRequestError, match=message) as refusal:
        mapped(operation, make(most + 1))
    assert refusal.value.code == "ValidationException"


@pytest.mark.parametrize("operation", [*LIMITS, "PutItem", "Query", "CreateTable"])
@pytest.mark.parametrize(
    "held", [None, 1, "x" * 200, [None] * 3, {"items": None}, {"items": [None, {"PutRequest": 1}]}]
)
def test_what_is_no_list_is_for_others_to_refuse(operation: str, held: Any) -> None:
    """There is nothing to count."""
    check_limits(operation, dict.fromkeys(("RequestItems", "Statements", "TransactItems", "Item"), held))


def put(*items: dict[str, Any]) -> dict[str, Any]:
    """Return a batch that puts items."""
    return {"RequestItems": {"items": [{"PutRequest": {"Item": item}} for item in items]}}


def sized(size: int) -> dict[str, Any]:
    """Return an item of so many bytes."""
    return {"pk": {"S": "é" * 2}, "v": {"S": "x" * (size - 2 - 4 - 1)}}


ITEMS: dict[str, tuple[dict[str, Any], int]] = {
    "names and texts, in UTF-8": (sized(100), 100),
    "a number, two digits a byte": ({"n": {"N": "-12345.60"}}, 1 + 3 + 1),
    "a number's zeros at the ends": ({"n": {"N": "00100000"}}, 1 + 1 + 1),
    "the bytes of a binary value": ({"b": {"B": "QUJDRA=="}}, 1 + 4),
    "Booleans and null": ({"t": {"BOOL": True}, "f": {"BOOL": False}, "n": {"NULL": True}}, 6),
    "sets": ({"s": {"SS": ["ab", "c"]}, "n": {"NS": ["1", "222"]}, "b": {"BS": ["QUI="]}}, 3 + 3 + (2 + 3) + 2),
    "a list and its members": ({"l": {"L": [{"S": "abc"}, {"NULL": True}]}}, 1 + 3 + (1 + 3) + (1 + 1)),
    "a map with names and members": (
        {"m": {"M": {"ab": {"S": "c"}, "d": {"L": []}}}},
        1 + 3 + (1 + 2 + 1) + (1 + 1 + 3),
    ),
}


@pytest.mark.parametrize("what", ITEMS)
def test_an_items_size_is_counted_as_aws_documents_it(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the byte: what is as large as allowed is taken, and refused as soon as one byte less is."""
    item, size = ITEMS[what]
    for most, refused in ((size, False), (size - 1, True)):
        monkeypatch.setattr("bulkhead_localaws.services.dynamodb.limits._LARGEST_ITEM", most)
        if refused:
            with pytest.raises(MalformedRequestError):
                check_limits("BatchWriteItem", put(item))
        else:
            check_limits("BatchWriteItem", put(item))


def test_an_item_of_a_batch_has_at_most_400_kilobytes() -> None:
    """Refused in DynamoDB's words."""
    check_limits("BatchWriteItem", put(sized(400 * KB)))
    with pytest.raises(MalformedRequestError, match=r"^Item size has exceeded the maximum allowed size$"):
        check_limits("BatchWriteItem", put(sized(400 * KB), sized(400 * KB + 1)))


def test_an_item_that_is_nested_deeply_is_measured_all_the_same() -> None:
    """Without a recursion, whose depth the sender would choose."""
    nested: dict[str, Any] = {"S": "x"}
    for _ in range(100_000):
        nested = {"L": [nested]}

    with pytest.raises(MalformedRequestError):
        check_limits("BatchWriteItem", put({"pk": nested, "v": {"S": "x" * 100_000}}))


def test_a_batch_that_holds_too_much_writes_nothing_at_all() -> None:
    """For nobody: moto has no limit on requests, and would write what comes before an item that is too large."""
    account = Account()
    account.create_table()
    numbered = [{"pk": {"S": f"acme#{number}"}} for number in range(26)]
    large = {"pk": {"S": "large"}, "v": {"S": "x" * 400 * KB}}

    for batch, message in ((put(*numbered), "Too many items"), (put(numbered[0], large), "Item size has exceeded")):
        refused = account.call(account.operator, "dynamodb", "BatchWriteItem", batch)
        assert (refused.status, refused.code) == (400, "ValidationException")
        assert refused.message.startswith(message)
        assert account.administer("dynamodb", "Scan", TableName="items").json()["Count"] == 0
    assert account.call(account.operator, "dynamodb", "BatchWriteItem", put(*numbered[:25])).status == 200
    assert account.administer("dynamodb", "Scan", TableName="items").json()["Count"] == 25


def test_a_transaction_with_an_item_that_is_too_large_writes_nothing_at_all() -> None:
    """Here the emulator refuses before it has changed anything."""
    account = Account()
    account.create_table()
    small, large = {"pk": {"S": "small"}}, {"pk": {"S": "large"}, "v": {"S": "x" * 400 * KB}}

    actions = [{"Put": {"TableName": "items", "Item": item}} for item in (small, large)]
    refused = account.call(account.operator, "dynamodb", "TransactWriteItems", {"TransactItems": actions})

    assert refused.status == 400
    assert "Item size has exceeded the maximum allowed size" in refused.message
    assert account.administer("dynamodb", "Scan", TableName="items").json()["Count"] == 0
    assert (
        account.call(account.operator, "dynamodb", "TransactWriteItems", {"TransactItems": actions[:1]}).status == 200
    )
