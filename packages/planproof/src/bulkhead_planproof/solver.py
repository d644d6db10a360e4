"""The one question that is asked of regular languages: which word is in all of these?

Where one of them has few words, these are gone through; else z3 answers.

Source: z3, "Regular Expressions" (https://microsoft.github.io/z3guide/docs/theories/Regular%20Expressions).
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import z3  # type: ignore[import-untyped]

from bulkhead_planproof.languages import (
    ANYTHING,
    MARK,
    SOMETHING,
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
    Word,
    contains,
    words,
)

_ESCAPED = re.compile(r"\\u\{([0-9a-fA-F]+)\}")
_MILLISECONDS = 10_000


@dataclass(slots=True)
class Effort:
    """What the solver did: how many questions, and how long for all of them, in seconds."""

    questions: int = 0
    seconds: float = 0.0
    slowest: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one question."""
        self.questions += 1
        self.seconds += seconds
        self.slowest = max(self.slowest, seconds)


@dataclass(slots=True)
class Solver:
    """Asks z3; raises ProofError when it finds no answer in ten seconds.

    Equal questions are asked once.
    """

    milliseconds: int = _MILLISECONDS
    effort: Effort = field(default_factory=Effort)
    _known: dict[tuple[Language, ...], str | None] = field(default_factory=dict)

    def find(self, *languages: Language) -> str | None:
        """Return a word that is in all of the languages; None when there is none."""
        for each in languages:
            if (finite := words(each)) is not None:
                return next((text for text in finite if all(contains(other, text) for other in languages)), None)
        if languages not in self._known:
            name = z3.String("w")
            answer = self.solve([name], [_member(name, each) for each in languages])
            self._known[languages] = answer[0] if answer else None
        return self._known[languages]

    def find_pair(
        self, first: Language, second: Language, excluded: tuple[tuple[Language, Language], ...]
    ) -> tuple[str, str] | None:
        """Return a word of each of two languages, which are not together in an excluded pair; None without one.

        Two words at once are hard for the solver, so that a language of few words is gone through.
        """
        if (finite := words(first)) is not None:
            for text in finite:
                others = tuple(right for left, right in excluded if contains(left, text))
                if (found := self.find(second, Not(Either(others)))) is not None:
                    return text, found
            return None
        if (finite := words(second)) is not None:
            for text in finite:
                others = tuple(left for left, right in excluded if contains(right, text))
                if (found := self.find(first, Not(Either(others)))) is not None:
                    return found, text
            return None
        one, two = z3.String("a"), z3.String("r")
        constraints = [_member(one, first), _member(two, second)]
        constraints += [z3.Not(z3.And(_member(one, left), _member(two, right))) for left, right in excluded]
        answer = self.solve([one, two], constraints)
        return (answer[0], answer[1]) if answer else None

    def solve(self, names: list[Any], constraints: list[Any]) -> list[str] | None:
        """Return a value for each name so that all constraints hold; None when there are none."""
        solver = z3.Solver()
        solver.set("timeout", self.milliseconds)
        solver.add(*constraints)
        started = time.perf_counter()
        answer = solver.check()
        self.effort.add(time.perf_counter() - started)
        if answer == z3.unsat:
            return None
        if answer != z3.sat:
            raise ProofError(f"the solver gave up: {solver.reason_unknown()}")
        model = solver.model()
        return [_unescaped(model.eval(name, model_completion=True).as_string()) for name in names]


def _member(name: Any, language: Language) -> Any:
    return z3.InRe(name, _regex(language, False))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def _value(text: str) -> Any:
    return z3.StringVal("".join(f"\\u{{{ord(each):x}}}" for each in text))


def _range(first: int, last: int) -> Any:
    return z3.Range(_value(chr(first)), _value(chr(last)))


def _union(parts: list[Any]) -> Any:
    if not parts:
        return z3.Empty(z3.ReSort(z3.StringSort()))
    return parts[0] if len(parts) == 1 else z3.Union(*parts)


def _joined(parts: list[Any]) -> Any:
    if not parts:
        return z3.Re("")
    return parts[0] if len(parts) == 1 else z3.Concat(*parts)


@lru_cache(maxsize=4096)
def _regex(language: Language, marked: bool) -> Any:  # noqa: C901, FBT001 -- a case for each kind; a mode of its own
    """Return z3's expression. With `marked`, markers may stand anywhere: the inverse of the map that deletes them.

    That inverse commutes with all of the operations, complement and intersection included.
    """
    markers = z3.Star(z3.Re(_value(MARK)))
    match language:
        case Characters(ranges):
            one = _union([_range(*each) for each in ranges])
            return z3.Concat(markers, one, markers) if marked else one
        case Word(text):
            if not marked:
                return z3.Re(_value(text))
            return _joined([markers, *(part for each in text for part in (z3.Re(_value(each)), markers))])
        case Sequence(parts):
            return _joined([_regex(each, marked) for each in parts]) if parts or not marked else markers
        case Either(parts):
            return _union([_regex(each, marked) for each in parts])
        case Both(parts):
            every = [_regex(each, marked) for each in parts] or [_regex(ANYTHING, marked)]
            return every[0] if len(every) == 1 else z3.Intersect(*every)
        case Not(part):
            complement = z3.Complement(_regex(part, marked))
            return complement if marked else z3.Intersect(_regex(ANYTHING, False), complement)
        case Repeat(part, least, most):
            return _repeated(_regex(part, marked), least, most, markers if marked else None)
        case Marked(part):
            place = [_regex(each, False) for each in (ANYTHING, Marker(), SOMETHING)]
            return z3.Intersect(_regex(part, True), z3.Concat(*place))
        case Marker():
            return z3.Re(_value(MARK))


def _repeated(one: Any, least: int, most: int | None, markers: Any) -> Any:
    if most is None:
        repeated = z3.Star(one) if not least else z3.Concat(*[one] * least, z3.Star(one))
    else:
        repeated = z3.Loop(one, least, most) if most else z3.Re("")
    return repeated if markers is None else z3.Concat(markers, repeated)


def is_member(text: str, language: Language) -> bool:
    """Tell what z3 says of one text, which may hold markers; raises ProofError when it says nothing."""
    solver = z3.Solver()
    solver.set("timeout", _MILLISECONDS)
    solver.add(z3.InRe(_value(text), _regex(language, False)))
    answer = solver.check()
    if answer == z3.unknown:
        raise ProofError(f"the solver gave up: {solver.reason_unknown()}")
    return bool(answer == z3.sat)
