"""Which word is in a regular language: by derivatives, one character after another.

The derivative of a language by a character is what may follow it. A language has finitely many, and is empty if none
of them holds the empty word; the search goes through them by the length of the words that lead there, so that what it
finds is short. Equal terms are one object, and their derivatives are kept, since policies share most of their patterns.

Source: Brzozowski, "Derivatives of Regular Expressions" (1964); of classes of characters, Owens, Reppy and Turon,
"Regular-expression derivatives re-examined" (2009).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from bulkhead_planproof.languages import (
    MARK,
    Both,
    Characters,
    Either,
    Language,
    Marked,
    Marker,
    Not,
    Repeat,
    Sequence,
    Word,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

_LAST = ord(MARK)
#: Those that people read most easily stand first in what is found.
_READABLE = tuple(map(ord, "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_./# "))


class TooManyStatesError(Exception):
    """The search has seen as many states as it may."""


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """A language, of which equal ones are the same object.

    `nullable` tells whether it holds the empty word, `plain` that it holds no word with a marker. `cuts` are the places
    of the alphabet at which the derivative may change, in order: what begins there begins a class.
    """

    kind: str
    parts: tuple[Term, ...]
    nullable: bool
    plain: bool
    cuts: tuple[int, ...]
    ranges: tuple[tuple[int, int], ...] = ()
    least: int = 0
    most: int | None = None
    known: dict[int, Term] = field(default_factory=dict)


class Terms:
    """Makes terms, each once, and their derivatives."""

    def __init__(self) -> None:
        """Begin with the two languages that all others end in."""
        self._made: dict[tuple[object, ...], Term] = {}
        self.nothing = self._term("nothing", (), False, ())
        self.empty = self._term("empty", (), True, ())
        self._any = self._term("characters", (), False, (0, _LAST), ((0, _LAST - 1),))
        self.anything = self._term("repeat", (self._any,), True, self._any.cuts)
        self._of: dict[Language, Term] = {}

    def of(self, language: Language) -> Term:
        """Return the term of a language."""
        if (known := self._of.get(language)) is None:
            known = self._of[language] = self._translated(language)
        return known

    def _translated(self, language: Language) -> Term:
        match language:
            case Characters(ranges):
                return self._characters(ranges)
            case Word(text):
                return self._sequence([self._characters(((ord(each), ord(each)),)) for each in text])
            case Sequence(parts):
                return self._sequence([self.of(each) for each in parts])
            case Either(parts):
                return self.either(self.of(each) for each in parts)
            case Both(parts):
                return self.both(self.of(each) for each in parts)
            case Not(part):
                return self._negated(self.of(part))
            case Repeat(part, least, most):
                return self._repeat(self.of(part), least, most)
            case Marked(part):
                return self._marked(self.of(part))
            case Marker():
                return self._characters(((_LAST, _LAST),))

    def _term(  # noqa: PLR0913, PLR0917 -- all that tells one term from another
        self,
        kind: str,
        parts: tuple[Term, ...],
        nullable: bool,  # noqa: FBT001
        cuts: tuple[int, ...],
        ranges: tuple[tuple[int, int], ...] = (),
        least: int = 0,
        most: int | None = None,
    ) -> Term:
        key = (kind, tuple(map(id, parts)), ranges, least, most)
        if (term := self._made.get(key)) is None:
            plain = kind != "marked" and all(last < _LAST for _, last in ranges)
            plain = kind == "not" or (plain and all(each.plain for each in parts))
            term = self._made[key] = Term(kind, parts, nullable, plain, cuts, ranges, least, most)
        return term

    def _characters(self, ranges: tuple[tuple[int, int], ...]) -> Term:
        if not ranges:
            return self.nothing
        cuts = sorted({place for first, last in ranges for place in (first, last + 1)})
        return self._term("characters", (), False, tuple(cuts), ranges)

    def _sequence(self, parts: list[Term]) -> Term:
        whole = self.empty
        for each in reversed(parts):
            whole = self._followed(each, whole)
        return whole

    def _followed(self, first: Term, rest: Term) -> Term:
        if first is self.nothing or rest is self.nothing:
            return self.nothing
        if first is self.empty:
            return rest
        if rest is self.empty:
            return first
        if first.kind == "followed":  # to the right, so that equal ones are one
            parts = []
            while first.kind == "followed":
                parts.append(first.parts[0])
                first = first.parts[1]
            return self._sequence([*parts, first, rest])
        if first is self.anything and (rest if rest.kind != "followed" else rest.parts[0]) is self.anything:
            return rest  # anything twice is anything
        cuts = _merged((first, rest)) if first.nullable else first.cuts
        return self._term("followed", (first, rest), first.nullable and rest.nullable, cuts)

    def either(self, parts: Iterable[Term]) -> Term:
        """Return the union of languages."""
        chosen = {id(each): each for part in parts for each in (part.parts if part.kind == "either" else (part,))}
        chosen.pop(id(self.nothing), None)
        if id(self.anything) in chosen and all(each.plain for each in chosen.values()):
            return self.anything
        if len(chosen) < 2:  # noqa: PLR2004 -- a union of one is that one
            return next(iter(chosen.values()), self.nothing)
        ordered = tuple(chosen[each] for each in sorted(chosen))
        return self._term("either", ordered, any(each.nullable for each in ordered), _merged(ordered))

    def both(self, parts: Iterable[Term]) -> Term:
        """Return the intersection of languages; of none, all words."""
        chosen = {id(each): each for part in parts for each in (part.parts if part.kind == "both" else (part,))}
        if id(self.nothing) in chosen:
            return self.nothing
        if len(chosen) > 1 and any(each.plain for each in chosen.values() if each is not self.anything):
            chosen.pop(id(self.anything), None)
        if len(chosen) < 2:  # noqa: PLR2004 -- as above
            return next(iter(chosen.values()), self.anything)
        ordered = tuple(chosen[each] for each in sorted(chosen))
        if self.empty in ordered:
            return self.empty if all(each.nullable for each in ordered) else self.nothing
        return self._term("both", ordered, all(each.nullable for each in ordered), _merged(ordered))

    def _negated(self, part: Term) -> Term:
        """Return all words that are not in a language; words with a marker are in none of the two."""
        if part is self.anything:
            return self.nothing
        if part is self.nothing:
            return self.anything
        return self._term("not", (part,), not part.nullable, tuple(sorted({*part.cuts, 0, _LAST})))

    def _repeat(self, part: Term, least: int, most: int | None) -> Term:
        if most == 0 or part is self.empty:
            return self.empty
        if part is self.nothing:
            return self.empty if not least else self.nothing
        if least == most == 1:
            return part
        return self._term("repeat", (part,), not least or part.nullable, part.cuts, (), least, most)

    def _marked(self, part: Term) -> Term:
        if part is self.nothing:
            return self.nothing
        return self._term("marked", (part,), False, tuple(sorted({*part.cuts, _LAST})))

    def after(self, term: Term, character: int) -> Term:
        """Return the derivative: the words that may follow a character."""
        at = bisect_right(term.cuts, character)  # of all characters between two cuts it is the same
        if (found := term.known.get(at)) is None:
            found = term.known[at] = self._after(term, character)
        return found

    def _after(self, term: Term, character: int) -> Term:
        match term.kind:
            case "characters":
                inside = any(first <= character <= last for first, last in term.ranges)
                return self.empty if inside else self.nothing
            case "followed":
                first, rest = term.parts
                begun = self._followed(self.after(first, character), rest)
                return self.either((begun, self.after(rest, character))) if first.nullable else begun
            case "either":
                return self.either([self.after(each, character) for each in term.parts])
            case "both":
                return self._after_both(term, character)
            case "not":
                return self.nothing if character == _LAST else self._negated(self.after(term.parts[0], character))
            case "repeat":
                (part,) = term.parts
                most = None if term.most is None else term.most - 1
                return self._followed(self.after(part, character), self._repeat(part, max(term.least - 1, 0), most))
            case "marked":
                (part,) = term.parts
                if character == _LAST:
                    return self.both((part, self._followed(self._any, self.anything)))
                return self._marked(self.after(part, character))
        return self.nothing

    def _after_both(self, term: Term, character: int) -> Term:
        found = []
        for each in term.parts:
            following = self.after(each, character)
            if following is self.nothing:
                return self.nothing
            found.append(following)
        return self.both(found)

    def shortest(self, start: Term, states: int) -> str | None:
        """Return a shortest word of a language; None when there is none.

        Raises:
            TooManyStatesError: more than so many languages follow from it.
        """
        came: dict[int, tuple[Term, int] | None] = {id(start): None}
        if start.nullable:
            return ""
        row = [start]
        while row:
            following: list[Term] = []
            for term in row:
                for character in _representatives(term.cuts):
                    found = self.after(term, character)
                    if found is self.nothing or id(found) in came:
                        continue
                    came[id(found)] = (term, character)
                    if found.nullable:
                        return _word(came, found)
                    following.append(found)
            if len(came) > states:
                raise TooManyStatesError
            row = following
        return None


def _merged(parts: Iterable[Term]) -> tuple[int, ...]:
    return tuple(sorted({place for each in parts for place in each.cuts}))


@lru_cache(maxsize=65536)
def _representatives(cuts: tuple[int, ...]) -> list[int]:
    """Return one character of each class between two places, the readable ones first.

    Before the first place nothing follows: no language has a character there.
    """
    bounds = [*cuts, _LAST + 1]
    found: dict[int, int] = {}
    for character in _READABLE:
        found.setdefault(bisect_right(cuts, character), character)
    chosen = [character for at, character in found.items() if at]
    return chosen + [first for at, (first, end) in enumerate(pairwise(bounds), 1) if first < end and at not in found]


def _word(came: dict[int, tuple[Term, int] | None], last: Term) -> str:
    characters: list[str] = []
    step = came[id(last)]
    while step is not None:
        before, character = step
        characters.append(chr(character))
        step = came[id(before)]
    return "".join(reversed(characters))
