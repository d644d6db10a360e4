"""Languages mean what regular expressions, the evaluator's wildcards and z3 mean."""

from __future__ import annotations

import re
from itertools import product

import pytest
import z3  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkhead_iam.wildcards import Wildcard, compile_tokens
from bulkhead_planproof.grammar import grammar
from bulkhead_planproof.languages import (
    ANY,
    ANYTHING,
    MARK,
    NOTHING,
    Characters,
    Language,
    Marked,
    Not,
    ProofError,
    Repeat,
    Sequence,
    contains,
    word,
)
from bulkhead_planproof.patterns import language
from bulkhead_planproof.solver import Solver, is_member
from planproof_testing.random_languages import combined

_TEXTS = ["".join(text) for n in range(4) for text in product("ab", repeat=n)]
_LEAVES = st.sampled_from([word(""), word("a"), word("ab"), ANY, ANYTHING, NOTHING])


@settings(max_examples=60, deadline=None)
@given(st.recursive(_LEAVES, combined, max_leaves=6))
def test_z3_and_the_reading_of_a_text_agree(some: Language) -> None:
    """On short texts, whatever the language."""
    assert [text for text in _TEXTS if contains(some, text)] == [text for text in _TEXTS if is_member(text, some)]


@given(st.lists(st.sampled_from(["a", "b", "ab", Wildcard.MANY, Wildcard.ONE]), max_size=5), st.text("ab", max_size=6))
def test_a_pattern_is_what_the_evaluator_matches(tokens: list[str | Wildcard], text: str) -> None:
    """Proof and replay read wildcards alike."""
    assert contains(language(tokens), text) == compile_tokens(tokens)(text)


@pytest.mark.parametrize(
    "pattern",
    [
        "[a-c]",
        "^a+b?$",
        "(?:a|b)*c",
        "(ab){2}",
        "a{1,2}b{0,}",
        "[a.-]",
        r"\.a",
        "a.b",
        "",
        "a|",
        "[-a]b",
        r"[\-b]+",
        r"[\.-]",
        r"[a\-]",
    ],
)
def test_a_grammar_means_what_python_means(pattern: str) -> None:
    """For all texts of up to four of some characters."""
    some = grammar(pattern)
    for text in ("".join(text) for n in range(5) for text in product("abc.-", repeat=n)):
        assert contains(some, text) == bool(re.fullmatch(pattern, text)), text


@pytest.mark.parametrize(
    "pattern",
    ["(?=a)", "(?i)a", r"a\b", "[^a]", "a*?", "a^b", r"(a)\1", "(", r"\S", "a{,3}", r"[\.-9]", r"[\d-z]", "\U00030000"],
)
def test_a_notation_that_is_not_understood_is_refused(pattern: str) -> None:
    """To guess would be to prove something else."""
    with pytest.raises(ProofError):
        grammar(pattern)


@pytest.mark.parametrize("most", [None, 2, 3])
@pytest.mark.parametrize("least", [0, 1, 2])
def test_repeated_characters_are_as_many_as_said(least: int, most: int | None) -> None:
    """Of characters, which every wildcard is made of, a repetition is read in one step."""
    one = Characters(((ord("a"), ord("a")), (ord("c"), ord("d"))))
    some = Sequence((Repeat(one, least, most), word("d")))
    notation = re.compile(f"[acd]{{{least},{'' if most is None else most}}}d")
    for text in ("".join(text) for n in range(6) for text in product("abd", repeat=n)):
        assert contains(some, text) == bool(notation.fullmatch(text)), text


def test_a_marked_word_has_one_marker_before_its_end() -> None:
    """It tells where the shorter of two tenants ends, which is not where the longer one does."""
    assert is_member(f"a{MARK}b", Marked(word("ab")))
    for text in ("ab", f"ab{MARK}", f"a{MARK}{MARK}b", f"a{MARK}c"):
        assert not is_member(text, Marked(word("ab"))), text


def test_a_question_that_is_not_answered_in_time_is_not_proved() -> None:
    """Whether 114 is a sum of three cubes, nobody knows."""
    one, two, three = z3.Ints("a b c")
    with pytest.raises(ProofError, match="gave up"):
        Solver(milliseconds=50).solve([], [one**3 + two**3 + three**3 == 114])


def test_a_character_that_is_not_modelled_is_refused() -> None:
    """The marker among them."""
    with pytest.raises(ProofError, match="beyond"):
        word(MARK)


def test_what_is_nested_too_deeply_is_not_proved() -> None:
    """With a sentence."""
    with pytest.raises(ProofError, match="nested too deeply"):
        grammar("(" * 3000 + "a" + ")" * 3000)
    deep: Language = word("a")
    for _ in range(3000):
        deep = Not(Sequence((deep, word("b"))))
    with pytest.raises(ProofError, match="nested too deeply"):
        Solver().find(deep)


def test_a_long_text_is_no_problem() -> None:
    """Neither before a wildcard nor behind one."""
    text = "x" * 5000
    assert Solver().find(Sequence((word(text), ANYTHING, word("y"), ANY))) == f"{text}ya"
