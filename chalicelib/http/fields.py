"""Types of fields that entities share, as a body gives them and as an answer does; prices have a file of their own."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from chalicelib.http.texts import PRINTABLE, printable
from chalicelib.tenancy.emails import checked_email

#: The greatest integer up to which every JSON reader tells all integers apart. Source: RFC 8259, section 6.
MAX_INTEGER = 2**53 - 1
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def whole_number(value: object) -> object:
    """Return 2.0 as 2, since JSON knows no other difference between them; anything else as it is."""
    if isinstance(value, Decimal) and value.is_finite() and 0 <= value.adjusted() < len(str(MAX_INTEGER)):
        return int(value) if value == value.to_integral_value() else value
    return value


def exact_day(value: object) -> dt.date:
    """Return the day that a text such as 2026-01-31 names.

    Raises:
        ValueError: it is no text of this form, or there is no such day.
    """
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return dt.date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("must be a date such as 2026-01-31")


_DAY_SCHEMA = WithJsonSchema({"type": "string", "format": "date"})
_EMAIL = Field(json_schema_extra={"format": "email"})

Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(printable), PRINTABLE]
Email = Annotated[str, Field(max_length=254), AfterValidator(printable), AfterValidator(checked_email), _EMAIL]
#: From 0; an entity of which less is too much narrows it by a further `Field(ge=…, le=…)`.
WholeNumber = Annotated[int, Field(ge=0, le=MAX_INTEGER), BeforeValidator(whole_number)]
#: A day as a body gives it.
Day = Annotated[dt.date, BeforeValidator(exact_day), _DAY_SCHEMA]
#: A day as an answer gives it.
DayText = Annotated[str, _DAY_SCHEMA]
#: A point in time as an answer gives it.
Instant = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
