"""Key values as `dynamodb:LeadingKeys` shows them: one text per key, however the request spelled it."""

from __future__ import annotations

import base64
import binascii
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bulkhead_localaws.protocol.checks import MalformedRequestError

if TYPE_CHECKING:
    from bulkhead_localaws.services.dynamodb.schema import KeyAttribute, KeySchema

SERIALIZATION = "SerializationException"

# ASCII only: Python's Decimal would also take "1_0", full-width digits and surrounding blanks.
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")
_LONGEST_NUMBER = 512
_MOST_DIGITS = 38
_LOWEST_MAGNITUDE, _HIGHEST_MAGNITUDE = -130, 125
_LONGEST_PARTITION_KEY = 2048


def number_text(text: str) -> str:
    """Return a number in the one form that stands for all its spellings: no exponent, sign or zeros to spare.

    Raises:
        MalformedRequestError: not a number, more than 38 significant digits, or a magnitude outside 1E-130 to
            9.9E+125 ("Supported data types and naming rules in Amazon DynamoDB").
    """
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        raise MalformedRequestError(f"The parameter cannot be converted to a numeric value: {text[:64]}")
    sign, digits, exponent = Decimal(text).as_tuple()
    significant = "".join(map(str, digits)).lstrip("0")
    if not significant:
        return "0"
    exponent = int(exponent) + len(significant)
    significant = significant.rstrip("0")
    if len(significant) > _MOST_DIGITS:
        raise MalformedRequestError("Attempting to store more than 38 significant digits in a Number")
    if not _LOWEST_MAGNITUDE <= exponent - 1 <= _HIGHEST_MAGNITUDE:
        raise MalformedRequestError("Number overflow or underflow: magnitude outside the supported range")
    if exponent <= 0:
        plain = f"0.{'0' * -exponent}{significant}"
    elif exponent >= len(significant):
        plain = significant + "0" * (exponent - len(significant))
    else:
        plain = f"{significant[:exponent]}.{significant[exponent:]}"
    return f"-{plain}" if sign else plain


def binary_text(text: str) -> str:
    """Return the base64 text of a binary value, which has to be in canonical form already.

    Emulators decode leniently (moto skips what is not base64), so a second spelling of a key would read another
    item than the one that was authorized.

    Raises:
        MalformedRequestError: not base64, or not the text that encoding the value gives.
    """
    try:
        canonical = base64.b64encode(base64.b64decode(text, validate=True)).decode()
    except (binascii.Error, ValueError):
        canonical = ""
    if canonical != text:
        raise MalformedRequestError("A binary key is not canonical base64", code=SERIALIZATION)
    return text


def key_text(attribute: KeyAttribute, value: object) -> str:
    """Return the canonical text of a key attribute's value, which must be `{type: text}` and nothing more.

    Raises:
        MalformedRequestError: another type than the schema's, several types, an empty value, a value that is no
            string, one that is too long, or one that is not valid Unicode.
    """
    if not isinstance(value, dict):
        raise MalformedRequestError(f"The value of {attribute.name} is not an attribute value", code=SERIALIZATION)
    if len(value) != 1:
        raise MalformedRequestError(
            "Supplied AttributeValue is empty or has more than one datatypes set, "
            "must contain exactly one of the supported datatypes"
        )
    text = value.get(attribute.type)
    if text is None:
        raise MalformedRequestError(
            f"One or more parameter values were invalid: Type mismatch for key {attribute.name} "
            f"expected: {attribute.type} actual: {next(iter(value))}"
        )
    if not isinstance(text, str):
        raise MalformedRequestError(f"The value of {attribute.name} is not a string", code=SERIALIZATION)
    if not text:
        raise MalformedRequestError(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain "
            f"an empty string value. Key: {attribute.name}"
        )
    if attribute.type == "N":
        return number_text(text)
    if attribute.type == "B":
        return binary_text(text)
    return _string_text(text)


def _string_text(text: str) -> str:
    if not text.isascii():
        try:
            length = len(text.encode())
        except UnicodeEncodeError:  # a lone surrogate, which JSON can spell and UTF-8 cannot
            raise MalformedRequestError("A key is not valid Unicode", code=SERIALIZATION) from None
    else:
        length = len(text)
    if length > _LONGEST_PARTITION_KEY:
        raise MalformedRequestError("Size of a key has exceeded the maximum size limit of 2048 bytes")
    return text


def partition_of_key(schema: KeySchema, key: dict[str, Any]) -> str:
    """Return the partition key's text of a `Key`, which must hold all key attributes and nothing else.

    Raises:
        MalformedRequestError: an attribute is missing, foreign to the key, or not of the key's type.
    """
    if key.keys() != schema.names:
        raise MalformedRequestError("The provided key element does not match the schema")
    return partition_of_item(schema, key)


def partition_of_item(schema: KeySchema, item: dict[str, Any]) -> str:
    """Return the partition key's text of an item, which must hold all key attributes.

    Raises:
        MalformedRequestError: a key attribute is missing or not of the key's type.
    """
    for name in schema.names:
        if name not in item:
            raise MalformedRequestError(
                f"One or more parameter values were invalid: Missing the key {name} in the item"
            )
    if schema.sort is not None:
        key_text(schema.sort, item[schema.sort.name])
    return key_text(schema.partition, item[schema.partition.name])
