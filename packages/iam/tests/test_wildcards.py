"""The wildcard matcher, against a reference that tries everything."""

from __future__ import annotations

import time
from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bulkhead_iam.wildcards import Token, Wildcard, compile_tokens, tokenize

TEXTS = st.text("ab:*?\n", max_size=8)
TOKENS = st.lists(st.one_of(st.sampled_from("ab:"), st.sampled_from(Wildcard)), max_size=7)
MANY = {Wildcard.MANY, Wildcard.MANY_IN_SEGMENT}
IN_SEGMENT = {Wildcard.MANY_IN_SEGMENT, Wildcard.ONE_IN_SEGMENT}


@cache
def _reference(tokens: tuple[Token, ...], text: str) -> bool:
    """Match by definition: a `*` takes nothing, or one character more."""
    if not tokens:
        return not text
    first, rest = tokens[0], tokens[1:]
    if isinstance(first, str):
        return text.startswith(first) and _reference(rest, text[len(first) :])
    takes = bool(text) and not (text[0] == ":" and first in IN_SEGMENT)
    if first in MANY:
        return _reference(rest, text) or (takes and _reference(tokens, text[1:]))
    return takes and _reference(rest, text[1:])


@given(pattern=TEXTS, text=TEXTS)
@example(pattern="a*a", text="a")
@example(pattern="ab*b", text="ab")
@example(pattern="a*b*a", text="aba")
def test_a_pattern_matches_what_the_reference_matches(pattern: str, text: str) -> None:
    """The three ways to match (prefix, pieces, automaton) agree with the definition."""
    tokens = tokenize(pattern)

    assert compile_tokens(tokens)(text) is _reference(tokens, text)


@given(tokens=TOKENS, text=TEXTS)
def test_tokens_confined_to_a_segment_match_what_the_reference_matches(tokens: list[Token], text: str) -> None:
    """Wildcards that stop at a colon agree with the definition, in any mixture."""
    assert compile_tokens(tokens)(text) is _reference(tuple(tokens), text)


@given(text=TEXTS)
def test_a_text_without_wildcards_matches_itself_only(text: str) -> None:
    """Regular expression syntax, line breaks and the like mean nothing."""
    literal = compile_tokens((text,))

    assert literal(text)
    assert not literal(text + "\n")
    assert not literal("a" + text)


@pytest.mark.parametrize("pattern", ["*a" * 1000 + "b", "*?a" * 600 + "b", "a*" * 1000 + "?" * 40 + "b"])
def test_a_hostile_pattern_takes_linear_time(pattern: str) -> None:
    """Many asterisks against a long text of the same letter are decided at once."""
    matches = compile_tokens(tokenize(pattern))
    text = "a" * 20_000
    start = time.perf_counter()

    assert not matches(text)
    assert time.perf_counter() - start < 1


def test_neighbouring_literals_and_wildcards_are_joined() -> None:
    """Tokens need not be in their shortest form: variables leave literals side by side."""
    assert compile_tokens(["ac", "me", "#", Wildcard.MANY, Wildcard.MANY, "0"])("acme#items#0")
    assert not compile_tokens(["ac", "me", "#", Wildcard.MANY, "0"])("acme-eu#items#0")
