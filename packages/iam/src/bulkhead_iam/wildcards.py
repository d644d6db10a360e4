"""Wildcards: `*` stands for any characters, also none, `?` for exactly one; every other character for itself.

Neither regular expressions nor backtracking: a match takes time proportional to the text, whatever the
pattern, so that `*a*a*a*b` against a long key cannot stall an authorization.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence

Matcher = Callable[[str], bool]


class Wildcard(enum.Enum):
    """A token of a pattern that is not literal text."""

    MANY = "*"
    ONE = "?"
    MANY_IN_SEGMENT = "*, without a colon"
    ONE_IN_SEGMENT = "?, not a colon"


Token = str | Wildcard

_ONE = frozenset((Wildcard.ONE, Wildcard.ONE_IN_SEGMENT))


def tokenize(text: str) -> tuple[Token, ...]:
    """Split `text` into literal strings and wildcards."""
    tokens: list[Token] = []
    literal = ""
    for character in text:
        if character in "*?":
            if literal:
                tokens.append(literal)
                literal = ""
            tokens.append(Wildcard(character))
        else:
            literal += character
    if literal:
        tokens.append(literal)
    return tuple(tokens)


def compile_tokens(tokens: Sequence[Token]) -> Matcher:
    """Return a function that tells whether a whole text matches `tokens`."""
    length = 0
    for token in tokens:
        if token.__class__ is not str:
            break
        length += 1
    prefix = "".join(tokens[:length])  # type: ignore[arg-type]  # the loop above stops at the first Wildcard
    rest = tokens[length:]
    if not rest:
        return lambda text: text == prefix
    if all(token is Wildcard.MANY for token in rest):
        return lambda text: text.startswith(prefix)
    if all(token.__class__ is str or token is Wildcard.MANY for token in rest):
        return _pieces_matcher(prefix, rest)
    return _automaton_matcher(prefix, rest)


def _pieces_matcher(prefix: str, rest: Sequence[Token]) -> Matcher:
    """Match `prefix*piece*piece*suffix`: the leftmost place of each piece is as good as any other.

    `rest` begins with `*`, since the literal text before it went into `prefix`.
    """
    pieces = [""]
    for token in rest:
        if isinstance(token, str):
            pieces[-1] += token
        else:
            pieces.append("")
    suffix = pieces[-1]
    middle = [piece for piece in pieces[1:-1] if piece]

    def matches(text: str) -> bool:
        position = len(prefix)
        end = len(text) - len(suffix)
        if end < position or not text.startswith(prefix) or not text.endswith(suffix):
            return False
        for piece in middle:
            found = text.find(piece, position, end)
            if found < 0:
                return False
            position = found + len(piece)
        return True

    return matches


def _automaton_matcher(prefix: str, rest: Sequence[Token]) -> Matcher:
    """Match by simulating the pattern's automaton: bit i of `state` means that i units have matched.

    A unit is a literal character or a `?`; a `*` is a loop at the unit it stands before.
    """
    literals: dict[str, int] = {}
    wild = dict.fromkeys(Wildcard, 0)
    unit = 1
    for token in rest:
        if isinstance(token, str):
            for character in token:
                literals[character] = literals.get(character, 0) | unit
                unit <<= 1
        else:
            wild[token] |= unit
            unit <<= token in _ONE
    accepting = unit
    one, loop = wild[Wildcard.ONE], wild[Wildcard.MANY]
    one_in_segment, loop_in_segment = wild[Wildcard.ONE_IN_SEGMENT], wild[Wildcard.MANY_IN_SEGMENT]

    def matches(text: str) -> bool:
        if not text.startswith(prefix):
            return False
        state = 1
        for character in text[len(prefix) :]:
            accepted, kept = literals.get(character, 0) | one, loop
            if character != ":":
                accepted, kept = accepted | one_in_segment, kept | loop_in_segment
            state = (state & accepted) << 1 | (state & kept)
            if not state:
                return False
        return state & accepting != 0

    return matches
