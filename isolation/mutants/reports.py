"""What came of mutants on the terminal and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from chalicelib.config import Strategy
from isolation.mutants.model import Kind, Refuser, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from isolation.mutants.model import Judged
    from isolation.mutants.runner import Report

#: Lines of the change that are shown of each mutant; the JSON has all.
_LINES = 4


def print_report(report: Report, console: Console) -> None:
    """Print the table by kind, what refused, and one by one whatever leaked, is open, or is not as it should be."""
    table = Table(
        "what is wrong", "mutants", *Refuser, "leaked", "open", "otherwise", title=f"Mutants by {report.strategy}"
    )
    for kind in Kind:
        some = [each for each in report.judged if each.mutant.kind is kind]
        if some:
            table.add_row(kind, *_cells(some))
    table.add_section()
    table.add_row("in all", *_cells(report.judged))
    console.print(table)
    for words, mutants in Counter((_by(each), each.by) for each in report.judged if each.by).most_common():
        console.print(Text(f"{mutants:4} refused by {words[0]}: {words[1]}", style="green"), soft_wrap=True)
    for each in report.judged:
        if each.verdict is not Verdict.REFUSED:
            _print_one(each, console, is_red=each in report.red)
    console.print(_sum(report))


def _cells(judged: Iterable[Judged]) -> list[str | Text]:
    judged = tuple(judged)
    refused = Counter(each.mutant.control.refuser for each in judged if each.verdict is Verdict.REFUSED)
    verdicts = Counter(each.verdict for each in judged)
    otherwise = sum(verdicts.values()) - sum(verdicts[each] for each in (Verdict.REFUSED, Verdict.LEAKED, Verdict.OPEN))
    bad = [
        Text(str(number) if number else "-", style="bold red" if number else "")
        for number in (verdicts[Verdict.LEAKED], otherwise)
    ]
    numbers = [str(refused[each] or "-") for each in Refuser]
    return [str(len(judged)), *numbers, bad[0], Text(str(verdicts[Verdict.OPEN] or "-"), style="yellow"), bad[1]]


def _by(judged: Judged) -> str:
    return str(judged.mutant.control.refuser or "")


def _print_one(judged: Judged, console: Console, *, is_red: bool) -> None:
    sign, style = ("✗", "red") if is_red else ("!", "yellow")
    by = f"; it was {judged.by}" if judged.by else ""
    console.print(
        Text(f"{sign} {judged.verdict}: {judged.mutant.name}: {judged.reason}{by}", style=style), soft_wrap=True
    )
    if judged.verdict is not Verdict.OPEN:
        for line in judged.changed[:_LINES]:
            console.print(Text(f"    {line}"), soft_wrap=True)


def _sum(report: Report) -> Text:
    verdicts = Counter(each.verdict for each in report.judged)
    words = [f"{len(report.judged)} mutants", *(f"{verdicts[each]} {each}" for each in Verdict if verdicts[each])]
    if report.few:
        words.append(f"too few: {', '.join(report.few)}")
    style = "bold green" if report.is_good else "bold red"
    return Text(f"{'✓' if report.is_good else '✗'} {', '.join(words)} ({report.seconds:.0f} s)", style=style)


def as_json(report: Report) -> str:
    """Return the evidence as a JSON document."""
    document: dict[str, Any] = {
        "strategy": report.strategy,
        "good": report.is_good,
        "seconds": round(report.seconds, 1),
        "too_few": list(report.few),
        "mutants": [
            {
                "name": each.mutant.name,
                "kind": each.mutant.kind,
                "entity": each.mutant.entity,
                "control": each.mutant.control,
                "attacks": [str(attack) for attack in each.mutant.attacks],
                "verdict": each.verdict,
                "refused_by": each.by,
                "reason": each.reason,
                "red": each in report.red,
                "changed": list(each.changed),
                "seconds": round(each.seconds, 2),
            }
            for each in report.judged
        ],
    }
    return json.dumps(document, indent=1) + "\n"


def summary(report: Report) -> str:
    """Return in one line what came of a run: the strategy, and how many mutants have which verdict."""
    verdicts = Counter(each.verdict for each in report.judged)
    strategy = "" if report.strategy is Strategy.WEB_IDENTITY else f" under {report.strategy}"
    return ", ".join(f"{verdicts[each]} {each}" for each in Verdict if verdicts[each]) + strategy
