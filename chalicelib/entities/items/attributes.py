"""The free attributes of an item: what DynamoDB can hold exactly, within the limits of an item."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema

from chalicelib.http.texts import PRINTABLE, printable

_MAX_ATTRIBUTES, _MAX_NAME_LENGTH = 50, 100
# An item may have 100 kB. Name, price, version, ids and the time take less than 1 kB of them.
_MAX_ATTRIBUTES_BYTES = 99_000
# Source: AWS, "Supported data types and naming rules in Amazon DynamoDB", Number
# (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html).
_MAX_DIGITS, _MIN_EXPONENT, _MAX_EXPONENT = 38, -130, 125


def exact_value(value: object) -> str | bool | Decimal:
    """Return the attribute's value, a number as the decimal that DynamoDB gives back as it is.

    Raises:
        ValueError: it is no string, number or boolean, or a number that DynamoDB would round or refuse.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal):
        return _exact_number(Decimal(value))
    if isinstance(value, str):
        value.encode()  # half a surrogate pair is no text; the UnicodeEncodeError is a ValueError
        return value
    raise ValueError("must be a string, a number or a boolean")


def _exact_number(number: Decimal) -> Decimal:
    if number.is_zero():
        return Decimal(0)  # DynamoDB knows no negative zero
    digits = "".join(map(str, number.as_tuple().digits)).rstrip("0") if number.is_finite() else ""
    if not 1 <= len(digits) <= _MAX_DIGITS or not _MIN_EXPONENT <= number.adjusted() <= _MAX_EXPONENT:
        raise ValueError(
            f"must be a number of up to {_MAX_DIGITS} digits, between 1E{_MIN_EXPONENT} and 1E+{_MAX_EXPONENT + 1}"
        )
    plain = format(number, "f")
    return Decimal(plain.rstrip("0").rstrip(".") if "." in plain else plain)  # as DynamoDB answers it: 1.1 for 1.10


def _within_limits(attributes: dict[str, str | bool | Decimal]) -> dict[str, str | bool | Decimal]:
    size = sum(len(f"{name}{value}".encode()) for name, value in attributes.items())
    if size > _MAX_ATTRIBUTES_BYTES:
        raise ValueError(f"must hold at most {_MAX_ATTRIBUTES_BYTES:,} bytes, since an item holds at most 100 kB")
    return attributes


_LEAST, _BEYOND = float(f"1E{_MIN_EXPONENT}"), float(f"1E{_MAX_EXPONENT + 1}")
_VALUE_SCHEMA: dict[str, Any] = {
    "description": f"A number has up to {_MAX_DIGITS} digits and comes back exactly.",
    "anyOf": [
        {"type": ["string", "boolean"]},
        {"const": 0},
        {"type": "number", "minimum": _LEAST, "exclusiveMaximum": _BEYOND},
        {"type": "number", "exclusiveMinimum": -_BEYOND, "maximum": -_LEAST},
    ],
}
_CLOSED: dict[str, Any] = {"additionalProperties": False}  # pydantic writes the names' pattern as patternProperties

AttributeName = Annotated[str, Field(min_length=1, max_length=_MAX_NAME_LENGTH), AfterValidator(printable), PRINTABLE]
ExactValue = Annotated[
    str | bool | Decimal,
    PlainValidator(exact_value),
    WithJsonSchema(_VALUE_SCHEMA),
]
Attributes = Annotated[
    dict[AttributeName, ExactValue],
    Field(
        max_length=_MAX_ATTRIBUTES,
        description=f"Names and values of up to {_MAX_ATTRIBUTES_BYTES:,} bytes in all, as UTF-8.",
        json_schema_extra=_CLOSED,
    ),
    AfterValidator(_within_limits),
]
#: As an answer gives them.
StoredAttributes = Annotated[
    Mapping[AttributeName, ExactValue], Field(max_length=_MAX_ATTRIBUTES, json_schema_extra=_CLOSED)
]
