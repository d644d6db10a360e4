"""The free attributes of an item: exact, or refused."""

from __future__ import annotations

import json
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

import pytest
from boto3.dynamodb.types import TypeSerializer
from hypothesis import assume, example, given
from hypothesis import strategies as st

from chalicelib.entities.items.attributes import Attributes, exact_value
from chalicelib.errors import InvalidRequestError
from chalicelib.http.answers import exact_json
from chalicelib.http.requests import Body, parse_body

if TYPE_CHECKING:
    from tests.support.requests import MakeRequest

DIGITS_38 = "12345678901234567890123456789012345678"


class Thing(Body):
    """A body with attributes."""

    attributes: Attributes


def read(make_request: MakeRequest, literal: str) -> dict[str, str | bool | Decimal]:
    """Return the attributes of a body that gives them as this JSON."""
    return parse_body(make_request(f'{{"attributes": {literal}}}'), Thing).attributes


def refusal(make_request: MakeRequest, literal: str) -> str:
    """Return why the attributes are refused."""
    with pytest.raises(InvalidRequestError) as refused:
        read(make_request, literal)
    assert len(str(refused.value)) < 1_000, "a refusal does not echo the body"
    return str(refused.value)


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ('"iron"', "iron"),
        ('""', ""),
        ('"1.10"', "1.10"),
        ('"a\\u0000b"', "a\0b"),
        ('"\\u91d1"', "\u91d1"),
        ("true", True),
        ("false", False),
    ],
)
def test_text_and_truth_are_taken_as_they_are(make_request: MakeRequest, literal: str, value: object) -> None:
    """A text stays one, whatever it looks like, and truth is no number."""
    taken = read(make_request, f'{{"a": {literal}}}')["a"]
    assert (type(taken), taken) == (type(value), value)


@pytest.mark.parametrize(
    ("literal", "answered"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("0.00", "0"),
        ("0e999999999", "0"),
        ("1.10", "1.1"),
        ("1e2", "100"),
        ("-7.5", "-7.5"),
        (DIGITS_38, DIGITS_38),
        (f"-0.{DIGITS_38}", f"-0.{DIGITS_38}"),
        (f"{DIGITS_38}000", f"{DIGITS_38}000"),
        (f"{DIGITS_38}.000", DIGITS_38),
        ("1E-130", "1E-130"),
        ("9.9999999999999999999999999999999999999E+125", "9.9999999999999999999999999999999999999E+125"),
    ],
)
def test_a_number_comes_back_exactly(make_request: MakeRequest, literal: str, answered: str) -> None:
    """With all its digits, as DynamoDB keeps them: without trailing zeros and without a negative zero."""
    number = read(make_request, f'{{"a": {literal}}}')["a"]

    assert type(number) is Decimal
    body = json.loads(exact_json({"a": number}).to_dict()["body"], parse_float=Decimal, parse_int=Decimal)
    assert body["a"] == Decimal(answered) == Decimal(literal)
    assert not body["a"].is_signed() or body["a"] < 0


@pytest.mark.parametrize(
    "literal",
    [
        pytest.param(f"{DIGITS_38}9", id="39 digits"),
        pytest.param(f"0.{DIGITS_38}9", id="39 decimals"),
        pytest.param(f"{DIGITS_38}.9", id="38 digits and a decimal"),
        pytest.param(f"1{'0' * 37}1", id="39 digits with zeros inside"),
        pytest.param("1e126", id="too large"),
        pytest.param("-1e126", id="too large and negative"),
        pytest.param("9.99999999999999999999999999999999999999e125", id="39 nines"),
        pytest.param("1e-131", id="too small"),
        pytest.param("-9e-131", id="too small and negative"),
        pytest.param("1e400", id="beyond a float"),
        pytest.param("1e999999999999999999999", id="beyond a decimal"),
        pytest.param("1e-999999999999999999999", id="below a decimal"),
        pytest.param("NaN", id="NaN"),
        pytest.param("Infinity", id="Infinity"),
        pytest.param("-Infinity", id="-Infinity"),
        pytest.param("1" * 100_000, id="100,000 digits"),
    ],
)
def test_a_number_that_would_be_rounded_is_refused(make_request: MakeRequest, literal: str) -> None:
    """DynamoDB keeps 38 digits, from 1E-130 to below 1E+126."""
    message = refusal(make_request, f'{{"weight": {literal}}}')
    assert message == "attributes.weight: must be a number of up to 38 digits, between 1E-130 and 1E+126"


@given(st.from_regex(r"\A-?(0|[1-9][0-9]{0,44})(\.[0-9]{1,44})?([eE][+-]?[0-9]{1,3})?\Z"))
@example("0.1")
@example("1e125")
@example("1e-130")
def test_a_number_is_taken_exactly_when_dynamodb_keeps_it(make_request: MakeRequest, literal: str) -> None:
    """Whatever is accepted is what boto3's own serializer, which traps rounding, accepts, and equal in value."""
    try:
        taken = read(make_request, f'{{"a": {literal}}}')["a"]
    except InvalidRequestError:
        plain = Decimal(literal)
        digits = "".join(map(str, plain.as_tuple().digits)).strip("0")
        assert len(digits) > 38 or not -130 <= plain.adjusted() <= 125
        return
    assert isinstance(taken, Decimal)
    with localcontext(prec=200):
        plain = taken.normalize()  # the serializer counts trailing zeros as digits, DynamoDB does not
    assert Decimal(TypeSerializer().serialize(plain)["N"]) == taken == Decimal(literal)


@pytest.mark.parametrize("literal", ["null", "[]", "[1]", "{}", '{"S": "x"}', '["x"]'])
def test_only_text_numbers_and_truth_are_values(make_request: MakeRequest, literal: str) -> None:
    """Null is no value, and nothing nests."""
    assert refusal(make_request, f'{{"a": {literal}}}') == "attributes.a: must be a string, a number or a boolean"


def test_half_a_surrogate_pair_is_no_text(make_request: MakeRequest) -> None:
    """It could be written neither into the table nor into an answer."""
    assert refusal(make_request, '{"a": "\\ud800"}').startswith("attributes.a: ")
    assert read(make_request, '{"a": "\\ud83d\\ude00"}') == {"a": "\U0001f600"}


@pytest.mark.parametrize(
    "name", ["a", "x" * 100, "#name", "a.b", "\u00c4", "\u91d1\u5e8a", " ", "S", "pk", "__proto__"]
)
def test_a_name_may_be_anything_that_can_be_read(make_request: MakeRequest, name: str) -> None:
    """Of any script, up to 100 characters; none has a meaning to the application."""
    assert read(make_request, json.dumps({name: 1})) == {name: Decimal(1)}


@pytest.mark.parametrize("name", ["", "x" * 101, "a\n", "\0", "a\x7f", "\x85"], ids=ascii)
def test_another_name_is_refused(make_request: MakeRequest, name: str) -> None:
    """Empty, longer than 100 characters, or with a control character."""
    assert refusal(make_request, json.dumps({name: 1})).startswith("attributes.")


@pytest.mark.parametrize("literal", ["null", "[]", "1", '"a"', "true"])
def test_attributes_are_an_object(make_request: MakeRequest, literal: str) -> None:
    """And not left out by a null."""
    assert refusal(make_request, literal) == "attributes: Input should be a valid dictionary"


def test_a_name_that_occurs_twice_is_refused(make_request: MakeRequest) -> None:
    """Which of the two was meant would be a guess."""
    assert refusal(make_request, '{"a": 1, "a": 1}') == "The body is not a JSON document."


def test_50_attributes_are_taken_and_51_refused(make_request: MakeRequest) -> None:
    """None is taken too."""
    for count in (0, 50):
        assert len(read(make_request, json.dumps({f"a{n}": n for n in range(count)}))) == count
    message = refusal(make_request, json.dumps({f"a{n}": n for n in range(51)}))
    assert message.startswith("attributes: Dictionary should have at most 50 items")


@pytest.mark.parametrize("character", ["x", "\u00e9", "\u91d1", "\U0001f600"], ids=ascii)
def test_99_000_bytes_are_taken_and_one_more_is_refused(make_request: MakeRequest, character: str) -> None:
    """Names and values count as UTF-8, whatever the number of characters."""
    text = character * (98_999 // len(character.encode()))
    text += "x" * (98_999 - len(text.encode()))

    assert read(make_request, json.dumps({"a": text})) == {"a": text}
    message = refusal(make_request, json.dumps({"ab": text}))
    assert message == "attributes: must hold at most 99,000 bytes, since an item holds at most 100 kB"


@given(st.text() | st.booleans() | st.none() | st.integers() | st.decimals(allow_nan=True) | st.floats())
def test_whatever_is_tried_a_value_is_text_truth_or_an_exact_number(value: object) -> None:
    """Any other raises ValueError, which becomes the field's message; a float never gets through."""
    assume(not isinstance(value, Decimal) or not value.is_snan())
    try:
        taken = exact_value(value)
    except ValueError:
        assert not isinstance(value, str | bool)
        return
    assert not isinstance(value, float)
    assert taken == value
    assert type(taken) in {str, bool, Decimal}
