"""How every benchmark measures: A and B in turn, in one run, on one machine; and what is made of the figures.

Well-kept harnesses (pyperf, pytest-benchmark) measure one after the other, so that a machine that gets busier meanwhile
favours the first. Where there is nothing to compare with, pyperf measures (bench/evaluator.py).
"""

from __future__ import annotations

import operator
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

PROJECT = Path(__file__).parents[1]
_PARTS = 10
_SHOWN = (10, 50, 90, 99)
_BOUNDS = {"≤": operator.le, "≥": operator.ge, "=": operator.eq}

T = TypeVar("T")


class NothingToMeasureError(Exception):
    """A benchmark has nothing to measure, and the others go on; the message says what is not there."""


@dataclass(frozen=True, slots=True)
class Series:
    """What was measured of one side, in `unit`, in the order in which it was measured."""

    what: str
    values: Sequence[float]
    unit: str = "ms"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A beside B, by a percentile of each, and the goal, if there is one: for their ratio, or their difference.

    Without a B it is for A itself.
    """

    name: str
    a: Series
    b: Series | None
    goal: float | None
    bound: str = "≤"
    percent: int = 50
    difference: bool = False

    @property
    def figure(self) -> float:
        """The ratio of the two sides' percentiles, or how much greater that of A is."""
        return self._figure(self.a.values, self.b.values if self.b else None)

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the greatest figure of ten consecutive parts of the run."""
        parts = min(_PARTS, len(self.a.values))
        figures = [
            self._figure(_part(self.a.values, each, parts), _part(self.b.values, each, parts) if self.b else None)
            for each in range(parts)
        ]
        return min(figures), max(figures)

    @property
    def met(self) -> bool | None:
        """Whether the goal is met."""
        if self.goal is None:
            return None
        met: bool = _BOUNDS[self.bound](self.figure, self.goal)
        return met

    def as_json(self) -> dict[str, Any]:
        """Return what bench/results.json holds of it."""
        return {
            "name": self.name,
            "percent": self.percent,
            "a": _summary(self.a),
            "b": _summary(self.b) if self.b else None,
            "difference": self.difference,
            "figure": round(self.figure, 4),
            "spread": [round(each, 4) for each in self.spread],
            "goal": self.goal,
            "bound": self.bound,
            "met": self.met,
        }

    def _figure(self, a: Sequence[float], b: Sequence[float] | None) -> float:
        of_a = percentile(a, self.percent)
        if b is None:
            return of_a
        return of_a - percentile(b, self.percent) if self.difference else of_a / percentile(b, self.percent)


def percentile(values: Sequence[float], percent: int) -> float:
    """Return a percentile, from 1 to 99, of one value or more."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def milliseconds(work: Callable[[], object]) -> float:
    """Return how long it takes."""
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def in_turn(*sides: Callable[[], T], rounds: int, warm_up: int = 0) -> list[list[T]]:
    """Return what each call of each side returned; in every other round the last side comes first."""
    measured: list[list[T]] = [[] for _ in sides]
    pairs = list(zip(sides, measured, strict=True))
    for number in range(-warm_up, rounds):
        for side, results in pairs if number % 2 else reversed(pairs):
            result = side()
            if number >= 0:
                results.append(result)
    return measured


def _part(values: Sequence[float], number: int, parts: int) -> Sequence[float]:
    return values[number * len(values) // parts : (number + 1) * len(values) // parts]


def _summary(series: Series) -> dict[str, Any]:
    return {
        "what": series.what,
        "unit": series.unit,
        "measured": len(series.values),
        **{f"p{percent}": round(percentile(series.values, percent), 4) for percent in _SHOWN},
    }
