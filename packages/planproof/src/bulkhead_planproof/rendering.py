"""The report for people and for programs."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

from bulkhead_planproof.findings import Claim, Finding, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bulkhead_planproof.expectations import Reasons
    from bulkhead_planproof.findings import Report

_ORDER = list(Claim)
_OUTSIDE = (
    "other stacks, and what is attached by hand: the scope is this plan",
    "administrators and the root user of the account, and whoever runs Terraform",
    "other stores than DynamoDB, but for who may read them by IAM",
    "the code of functions, and whom an API or a user pool asks who calls",
    "the services themselves: policies mean what AWS documents",
)
_SESSION_POLICY = (
    "that the application passes a session policy to AssumeRole, and renders it alike for every tenant: "
    "no IAM condition can demand one"
)
_TOKENS = (
    "what the trigger of a user pool writes into a token: it is code, which is to take tags from the attributes named; "
    "and what users wrote into these, or who signed up, before this plan"
)


def as_text(report: Report, reasons: Reasons) -> str:
    """Return the report as lines for a terminal."""
    lines: list[str] = []
    ordered = sorted(report.findings, key=lambda each: _ORDER.index(each.claim))
    for claim, group in groupby(ordered, key=lambda each: each.claim):
        findings = list(group)
        bad = [each for each in findings if not each.verdict.is_good]
        lines.append(f"{_worst(findings).upper():11} {claim} ({_counted(findings)})")
        for each in bad:
            lines += _bad(each)
    waived = [each for each in report.findings if each.verdict is Verdict.WAIVED]
    if waived:
        lines += [
            "",
            "Waived, for a reason that somebody gave:",
            *(f"  {each.subject}: {each.detail}" for each in waived),
        ]
    if report.notes:
        lines += ["", "To know:", *(f"  {each}" for each in report.notes)]
    outside = [*_OUTSIDE]
    if reasons.session_policy_roles and any(", session policy" in each.subject for each in report.findings):
        outside.insert(0, _SESSION_POLICY)
    if any(each.claim is Claim.FROM_INSIDE for each in report.findings):
        outside.insert(0, _TOKENS)
    lines += ["", "Outside of the proof:", *(f"  {each}" for each in outside)]
    return "\n".join([*lines, "", _figures(report), _verdict(report)])


def _verdict(report: Report) -> str:
    """Return what came of it all."""
    waived = sum(each.verdict is Verdict.WAIVED for each in report.findings)
    if report.proved:
        what = "1 exception is" if waived == 1 else f"{waived} exceptions are"
        return f"every claim is proved{f', and {what} waived for the reasons above' if waived else ''}"
    return "not every claim is proved"


def _worst(findings: Sequence[Finding]) -> Verdict:
    """Return the verdict on a claim: the worst of those on its subjects."""
    found = {each.verdict for each in findings}
    return next(each for each in (Verdict.REFUTED, Verdict.NOT_PROVED, Verdict.PROVED, Verdict.WAIVED) if each in found)


def _counted(findings: Sequence[Finding]) -> str:
    """Return how many there are of each verdict."""
    counted = {verdict: sum(each.verdict is verdict for each in findings) for verdict in Verdict}
    return ", ".join(f"{count} {verdict}" for verdict, count in counted.items() if count)


def _bad(finding: Finding) -> list[str]:
    lines = [f"  {finding.verdict}: {finding.subject}: {finding.detail}"]
    if finding.counterexample is not None:
        lines.append(f"    counterexample: {finding.counterexample}")
        lines += [f"    evaluator: {each}" for each in finding.counterexample.replay]
    return lines


def _figures(report: Report) -> str:
    return (
        f"{report.changes} resources, {report.principals} principals, {report.documents} policy documents; "
        f"{_counted(report.findings)}; "
        f"{report.questions} questions to the solver in {report.solver_seconds:.1f} s, "
        f"{report.seconds:.1f} s altogether"
    )


def as_json(report: Report) -> dict[str, Any]:
    """Return the report as JSON's types; times in seconds."""
    return {"proved": report.proved, **asdict(report)}
