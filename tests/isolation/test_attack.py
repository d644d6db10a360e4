"""The attack matrix on a real local stack: green as it is applied; what its command prints and writes."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib import PRODUCT
from chalicelib.tenancy.tenant import Role
from isolation.attack.__main__ import main
from isolation.attack.controls import Control
from isolation.attack.matrix import all_cells, chosen, on_stage, thinned
from isolation.attack.outcomes import Service
from isolation.attack.reports import summary
from isolation.attack.runner import run
from isolation.attack.served import served
from isolation.attack.verdicts import Verdict
from isolation.attack.world import World
from stage.clients import lambda_client
from stage.document import Stage
from tests.support.weakened_policies import weakened, without_role_condition

if TYPE_CHECKING:
    from pathlib import Path

    from isolation.attack.cells import Cell
    from isolation.attack.runner import Report
    from stage.document import LocalStage
    from stage.local.stack import LocalStack

pytestmark = pytest.mark.evidence

TENANT_ROLE = f"{PRODUCT}-local-TenantRole"


def _cells(stage: LocalStage) -> tuple[Cell, ...]:
    return thinned(all_cells(stage.vending_strategy, served()))


def _run(world: World, cells: tuple[Cell, ...]) -> Report:
    selection = on_stage(cells, local=world.local is not None, tenants=world.tenants)
    return run(world, selection.cells, selection.skipped, name="test")


def _everything(stack: LocalStack) -> Counter[str]:
    dynamodb = stack.client("dynamodb")
    names = [stack.outputs[f"{name}_name"] for name in ("table", "registry_table")]
    items = [item for name in names for item in dynamodb.scan(TableName=name)["Items"]]
    return Counter(json.dumps(item, sort_keys=True) for item in items)


def test_every_attack_is_refused_by_its_control_and_leaves_nothing_behind(
    world: World, stage: LocalStage, stack: LocalStack
) -> None:
    """Over all services and roles; the known limits are shown as such."""
    before = _everything(stack)

    cells = _cells(stage)
    report = _run(world, cells)

    wrong = [f"{each.cell.name}: {each.verdict}, {each.reason}" for each in report.judged if not each.verdict.is_good]
    assert wrong == []
    assert report.is_good
    assert not report.skipped
    assert report.count(Verdict.REFUSED) >= 500, summary(report)
    tables = {Service.POSTGRES} if served().tables else set()
    assert {each.cell.service for each in report.judged} == {*Service} - {Service.POSTGRES} | tables
    assert report.count(Verdict.KNOWN_LIMIT) == sum(bool(cell.known_limit) for cell in cells) > 0
    assert _everything(stack) == before


def test_the_twin_tells_what_is_broken_from_what_is_refused(world: World, stage: LocalStage, stack: LocalStack) -> None:
    """A role that may read no item refuses every attack, and the evidence does not call that isolation."""
    cells = tuple(
        cell
        for cell in chosen(_cells(stage), services=(Service.DYNAMODB,), controls=(Control.NOT_GRANTED,))
        if cell.who.tenant == "acme" and cell.attack == "BatchGetItem"
    )

    def without_reading_items(statement: dict[str, Any]) -> None:
        statement["Action"] = [each for each in statement["Action"] if each != "dynamodb:GetItem"]

    with weakened(stack.client("iam"), TENANT_ROLE, without_reading_items):
        red = _run(world, cells)

    assert {each.verdict for each in red.judged} == {Verdict.BROKEN}
    assert "the allowed twin" in red.judged[0].reason


def test_on_aws_the_form_of_the_message_tells_the_control(
    stage_by_tags: LocalStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stage without its decision record, as on AWS: tenants' sessions on the pooled table, in its network."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", stage_by_tags.vpc_endpoint_url)
    opener = lambda_client(stage_by_tags, "sts")
    remote = World(Stage.model_validate(stage_by_tags.model_dump()), served(), sts=lambda: opener)

    cells = tuple(cell for cell in _cells(stage_by_tags) if cell.who.role != Role.MEMBER)
    report = _run(remote, cells)

    assert report.is_good, [each for each in report.judged if not each.verdict.is_good][:3]
    assert not report.exact
    assert {each.cell.service for each in report.judged} == {Service.DYNAMODB}
    assert not any(each.cell.harms or not each.cell.who.tenant for each in report.judged)
    assert len(report.skipped) == 3
    assert len(report.judged) >= 250


def test_a_stage_on_aws_where_tokens_open_sessions_is_not_attacked_from_outside(
    stage: LocalStage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its role trusts nobody's credentials, and a token only in its network: the command says so, and shows nothing."""
    described = tmp_path / "stage.json"
    Stage.model_validate(stage.model_dump()).save(described)

    assert main(["--stage", str(described)]) == 2
    assert "a user's token opens sessions" in capsys.readouterr().err


def test_the_command_writes_the_evidence_and_says_by_its_exit_code_whether_it_is_good(
    stage: LocalStage, stack: LocalStack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 for the stage as it is, 1 when a control is weakened; the table, JSON and HTML all name attack and control."""
    described = tmp_path / "stage.json"
    stage.save(described)
    arguments = ["--stage", str(described), "--service", "Secrets Manager"]
    arguments += ["--json", str(tmp_path / "out.json"), "--html", str(tmp_path / "out.html")]

    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "GetSecretValue" in printed
    assert Control.ROLE_TAG in printed
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["good"] is True
    assert document["counts"]["refused"] == len(document["cells"]) > 50
    assert "GetSecretValue" in (tmp_path / "out.html").read_text()

    with weakened(stack.client("iam"), TENANT_ROLE, without_role_condition):
        assert main(arguments) == 1
    printed = capsys.readouterr().out
    assert "leaked: Secrets Manager: GetSecretValue, writer, as acme viewer (web_identity)" in printed
