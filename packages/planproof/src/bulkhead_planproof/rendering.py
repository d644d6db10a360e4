"""The report for people and for programs."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

from bulkhead_planproof.findings import Claim, Finding, Verdict

if TYPE_CHECKING:
    from bulkhead_planproof.expectations import Reasons
    from bulkhead_planproof.findings import Report

_ORDER = list(Claim)
_OUTSIDE = (
    "other stacks, and what is attached by hand: the scope is this plan",
    "administrators and the root user of the account, and whoever runs Terraform",
    "PostgreSQL, whose logins are named above: row-level security has tests of its own",
    "the services themselves: policies mean what AWS documents",
)
_SESSION_POLICY = (
    "that the application passes a session policy to AssumeRole, and renders it alike for every tenant: "
    "no IAM condition can demand one"
)


def as_text(report: Report, reasons: Reasons) -> str:
    """Return the report as lines for a terminal."""
    lines: list[str] = []
    ordered = sorted(report.findings, key=lambda each: _ORDER.index(each.claim))
    for claim, group in groupby(ordered, key=lambda each: each.claim):
        findings = list(group)
        bad = [each for each in findings if each.verdict is not Verdict.PROVED]
        worst = Verdict.REFUTED if any(each.verdict is Verdict.REFUTED for each in bad) else Verdict.NOT_PROVED
        lines.append(f"{(worst if bad else Verdict.PROVED).upper():11} {claim} ({len(findings)})")
        for each in bad:
            lines += _bad(each)
    lines += ["", "Paths that are meant to be:", *(f"  {each}" for each in report.reasons)]
    outside = [*_OUTSIDE]
    if any(", session policy" in each.subject for each in report.findings):
        outside.insert(0, _SESSION_POLICY)
    lines += ["", "Outside of the proof:", *(f"  {each}" for each in outside)]
    lines += [f"  {name}: {reason}" for name, reason in {**reasons.other_tables, **reasons.other_stores}.items()]
    return "\n".join([*lines, "", _figures(report)])


def _bad(finding: Finding) -> list[str]:
    lines = [f"  {finding.verdict}: {finding.subject}: {finding.detail}"]
    if finding.counterexample is not None:
        lines.append(f"    counterexample: {finding.counterexample}")
        lines += [f"    evaluator: {each}" for each in finding.counterexample.replay]
    return lines


def _figures(report: Report) -> str:
    counted = {verdict: sum(each.verdict is verdict for each in report.findings) for verdict in Verdict}
    return (
        f"{report.changes} resources, {report.principals} principals, {report.documents} policy documents; "
        f"{', '.join(f'{count} {verdict}' for verdict, count in counted.items())}; "
        f"{report.questions} questions to the solver in {report.solver_seconds:.1f} s, "
        f"{report.seconds:.1f} s altogether"
    )


def as_json(report: Report) -> dict[str, Any]:
    """Return the report as JSON's types; times in seconds."""
    return {"proved": report.proved, **asdict(report)}
