"""Query and Scan: the one partition that a key condition selects, or none at all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.dynamodb.parsing.key_condition_expression import parse_expression

from bulkhead_localaws.protocol.checks import AuthorizationCheck, MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services.dynamodb import as_moto_reads
from localaws_testing.example_tables import ARN, key, leading_keys, only

VALUES = {":p": {"S": "acme#1"}, ":s": {"S": "a"}, ":t": {"S": "b"}}
SCHEMA = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
NAMES = {"#p": "pk", "#s": "sk"}


def query(expression: str, **members: Any) -> dict[str, Any]:
    """Return the body of a Query on `items`."""
    body = {"TableName": "items", "KeyConditionExpression": expression, "ExpressionAttributeValues": VALUES}
    return body | {"ExpressionAttributeNames": NAMES} | members


def test_query_has_every_documented_condition_key() -> None:
    """The names of key condition, filter and projection are its attributes."""
    body = query("pk = :p", FilterExpression="age > :s", ProjectionExpression="#n.x", ReturnConsumedCapacity="TOTAL")
    body["ExpressionAttributeNames"] = {"#n": "name"}
    assert only("Query", body) == AuthorizationCheck(
        "dynamodb:Query",
        f"{ARN}items",
        {
            "dynamodb:LeadingKeys": ("acme#1",),
            "dynamodb:FirstPartitionKeyValues": ("acme#1",),
            "dynamodb:Attributes": ("pk", "name", "age"),
            "dynamodb:Select": "SPECIFIC_ATTRIBUTES",
            "dynamodb:ReturnConsumedCapacity": "TOTAL",
        },
    )


@pytest.mark.parametrize(
    "expression",
    [
        "pk = :p",
        "pk=:p",
        "  (  (#p = :p) ) ",
        "pk = :p AND sk = :s",
        "sk < :s and pk = :p",
        "(pk = :p) And (begins_with(sk, :s))",
        "(pk = :p AND sk BETWEEN :s AND :t)",
        "sk between :s and :t AND pk = :p",
        "begins_with ( #s , :s )AND(#p=:p)",
    ],
)
def test_a_key_condition_is_read_in_every_spelling(expression: str) -> None:
    """Parentheses, order, placeholders and the case of keywords do not change the partition."""
    assert leading_keys("Query", query(expression)) == ("acme#1",)


SEVERAL_LINES = "\n    (pk = :p)\n    AND\tsk\n    BETWEEN :s AND\r\n :t\n"


def test_a_key_condition_over_several_lines_is_respelled_for_moto() -> None:
    """Moto would read another partition, so it is refused as it is and authorized as it is forwarded."""
    body = query(SEVERAL_LINES)
    with pytest.raises(UnmappableRequestError, match="several lines"):
        leading_keys("Query", body)
    respelled = as_moto_reads("Query", body)
    assert respelled == body | {"KeyConditionExpression": "pk = :p AND sk BETWEEN :s AND :t"}
    assert leading_keys("Query", respelled) == ("acme#1",)


def test_a_request_that_moto_reads_is_forwarded_as_it_is() -> None:
    """Nothing is copied for the usual request."""
    for operation, body in (("Query", query("pk = :p AND begins_with(sk, :s)")), ("Scan", {"TableName": "items"})):
        assert as_moto_reads(operation, body) is body


@pytest.mark.parametrize(
    "expression",
    [
        *(
            "",
            "   ",
            "pk",
            "pk =",
            "= :p",
            "pk = :p AND",
            "AND pk = :p",
            "pk = :p sk = :s",
            "(pk = :p",
            "pk = :p)",
            "()",
        ),
        *("sk = :s", "age = :p", "pk = :p AND age = :s", "pk = :p AND pk = :p", "pk = :p AND sk > :s AND sk < :t"),
        *("pk > :p", "pk <> :p", "begins_with(pk, :p)", "pk BETWEEN :s AND :t", "pk IN (:p, :s)", "NOT pk = :p"),
        *("pk = :p OR sk = :s", "pk = :p AND NOT sk = :s", "pk = :p OR pk = :s", "pk = :p AND sk <> :s"),
        *(":p = pk", "pk = pk", "pk = 'acme#1'", "(pk) = :p", "pk = (:p)", "pk.x = :p", "pk[0] = :p", "size(pk) = :p"),
        *("pk = :undefined", "#undefined = :p", "pk = #p", "BEGINS_WITH(sk, :s) AND pk = :p", "pk == :p", "pk = :p;"),
        *("(" * 33 + "pk = :p" + ")" * 33, "pk = :p" + " " * 4090, "pk\u00a0= :p"),
    ],
)
def test_a_key_condition_that_selects_no_single_partition_is_refused(expression: str) -> None:
    """The partition key must be compared for equality exactly once, the sort key at most once, and nothing else."""
    with pytest.raises(MalformedRequestError):
        leading_keys("Query", query(expression))


@pytest.mark.parametrize(
    "names", [{"sk": "pk"}, {":p": "pk"}, {"#": "pk"}, {"#p p": "pk"}, {"#p": ""}, {"#p": 1}, {}, []]
)
def test_a_placeholder_must_look_like_one(names: Any) -> None:
    """Moto would replace any word of a key condition that is found among the names, so `sk` could become `pk`."""
    with pytest.raises(MalformedRequestError):
        leading_keys("Query", query("pk = :p", ExpressionAttributeNames=names))


def legacy(**conditions: tuple[str, list[dict[str, str]]]) -> dict[str, Any]:
    """Return a Query with KeyConditions."""
    given = {
        name: {"ComparisonOperator": operator, "AttributeValueList": values}
        for name, (operator, values) in conditions.items()
    }
    return {"TableName": "items", "KeyConditions": given}


def test_legacy_key_conditions_select_a_partition_too() -> None:
    """The parameter that KeyConditionExpression replaced says the same."""
    body = legacy(pk=("EQ", [{"S": "acme#1"}]), sk=("BETWEEN", [{"S": "a"}, {"S": "b"}]))
    assert leading_keys("Query", body) == ("acme#1",)


@pytest.mark.parametrize(
    "body",
    [
        legacy(),
        legacy(sk=("EQ", [{"S": "a"}])),
        legacy(pk=("EQ", [])),
        legacy(pk=("EQ", [{"S": "acme#1"}, {"S": "globex#1"}])),
        legacy(pk=("GE", [{"S": "acme#1"}])),
        legacy(pk=("IN", [{"S": "acme#1"}])),
        legacy(pk=("eq", [{"S": "acme#1"}])),
        legacy(pk=("EQ", [{"S": "acme#1"}]), age=("EQ", [{"N": "1"}])),
        legacy(pk=("EQ", [{"S": "acme#1"}]), sk=("NE", [{"S": "a"}])),
        legacy(pk=("EQ", [{"S": "acme#1"}])) | {"KeyConditionExpression": "pk = :p"},
        legacy(pk=("EQ", [{"S": "acme#1"}])) | {"FilterExpression": "age = pk"},
        {"TableName": "items", "QueryFilter": {"age": {"ComparisonOperator": "NULL"}}},
        {"TableName": "items"},
    ],
)
def test_legacy_key_conditions_that_select_no_single_partition_are_refused(body: dict[str, Any]) -> None:
    """Nor may they be mixed with expressions."""
    with pytest.raises(MalformedRequestError):
        leading_keys("Query", body)


def test_an_index_has_its_own_arn_and_leading_key() -> None:
    """The leading key of a query on an index is the index's partition key."""
    check = only("Query", query("#o = :p", IndexName="by_owner", ExpressionAttributeNames={"#o": "owner"}))
    assert check.resource == f"{ARN}items/index/by_owner"
    assert check.context["dynamodb:LeadingKeys"] == ("acme#1",)
    assert check.context["dynamodb:Select"] == "ALL_PROJECTED_ATTRIBUTES"
    with pytest.raises(MalformedRequestError):
        only("Query", query("pk = :p", IndexName="by_owner"))


def test_an_unknown_index_has_no_leading_keys() -> None:
    """Whatever the condition says, nobody knows what the index's key is."""
    assert leading_keys("Query", query("pk = :p", IndexName="by_nothing")) is None


@pytest.mark.parametrize("name", ["", "a b", "a/b", "../items", 5])
def test_an_index_name_that_cannot_be_is_refused(name: Any) -> None:
    """Moto would take an empty name for the table itself."""
    with pytest.raises(MalformedRequestError):
        only("Query", query("pk = :p", IndexName=name))


def test_a_page_must_begin_in_the_partition_that_is_read() -> None:
    """DynamoDB refuses a start key outside the query."""
    assert leading_keys("Query", query("pk = :p", ExclusiveStartKey=key("acme#1"))) == ("acme#1",)
    for start in (key("globex#1"), {"sk": {"S": "a"}}, {}, "acme#1"):
        with pytest.raises(MalformedRequestError):
            leading_keys("Query", query("pk = :p", ExclusiveStartKey=start))


@pytest.mark.parametrize(("index", "resource"), [({}, "items"), ({"IndexName": "by_age"}, "items/index/by_age")])
def test_a_scan_has_no_leading_keys(index: dict[str, str], resource: str) -> None:
    """The key is absent, not empty: `ForAllValues` would hold for either, `Null` tells them apart."""
    check = only("Scan", {"TableName": "items", "ScanFilter": {"age": {"ComparisonOperator": "NULL"}}, **index})
    assert (check.action, check.resource) == ("dynamodb:Scan", f"{ARN}{resource}")
    assert not {"dynamodb:LeadingKeys", "dynamodb:FirstPartitionKeyValues"} & check.context.keys()
    assert check.context["dynamodb:Attributes"] == ("age",)


@pytest.mark.parametrize(
    ("members", "selected"),
    [
        ({}, "ALL_ATTRIBUTES"),
        ({"Select": "COUNT"}, "COUNT"),
        ({"Select": "SPECIFIC_ATTRIBUTES", "ProjectionExpression": "pk"}, "SPECIFIC_ATTRIBUTES"),
        ({"Select": "SPECIFIC_ATTRIBUTES", "AttributesToGet": ["pk"]}, "ALL_ATTRIBUTES"),
        ({"IndexName": "by_age", "ProjectionExpression": "pk"}, "SPECIFIC_ATTRIBUTES"),
    ],
)
def test_select_always_has_a_value(members: dict[str, Any], selected: str) -> None:
    """The one of the request or the documented default; moto ignores AttributesToGet, so that is everything."""
    assert only("Scan", {"TableName": "items", **members}).context["dynamodb:Select"] == selected


blanks = st.sampled_from(["", " ", "  "])
gaps = st.sampled_from([" ", "  "])
and_words = st.sampled_from(["AND", "and", "And"])
placeholders = st.sampled_from(list(VALUES))


@st.composite
def key_conditions(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    """Return a key condition in some spelling, and the partition that it selects."""
    value = draw(placeholders)
    equality = f"{draw(st.sampled_from(['pk', '#p']))}{draw(blanks)}={draw(blanks)}{value}"
    sort = draw(st.sampled_from(["sk", "#s"]))
    other = draw(
        st.one_of(
            st.just(""),
            st.builds("{0}{2}{1}{2}{3}".format, st.just(sort), st.sampled_from(["=", "<", ">="]), blanks, placeholders),
            st.builds("begins_with{1}({0}{1},{1}{2})".format, st.just(sort), blanks, placeholders),
            st.builds("{0} BETWEEN {1} {2} {3}".format, st.just(sort), placeholders, and_words, placeholders),
        )
    )
    parts = draw(st.permutations([part for part in (equality, other) if part]))
    for position, part in enumerate(parts):
        for _ in range(draw(st.integers(0, 2))):
            part = f"({draw(blanks)}{part}{draw(blanks)})"  # noqa: PLW2901 - wrapped again and again
        parts[position] = part
    expression = f"{draw(gaps)}{draw(and_words)}{draw(gaps)}".join(parts)
    return (f"({expression})" if draw(st.booleans()) else expression), VALUES[value]


@given(condition=key_conditions())
def test_moto_selects_the_partition_that_was_authorized(condition: tuple[str, dict[str, str]]) -> None:
    """For every spelling moto's own parser selects the mapped partition or fails; respelled, it never fails."""
    expression, partition = condition
    body = query(expression)
    assert leading_keys("Query", body) == (partition["S"],)
    for attempt in (body, as_moto_reads("Query", body)):
        try:
            hash_keys, _, _ = parse_expression(attempt["KeyConditionExpression"], VALUES, NAMES, SCHEMA)
        except Exception:  # noqa: BLE001 - moto fails in many ways, all of them harmless
            assert attempt is body
        else:
            assert hash_keys == [("pk", partition)]
