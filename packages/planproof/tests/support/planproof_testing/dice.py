"""Draws from one random source, fast: a million requests are drawn in one test."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

_Option = TypeVar("_Option")


class Dice:
    """A random source with what the makers of policies, requests and plans draw."""

    __slots__ = ("_random",)

    def __init__(self, seed: str) -> None:
        """Begin at the seed: equal seeds, equal draws."""
        self._random = Random(seed).random  # noqa: S311 -- reproducible, not secret

    def below(self, limit: int) -> int:
        """Return a number from 0 to `limit - 1`."""
        return int(self._random() * limit)

    def chance(self, share: float) -> bool:
        """Return True in this share of all draws."""
        return self._random() < share

    def one(self, options: Sequence[_Option]) -> _Option:
        """Return one of the options; one that stands there twice is twice as likely."""
        return options[int(self._random() * len(options))]

    def some(self, options: Sequence[Any], most: int) -> Any:
        """Return what a policy takes for several values: one on its own, or a list of up to `most`, seldom none."""
        if self.chance(0.3):
            return self.one(options)
        if self.chance(0.02):
            return []
        return [self.one(options) for _ in range(1 + self.below(most))]
