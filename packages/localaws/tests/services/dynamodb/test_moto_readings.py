"""Canaries: what moto really does with the request forms that are refused or have no leading keys.

Each test shows, past the gate, that moto touches more than DynamoDB would. When moto learns to read a form, its test
turns red, and the rule for it can go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bulkhead_localaws.protocol.checks import MalformedRequestError, UnmappableRequestError
from localaws_testing.moto_world import MotoWorld

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN_KEY = {"pk": {"S": "acme#a"}, "sk": {"S": "a"}}


@pytest.fixture(scope="module")
def shared_world() -> MotoWorld:
    """Return one world for all tests here: seeding takes a while."""
    return MotoWorld()


@pytest.fixture
def world(shared_world: MotoWorld) -> Iterator[MotoWorld]:
    """Return the world, and put its items back afterwards."""
    yield shared_world
    shared_world.restore()


def partitions(items: list[dict[str, Any]]) -> set[str]:
    """Return the partitions that items are in."""
    return {item["pk"]["S"] for item in items}


def test_moto_reads_another_partition_when_a_key_condition_ends_with_a_line(world: MotoWorld) -> None:
    """The placeholder and the line end become a text; respelled, the same condition reads its own partition."""
    values = {":p": {"S": "acme#a"}}
    body = {"TableName": "items", "KeyConditionExpression": "pk = :p\n  ", "ExpressionAttributeValues": values}
    assert partitions(world.done("Query", body)["Items"]) == {":p\n"}
    with pytest.raises(UnmappableRequestError):
        world.mapped("Query", body)
    assert world.leading_keys("Query", body) == ("acme#a",)


def test_moto_replaces_words_of_a_key_condition_by_any_name(world: MotoWorld) -> None:
    """A name that is no placeholder turns one attribute into another."""
    values = {":p": {"S": "globex#a"}, ":s": {"S": "acme#a"}}
    body = {"TableName": "items", "KeyConditionExpression": "sk = :p AND pk = :s", "ExpressionAttributeValues": values}
    body |= {"ExpressionAttributeNames": {"sk": "pk", "pk": "sk"}}
    assert world.done("Query", body)["Items"] == []
    body |= {"KeyConditionExpression": "sk = :p", "ExpressionAttributeNames": {"sk": "pk"}}
    assert partitions(
        world.done("Query", {**body, "ExpressionAttributeValues": {":p": {"S": "globex#a"}}})["Items"]
    ) == {"globex#a"}
    with pytest.raises(MalformedRequestError):
        world.mapped("Query", body)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM items WHERE sk BETWEEN 'a' AND 'b' AND pk = 'acme#a'",
        "SELECT * FROM items WHERE x = '' OR 'pk' = b AND pk = 'acme#a'",
    ],
)
def test_moto_returns_foreign_items_for_conditions_that_it_does_not_know(world: MotoWorld, statement: str) -> None:
    """It goes on reading in the middle of a BETWEEN, so the statement has no leading keys."""
    answer = world.send("ExecuteStatement", {"Statement": statement})[1]
    assert "globex#a" in world.marks_outside("acme", answer) or "BETWEEN" not in statement
    assert world.leading_keys("ExecuteStatement", {"Statement": statement}) is None


def test_moto_takes_a_question_mark_in_quotes_for_a_parameter(world: MotoWorld) -> None:
    """The parameters shift, so the partition is another than the one that the statement pins."""
    statement = {"Statement": "SELECT * FROM items WHERE b = '?' AND pk = ?", "Parameters": [{"S": "pk"}]}
    assert partitions(world.done("ExecuteStatement", statement)["Items"]) == {"?"}
    assert world.leading_keys("ExecuteStatement", statement) is None


def test_moto_finds_the_table_inside_of_a_name(world: MotoWorld) -> None:
    """It cuts a SELECT at the first ` FROM `, wherever that stands."""
    statement = {"Statement": "SELECT v, \" FROM plain WHERE b = 'pk' AND \" FROM items"}
    assert "globex#a" in world.marks_outside("acme", world.send("ExecuteStatement", statement)[1])
    with pytest.raises(UnmappableRequestError):
        world.mapped("ExecuteStatement", statement)


def test_moto_moves_an_item_to_the_partition_that_an_update_sets(world: MotoWorld) -> None:
    """DynamoDB refuses to change a key; moto overwrites the other tenant's item."""
    statement = {"Statement": "UPDATE items SET pk = 'globex#a' WHERE pk = 'acme#a' AND sk = 'a'"}
    world.done("ExecuteStatement", statement)
    assert world.changed() == {("items", "globex#a", "a")}
    with pytest.raises(MalformedRequestError):
        world.mapped("ExecuteStatement", statement)


def test_moto_updates_every_item_when_there_is_no_condition(world: MotoWorld) -> None:
    """So such a statement has no leading keys."""
    statement = {"Statement": "UPDATE plain SET v = 'x'"}
    world.done("ExecuteStatement", statement)
    assert ("plain", "globex#a", "") in world.changed()
    assert world.leading_keys("ExecuteStatement", statement) is None


def test_moto_takes_an_attribute_of_another_case_for_the_key(world: MotoWorld) -> None:
    """An item that carries `PK` next to `pk` is found under either, so nobody may write one."""
    lure = {"TableName": "items", "Item": {"pk": {"S": "globex#a"}, "sk": {"S": "z"}, "PK": {"S": "acme#a"}}}
    world.done("PutItem", lure)
    statement = {"Statement": "SELECT * FROM items WHERE pk = 'acme#a' AND sk = 'z'"}
    assert world.leading_keys("ExecuteStatement", statement) == ("acme#a",)
    assert world.done("ExecuteStatement", statement)["Items"]
    with pytest.raises(UnmappableRequestError):
        world.mapped("PutItem", lure)


def test_moto_changes_keys_by_legacy_updates(world: MotoWorld) -> None:
    """An item of one's own would then be found among the other tenant's."""
    body = {"TableName": "items", "Key": OWN_KEY, "AttributeUpdates": {"pk": {"Value": {"S": "globex#a"}}}}
    world.done("UpdateItem", body)
    statement = {"Statement": "SELECT * FROM items WHERE pk = 'globex#a'"}
    assert "mark-0000" in world.send("ExecuteStatement", statement)[1]
    with pytest.raises(MalformedRequestError):
        world.mapped("UpdateItem", body)


def test_moto_returns_whole_items_in_spite_of_attributes_to_get(world: MotoWorld) -> None:
    """So `dynamodb:Select` is ALL_ATTRIBUTES, as in a transaction with a projection."""
    body = {"TableName": "items", "Key": OWN_KEY, "AttributesToGet": ["sk"]}
    assert "v" in world.done("GetItem", body)["Item"]
    get = {"TableName": "items", "Key": OWN_KEY, "ProjectionExpression": "sk"}
    assert "v" in world.done("TransactGetItems", {"TransactItems": [{"Get": get}]})["Responses"][0]["Item"]


def test_moto_resolves_a_placeholder_before_it_looks_for_list_elements(world: MotoWorld) -> None:
    """An attribute that nobody named comes back."""
    body = {"TableName": "items", "Key": OWN_KEY, "ProjectionExpression": "#n"}
    body |= {"ExpressionAttributeNames": {"#n": "l[0]"}}
    assert "l" in world.done("GetItem", body)["Item"]
    with pytest.raises(UnmappableRequestError):
        world.mapped("GetItem", body)


def test_moto_confuses_tables_with_dots_and_indexes(world: MotoWorld) -> None:
    """A SELECT from the table `items.by_owner` reads the index of `items`, or the reverse."""
    defined = [{"AttributeName": "pk", "AttributeType": "S"}]
    schema = [{"AttributeName": "pk", "KeyType": "HASH"}]
    table = {"TableName": "items.by_owner", "AttributeDefinitions": defined, "KeySchema": schema}
    world.done("CreateTable", table | {"BillingMode": "PAY_PER_REQUEST"})
    try:
        world.done("PutItem", {"TableName": "items.by_owner", "Item": {"pk": {"S": "acme#a"}, "x": {"S": "y"}}})
        for source in ("items.by_owner", '"items.by_owner"'):
            statement = {"Statement": f"SELECT * FROM {source} WHERE pk = 'acme#a'"}  # noqa: S608 - a statement
            assert [item.get("x") for item in world.done("ExecuteStatement", statement)["Items"]] == [{"S": "y"}]
            with pytest.raises(UnmappableRequestError, match="cannot tell"):
                world.mapped("ExecuteStatement", statement)
    finally:
        world.done("DeleteTable", {"TableName": "items.by_owner"})
