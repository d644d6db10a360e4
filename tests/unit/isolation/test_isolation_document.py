"""docs/isolation.md names evidence that is there, and leaves none of it out."""

from __future__ import annotations

import re
from pathlib import Path

from bulkhead_planproof.findings import Claim
from chalicelib.config import Strategy
from isolation.attack.controls import Control
from isolation.attack.matrix import all_cells
from tests.unit.isolation.sample_world import SampleWorld

_PROJECT = Path(__file__).parents[3]
_DOCUMENT = (_PROJECT / "docs" / "isolation.md").read_text(encoding="utf-8")
_NAMED = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)*)`", _DOCUMENT)) - {"PLAN", "LISTEN"}


def test_every_control_that_is_attacked_and_every_claim_is_named(tmp_path: Path) -> None:
    """And nothing else; of the guard the document says that no attack meets it alone."""
    served = SampleWorld(tmp_path).served
    attacked = {control for strategy in Strategy for cell in all_cells(strategy, served) for control in cell.refused_by}

    assert {each.name for each in (*attacked, Control.LEADING_KEY_GUARD, *Claim)} == _NAMED


def test_it_begins_with_what_is_not_claimed() -> None:
    """Before any control: what runs in the process, what is code, and what other strategies and stages cannot do."""
    headings = [line for line in _DOCUMENT.splitlines() if line.startswith("## ")]
    first = _DOCUMENT.partition("## What is not claimed")[2].partition("\n## ")[0]

    assert headings[0] == "## What is not claimed"
    for words in (
        "reads its memory",
        "handle",
        "trigger",
        "without a network",
        "`session_tags`",
        "`session_policy`",
        "SQL",
    ):
        assert words in first


def test_every_test_that_is_named_is_there() -> None:
    """A row about a folder that was moved shows nothing."""
    named = set(re.findall(r"`((?:tests|infra|packages)/[\w./-]+)`", _DOCUMENT))

    assert len(named) > 30
    assert [name for name in sorted(named) if not (_PROJECT / name).exists()] == []


def test_every_row_names_a_test() -> None:
    """A threat without one would be a promise."""
    rows = [line.split("|") for line in _DOCUMENT.splitlines() if line.startswith("| ") and line.count("|") == 5]
    assert len(rows) > 30
    assert [row[1] for row in rows if "`tests/" not in row[3] and "`infra/" not in row[3] and row[3] != " test "] == []
