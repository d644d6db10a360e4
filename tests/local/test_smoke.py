"""The smoke test of a deployment, on the enforced local AWS: it passes there, and notices when it should not."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from rich.console import Console

from chalicelib import PRODUCT
from chalicelib.config import Strategy
from chalicelib.entities import ENTITIES
from ops import smoke
from ops.smoke import SmokeTest
from stage.errors import CommandError
from stage.functions import invoke_function
from stage.local.processes import process_basics
from stage.progress import Progress
from tests.support.weakened_policies import weakened, without_leading_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from stage.document import LocalStage
    from stage.local.stack import LocalStack

pytestmark = pytest.mark.parametrize("strategy", [Strategy.WEB_IDENTITY], indirect=True, scope="session")

BY_KEY = any(entity.probe().by_key for entity in ENTITIES)
needs_a_key = pytest.mark.skipif(not BY_KEY, reason="no entity has a route that takes a primary key")


@pytest.fixture
def smoke_test(
    stack: LocalStack, stage: LocalStage, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[str, str | None]]:
    """Return a function that runs it on the running stack, and returns what it said and what it complained of."""
    for name, value in stack.local_aws.operator_environment(stage.region).items():
        if value:  # boto3 takes an empty profile for one of that name
            monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # the operator's is gone with the test

    def invoke(name: str, event: dict[str, Any], *, function_name: str, region: str) -> Any:
        assert (function_name, region) == (name, stage.region)
        environment = {**process_basics(os.environ), **stage.functions[name], "ERASE_AFTER_SECONDS": "1"}
        return invoke_function(name, event, environment)

    monkeypatch.setattr(smoke, "invoke_lambda", invoke)

    def run(*, enforces_leading_keys: bool = True, **changes: Any) -> tuple[str, str | None]:
        document = stage.model_copy(update={"lambda_functions": {name: name for name in stage.functions}} | changes)
        said = io.StringIO()
        test = SmokeTest(document, Progress(Console(file=said, width=200)), enforces_leading_keys=enforces_leading_keys)
        try:
            test.run()
        except CommandError as error:
            return said.getvalue(), str(error)
        return said.getvalue(), None

    return run


def statuses(stack: LocalStack) -> list[str]:
    """Return how the throw-away tenants stand in the registry."""
    rows = stack.client("dynamodb").scan(TableName=stack.outputs["registry_table_name"])["Items"]
    return [row["status"]["S"] for row in rows if row["tenant_id"]["S"].startswith("smoke-")]


def test_it_passes_where_iam_enforces_and_leaves_nobody(
    stack: LocalStack, smoke_test: Callable[..., tuple[str, str | None]]
) -> None:
    """Two tenants came, used every entity, were shut out of each other's rows, and went."""
    said, complaint = smoke_test()
    assert complaint is None
    assert ("and IAM refuses" in said) is BY_KEY
    assert ("SKIPPED" not in said) is BY_KEY
    for entity in ENTITIES:
        assert f"/{entity.name}, a row of each tenant" in said
    assert set(statuses(stack)) == {"offboarded"}


@needs_a_key
@pytest.mark.evidence
def test_what_cannot_be_judged_is_said_to_be_skipped(smoke_test: Callable[..., tuple[str, str | None]]) -> None:
    """Never to have passed."""
    said, complaint = smoke_test(enforces_leading_keys=False)
    assert complaint is None
    assert "asks for the row of smoke-" in said
    assert "SKIPPED, leading keys are not enforced here" in said
    assert "IAM refuses" not in said


@needs_a_key
def test_a_tenant_that_reads_anothers_row_is_noticed(
    stack: LocalStack, smoke_test: Callable[..., tuple[str, str | None]]
) -> None:
    """With sessions that nothing confines; the tenants are offboarded all the same."""
    with weakened(stack.client("iam"), f"{PRODUCT}-local-TenantRole", without_leading_keys):
        _, complaint = smoke_test()
    assert complaint is not None
    assert "answers 200" in complaint
    assert complaint.endswith("and should answer 403")
    assert set(statuses(stack)) == {"offboarded"}


def test_an_api_that_is_away_is_said_to_be_away(
    stack: LocalStack, smoke_test: Callable[..., tuple[str, str | None]]
) -> None:
    """The tenants are offboarded all the same."""
    _, complaint = smoke_test(api_url="http://127.0.0.1:1")
    assert complaint is not None
    assert complaint.startswith("http://127.0.0.1:1 cannot be reached: ")
    assert set(statuses(stack)) == {"offboarded"}


@pytest.mark.evidence
def test_a_product_without_an_entity_is_tried_without_rows(
    stack: LocalStack, smoke_test: Callable[..., tuple[str, str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is who is asked all the same, and that no row was made is said."""
    monkeypatch.setattr(smoke, "ENTITIES", ())

    said, complaint = smoke_test()

    assert complaint is None
    assert "who is nobody" in said
    assert "rows of each tenant: SKIPPED, there is no entity" in said
    assert set(statuses(stack)) == {"offboarded"}
