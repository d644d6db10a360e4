"""The evidence as a table, as JSON and as HTML."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from isolation.attack.__main__ import main
from isolation.attack.html import as_html
from isolation.attack.outcomes import Who
from isolation.attack.reports import as_json, print_report, rows, summary
from isolation.attack.runner import Report
from isolation.attack.served import served
from isolation.attack.verdicts import Judged, Verdict
from tests.unit.isolation.attack_examples import cell

if TYPE_CHECKING:
    from pathlib import Path

REFUSED = Judged(cell(), Verdict.REFUSED, "LeadingKeys", "S: ForAllValues:StringLike dynamodb:LeadingKeys acme#*")
AS_ADMIN = Judged(cell(who=Who("acme", "admin", "session_tags")), Verdict.REFUSED, "LeadingKeys", "the same")
LEAKED = Judged(cell(attack="Scan", target="<script>alert(1)</script>"), Verdict.LEAKED, "", "it was allowed")
WRONG = Judged(cell(attack="PutItem"), Verdict.WRONG_CONTROL, "something else", "expected LeadingKeys")
LIMIT = Judged(cell(attack="set_config", known_limit="so it is"), Verdict.KNOWN_LIMIT, "none", "so it is")
ODD = Judged(cell(attack="Query", target="acme\x1b[31m\u202e#x"), Verdict.LEAKED, "", "it was allowed")


def _report(*judged: Judged, **changed: Any) -> Report:
    return Report("http://127.0.0.1:1", judged, changed.pop("skipped", {}), 1.25, **changed)


def _printed(report: Report) -> str:
    console = Console(file=io.StringIO(), width=200, highlight=False)
    print_report(report, console)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_cells_of_one_attack_control_and_verdict_are_one_row() -> None:
    """With their number; another verdict is another row."""
    assert [(row.attack, row.verdict, row.cells) for row in rows([REFUSED, AS_ADMIN, WRONG])] == [
        ("GetItem", Verdict.REFUSED, 2),
        ("PutItem", Verdict.WRONG_CONTROL, 1),
    ]


def test_the_terminal_names_attack_control_and_verdict_and_everything_that_is_not_refused() -> None:
    """Leaks, wrong controls with what was expected, limits and what was skipped; refusals only in the table."""
    printed = _printed(_report(REFUSED, LEAKED, WRONG, LIMIT, skipped={"no such role": 7}))

    assert re.search(r"DynamoDB\s+│ GetItem\s+│ LeadingKeys\s+│ refused\s+│ 1", printed)
    assert f"✗ leaked: {LEAKED.cell.name}: it was allowed" in printed
    assert f"✗ refused by another control: {WRONG.cell.name}: expected LeadingKeys; it was something else" in printed
    assert f"! known limit: {LIMIT.cell.name}: so it is" in printed
    assert "- SKIPPED 7 cells: no such role" in printed
    assert "4 cells in 1.2 s: 1 leaked, 1 refused by another control, 1 known limit, 1 refused" in printed
    assert REFUSED.cell.name not in printed


def test_nothing_from_a_key_reaches_the_terminal_or_a_reader_as_a_control_character() -> None:
    """Escape sequences and overrides of the direction are written out."""
    for text in (_printed(_report(ODD)), as_html(_report(ODD)), as_json(_report(ODD))):
        assert "\x1b[31m" not in text
        assert "\u202e" not in text
        assert "u202e" in text


@pytest.mark.parametrize(
    ("judged", "good"),
    [
        ([REFUSED], True),
        ([REFUSED, LIMIT], True),
        ([REFUSED, LEAKED], False),
        ([REFUSED, WRONG], False),
        ([Judged(cell(), Verdict.BROKEN, "", "x"), REFUSED], False),
        ([Judged(cell(), Verdict.LIMIT_GONE, "", "x"), REFUSED], False),
        ([], False),
    ],
)
def test_one_cell_that_is_not_as_it_should_be_makes_the_report_bad(judged: list[Judged], good: bool) -> None:  # noqa: FBT001
    """In the report itself, in JSON and in HTML."""
    report = _report(*judged)

    assert report.is_good is good
    assert json.loads(as_json(report))["good"] is good
    assert ('class="sum good"' in as_html(report)) is good


def test_the_json_holds_every_cell_whole() -> None:
    """With what must refuse it, its twin, and how the control was read."""
    document = json.loads(as_json(_report(REFUSED, LIMIT, skipped={"why": 3})))

    assert document["cells"][0] == {
        "service": "DynamoDB",
        "entity": "",
        "attack": "GetItem",
        "target": "exact, globex",
        "who": "acme member (session_tags)",
        "must_be_refused_by": ["TenantRole: LeadingKeys ${aws:PrincipalTag/tenant}#*"],
        "known_limit": "",
        "allowed_twin": "the own item",
        "control": "LeadingKeys",
        "verdict": "refused",
        "reason": REFUSED.reason,
        "aws_verified": False,
    }
    assert document["counts"]["known limit"] == 1
    assert document["skipped"] == {"why": 3}
    assert document["control_read_from"] == "decision record"


def test_reports_of_several_stages_are_one_document() -> None:
    """Good when each is; the HTML has a part for each."""
    other = Report("http://127.0.0.1:2", (LEAKED,), {}, 1.0)
    document = json.loads(as_json(_report(REFUSED), other))

    assert document["good"] is False
    assert [each["stage"] for each in document["reports"]] == ["http://127.0.0.1:1", "http://127.0.0.1:2"]
    assert json.loads(as_json(_report(REFUSED), _report(LIMIT)))["good"] is True
    assert as_html(_report(REFUSED), other).count("<h1>") == 2


def test_evidence_from_aws_says_so() -> None:
    """That the control was told by the form of the message, and that it was AWS's own verdict."""
    report = _report(REFUSED, LEAKED, exact=False)

    assert [cell["aws_verified"] for cell in json.loads(as_json(report))["cells"]] == [True, False]
    assert "by the form of AWS's messages only" in summary(report)


def test_the_html_needs_nothing_else_and_runs_nothing() -> None:
    """No script, no address of anything to load; what an attack is named by stays text."""
    page = as_html(_report(REFUSED, AS_ADMIN, LEAKED, LIMIT, skipped={"why": 3}))

    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert not re.search(r"""(src|href|url\(|@import|<link|<img)""", page)
    assert "acme member (session_tags), acme admin (session_tags)" in page
    assert "<h2>Not as it should be</h2>" in page
    assert "<h2>Known limits</h2>" in page
    assert "Skipped 3 cells: why." in page
    assert "Not as it should be" not in as_html(_report(REFUSED))


def test_an_attack_that_leaked_stands_open_in_the_html() -> None:
    """The others are folded."""
    assert "<details open>" in as_html(_report(LEAKED))
    assert "<details open>" not in as_html(_report(REFUSED))


def test_without_a_stage_the_command_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """2, and nothing on standard output that could pass for evidence."""
    assert main(["--stage", str(tmp_path / "stage.json")]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "nothing can be shown" in printed.err
    assert "is not there" in printed.err


def test_the_entity_of_a_cell_is_shown_where_it_has_one() -> None:
    """In JSON by its name, in HTML in a column of its own."""
    report = _report(Judged(cell(entity="invoices"), Verdict.REFUSED, "LeadingKeys", ""), REFUSED)

    assert [each["entity"] for each in json.loads(as_json(report))["cells"]] == ["invoices", ""]
    assert "<td>invoices</td>" in as_html(report)


def test_cells_are_listed_without_a_stage(capsys: pytest.CaptureFixture[str]) -> None:
    """Of some services and entities; what they are called is what a report calls them."""
    assert main(["--list", "--service", "STS"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert len(listed) > 100
    assert listed[-1] == f"{len(listed) - 1} cells"
    assert all(line.startswith("STS: ") for line in listed[:-1])

    lists = {each.name: each.lists for each in served().targets if each.lists}
    only = [word for name in lists for word in ("--only", name)]
    assert main(["--list", *only, "--control", "tenant_from_token"]) == 0
    printed = capsys.readouterr().out
    assert [str(route) for route in lists.values() if f"HTTP: {route}, " not in printed] == []


def test_an_entity_that_there_is_not_is_answered_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    """In a sentence, before anything is started."""
    assert main(["--only", "no-such-entity"]) == 2
    assert "no entity is called no-such-entity: there" in capsys.readouterr().err
