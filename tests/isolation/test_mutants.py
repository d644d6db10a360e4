"""A mutant of each kind on a real local stack, and the canary by which their evidence turns red."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.config import Strategy
from isolation.attack.served import served
from isolation.mutants.__main__ import main
from isolation.mutants.catalog import mutants
from isolation.mutants.model import Kind

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.evidence


def _ran(folder: Path, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    file = folder / "mutants.json"
    code = main(["--json", str(file), *arguments])
    return code, json.loads(file.read_text(encoding="utf-8"))["mutants"]


def _named(words: tuple[str, ...]) -> list[str]:
    return [argument for each in words for argument in ("--mutant", each)]


def test_one_of_each_kind_is_refused_or_known_to_be_open(tmp_path: Path) -> None:
    """The whole catalog is what `make mutants` runs."""
    first = {each.kind: each.name for each in reversed(mutants(served(), Strategy.WEB_IDENTITY))}

    code, rows = _ran(tmp_path, *_named(tuple(first.values())))

    assert {row["kind"] for row in rows} == set(Kind)
    assert {row["verdict"] for row in rows} == {"refused", "open"}, [row for row in rows if row["red"]]
    assert code == 0


def test_the_evidence_is_red_once_the_api_may_open_sessions(tmp_path: Path) -> None:
    """A role that may assume the tenants' role lets its code name any tenant, and IAM no longer refuses."""
    code, rows = _ran(tmp_path, "--weakened", "--kind", "vending", "--mutant", "GET /", "--mutant", "another's tags")

    assert {row["verdict"] for row in rows} <= {"leaked", "refused by another control"}
    assert all(row["red"] for row in rows)
    assert code == 1


def test_the_report_says_what_leaks_under_another_strategy(tmp_path: Path) -> None:
    """Code names the tenant to STS there, so that another one can be named: this is why it is not the default."""
    code, rows = _ran(tmp_path, "--strategy", "session_tags", "--kind", "vending", "--kind", "key", "--only", "cart")

    named = {row["verdict"] for row in rows if row["kind"] == Kind.VENDING}
    assert "leaked" in named
    assert named <= {"leaked", "refused by another control"}
    assert {row["verdict"] for row in rows if row["kind"] == Kind.KEY} == {"refused"}
    assert not any(row["red"] for row in rows)
    assert code == 0
