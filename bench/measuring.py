"""How the benchmarks measure: seconds of one call, and a line with median and spread for many."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def seconds(work: Callable[[], object]) -> float:
    """Return how long it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def report(name: str, measured: list[float]) -> None:
    """Print median, least and most in milliseconds, and calls per second."""
    median, least, most = statistics.median(measured), min(measured), max(measured)
    print(
        f"{name:44} median {median * 1000:8.3f} ms  min {least * 1000:8.3f}  max {most * 1000:8.3f}"
        f"  ({1 / median:.0f} per second)"
    )


def report_ratio(name: str, one: list[float], other: list[float]) -> None:
    """Print the ratio of two series that were measured in turn: of the medians, and the median of the pairs."""
    of_medians = statistics.median(one) / statistics.median(other)
    of_pairs = statistics.median(a / b for a, b in zip(one, other, strict=True))
    print(f"{name:44} {of_medians:.3f} of the medians, {of_pairs:.3f} median of the pairs")
