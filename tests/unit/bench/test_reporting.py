"""The table of the figures, and that the document shows what is in bench/results.json."""

from __future__ import annotations

import json
from operator import eq, ge, le
from typing import Any

import pytest

from bench.__main__ import BENCHMARKS, DOCUMENT, RESULTS
from bench.harness import PROJECT, Comparison, Series
from bench.reporting import COLUMNS, as_markdown, row, with_table

RATIO = Comparison("tax", Series("with", [1.5, 1.5]), Series("without", [1.25, 1.25]), goal=1.1)
DIFFERENCE = Comparison("new", Series("first", [1.5]), Series("warm", [1.25]), goal=0.3, difference=True)
RATE = Comparison("rate", Series("policy", [21_234.5]), None, goal=20_000, bound="≥")


@pytest.mark.parametrize(
    ("comparison", "cells"),
    [
        (RATIO, ("tax", "with: 1.5 ms", "without: 1.25 ms", "1.200", "1.200", "≤ 1.100", "missed")),
        (DIFFERENCE, ("new", "first: 1.5 ms", "warm: 1.25 ms", "0.25 ms", "0.25", "≤ 0.3 ms", "met")),
        (RATE, ("rate", "policy: 21,234 ms", "", "21,234", "21,234", "≥ 20,000", "met")),
    ],
)
def test_a_row_says_what_stands_beside_what_and_the_goal(comparison: Comparison, cells: tuple[str, ...]) -> None:
    """Without a B the figure is A's own, and so is its goal."""
    assert row(comparison.as_json()) == cells


def test_the_table_is_put_where_the_document_has_its_place() -> None:
    """What stands around it stays."""
    document = "before\n<!-- measured: begin -->\nold\n<!-- measured: end -->\nafter\n"

    shown = with_table(document, [RATIO.as_json()])

    assert "old" not in shown
    assert as_markdown([RATIO.as_json()]) in shown
    assert shown.startswith("before\n")
    assert shown.endswith("\nafter\n")
    assert with_table(shown, [RATIO.as_json()]) == shown


def test_a_document_without_a_place_is_refused() -> None:
    """Else the figures would be lost without a word."""
    with pytest.raises(ValueError, match="no <!-- measured: begin -->"):
        with_table("nothing", [])


def _results() -> Any:
    return json.loads(RESULTS.read_text(encoding="utf-8"))


def test_the_document_shows_the_figures_that_were_measured() -> None:
    """`make bench` writes both; nobody changes one alone."""
    document = DOCUMENT.read_text(encoding="utf-8")

    assert with_table(document, _results()["comparisons"]) == document


def test_what_was_measured_is_complete_and_took_less_than_ten_minutes() -> None:
    """Every row has its cells, and every goal its verdict by the figures that stand there."""
    results = _results()

    assert results["seconds"] < 600
    for each in results["comparisons"]:
        assert len(row(each)) == len(COLUMNS)
        if each["goal"] is not None:
            good = {"≥": ge, "≤": le, "=": eq}[each["bound"]](each["figure"], each["goal"])
            assert each["met"] is good, each["name"]


def test_every_module_that_measures_is_run() -> None:
    """A benchmark that nobody runs would rot."""
    modules = {path.stem for path in (PROJECT / "bench").glob("*.py") if "\ndef measure(" in path.read_text()}

    assert modules == set(BENCHMARKS)
