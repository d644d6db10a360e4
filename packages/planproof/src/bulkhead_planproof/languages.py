"""Regular languages.

Characters are those of z3, U+0000 to U+2FFFF. Later ones behave like any other that no policy names, so the question
has the same answer without them. The last one, a noncharacter of Unicode, is kept as the marker of a place in a word:
it is in no language, and only there to tell where in a word something ends.
"""

from __future__ import annotations

from dataclasses import dataclass

_LAST = 0x2FFFF
MARK = chr(_LAST)


class ProofError(Exception):
    """Something that the proof does not understand or cannot decide: what rests on it is not proved."""


class OptionError(ProofError):
    """An option does not fit the plan that it is about: there is no verdict on the plan."""


@dataclass(frozen=True, slots=True)
class Characters:
    """One character out of some ranges, both ends included."""

    ranges: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Word:
    """One word."""

    text: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """A word of each part, one after another."""

    parts: tuple[Language, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """A word of any part; without parts, no word."""

    parts: tuple[Language, ...]


@dataclass(frozen=True, slots=True)
class Both:
    """A word of all parts; without parts, any word."""

    parts: tuple[Language, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """A word that is not one of this language."""

    part: Language


@dataclass(frozen=True, slots=True)
class Repeat:
    """Words of a language, from `least` to `most` of them; None for any number."""

    part: Language
    least: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Marked:
    """The words of a language with exactly one marker in them, behind which at least one character follows."""

    part: Language


@dataclass(frozen=True, slots=True)
class Marker:
    """The marker alone."""


Language = Characters | Word | Sequence | Either | Both | Not | Repeat | Marked | Marker

ANY = Characters(((0, _LAST - 1),))
ANYTHING = Repeat(ANY)
SOMETHING = Repeat(ANY, 1)
NOTHING = Either(())


def word(text: str) -> Language:
    """Return the language of one word; raises ProofError for a character that is not modelled."""
    if any(ord(character) >= _LAST for character in text):
        raise ProofError(f"{text!r} holds a character beyond U+{_LAST - 1:X}")
    return Word(text)


def contains(language: Language, text: str) -> bool:
    """Tell whether a text without markers is a word of a language."""
    return len(text) in _ends(language, text, 0)


def _ends(language: Language, text: str, start: int) -> frozenset[int]:
    """Return where words of the language end that begin at a place of the text."""
    match language:
        case Characters(ranges):
            here = start < len(text) and any(first <= ord(text[start]) <= last for first, last in ranges)
            return frozenset((start + 1,)) if here else frozenset()
        case Word(some):
            return frozenset((start + len(some),)) if text.startswith(some, start) else frozenset()
        case Sequence(parts):
            ends = frozenset((start,))
            for part in parts:
                ends = frozenset(end for place in ends for end in _ends(part, text, place))
            return ends
        case Either(parts):
            return frozenset(end for part in parts for end in _ends(part, text, start))
        case Both(parts):
            return frozenset(range(start, len(text) + 1)).intersection(*(_ends(part, text, start) for part in parts))
        case Not(part):
            return frozenset(range(start, len(text) + 1)) - _ends(part, text, start)
        case Repeat(part, least, most):
            return _repeated_ends(part, text, start, (least, most))
        case Marked() | Marker():
            raise ProofError("a text has no markers")


def _repeated_ends(part: Language, text: str, start: int, times: tuple[int, int | None]) -> frozenset[int]:
    least, most = times
    if isinstance(part, Characters):  # of which every wildcard is made: one step for each character, no sets
        limit, end = len(text) if most is None else min(len(text), start + most), start
        while end < limit and any(first <= ord(text[end]) <= last for first, last in part.ranges):
            end += 1
        return frozenset(range(start + least, end + 1))
    ends = frozenset((start,))
    found = ends if not least else frozenset()
    for count in range(1, max(least, len(text) + 1 if most is None else most) + 1):
        following = frozenset(end for place in ends for end in _ends(part, text, place))
        if count >= least:
            if following <= found:
                break  # nothing new: further repetitions end in the same places
            found |= following
        ends = following
    return found
