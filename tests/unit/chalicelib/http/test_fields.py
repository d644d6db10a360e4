"""Types of fields that entities share."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from chalicelib.http.fields import MAX_INTEGER, Day, DayText, Email, Text, WholeNumber


def read(field: Any, value: object) -> Any:
    """Read a value as a body does, which coerces nothing."""
    return TypeAdapter(field).validate_python(value, strict=True)


@pytest.mark.parametrize("text", ["2026-01-31", "2024-02-29", "0001-01-01", "9999-12-31"])
def test_a_day_is_answered_as_it_was_given(text: str) -> None:
    """From the first day that Python and PostgreSQL both have to the last one."""
    day = read(Day, text)

    assert isinstance(day, dt.date)
    assert day.isoformat() == text


NO_DAYS = (
    *("", "2026-02-29", "2026-13-01", "0000-01-01", "10000-01-01"),
    *("2026-1-31", "20260131", "2026-W05-6", "2026-01-31T00:00", " 2026-01-31", "2026-01-31\n", "\u0662026-01-31"),
    *(20260131, 0, True, None, Decimal(1)),
)


@pytest.mark.parametrize("value", NO_DAYS, ids=ascii)
def test_what_is_no_day_is_refused(value: object) -> None:
    """Other forms of ISO 8601 too: one day has one text."""
    with pytest.raises(ValidationError, match="must be a date such as 2026-01-31"):
        read(Day, value)


@pytest.mark.parametrize(
    ("value", "number"), [(0, 0), (Decimal("2.0"), 2), (Decimal("1E3"), 1000), (MAX_INTEGER, MAX_INTEGER)]
)
def test_a_whole_number_may_have_a_fraction_of_zeros(value: object, number: int) -> None:
    """JSON Schema calls 1.0 an integer (2020-12, section 4.2.3)."""
    read_as = read(WholeNumber, value)

    assert (type(read_as), read_as) == (int, number)


@pytest.mark.parametrize(
    "value",
    [-1, MAX_INTEGER + 1, Decimal("1.5"), Decimal("1E999999999"), Decimal("NaN"), "1", True, None],
)
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    """Nor one beyond those that every reader of JSON tells apart."""
    with pytest.raises(ValidationError):
        read(WholeNumber, value)


@pytest.mark.parametrize("field", [Text, Email])
@pytest.mark.parametrize("value", ["", "a\x00b@example.com", "a" * 255, "\ud800", 1, None, ["a"]], ids=ascii)
def test_what_is_no_printable_text_is_refused(field: Any, value: object) -> None:
    """Empty, too long, with a control character, or half of a surrogate pair."""
    with pytest.raises((ValidationError, UnicodeEncodeError)):
        read(field, value)


def test_a_text_and_an_email_are_taken_as_they_are() -> None:
    """The twins of the refusals above."""
    assert read(Text, "Ämboß ⚒ 😀 ") == "Ämboß ⚒ 😀 "
    assert read(Email, "Ann@Example.com") == "Ann@Example.com"


def test_a_day_is_described_by_its_format() -> None:
    """As in a body, so in an answer."""
    assert TypeAdapter(Day).json_schema() == TypeAdapter(DayText).json_schema() == {"type": "string", "format": "date"}
