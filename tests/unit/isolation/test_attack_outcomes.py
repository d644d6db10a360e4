"""What an answer of the API or of PostgreSQL is taken for: nothing counts as refused that was not looked at."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from isolation.attack.controls import Control
from isolation.attack.http_attacks import http_cells
from isolation.attack.http_keys import THE_OTHERS_ROW
from isolation.attack.outcomes import Kind, Outcome
from isolation.attack.postgres_answers import of_rows
from isolation.attack.runner import Report, run
from stage.http_api import Answer
from tests.unit.isolation.attack_examples import answering, cell, refusal
from tests.unit.isolation.sample_world import SampleWorld

if TYPE_CHECKING:
    from pathlib import Path

    from isolation.attack.served import Served
    from isolation.attack.world import World

SECRETS = {"acme": "secret-of-acme", "globex": "secret-of-globex"}
OWN = json.dumps({"rows": [{"name": "secret-of-acme"}], "next_cursor": None})


@pytest.mark.parametrize(
    ("rows", "control", "own", "kind"),
    [
        ([("acme", "x")], Control.ROW_POLICY_USING, True, Kind.CONTAINED),
        ([], Control.ROW_POLICY_USING, False, Kind.CONTAINED),
        ([("acme", "x")], Control.ROW_POLICY_USING, False, Kind.ALLOWED),
        ([("acme-eu", "x")], Control.ROW_POLICY_USING, True, Kind.ALLOWED),
        ([("globex", "x")], Control.TRANSACTION_LOCAL, True, Kind.ALLOWED),
        ([], Control.ROW_POLICY_CHECK, True, Kind.ALLOWED),
        ([], Control.DATABASE_PRIVILEGES, True, Kind.ALLOWED),
        (["notes has no policy"], Control.CATALOG, False, Kind.ALLOWED),
    ],
)
def test_rows_are_contained_only_where_they_may_be_there(
    rows: list[Any],
    control: Control,
    own: bool,  # noqa: FBT001
    kind: Kind,
) -> None:
    """Own rows when the own tenant is set, none when none is, and none at all of what had to be refused."""
    assert of_rows(rows, control, own=own).kind is kind


@pytest.fixture
def served(tmp_path: Path) -> Served:
    """Return what a sample app serves."""
    return SampleWorld(tmp_path).served


def _outcome(served: Served, target: str, status: int, body: str, *, before: int = 0) -> Outcome:
    """Return the outcome of a cell when the API answers this, with so many refusals in the record before the call."""
    stale = refusal(request_id="stale", principal="arn:aws:sts::1:assumed-role/x-TenantRole/acme.viewer")
    looks = iter([[stale] * before])
    answer = Answer(status, {}, body.encode())
    api = SimpleNamespace(
        as_user=lambda *_, **__: answer,
        call=lambda *_, **__: answer,
        rows=SimpleNamespace(row_id=lambda *_: "p", path=lambda _, route, __: route.path, text=lambda _: "x"),
        forged=lambda **_: "a.b.c",
        forged_for=lambda *_: "a.b.c",
        token=lambda *_: "a.b.c",
    )
    world = SimpleNamespace(api=api, secrets=SECRETS, decisions=lambda: next(looks, [stale]))
    cells = http_cells(served, "session_tags")
    attacks = [each for each in cells if each.target.startswith(target) and "{" not in each.attack]
    attacked = next((each for each in attacks if each.attack != "GET /me"), attacks[0])
    return attacked.act(cast("World", world))


@pytest.mark.parametrize(
    ("target", "body", "kind"),
    [
        ("tenant in the headers", OWN, Kind.CONTAINED),
        ("tenant in the headers", '{"rows": []}', Kind.FAILED),
        ("tenant in the headers", "null", Kind.FAILED),
        ("tenant in the headers", "", Kind.FAILED),
        (
            "tenant in the headers",
            '{"rows": [{"description": "a ring"}], "next_cursor": null}',
            Kind.FAILED,
        ),
        ("expired", OWN, Kind.ALLOWED),
        ("of a tenant that is not registered", '{"rows": []}', Kind.ALLOWED),
    ],
)
def test_an_answer_of_200_is_looked_at(served: Served, target: str, body: str, kind: Kind) -> None:
    """A list must hold the caller's own, and a forged token must get none."""
    assert _outcome(served, target, 200, body).kind is kind


def test_a_refusal_by_iam_is_one_of_this_very_call(served: Served) -> None:
    """An earlier one, of another attack with the same session, explains nothing."""
    body = json.dumps({"Code": "TenantAccessDeniedError", "Message": "no"})
    assert _outcome(served, THE_OTHERS_ROW, 403, body, before=0).request_id == "stale"
    assert _outcome(served, THE_OTHERS_ROW, 403, body, before=1).request_id == "none"


def test_verdicts_are_not_lost_when_nothing_can_be_taken_away() -> None:
    """The report says so, and is not good."""

    def clear() -> None:
        raise OSError("no connection")

    world = SimpleNamespace(
        stage=SimpleNamespace(table_name="t"),
        secrets=SECRETS,
        local=object(),
        plant=lambda _: None,
        clear=clear,
        close=lambda: None,
        decisions=lambda: [refusal()],
        altered=list,
    )
    report: Report = run(
        cast("World", world), [cell(act=answering(Outcome(Kind.REFUSED, "x", "no", "r-1")))], {}, name="n"
    )
    assert all(each.verdict.is_good for each in report.judged)
    assert report.left_behind == "OSError no connection"
    assert not report.is_good
