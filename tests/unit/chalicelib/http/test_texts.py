"""Texts that people write and read."""

from __future__ import annotations

from typing import Annotated

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, TypeAdapter

from chalicelib.http.texts import PRINTABLE, printable

CONTROL = [chr(point) for point in (*range(0x20), *range(0x7F, 0xA0))]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "anvil",
        "\u00c4mbo\u00df",
        "\u0645\u0637\u0631\u0642\u0629",
        "\u91d1\u5e8a",
        "\u2692\ufe0f",
        "e\u0301",
        "a\u00a0b",
        "\U0001f600",
    ],
)
def test_text_of_any_script_is_taken_as_it_is(text: str) -> None:
    """Nothing is trimmed or normalised: a combining accent stays one."""
    assert printable(text) == text


@pytest.mark.parametrize("character", CONTROL, ids=ascii)
def test_a_control_character_is_refused_wherever_it_stands(character: str) -> None:
    """C0, DEL and C1; the message does not hold it."""
    for text in (character, f"{character}a", f"a{character}b", f"a{character}"):
        with pytest.raises(ValueError, match=r"\Amust not hold control characters\Z"):
            printable(text)


@given(st.text())
def test_the_documented_pattern_says_the_same(text: str) -> None:
    """What the OpenAPI document says of such a text is what is enforced."""
    adapter = TypeAdapter[str](Annotated[str, AfterValidator(printable), PRINTABLE])
    documented = jsonschema_rs.validator_for(adapter.json_schema())
    try:
        printable(text)
    except ValueError:
        assert not documented.is_valid(text)
    else:
        assert documented.is_valid(text)
