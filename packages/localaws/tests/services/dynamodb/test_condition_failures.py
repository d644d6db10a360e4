"""`ReturnValuesOnConditionCheckFailure`: the item that kept a condition from holding comes back with the error."""

from __future__ import annotations

from typing import Any

import pytest

from localaws_testing.account import Account, GateAnswer, policy, statement

KEY = {"pk": {"S": "acme#1"}}
OLD = {**KEY, "v": {"S": "old"}}
SET = {"UpdateExpression": "SET v = :v", "ExpressionAttributeValues": {":v": {"S": "new"}}}
WRITES: dict[str, tuple[str, dict[str, Any]]] = {
    "PutItem": ("Put", {"Item": KEY}),
    "UpdateItem": ("Update", {"Key": KEY, **SET}),
    "DeleteItem": ("Delete", {"Key": KEY}),
    "ConditionCheckItem": ("ConditionCheck", {"Key": KEY}),
}
SINGLE = [operation for operation in WRITES if operation != "ConditionCheckItem"]


@pytest.fixture
def account() -> Account:
    """Return an account with one item."""
    account = Account()
    account.create_table()
    account.administer("dynamodb", "PutItem", TableName="items", Item=OLD)
    return account


def failing(operation: str, wanted: str | None) -> dict[str, Any]:
    """Return a write whose condition does not hold."""
    write = {"TableName": "items", "ConditionExpression": "attribute_not_exists(pk)", **WRITES[operation][1]}
    return write if wanted is None else write | {"ReturnValuesOnConditionCheckFailure": wanted}


def enclosed(operation: str, write: dict[str, Any]) -> dict[str, Any]:
    """Return a transaction of one write."""
    return {"TransactItems": [{WRITES[operation][0]: write}]}


@pytest.mark.parametrize("operation", SINGLE)
def test_the_old_item_comes_back_when_it_is_asked_for(account: Account, operation: str) -> None:
    """To whoever may write: no permission to read is needed. Without the member, or with NONE, there is no item."""
    writer = account.user("writer", policy(statement(f"dynamodb:{operation}")))

    for wanted in ("ALL_OLD", "NONE", None):
        answer = account.call(writer, "dynamodb", operation, failing(operation, wanted))
        assert answer.code == "ConditionalCheckFailedException"
        assert answer.json().get("Item") == (OLD if wanted == "ALL_OLD" else None)
    assert account.get_item(writer).code == "AccessDeniedException"


@pytest.mark.parametrize("operation", WRITES)
def test_in_a_transaction_it_is_among_the_reasons(account: Account, operation: str) -> None:
    """Of the action that asks for it."""
    writer = account.user("writer", policy(statement(f"dynamodb:{operation}")))

    for wanted in ("ALL_OLD", "NONE", None):
        answer = account.call(writer, "dynamodb", "TransactWriteItems", enclosed(operation, failing(operation, wanted)))
        assert answer.code == "TransactionCanceledException"
        (reason,) = answer.json()["CancellationReasons"]
        assert reason["Code"] == "ConditionalCheckFailed"
        assert reason.get("Item") == (OLD if wanted == "ALL_OLD" else None)


def test_no_item_comes_back_where_there_is_none(account: Account) -> None:
    """A condition fails on what is absent, too."""
    absent = {
        "TableName": "items",
        "Item": {"pk": {"S": "acme#2"}},
        "ConditionExpression": "attribute_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    alone = account.call(account.operator, "dynamodb", "PutItem", absent)
    in_transaction = account.call(account.operator, "dynamodb", "TransactWriteItems", enclosed("PutItem", absent))

    assert alone.code == "ConditionalCheckFailedException"
    assert "Item" not in alone.json()
    assert "Item" not in in_transaction.json()["CancellationReasons"][0]


@pytest.mark.parametrize("operation", WRITES)
def test_a_policy_that_lets_nothing_be_returned_refuses_it(account: Account, operation: str) -> None:
    """The old item would come back, whichever parameter asks: `dynamodb:ReturnValues` counts for both."""
    nothing = {"StringEquals": {"dynamodb:ReturnValues": "NONE"}}
    writer = account.user("writer", policy(statement(f"dynamodb:{operation}", Condition=nothing)))

    def write(wanted: str | None) -> GateAnswer:
        body = enclosed(operation, failing(operation, wanted))
        return account.call(writer, "dynamodb", "TransactWriteItems", body)

    refused = write("ALL_OLD")
    assert refused.code == "AccessDeniedException"
    assert account.decisions(refused)[0]["unmet"][0]["key"] == "dynamodb:ReturnValues"
    assert write("NONE").code == write(None).code == "TransactionCanceledException"


@pytest.mark.parametrize("operation", SINGLE)
def test_nobody_gets_the_item_of_another_partition_by_a_condition_that_fails(account: Account, operation: str) -> None:
    """The leading key is that of the write; the allowed twin writes to its own partition."""
    own = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "globex#*"}, "Null": {"dynamodb:LeadingKeys": "false"}}
    globex = account.user("globex", policy(statement(f"dynamodb:{operation}", Condition=own)))
    foreign = failing(operation, "ALL_OLD")
    member = "Item" if operation == "PutItem" else "Key"

    refused = account.call(globex, "dynamodb", operation, foreign)

    assert refused.code == "AccessDeniedException"
    assert "old" not in refused.text
    assert account.decisions(refused)[0]["unmet"][0]["key"] == "dynamodb:LeadingKeys"
    assert account.call(globex, "dynamodb", operation, foreign | {member: {"pk": {"S": "globex#1"}}}).status == 200
