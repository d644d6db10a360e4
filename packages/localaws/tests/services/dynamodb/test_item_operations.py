"""Operations on single items, and transactions of them."""

from __future__ import annotations

from typing import Any

import pytest

from bulkhead_localaws.protocol.checks import AuthorizationCheck, MalformedRequestError
from localaws_testing.example_tables import ARN, key, leading_keys, mapped, only

KEY_ITEM = {"TableName": "items", "Key": key()}


def attributes(operation: str, body: dict[str, Any]) -> set[str]:
    """Return the `dynamodb:Attributes` of a request."""
    return set(only(operation, body).context["dynamodb:Attributes"])


def test_get_item_has_every_documented_condition_key() -> None:
    """LeadingKeys and its other name, Attributes, Select and ReturnConsumedCapacity with their defaults."""
    assert only("GetItem", KEY_ITEM) == AuthorizationCheck(
        "dynamodb:GetItem",
        f"{ARN}items",
        {
            "dynamodb:LeadingKeys": ("acme#cart#1",),
            "dynamodb:FirstPartitionKeyValues": ("acme#cart#1",),
            "dynamodb:Attributes": ("pk", "sk"),
            "dynamodb:Select": "ALL_ATTRIBUTES",
            "dynamodb:ReturnConsumedCapacity": "NONE",
        },
    )


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"ProjectionExpression": "name, address.city, tags[0]"}, {"name", "address", "tags"}),
        (
            {"ProjectionExpression": "#n, #a.#c", "ExpressionAttributeNames": {"#n": "n", "#a": "a", "#c": "c"}},
            {"n", "a"},
        ),
        ({"ProjectionExpression": "\n name\t,\r\n pk "}, {"name"}),
        ({"AttributesToGet": ["name", "age"]}, {"name", "age"}),
    ],
)
def test_a_read_names_the_attributes_of_its_projection(members: dict[str, Any], named: set[str]) -> None:
    """Only top-level names count: "an Address.City … the list would include Address"."""
    assert attributes("GetItem", KEY_ITEM | members) == {"pk", "sk"} | named


def test_a_projection_selects_specific_attributes() -> None:
    """A policy that demands SPECIFIC_ATTRIBUTES allows a read with a projection and no other."""
    check = only("GetItem", KEY_ITEM | {"ProjectionExpression": "name"})
    assert check.context["dynamodb:Select"] == "SPECIFIC_ATTRIBUTES"


def test_attributes_to_get_selects_everything_because_moto_returns_everything() -> None:
    """Moto ignores AttributesToGet of a GetItem: what is enforced is what comes back."""
    assert only("GetItem", KEY_ITEM | {"AttributesToGet": ["name"]}).context["dynamodb:Select"] == "ALL_ATTRIBUTES"


def test_put_item_takes_its_key_and_attributes_from_the_item() -> None:
    """All attributes of the item are written."""
    check = only("PutItem", {"TableName": "items", "Item": {**key(), "name": {"S": "x"}}})
    assert check.action == "dynamodb:PutItem"
    assert check.context["dynamodb:LeadingKeys"] == ("acme#cart#1",)
    assert check.context["dynamodb:Attributes"] == ("pk", "sk", "name")
    assert check.context["dynamodb:ReturnValues"] == "NONE"


@pytest.mark.parametrize(
    "item", [{}, {"pk": {"S": "acme#1"}}, {"sk": {"S": "a"}, "PK": {"S": "a"}}, {"pk": "acme#1", "sk": {"S": "a"}}]
)
def test_an_item_without_its_key_is_refused(item: dict[str, Any]) -> None:
    """A missing key attribute, or one of another case."""
    with pytest.raises(MalformedRequestError):
        only("PutItem", {"TableName": "items", "Item": item})


def test_conditions_name_attributes_too() -> None:
    """Whoever may compare an attribute can find out its value, so it counts as accessed."""
    condition = {
        "ConditionExpression": "attribute_exists(pk) AND (#n = :v OR size(tags) > :v) AND NOT age BETWEEN :v and :v",
        "ExpressionAttributeNames": {"#n": "name"},
        "ExpressionAttributeValues": {":v": {"S": "x"}},
    }
    assert attributes("DeleteItem", KEY_ITEM | condition) == {"pk", "sk", "name", "tags", "age"}
    assert attributes("DeleteItem", KEY_ITEM | {"Expected": {"secret": {"Exists": False}}}) == {"pk", "sk", "secret"}


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("SET name = :v", {"name"}),
        ("set a.b[1].c = if_not_exists(d, :v) + e", {"a", "d", "e"}),
        ("SET x = list_append(y, :v), z = (w - :v) REMOVE q, r[2] ADD n :v DELETE s :v", set("xyzwqrns")),
        ("REMOVE remove, a", {"remove", "a"}),
        ("SET a = remove REMOVE b", {"a", "remove", "b"}),
        ("ADD\n#n\n:v", {"name"}),
        ("SET x = pk", {"x"}),
    ],
)
def test_an_update_names_what_it_writes_and_what_it_reads(expression: str, named: set[str]) -> None:
    """Targets and operands of all clauses, in any order and case."""
    body = KEY_ITEM | {
        "UpdateExpression": expression,
        "ExpressionAttributeNames": {"#n": "name"},
        "ExpressionAttributeValues": {":v": {"N": "1"}},
    }
    assert attributes("UpdateItem", body) == {"pk", "sk"} | named


@pytest.mark.parametrize(
    "expression",
    [
        "SET pk = :v",
        "SET #k = :v",
        "set a = :v, sk = :v",
        "REMOVE pk",
        "ADD sk :v",
        "SET pk.x = :v",
        "SET x = y REMOVE #k",
    ],
)
def test_an_update_cannot_change_the_key(expression: str) -> None:
    """Neither by name nor by placeholder nor by a nested path: DynamoDB refuses it as well."""
    body = KEY_ITEM | {
        "UpdateExpression": expression,
        "ExpressionAttributeNames": {"#k": "pk"},
        "ExpressionAttributeValues": {":v": {"S": "globex#cart#1"}},
    }
    with pytest.raises(MalformedRequestError, match="part of the key"):
        only("UpdateItem", body)


def test_legacy_updates_cannot_change_the_key() -> None:
    """Moto would carry it out."""
    with pytest.raises(MalformedRequestError, match="part of the key"):
        only("UpdateItem", KEY_ITEM | {"AttributeUpdates": {"pk": {"Value": {"S": "globex#cart#1"}}}})


@pytest.mark.parametrize(
    "expression",
    [
        "",
        " ",
        "SET",
        "SET a",
        "SET a =",
        "SET a = :v,",
        "a = :v",
        "SET a = :v SET b = :v",
        "SET a = (:v",
        "ADD a",
        "SET a = :v) ",
        "SET a = b = :v",
        "DELETE a b",
        "SET :v = a",
        "REMOVE a[b]",
        "SET a = :undefined",
        "SET a; = :v",
    ],
)
def test_an_update_that_cannot_be_read_is_refused(expression: str) -> None:
    """What DynamoDB would refuse never reaches a decision."""
    with pytest.raises(MalformedRequestError):
        only("UpdateItem", KEY_ITEM | {"UpdateExpression": expression, "ExpressionAttributeValues": {":v": {"S": "x"}}})


@pytest.mark.parametrize(
    ("members", "values"),
    [
        ({}, ["NONE"]),
        ({"ReturnValues": "ALL_NEW"}, ["ALL_NEW"]),
        ({"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}, ["ALL_OLD"]),
        ({"ReturnValues": "UPDATED_NEW", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}, ["UPDATED_NEW", "ALL_OLD"]),
        ({"ReturnValues": "ALL_OLD", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}, ["ALL_OLD"]),
        ({"ReturnValuesOnConditionCheckFailure": "NONE"}, ["NONE"]),
    ],
)
def test_every_way_to_get_the_old_item_must_be_allowed(members: dict[str, str], values: list[str]) -> None:
    """A policy that forbids ALL_OLD must not be evaded by a condition that fails."""
    checks = mapped("UpdateItem", KEY_ITEM | members)
    assert [check.context["dynamodb:ReturnValues"] for check in checks] == values
    assert len({check.context["dynamodb:LeadingKeys"] for check in checks}) == 1


def test_a_transaction_is_authorized_as_its_single_operations() -> None:
    """Each with its own table and leading key, all enclosed by the transaction."""
    checks = mapped(
        "TransactWriteItems",
        {
            "TransactItems": [
                {"Put": {"TableName": "items", "Item": key("acme#1")}},
                {"Update": {"TableName": "items", "Key": key("acme#2"), "UpdateExpression": "REMOVE x"}},
                {"Delete": {"TableName": "numbers", "Key": {"id": {"N": "1.0"}}}},
                {
                    "ConditionCheck": {
                        "TableName": "items",
                        "Key": key("globex#1"),
                        "ConditionExpression": "size(x) > y",
                    }
                },
            ]
        },
    )
    assert [(check.action, check.resource, check.context["dynamodb:LeadingKeys"]) for check in checks] == [
        ("dynamodb:PutItem", f"{ARN}items", ("acme#1",)),
        ("dynamodb:UpdateItem", f"{ARN}items", ("acme#2",)),
        ("dynamodb:DeleteItem", f"{ARN}numbers", ("1",)),
        ("dynamodb:ConditionCheckItem", f"{ARN}items", ("globex#1",)),
    ]
    assert {check.context["dynamodb:EnclosingOperation"] for check in checks} == {"TransactWriteItems"}


def test_a_transactional_read_selects_everything_because_moto_returns_everything() -> None:
    """Moto ignores the projection of a TransactGetItems."""
    get = {"TableName": "items", "Key": key(), "ProjectionExpression": "name"}
    check = only("TransactGetItems", {"TransactItems": [{"Get": get}]})
    assert check.action == "dynamodb:GetItem"
    assert check.context["dynamodb:EnclosingOperation"] == "TransactGetItems"
    assert check.context["dynamodb:Select"] == "ALL_ATTRIBUTES"


def test_a_single_operation_is_enclosed_by_nothing() -> None:
    """A policy that denies transactions does not deny what is none."""
    assert "dynamodb:EnclosingOperation" not in only("GetItem", KEY_ITEM).context


@pytest.mark.parametrize(
    "items", [[], [{}], [{"Put": {"TableName": "items", "Item": key()}, "Delete": KEY_ITEM}], [None], {}]
)
def test_a_transaction_of_nothing_or_of_two_things_at_once_is_refused(items: Any) -> None:
    """Every member is exactly one action."""
    with pytest.raises(MalformedRequestError):
        mapped("TransactWriteItems", {"TransactItems": items})


def test_an_unknown_table_has_no_leading_keys() -> None:
    """Its key is not known, so nothing is claimed; the rest is mapped."""
    body = {"TableName": "nowhere", "Key": {"a": {"S": "acme#1"}}}
    assert leading_keys("GetItem", body) is None
    assert only("GetItem", body).resource == f"{ARN}nowhere"
