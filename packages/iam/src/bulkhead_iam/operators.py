"""The table of condition operators.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from bulkhead_iam.comparisons import (
    Family,
    Reading,
    Test,
    always,
    arn,
    binary,
    boolean,
    ip_address,
    ordered,
    string_equals,
    string_equals_ignore_case,
    string_like,
)
from bulkhead_iam.errors import UnsupportedConditionError
from bulkhead_iam.values import parse_date, parse_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bulkhead_iam.variables import Context
    from bulkhead_iam.wildcards import Matcher


class Operator(NamedTuple):
    """A condition operator without set prefix and `IfExists`."""

    family: Family
    negated: bool = False


_NUMBER = (parse_number, "a number")
_DATE = (parse_date, "a W3C date (such as 2026-01-31T00:00:00Z) or epoch time")

OPERATORS = {
    "StringEquals": Operator(string_equals),
    "StringNotEquals": Operator(string_equals, negated=True),
    "StringEqualsIgnoreCase": Operator(string_equals_ignore_case),
    "StringNotEqualsIgnoreCase": Operator(string_equals_ignore_case, negated=True),
    "StringLike": Operator(string_like),
    "StringNotLike": Operator(string_like, negated=True),
    "NumericEquals": Operator(ordered(*_NUMBER, operator.eq)),
    "NumericNotEquals": Operator(ordered(*_NUMBER, operator.eq), negated=True),
    "NumericLessThan": Operator(ordered(*_NUMBER, operator.lt)),
    "NumericLessThanEquals": Operator(ordered(*_NUMBER, operator.le)),
    "NumericGreaterThan": Operator(ordered(*_NUMBER, operator.gt)),
    "NumericGreaterThanEquals": Operator(ordered(*_NUMBER, operator.ge)),
    "DateEquals": Operator(ordered(*_DATE, operator.eq)),
    "DateNotEquals": Operator(ordered(*_DATE, operator.eq), negated=True),
    "DateLessThan": Operator(ordered(*_DATE, operator.lt)),
    "DateLessThanEquals": Operator(ordered(*_DATE, operator.le)),
    "DateGreaterThan": Operator(ordered(*_DATE, operator.gt)),
    "DateGreaterThanEquals": Operator(ordered(*_DATE, operator.ge)),
    "Bool": Operator(boolean),
    "BinaryEquals": Operator(binary),
    "IpAddress": Operator(ip_address),
    "NotIpAddress": Operator(ip_address, negated=True),
    "ArnEquals": Operator(arn),
    "ArnLike": Operator(arn),
    "ArnNotEquals": Operator(arn, negated=True),
    "ArnNotLike": Operator(arn, negated=True),
}


def find_operator(name: str, element: str) -> Operator:
    """Return the operator of that exact name; raises UnsupportedConditionError for any other."""
    try:
        return OPERATORS[name]
    except KeyError:
        raise UnsupportedConditionError(element, name, "is not a condition operator that AWS documents") from None


def value_test(compiled: Operator, values: Sequence[str], reading: Reading) -> Test:
    """Return the test of one value of the request: affirmative operators OR the values, negated ones NOR.

    `reading.doubt` is what an undecided condition counts as; raises PolicyError for a value of the wrong type.
    """
    equal_in_doubt = reading.doubt is not compiled.negated
    equality = compiled.family(values, replace(reading, doubt=equal_in_doubt))
    test = equality.test
    if equality.undecided and equal_in_doubt:
        test = always(_equals_anything)
    if not compiled.negated:
        return test

    def negated(context: Context) -> Matcher:
        equals = test(context)
        return lambda actual: not equals(actual)

    return negated


def _equals_anything(_actual: str) -> bool:
    return True
