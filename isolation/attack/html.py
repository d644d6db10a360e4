"""The evidence as one HTML file that needs nothing else: no script, no font, no network."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from isolation.attack.reports import as_printed, summary
from isolation.attack.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from isolation.attack.runner import Report
    from isolation.attack.verdicts import Judged

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; color: #1c2530;
       background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #d5dbe1; }
th { background: #f2f5f7; } td { overflow-wrap: anywhere; }
summary { cursor: pointer; padding: .25rem 0; }
.good { color: #1b6b34; } .limit { color: #8a5a00; } .bad { color: #b3161b; font-weight: 600; }
.sum { font-size: 1.1rem; font-weight: 600; }
"""
_EXPLANATION = (
    "A cell is one attack. It names the control that must refuse it, and is judged beside its allowed twin: the same "
    "call within the caller's own rights."
)
_HEAD = "<tr><th>entity</th><th>target</th><th>as</th><th>control that refused</th><th>verdict</th></tr>"


def as_html(*reports: Report) -> str:
    """Return the document, a part for each report: what is wrong and the known limits first, then every attack."""
    stages = "; ".join(report.stage for report in reports)
    return "".join(
        (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Attack matrix: {escape(stages)}</title><style>{_STYLE}</style></head><body>\n",
            *(part for report in reports for part in _of_stage(report)),
            "</body></html>\n",
        )
    )


def _of_stage(report: Report) -> Iterator[str]:
    kind = "good" if report.is_good else "bad"
    yield f"<h1>Attacks on {escape(report.stage)}</h1>\n"
    yield f'<p class="sum {kind}">{escape(summary(report))}</p>\n'
    yield f"<p>{_EXPLANATION}</p>\n"
    for why, cells in report.skipped.items():
        yield f'<p class="limit">Skipped {cells} cells: {_text(why)}.</p>\n'
    yield from _listed("Not as it should be", [each for each in report.judged if not each.verdict.is_good])
    yield from _listed("Known limits", [each for each in report.judged if each.verdict is Verdict.KNOWN_LIMIT])
    yield from _by_service(report.judged)


def _listed(title: str, judged: Sequence[Judged]) -> Iterator[str]:
    if not judged:
        return
    yield f"<h2>{title}</h2>\n<table><tr><th>attack</th><th>verdict</th><th>why</th></tr>\n"
    for each in judged:
        yield f"<tr><td>{_text(each.cell.name)}</td>{_verdict(each)}<td>{_text(_why(each))}</td></tr>\n"
    yield "</table>\n"


def _why(judged: Judged) -> str:
    if judged.verdict.is_good or not judged.control:
        return judged.reason
    return f"{judged.reason}; it was {judged.control}"


def _by_service(judged: Sequence[Judged]) -> Iterator[str]:
    services: dict[str, dict[str, list[Judged]]] = {}
    for each in judged:
        services.setdefault(each.cell.service, {}).setdefault(each.cell.attack, []).append(each)
    for service, attacks in services.items():
        yield f"<h2>{_text(service)}: {sum(map(len, attacks.values()))} cells</h2>\n"
        for attack, cells in attacks.items():
            yield from _attack(attack, cells)


def _attack(attack: str, judged: Sequence[Judged]) -> Iterator[str]:
    """Show an attack's cells; those that differ by the caller only are one row."""
    rows: dict[tuple[str, str, str, Verdict], list[Judged]] = {}
    for each in judged:
        rows.setdefault((each.cell.entity, each.cell.target, each.control, each.verdict), []).append(each)
    is_open = " open" if any(not each.verdict.is_good for each in judged) else ""
    worst = min((each.verdict for each in judged), key=list(Verdict).index)
    yield f'<details{is_open}><summary>{_text(attack)}: {len(judged)} cells, <span class="{_class(worst)}">'
    yield f"{worst}</span></summary>\n<table>{_HEAD}\n"
    for (entity, target, control, _), cells in rows.items():
        who = ", ".join(str(each.cell.who) for each in cells)
        words = "".join(f"<td>{_text(each)}</td>" for each in (entity, target, who, control))
        yield f"<tr>{words}{_verdict(cells[0])}</tr>\n"
    yield "</table></details>\n"


def _verdict(judged: Judged) -> str:
    return f'<td class="{_class(judged.verdict)}">{judged.verdict}</td>'


def _class(verdict: Verdict) -> str:
    if verdict is Verdict.KNOWN_LIMIT:
        return "limit"
    return "good" if verdict.is_good else "bad"


def _text(text: str) -> str:
    return escape(as_printed(text))
