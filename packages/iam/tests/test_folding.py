"""Texts without regard to case: what is the same, what may be, and that nothing else decides it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bulkhead_iam
from bulkhead_iam.folding import AsciiNames, ascii_lower, broad_fold
from bulkhead_iam.keys import DoubtfulKeyError, SpelledContext, lower_keys
from bulkhead_iam.values import parse_address, parse_binary, parse_date, parse_network, parse_number

SOURCES = Path(bulkhead_iam.__file__).parent
EVERY_CHARACTER = [chr(code) for code in range(sys.maxunicode + 1)]
#: Of Python's methods of text, those that know more letters, digits and spaces than ASCII has.
BEYOND_ASCII = frozenset(
    ("lower", "upper", "casefold", "title", "capitalize", "swapcase", "isdigit", "isdecimal", "isnumeric", "isalpha")
)


def test_only_the_letters_of_ascii_are_lowered() -> None:
    """Every other character stays as it is, alone and beside one that is no ASCII."""
    capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    expected = {each: chr(ord(each) + 32) for each in capitals}

    assert {each: lowered for each in EVERY_CHARACTER if (lowered := ascii_lower(each)) != each} == expected
    assert ascii_lower(f"\u212a\u0130\u00c4{capitals}") == "\u212a\u0130\u00c4abcdefghijklmnopqrstuvwxyz"


def test_whatever_some_folding_takes_for_the_same_the_broad_one_does() -> None:
    """For every character of Unicode, and every way that Python has."""
    folded = [
        (each, other)
        for way in (str.lower, str.upper, str.casefold, str.swapcase, ascii_lower)
        for each in EVERY_CHARACTER
        if (other := way(each)) != each
    ]

    assert len(folded) > 5000
    assert [(each, other) for each, other in folded if broad_fold(each) != broad_fold(other)] == []


@pytest.mark.parametrize(
    ("other", "letter"), [("\u212a", "k"), ("\u017f", "s"), ("\u0131", "i"), ("\u0130", "i"), ("i\u0307", "i")]
)
def test_a_letter_that_may_be_one_of_ascii_is_not_taken_for_it(other: str, letter: str) -> None:
    """The broad folding says that it may be."""
    assert ascii_lower(other) != letter
    assert broad_fold(other) == broad_fold(letter.upper()) == letter


@given(st.text(), st.text())
def test_what_is_the_same_in_ascii_is_the_same_in_the_broad_folding(one: str, other: str) -> None:
    """Else a Deny in doubt would match less than one without."""
    assert broad_fold(one) == broad_fold(ascii_lower(one))
    assert (ascii_lower(one) != ascii_lower(other)) or (broad_fold(one) == broad_fold(other))


def test_only_so_many_names_are_kept() -> None:
    """Who makes a request chooses the keys of its tags: they do not fill the memory."""
    names = AsciiNames()
    names.limit = 2

    assert [names[each] for each in ("A", "B", "C", "\u212a")] == ["a", "b", "c", None]
    assert names == {"A": "a", "B": "b"}


def test_a_context_in_ascii_is_a_plain_one() -> None:
    """Only keys beyond ASCII cost more than a look-up."""
    assert lower_keys({"aws:UserName": "ann"}) == {"aws:username": "ann"}
    assert type(lower_keys({"aws:UserName": "ann"})) is dict


def test_a_context_beyond_ascii_tells_what_is_in_doubt() -> None:
    """Other keys have their values, or none."""
    context = lower_keys({"aws:PrincipalTag/tas\u212a": "a", "aws:UserName": "ann"})

    assert isinstance(context, SpelledContext)
    assert dict(context) == {"aws:principaltag/tas\u212a": "a", "aws:username": "ann"}
    assert context.get("aws:userid") is None
    with pytest.raises(DoubtfulKeyError):
        context.get("aws:principaltag/task")


def test_one_key_in_two_cases_is_refused_beside_a_key_beyond_ascii() -> None:
    """As it is without."""
    with pytest.raises(ValueError, match="two spellings"):
        lower_keys({"aws:PrincipalTag/\u00c4": "a", "aws:UserName": "ann", "AWS:username": "bob"})


@pytest.mark.parametrize("digits", ["\u0661\u0660", "\uff11\uff10", "\u00b9\u2070", "1\u0660"])
def test_typed_values_have_digits_of_ascii_only(digits: str) -> None:
    """Python's own functions read others as well."""
    assert parse_number(digits) is None
    assert parse_date(f"20{digits}-01-01") is None
    assert parse_date(digits) is None
    assert parse_network(f"{digits}.0.0.0/8") is None
    assert parse_network(f"10.0.0.0/{digits}") is None
    assert parse_address(f"{digits}.0.0.1") is None
    assert parse_address(f"::{digits}") is None
    assert parse_binary(f"AQ{digits}") is None


def test_no_other_module_folds_case_or_asks_for_digits_by_itself() -> None:
    """Else one of them would take a Kelvin sign for a k."""
    found = [
        f"{path.name}:{node.lineno} {node.attr}"
        for path in sorted(SOURCES.rglob("*.py"))
        if path.name != "folding.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in BEYOND_ASCII
    ]

    assert found == []
