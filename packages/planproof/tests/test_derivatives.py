"""Derivatives find what z3 finds, in languages of any form."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkhead_planproof.derivatives import Terms, TooManyStatesError
from bulkhead_planproof.grammar import TENANT_ID, grammar
from bulkhead_planproof.languages import (
    ANY,
    ANYTHING,
    MARK,
    NOTHING,
    Both,
    Characters,
    Either,
    Language,
    Marked,
    Marker,
    Not,
    ProofError,
    Repeat,
    Sequence,
    contains,
    word,
)
from bulkhead_planproof.solver import Solver, is_member
from planproof_testing.random_languages import combined

_LEAVES = st.sampled_from(
    [
        word(""),
        word("a"),
        word("ab"),
        word("ba"),
        ANY,
        ANYTHING,
        NOTHING,
        Characters(((97, 98),)),
        Characters(((98, 300),)),
    ]
)
_STATES = 20_000


def _shortest(*languages: Language, states: int = _STATES) -> str | None:
    terms = Terms()
    return terms.shortest(terms.both(map(terms.of, languages)), states)


_LANGUAGES = st.recursive(_LEAVES, combined, max_leaves=7)


@settings(max_examples=300, deadline=None)
@given(_LANGUAGES, _LANGUAGES)
def test_there_is_a_word_where_z3_finds_one(first: Language, second: Language) -> None:
    """And it is one of both languages, and no longer than that of z3."""
    found = _shortest(first, second)
    by_z3 = Solver().by_z3(first, second)
    assert (found is None) == (by_z3 is None)
    if found is not None and by_z3 is not None:
        assert contains(first, found)
        assert contains(second, found)
        assert len(found) <= len(by_z3)


@settings(max_examples=200, deadline=None)
@given(_LANGUAGES, _LANGUAGES, _LANGUAGES)
def test_a_marker_stands_where_z3_puts_one(before: Language, behind: Language, marked: Language) -> None:
    """The marker of one language and that of the other are at one place."""
    parts = (Sequence((before, Marker(), behind)), Marked(marked))
    found = _shortest(*parts)
    assert (found is None) == (Solver().by_z3(*parts) is None)
    if found is not None:
        assert found.count(MARK) == 1
        assert all(is_member(found, each) for each in parts)


def test_anything_before_what_may_be_anything_is_kept() -> None:
    """Only anything twice is anything once."""
    marked = Both((ANYTHING, Either((Marker(), word("b")))))
    assert _shortest(Sequence((ANYTHING, marked)), word("ab")) == "ab"
    assert _shortest(Sequence((ANYTHING, Either((ANYTHING, Marker())))), word("ab")) == "ab"


@pytest.mark.parametrize(
    ("languages", "found"),
    [
        ([grammar(TENANT_ID)], "aaa"),
        ([grammar(TENANT_ID), Not(word("aaa"))], "aab"),
        ([Sequence((word("acme#"), ANYTHING)), Not(word("acme#"))], "acme#a"),
        ([word("a"), word("b")], None),
        ([ANYTHING, Not(ANYTHING)], None),
        ([Sequence((ANYTHING, word("b"))), Repeat(word("a"), 3)], None),
        ([], ""),
    ],
)
def test_what_is_found_is_short_and_readable(languages: list[Language], found: str | None) -> None:
    """A person reads it in a counterexample."""
    assert _shortest(*languages) == found


def test_a_search_with_too_many_states_goes_to_z3() -> None:
    """The answer is the same."""
    ends = [Sequence((ANYTHING, Characters(((97, 97),)), Repeat(ANY, n, n))) for n in range(1, 12)]
    with pytest.raises(TooManyStatesError):
        _shortest(*ends, Repeat(Characters(((97, 98),))), states=100)
    found = Solver(states=100).find(*ends)
    assert found is not None
    assert all(contains(each, found) for each in ends)


_FEW = st.sampled_from(
    [
        ANYTHING,
        word("a"),
        word("b"),
        Sequence((word("a"), ANYTHING)),
        Not(word("a")),
        Either((word("a"), word("b"))),
        NOTHING,
    ]
)


@settings(max_examples=300, deadline=None)
@given(_FEW, _FEW, st.lists(st.tuples(_FEW, _FEW), max_size=4).map(tuple))
def test_a_pair_is_in_no_excluded_pair(
    first: Language, second: Language, excluded: tuple[tuple[Language, Language], ...]
) -> None:
    """It is found if there is one: each of these languages tells only a few words apart."""
    texts = ["", "a", "b", "c", "aa"]
    there_is = any(
        contains(first, one)
        and contains(second, two)
        and not any(contains(left, one) and contains(right, two) for left, right in excluded)
        for one in texts
        for two in texts
    )
    found = Solver().find_pair(first, second, excluded)
    assert (found is not None) == there_is
    if found is not None:
        assert contains(first, found[0])
        assert contains(second, found[1])
        assert not any(contains(left, found[0]) and contains(right, found[1]) for left, right in excluded)


def test_a_pair_that_takes_too_many_ways_is_not_proved() -> None:
    """Of a dozen statements that split actions and resources each in its own way."""
    excluded = tuple(
        (Sequence((Repeat(ANY, n, n), word("a"), ANYTHING)), Sequence((Repeat(ANY, n, n), word("b"), ANYTHING)))
        for n in range(13)
    )
    with pytest.raises(ProofError, match="too many statements"):
        Solver().find_pair(ANYTHING, ANYTHING, (*excluded, (ANYTHING, ANYTHING)))
