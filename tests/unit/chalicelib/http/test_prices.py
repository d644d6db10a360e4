"""Prices: decimals that come back exactly as they went in."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.http.prices import exact_price

LITERALS = st.from_regex(r"\A(0|[1-9][0-9]{0,11})(\.[0-9]{1,8})?\Z")


@given(LITERALS)
@example("0")
@example("0.00")
@example("1.10")
@example("0.00000001")
@example("100000000000.00000001")
@example("999999999999.99999999")
def test_every_price_within_the_limits_is_exactly_its_literal(literal: str) -> None:
    """As a string and as the number that JSON makes of it, to the last zero."""
    for given_as in (literal, Decimal(literal)):
        price = exact_price(given_as)
        assert type(price) is Decimal
        assert format(price, "f") == literal


@given(st.integers(0, 10**12 - 1))
def test_every_whole_number_within_the_limits_is_that_price(number: int) -> None:
    """Up to twelve digits."""
    assert format(exact_price(number), "f") == str(number)


@pytest.mark.parametrize(
    ("number", "digits"),
    [("1e2", "100"), ("1.5E+3", "1500"), ("11e-1", "1.1"), ("1.10e1", "11.0"), ("0e5", "0"), ("1e-8", "0.00000001")],
)
def test_a_number_with_an_exponent_is_its_plain_digits(number: str, digits: str) -> None:
    """JSON allows it; the answer writes it out."""
    assert format(exact_price(Decimal(number)), "f") == digits


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty"),
        pytest.param(" ", id="space"),
        pytest.param(" 1", id="leading space"),
        pytest.param("1 ", id="trailing space"),
        pytest.param("1\n", id="trailing newline"),
        pytest.param("-1", id="negative"),
        pytest.param("-0", id="negative zero"),
        pytest.param("+1", id="plus sign"),
        pytest.param("1_000", id="underscore"),
        pytest.param("1,000", id="comma"),
        pytest.param("1e2", id="exponent in a string"),
        pytest.param("0x1", id="hexadecimal"),
        pytest.param("1.", id="no digit after the point"),
        pytest.param(".5", id="no digit before the point"),
        pytest.param("1.2.3", id="two points"),
        pytest.param("007", id="leading zeros"),
        pytest.param("00", id="two zeros"),
        pytest.param("NaN", id="NaN"),
        pytest.param("Infinity", id="Infinity"),
        pytest.param("\uff11", id="fullwidth digit"),
        pytest.param("\u0661", id="Arabic digit"),
        pytest.param("\u00bd", id="fraction character"),
        pytest.param("\ud800", id="lone surrogate"),
        pytest.param("1000000000000", id="13 digits"),
        pytest.param("0.000000001", id="9 decimals"),
        pytest.param("1" * 1_000_000, id="a million digits"),
        pytest.param(Decimal(-1), id="negative number"),
        pytest.param(Decimal("-0"), id="number negative zero"),
        pytest.param(Decimal("NaN"), id="number NaN"),
        pytest.param(Decimal("sNaN"), id="number signalling NaN"),
        pytest.param(Decimal("Infinity"), id="number Infinity"),
        pytest.param(Decimal("-Infinity"), id="number -Infinity"),
        pytest.param(Decimal("1e12"), id="number of 13 digits"),
        pytest.param(Decimal("1e400"), id="number 1e400"),
        pytest.param(Decimal("1e999999999999"), id="number with a huge exponent"),
        pytest.param(Decimal("0e999999999999"), id="zero with a huge exponent"),
        pytest.param(Decimal("1e-9"), id="number with 9 decimals"),
        pytest.param(Decimal("0e-9"), id="zero with 9 decimals"),
        pytest.param(Decimal("1e-999999999999"), id="number with a tiny exponent"),
        pytest.param(-1, id="negative integer"),
        pytest.param(10**12, id="integer of 13 digits"),
        pytest.param(10**5000, id="integer of 5,001 digits"),
        pytest.param(True, id="true"),
        pytest.param(False, id="false"),
        pytest.param(None, id="null"),
        pytest.param(1.5, id="float"),
        pytest.param([], id="list"),
        pytest.param(["1"], id="list with a price"),
        pytest.param({}, id="object"),
        pytest.param(b"1", id="bytes"),
    ],
)
def test_what_is_no_price_is_refused(value: object) -> None:
    """The message gives the rule and never the value, which may be a megabyte."""
    with pytest.raises(ValueError, match="must be a number from 0") as refused:
        exact_price(value)
    assert len(str(refused.value)) < 100


@given(st.text() | st.decimals() | st.integers() | st.floats() | st.none() | st.booleans())
def test_whatever_is_tried_a_price_is_plain_finite_and_within_the_limits(value: object) -> None:
    """Any other value raises ValueError, which becomes the field's message."""
    try:
        price = exact_price(value)
    except ValueError:
        return
    digits = format(price, "f")
    assert type(price) is Decimal
    assert 0 <= price < 10**12
    assert json.loads(digits, parse_float=str, parse_int=str) == digits
