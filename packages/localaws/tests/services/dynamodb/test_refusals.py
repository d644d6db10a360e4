"""What is not understood is refused, with one of two errors and never with another."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead_localaws.protocol.checks import AuthorizationCheck, MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services.dynamodb import OPERATIONS, as_moto_reads
from localaws_testing.example_tables import key, mapped

GET = {"TableName": "items", "Key": key()}


@pytest.mark.parametrize("operation", ["", "getitem", "GETITEM", "GetItems", "GetItem ", "Scan\n", "FutureOperation"])
def test_an_operation_that_is_not_known_is_refused(operation: str) -> None:
    """Names count exactly: a new operation could do anything."""
    with pytest.raises(UnmappableRequestError, match="cannot map"):
        mapped(operation, GET)


@pytest.mark.parametrize("member", ["tablename", "Tablename", "TableName ", "FutureMember", "IndexName", ""])
def test_a_member_that_is_not_known_is_refused(member: str) -> None:
    """A member that DynamoDB gains later could widen what the request touches, so it is refused until it is mapped."""
    with pytest.raises(UnmappableRequestError, match="members"):
        mapped("GetItem", GET | {member: "items"})
    with pytest.raises(UnmappableRequestError, match="members"):
        mapped("TransactGetItems", {"TransactItems": [{"Get": GET | {member: "items"}}]})
    with pytest.raises(UnmappableRequestError, match="members"):
        mapped("BatchGetItem", {"RequestItems": {"items": {"Keys": [key()], member: "x"}}})


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("TableName", ["items"]),
        ("Key", [key()]),
        ("Key", "pk"),
        ("ProjectionExpression", 5),
        ("ProjectionExpression", ["pk"]),
        ("AttributesToGet", "pk"),
        ("AttributesToGet", [5]),
        ("ReturnConsumedCapacity", True),
        ("ExpressionAttributeNames", ["#p"]),
    ],
)
def test_a_member_of_another_json_type_is_refused_as_dynamodb_does(member: str, value: Any) -> None:
    """With a SerializationException, so that boto3 raises the error that it would raise on AWS."""
    body = GET | {"ProjectionExpression": "pk"} | {member: value}
    if member == "AttributesToGet":
        del body["ProjectionExpression"]
    with pytest.raises(MalformedRequestError) as refused:
        mapped("GetItem", body)
    assert refused.value.code == "SerializationException"


@pytest.mark.parametrize("body", [None, [], "{}", 5, {}, {"TableName": "items"}, {"Key": key()}])
def test_a_body_without_what_it_needs_is_refused(body: Any) -> None:
    """Not an object, or a required member is missing."""
    with pytest.raises(MalformedRequestError):
        mapped("GetItem", body)


@pytest.mark.parametrize("name", ["pk[0]", "a\n[12]"])
def test_a_projected_name_that_looks_like_a_list_element_is_refused(name: str) -> None:
    """Moto would return the element of another attribute."""
    with pytest.raises(UnmappableRequestError, match="element of a list"):
        mapped("GetItem", GET | {"ProjectionExpression": "#n", "ExpressionAttributeNames": {"#n": name}})


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("PutItem", {"TableName": "items", "Item": {**key(), "PK": {"S": "globex#1"}}}),
        ("PutItem", {"TableName": "items", "Item": {**key(), "Owner": {"S": "globex#1"}}}),
        ("UpdateItem", {**GET, "UpdateExpression": "SET #o = a", "ExpressionAttributeNames": {"#o": "OWNER"}}),
        ("UpdateItem", {**GET, "AttributeUpdates": {"Pk": {"Action": "DELETE"}}}),
        ("BatchWriteItem", {"RequestItems": {"items": [{"PutRequest": {"Item": {**key(), "pK": {"S": "x"}}}}]}}),
        (
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "items", "Item": {**key(), "PK": {"S": "x"}}}}]},
        ),
        ("ExecuteStatement", {"Statement": "INSERT INTO items VALUE {'pk': 'a', 'sk': 'b', 'PK': 'c'}"}),
        ("ExecuteStatement", {"Statement": "UPDATE items SET PK = 'c' WHERE pk = 'a' AND sk = 'b'"}),
    ],
)
def test_an_attribute_that_differs_from_a_partition_key_only_in_case_is_not_written(
    operation: str, body: dict[str, Any]
) -> None:
    """Moto's PartiQL would take one for the other, for the table's partition key or that of an index."""
    with pytest.raises(UnmappableRequestError, match="only in case"):
        mapped(operation, body)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["items", "pk", "pk = :p", "acme#1"]),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=4), children, max_size=3),
    max_leaves=8,
)
members = st.sampled_from(
    [
        *("TableName", "Key", "Item", "RequestItems", "TransactItems", "Statement", "Statements", "Parameters", "Tags"),
        *(
            "KeyConditionExpression",
            "KeyConditions",
            "ExpressionAttributeNames",
            "ExpressionAttributeValues",
            "Expected",
        ),
        *(
            "UpdateExpression",
            "ConditionExpression",
            "AttributeUpdates",
            "IndexName",
            "ExclusiveStartKey",
            "ResourceArn",
        ),
        *("TransactStatements", "ProjectionExpression", "ReturnValues", "Select", "StreamArn", "ShardIterator"),
    ]
)


@given(operation=st.sampled_from(sorted(OPERATIONS)), body=st.dictionaries(members, json_values, max_size=5))
def test_garbage_is_mapped_or_refused_and_nothing_else(operation: str, body: dict[str, Any]) -> None:
    """No other exception escapes, nothing is mapped to nothing, and no condition key is present and empty."""
    json.dumps(body)
    try:
        checks = mapped(operation, as_moto_reads(operation, body))
    except (MalformedRequestError, UnmappableRequestError):
        return
    assert checks
    for check in checks:
        assert isinstance(check, AuthorizationCheck)
        assert check.action.startswith("dynamodb:")
        assert all(value != () for value in check.context.values())


EQUALS = {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]}
valid_requests = st.sampled_from(
    [
        ("GetItem", GET),
        ("UpdateItem", {**GET, "UpdateExpression": "SET a = :v", "ExpressionAttributeValues": {":v": {"S": "x"}}}),
        ("BatchGetItem", {"RequestItems": {"items": {"Keys": [key()]}}}),
        ("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "items", "Item": key()}}]}),
        ("Query", {"TableName": "items", "KeyConditions": {"pk": EQUALS}}),
    ]
)


@given(request=valid_requests, value=json_values, data=st.data())
def test_one_foreign_value_in_a_valid_request_breaks_nothing(
    request: tuple[str, dict[str, Any]], value: Any, data: st.DataObject
) -> None:
    """Each leaf or branch of a valid request is replaced by any JSON value."""
    operation, body = request[0], json.loads(json.dumps(request[1]))
    places = list(_places(body))
    container, place = data.draw(st.sampled_from(places))
    container[place] = value
    try:
        assert mapped(operation, body)
    except (MalformedRequestError, UnmappableRequestError):
        return


def _places(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value))
    else:
        return []
    return [(value, place) for place, _ in inside] + [found for _, inner in inside for found in _places(inner)]
