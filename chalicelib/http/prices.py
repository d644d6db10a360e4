"""Prices: decimals that come back exactly as they went in, the zero of `1.10` included."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from chalicelib.http.parameters import text_of_form

_INTEGER_DIGITS, _DECIMAL_PLACES = 12, 8
# As JSON writes numbers: a leading zero could not come back, since 007 is 7.
_PRICE = re.compile(rf"(?:0|[1-9][0-9]{{0,{_INTEGER_DIGITS - 1}}})(?:\.[0-9]{{1,{_DECIMAL_PLACES}}})?")
_RULE = f"must be a number from 0, with up to {_INTEGER_DIGITS} digits before the point and {_DECIMAL_PLACES} after"


def exact_price(value: object) -> Decimal:
    """Return the price that a JSON string or number stands for, without passing through a float.

    Raises:
        ValueError: it is not a number, negative, huge, too fine or not finite.
    """
    if isinstance(value, str):
        digits = value
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        number = Decimal(value)
        if not number.is_finite() or number.is_signed() or number.adjusted() >= _INTEGER_DIGITS:
            raise ValueError(_RULE)  # before an exponent of a million becomes a million digits
        if -int(number.as_tuple().exponent) > _DECIMAL_PLACES:
            raise ValueError(_RULE)
        digits = format(number, "f")
    else:
        raise ValueError(_RULE)  # noqa: TRY004 -- pydantic turns a ValueError into the field's message
    if not _PRICE.fullmatch(digits):
        raise ValueError(_RULE)
    return Decimal(digits)


_TEXT = text_of_form(_PRICE)
_NUMBER = {
    "type": "number",
    "minimum": 0,
    "exclusiveMaximum": 10**_INTEGER_DIGITS,
    "multipleOf": 10**-_DECIMAL_PLACES,
}
#: A price as a body gives it.
Price = Annotated[Decimal, BeforeValidator(exact_price), WithJsonSchema({"anyOf": [_TEXT, _NUMBER]})]
#: A price as an answer gives it: as text, since JSON numbers become floats in most clients.
PriceText = Annotated[str, WithJsonSchema(_TEXT)]


def price_text(price: Decimal) -> PriceText:
    """Return the price's digits, where str() would write 0.00000001 as 1E-8."""
    return format(price, "f")
