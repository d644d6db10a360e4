"""What the benchmarks make of their figures."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

import pytest

from bench.harness import Comparison, Series, in_turn, milliseconds, percentile


def test_the_sides_take_turns_and_warming_up_is_not_measured() -> None:
    """So that what changes on the machine meanwhile meets all sides, and nobody is always the first."""
    order: list[str] = []

    def side(name: str) -> int:
        order.append(name)
        return len(order)

    measured = in_turn(partial(side, "a"), partial(side, "b"), rounds=3, warm_up=1)

    assert "".join(order) == "abbaabba"
    assert measured == [[4, 5, 8], [3, 6, 7]]


def test_milliseconds_are_those_of_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands still but for what the work itself takes."""
    now = [1.0]
    monkeypatch.setattr("bench.harness.time", SimpleNamespace(perf_counter=lambda: now[0]))

    assert milliseconds(lambda: now.__setitem__(0, 1.003)) == pytest.approx(3)


def test_the_figure_is_the_ratio_of_the_medians() -> None:
    """A single slow call does not move it; the spread shows it."""
    comparison = Comparison("it", Series("a", [2, 2, 2, 90]), Series("b", [1, 1, 1, 1]), goal=2)

    assert comparison.figure == 2
    assert comparison.spread == (2, 90)
    assert comparison.met is True


@pytest.mark.parametrize(
    ("figure", "bound", "met"),
    [(0.8, "≥", True), (0.79, "≥", False), (0.8, "≤", True), (0.81, "≤", False), (0.8, "=", True), (0.79, "=", False)],
)
def test_a_goal_is_met_on_its_side(figure: float, bound: str, met: bool) -> None:  # noqa: FBT001
    """Requests a second want to be many, milliseconds few, calls as many as they must be."""
    assert Comparison("it", Series("a", [figure]), None, goal=0.8, bound=bound).met is met


def test_a_difference_is_how_much_longer_a_takes_and_so_are_its_spread_and_goal() -> None:
    """As with a new token: what it costs does not grow with the request."""
    comparison = Comparison("it", Series("a", [2.2] * 9 + [9] * 2), Series("b", [2] * 11), goal=0.3, difference=True)

    assert comparison.figure == pytest.approx(0.2)
    assert comparison.spread == pytest.approx((0.2, 7))
    assert comparison.met is True
    assert comparison.as_json()["difference"] is True


def test_what_has_no_goal_neither_meets_nor_misses_it() -> None:
    """It is shown all the same."""
    assert Comparison("it", Series("a", [1.0]), None, goal=None).met is None


def test_the_spread_is_that_of_ten_parts_of_the_run() -> None:
    """A machine that got slower for a tenth of the run is seen; one slow call in a part is not."""
    values = [1.0] * 90 + [3.0] * 10
    values[5] = 50.0

    assert Comparison("it", Series("a", values), Series("b", [1.0] * 100), goal=1).spread == (1, 3)


def test_without_a_baseline_the_spread_is_that_of_its_own_values() -> None:
    """As with decisions a second."""
    assert Comparison("it", Series("a", [float(number) for number in range(100)]), None, goal=1).spread == (4.5, 94.5)


@pytest.mark.parametrize(("percent", "value"), [(10, 10), (50, 50), (99, 99)])
def test_percentiles_are_those_of_the_values(percent: int, value: float) -> None:
    """Of 0 to 100; the figure takes the percentile that it is asked for."""
    series = Series("a", list(range(101)))

    assert percentile(series.values, percent) == value
    assert Comparison("it", series, None, goal=None, percent=percent).figure == value


def test_a_single_value_is_its_own_percentile() -> None:
    """As with the calls of a request, which are counted once."""
    assert percentile([7.0], 99) == 7


def test_no_value_is_left_out_of_the_parts() -> None:
    """Of 25 values the last is in the last part."""
    values = [1.0] * 24 + [9.0]

    assert Comparison("it", Series("a", values), None, goal=None, percent=99).spread[1] > 8
