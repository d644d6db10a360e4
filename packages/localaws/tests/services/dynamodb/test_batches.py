"""Batches: one check per table, with all its keys."""

from __future__ import annotations

from typing import Any

import pytest

from bulkhead_localaws.protocol.checks import AuthorizationCheck, MalformedRequestError
from localaws_testing.example_tables import ARN, key, mapped, only


def test_a_batch_read_is_one_check_per_table_with_all_its_keys() -> None:
    """The leading keys are a list of distinct values, in which one foreign key is enough to refuse the whole."""
    checks = mapped(
        "BatchGetItem",
        {
            "RequestItems": {
                "items": {"Keys": [key("acme#1"), key("globex#1"), key("acme#1", "b"), key("acme#1")]},
                f"{ARN}numbers": {"Keys": [{"id": {"N": "1.0"}}, {"id": {"N": "1"}}], "ProjectionExpression": "x"},
                "nowhere": {"Keys": [{"id": {"S": "a"}}]},
            }
        },
    )
    assert [(check.action, check.resource) for check in checks] == [
        ("dynamodb:BatchGetItem", f"{ARN}items"),
        ("dynamodb:BatchGetItem", f"{ARN}numbers"),
        ("dynamodb:BatchGetItem", f"{ARN}nowhere"),
    ]
    assert [check.context.get("dynamodb:LeadingKeys") for check in checks] == [("acme#1", "globex#1"), ("1",), None]
    assert [check.context["dynamodb:Select"] for check in checks] == [
        "ALL_ATTRIBUTES",
        "SPECIFIC_ATTRIBUTES",
        "ALL_ATTRIBUTES",
    ]
    assert checks[1].context["dynamodb:Attributes"] == ("id", "x")


def test_a_batch_write_is_one_check_per_table_with_puts_and_deletes() -> None:
    """Keys of deletes and of put items, and all attributes that are written."""
    requests = [
        {"PutRequest": {"Item": {**key("acme#1"), "x": {"N": "1"}}}},
        {"DeleteRequest": {"Key": key("globex#1")}},
        {"DeleteRequest": {"Key": key("acme#1")}},
    ]
    assert only("BatchWriteItem", {"RequestItems": {"items": requests}}) == AuthorizationCheck(
        "dynamodb:BatchWriteItem",
        f"{ARN}items",
        {
            "dynamodb:LeadingKeys": ("acme#1", "globex#1"),
            "dynamodb:FirstPartitionKeyValues": ("acme#1", "globex#1"),
            "dynamodb:Attributes": ("pk", "sk", "x"),
            "dynamodb:ReturnConsumedCapacity": "NONE",
        },
    )


PUT = {"PutRequest": {"Item": key()}}
DELETE = {"DeleteRequest": {"Key": key()}}


@pytest.mark.parametrize(
    ("operation", "requests"),
    [
        ("BatchGetItem", {}),
        ("BatchGetItem", []),
        ("BatchGetItem", None),
        ("BatchGetItem", {"items": {}}),
        ("BatchGetItem", {"items": []}),
        ("BatchGetItem", {"items": {"Keys": []}}),
        ("BatchGetItem", {"items": {"Keys": {"pk": 1}}}),
        ("BatchGetItem", {"items": {"Keys": [None]}}),
        ("BatchGetItem", {"items": {"Keys": ["a"]}}),
        ("BatchGetItem", {"items": {"Keys": [{}]}}),
        ("BatchGetItem", {"items": {"Keys": [{"pk": {"S": "a"}}]}}),
        ("BatchWriteItem", {}),
        ("BatchWriteItem", {"items": []}),
        ("BatchWriteItem", {"items": {}}),
        ("BatchWriteItem", {"items": [{}]}),
        ("BatchWriteItem", {"items": [None]}),
        ("BatchWriteItem", {"items": [PUT | DELETE]}),
        ("BatchWriteItem", {"items": [{"PutRequest": {}}]}),
        ("BatchWriteItem", {"items": [{"DeleteRequest": {"Key": {"pk": {"S": "a"}}}}]}),
        ("BatchGetItem", {"": {"Keys": [key()]}}),
        ("BatchGetItem", {"items": {"Keys": [key()], "AttributesToGet": ["x"], "ProjectionExpression": "x"}}),
    ],
)
def test_an_empty_or_ambiguous_batch_is_refused(operation: str, requests: Any) -> None:
    """No table, no keys, keys that are none, a request that is both put and delete (moto takes the first)."""
    with pytest.raises(MalformedRequestError):
        mapped(operation, {"RequestItems": requests})


def test_a_member_that_is_null_is_absent() -> None:
    """As in all AWS JSON protocols, and as moto reads it."""
    requests = [{"PutRequest": None, **DELETE}]
    assert mapped("BatchWriteItem", {"RequestItems": {"items": requests}, "ReturnConsumedCapacity": None}) == mapped(
        "BatchWriteItem", {"RequestItems": {"items": [DELETE]}}
    )
