"""Key values have one text, however they are spelled, and anything doubtful is refused."""

from __future__ import annotations

import base64
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead_localaws.protocol.checks import MalformedRequestError
from bulkhead_localaws.services.dynamodb.values import number_text
from localaws_testing.example_tables import key, leading_keys


@pytest.mark.parametrize(
    ("spelling", "canonical"),
    [
        *((one, "1") for one in ("1", "1.0", "1E0", "01", "+1", "1.", "0.1e1", "10e-1", "1.000")),
        *((zero, "0") for zero in ("0", "-0", "0.0", "-0e5", "+.0", "0e999999")),
        ("-1.50", "-1.5"),
        (".5", "0.5"),
        ("1e3", "1000"),
        ("12e-4", "0.0012"),
        ("1234567890123456789012345678901234567800", "1234567890123456789012345678901234567800"),
        ("1e-130", f"0.{'0' * 129}1"),
        ("9e125", f"9{'0' * 125}"),
    ],
)
def test_a_number_has_one_text_for_all_its_spellings(spelling: str, canonical: str) -> None:
    """`1`, `1.0` and `1E0` are one key: no exponent, no superfluous sign or zeros."""
    assert leading_keys("GetItem", {"TableName": "numbers", "Key": {"id": {"N": spelling}}}) == (canonical,)


@pytest.mark.parametrize(
    "spelling",
    [
        "",
        " 1",
        "1 ",
        "1_0",
        "\u0661",
        "\uff11",
        "NaN",
        "Infinity",
        "0x1",
        "1e",
        "e1",
        ".",
        "-",
        "--1",
        "1,0",
        "1e126",
        "1e-131",
    ],
)
def test_what_is_not_a_number_is_refused(spelling: str) -> None:
    """Nothing is a number that DynamoDB would not take, even when Python's Decimal would."""
    with pytest.raises(MalformedRequestError):
        leading_keys("GetItem", {"TableName": "numbers", "Key": {"id": {"N": spelling}}})


def test_a_number_of_more_than_38_digits_is_refused() -> None:
    """Rounding would make one key of two."""
    with pytest.raises(MalformedRequestError, match="38"):
        number_text("1" * 39)
    assert number_text("1" * 38) == "1" * 38


@given(
    number=st.decimals(allow_nan=False, allow_infinity=False, places=5, min_value=-(10**20), max_value=10**20),
    shift=st.integers(min_value=-20, max_value=20),
    zeros=st.integers(min_value=0, max_value=5),
)
def test_respelling_a_number_changes_neither_text_nor_value(number: Decimal, shift: int, zeros: int) -> None:
    """The canonical text is exact and does not depend on exponent or zeros."""
    with localcontext(prec=100):
        respelled = f"{'0' * zeros}{abs(number).scaleb(shift):f}E{-shift}"
    if number < 0:
        respelled = f"-{respelled}"
    assert number_text(respelled) == number_text(f"{number:f}")
    assert Decimal(number_text(respelled)) == number
    assert "E" not in number_text(respelled).upper()


@given(value=st.binary(min_size=1, max_size=64))
def test_a_binary_key_is_its_canonical_base64(value: bytes) -> None:
    """The text is what encoding the value gives."""
    text = base64.b64encode(value).decode()
    assert leading_keys("GetItem", {"TableName": "blobs", "Key": {"id": {"B": text}}}) == (text,)


@pytest.mark.parametrize("text", ["YR==", "YQ", "YQ=", "YQ==\n", "Y Q==", "Y!Q==", "_-8=", "YQ==YQ==", "é"])
def test_base64_of_another_spelling_is_refused(text: str) -> None:
    """Moto decodes leniently, so `Y!Q==` would be the key `YQ==` that was not authorized."""
    with pytest.raises(MalformedRequestError):
        leading_keys("GetItem", {"TableName": "blobs", "Key": {"id": {"B": text}}})


@pytest.mark.parametrize(
    "value",
    [
        {"N": "1"},
        {"B": "YQ=="},
        {"S": ""},
        {"S": "a", "N": "1"},
        {"s": "a"},
        {"SS": ["a"]},
        {},
        {"S": 1},
        {"S": None},
        {"S": ["a"]},
        {"S": "\ud800"},
        {"S": "x" * 2049},
        {"S": "é" * 1025},
        "a",
        None,
        ["S"],
    ],
)
def test_a_key_of_another_type_is_refused(value: Any) -> None:
    """A wrong type, several types, an empty or overlong value: DynamoDB would refuse it, and so does the mapping."""
    with pytest.raises(MalformedRequestError) as refused:
        leading_keys("GetItem", {"TableName": "items", "Key": {"pk": value, "sk": {"S": "a"}}})
    assert refused.value.code in {"ValidationException", "SerializationException"}


@pytest.mark.parametrize(
    "given_key",
    [
        {},
        {"pk": {"S": "acme#1"}},
        {"sk": {"S": "a"}},
        {**key(), "age": {"N": "1"}},
        {"PK": {"S": "acme#1"}, "sk": {"S": "a"}},
        {"pk": {"S": "acme#1"}, "sk": {"N": "1"}},
        {"pk": {"S": "acme#1"}, "sk": {"S": ""}},
    ],
)
def test_a_key_that_is_not_the_tables_key_is_refused(given_key: dict[str, Any]) -> None:
    """No attribute too few or too many, and names compared exactly."""
    with pytest.raises(MalformedRequestError):
        leading_keys("GetItem", {"TableName": "items", "Key": given_key})


@pytest.mark.parametrize("text", ["acme#1", "a\nb", "é#*?", "${aws:PrincipalTag/tenant}", "\x00", "x" * 2048])
def test_a_string_key_is_taken_as_it_is(text: str) -> None:
    """Strings are compared byte by byte, so there is nothing to normalise."""
    assert leading_keys("GetItem", {"TableName": "items", "Key": key(text)}) == (text,)
