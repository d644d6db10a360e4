"""The evidence on the terminal and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.table import Table
from rich.text import Text

from isolation.attack.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from isolation.attack.runner import Report
    from isolation.attack.verdicts import Judged

_COLOURS = {
    Verdict.LEAKED: "bold red",
    Verdict.WRONG_CONTROL: "red",
    Verdict.BROKEN: "red",
    Verdict.LIMIT_GONE: "red",
    Verdict.KNOWN_LIMIT: "yellow",
    Verdict.REFUSED: "green",
}


class Row(NamedTuple):
    """Cells of one attack that the same control refused, with the same verdict."""

    service: str
    attack: str
    control: str
    verdict: Verdict
    cells: int


def rows(judged: Iterable[Judged]) -> list[Row]:
    """Return the table's rows: cells that differ by target and caller only are one."""
    counted = Counter((each.cell.service, each.cell.attack, each.control, each.verdict) for each in judged)
    return [Row(*key, cells) for key, cells in counted.items()]


def print_report(report: Report, console: Console) -> None:
    """Print the table, then one by one whatever is not as it should be, the known limits, and the sum."""
    table = Table("service", "attack", "control that refused", "verdict", "cells", title=f"Attacks on {report.stage}")
    for row in rows(report.judged):
        verdict = Text(row.verdict, style=_COLOURS[row.verdict])
        table.add_row(row.service, Text(row.attack), Text(row.control), verdict, str(row.cells))
    console.print(table)
    for each in report.judged:
        if each.verdict is not Verdict.REFUSED:
            sign = "!" if each.verdict is Verdict.KNOWN_LIMIT else "✗"
            line = f"{sign} {each.verdict}: {each.cell.name}: {each.reason}"
            if not each.verdict.is_good and each.control:
                line += f"; it was {each.control}"
            console.print(Text(as_printed(line), style=_COLOURS[each.verdict]), soft_wrap=True)
    for reason, cells in report.skipped.items():
        console.print(Text(f"- SKIPPED {cells} cells: {reason}", style="yellow"))
    if report.left_behind:
        console.print(Text(f"✗ what was planted is still there: {report.left_behind}", style="red"), soft_wrap=True)
    console.print(Text(summary(report), style="bold green" if report.is_good else "bold red"))


def summary(report: Report) -> str:
    """Return the sum of it in one line."""
    counts = ", ".join(f"{report.count(verdict)} {verdict}" for verdict in Verdict if report.count(verdict))
    how = "" if report.exact else "; controls told by the form of AWS's messages only"
    return f"{len(report.judged)} cells in {report.seconds:.1f} s: {counts or 'none'}{how}"


def as_document(report: Report) -> dict[str, Any]:
    """Return the report as JSON-ready data."""
    return {
        "stage": report.stage,
        "good": report.is_good,
        "left_behind": report.left_behind,
        "seconds": round(report.seconds, 1),
        "control_read_from": "decision record" if report.exact else "form of AWS's messages",
        "counts": {verdict.value: report.count(verdict) for verdict in Verdict},
        "skipped": dict(report.skipped),
        "cells": [
            {
                "service": each.cell.service.value,
                "entity": each.cell.entity,
                "attack": each.cell.attack,
                "target": each.cell.target,
                "who": str(each.cell.who),
                "must_be_refused_by": sorted(each.cell.refused_by),
                "known_limit": each.cell.known_limit,
                "allowed_twin": each.cell.twin.name,
                "control": each.control,
                "verdict": each.verdict.value,
                "reason": each.reason,
                "aws_verified": not report.exact and each.verdict is Verdict.REFUSED,
            }
            for each in report.judged
        ],
    }


def as_json(*reports: Report) -> str:
    """Return a report as a JSON document, or several in one; ASCII only, since targets hold control characters."""
    documents = [as_document(report) for report in reports]
    whole = {"good": all(each["good"] for each in documents), "reports": documents}
    return json.dumps(documents[0] if len(documents) == 1 else whole, indent=1) + "\n"


def as_printed(text: str) -> str:
    """Return the text with a shape for what has none of its own, so that a name cannot pose as another."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
