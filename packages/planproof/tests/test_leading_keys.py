"""What conditions demand of leading keys."""

from __future__ import annotations

from typing import Any

import pytest

from bulkhead_planproof.leading_keys import leading_keys
from bulkhead_planproof.statements import read_statements

_KEY = "dynamodb:LeadingKeys"


@pytest.mark.parametrize(
    ("condition", "guarded"),
    [
        ({"Null": {_KEY: "false"}}, True),
        ({"Null": {_KEY: ["true", "false"]}}, False),
        ({"StringLike": {_KEY: "a#*"}}, True),
        ({"ForAnyValue:StringLike": {_KEY: ["a#*", ""]}}, True),
        ({"StringLikeIfExists": {_KEY: "a#*"}}, False),
        ({"StringLike": {_KEY: ["a#*", ""]}}, False),
        ({"StringLike": {_KEY: ["a#*", ""]}, "Null": {_KEY: "false"}}, True),
    ],
)
def test_a_condition_that_an_empty_key_meets_demands_no_key(condition: dict[str, Any], guarded: bool) -> None:  # noqa: FBT001
    """An empty key is none to AWS, and ForAllValues holds of it; without a prefix it may be named all the same."""
    source = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    (statement,) = read_statements({"Version": "2012-10-17", "Statement": source}, "a policy")
    assert leading_keys(statement.conditions).guarded is guarded
