"""The one question that is asked of regular languages: which word is in all of these?

Derivatives answer, and z3 where they become too many.

Source: z3, "Regular Expressions" (https://microsoft.github.io/z3guide/docs/theories/Regular%20Expressions).
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import z3  # type: ignore[import-untyped]

from bulkhead_planproof.derivatives import Term, Terms, TooManyStatesError
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
)

_ESCAPED = re.compile(r"\\u\{([0-9a-fA-F]+)\}")
_MILLISECONDS = 10_000
_STATES = 20_000
_WAYS = 2_000


@dataclass(slots=True)
class Effort:
    """What the solver did: how many questions, and how long for all of them, in seconds."""

    questions: int = 0
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one question."""
        self.questions += 1
        self.seconds += seconds


@dataclass(slots=True)
class Solver:
    """Asks derivatives, of up to so many states, and z3; raises ProofError when it finds no answer in ten seconds.

    Equal questions are asked once.
    """

    milliseconds: int = _MILLISECONDS
    states: int = _STATES
    terms: Terms = field(default_factory=Terms)
    effort: Effort = field(default_factory=Effort)
    _known: dict[int, str | None] = field(default_factory=dict)
    _ways: int = 0

    def find(self, *languages: Language) -> str | None:
        """Return a word that is in all of the languages; None when there is none."""
        try:
            whole = self.terms.both(map(self.terms.of, languages))
        except RecursionError:
            raise ProofError("the solver gave up: a pattern is nested too deeply") from None
        if id(whole) not in self._known:  # the terms live as long as what is known of them
            self._known[id(whole)] = self._shortest(whole, languages)
        return self._known[id(whole)]

    def _shortest(self, whole: Term, languages: tuple[Language, ...]) -> str | None:
        started = time.perf_counter()
        try:
            return self.terms.shortest(whole, self.states)
        except TooManyStatesError:
            return self.by_z3(*languages)
        finally:
            self.effort.add(time.perf_counter() - started)

    def by_z3(self, *languages: Language) -> str | None:
        """Return a word that z3 finds in all of the languages; None when there is none."""
        name = z3.String("w")
        answer = self.solve([name], [_member(name, each) for each in languages])
        return answer[0] if answer else None

    def find_pair(
        self, first: Language, second: Language, excluded: tuple[tuple[Language, Language], ...]
    ) -> tuple[str, str] | None:
        """Return a word of each of two languages, which are not together in an excluded pair; None without one.

        Two words at once are hard for a solver. Of each excluded pair, either the first word is not in its first
        language, or it is and the second word not in its second: one question for one word after another.

        Raises:
            ProofError: there are too many ways to go through.
        """
        self._ways = 0
        return self._pair(first, second, excluded)

    def _pair(
        self, first: Language, second: Language, excluded: tuple[tuple[Language, Language], ...]
    ) -> tuple[str, str] | None:
        self._ways += 1
        if self._ways > _WAYS:
            raise ProofError("the solver gave up: too many statements concern the same actions and resources")
        if (one := self.find(first)) is None or (two := self.find(second)) is None:
            return None
        for at, (left, right) in enumerate(excluded):
            if self.find(first, left) is None or self.find(second, right) is None:
                continue
            others = excluded[at + 1 :]
            return self._pair(_narrowed(first, Not(left)), second, others) or self._pair(
                _narrowed(first, left), _narrowed(second, Not(right)), others
            )
        return one, two

    def solve(self, names: list[Any], constraints: list[Any]) -> list[str] | None:
        """Return a value for each name so that all constraints hold; None when there are none."""
        solver = z3.Solver()
        solver.set("timeout", self.milliseconds)
        solver.add(*constraints)
        answer = solver.check()
        if answer == z3.unsat:
            return None
        if answer != z3.sat:
            raise ProofError(f"the solver gave up: {solver.reason_unknown()}")
        model = solver.model()
        return [_unescaped(model.eval(name, model_completion=True).as_string()) for name in names]


def _narrowed(language: Language, by: Language) -> Language:
    parts = language.parts if isinstance(language, Both) else (language,)
    return Both((*parts, by))


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
