"""The figures as a table, for a terminal and for docs/performance.md, from what bench/results.json holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COLUMNS = ("what", "A", "B", "A/B, A-B or A", "in ten parts", "goal", "")
_BEGIN, _END = "<!-- measured: begin -->", "<!-- measured: end -->"


def row(comparison: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a comparison's cells, one for each of COLUMNS."""
    compared = comparison["b"] is not None
    unit = f" {comparison['a']['unit']}" if comparison["difference"] else ""
    ratio = compared and not unit
    least, greatest = (_figure(each, ratio=ratio) for each in comparison["spread"])
    goal, percent = comparison["goal"], comparison["percent"]
    return (
        comparison["name"],
        _side(comparison["a"], percent),
        _side(comparison["b"], percent) if compared else "",
        f"{_figure(comparison['figure'], ratio=ratio)}{unit}",
        least if least == greatest else f"{least} to {greatest}",
        "" if goal is None else f"{comparison['bound']} {_figure(goal, ratio=ratio)}{unit}",
        {True: "met", False: "missed", None: ""}[comparison["met"]],
    )


def as_markdown(comparisons: Iterable[Mapping[str, Any]]) -> str:
    """Return the table for the document."""
    lines = [COLUMNS, ("---",) * len(COLUMNS), *map(row, comparisons)]
    return "\n".join(f"| {' | '.join(cells)} |".replace("  ", " ") for cells in lines)


def with_table(document: str, comparisons: Iterable[Mapping[str, Any]]) -> str:
    """Return the document with its table replaced.

    Raises:
        ValueError: the document has no place for it.
    """
    before, begin, rest = document.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not end:
        raise ValueError(f"no {_BEGIN} and {_END}")
    return f"{before}{begin}\n\n{as_markdown(comparisons)}\n\n{end}{after}"


def _side(series: Mapping[str, Any], percent: int) -> str:
    return f"{series['what']}: {_quantity(series[f'p{percent}'])} {series['unit']}"


def _figure(value: float, *, ratio: bool) -> str:
    return f"{value:.3f}" if ratio else _quantity(value)


def _quantity(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
