"""The rows that `make dev` begins with, and that an entity under work does not keep it from starting."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from chalicelib.data.storage import Kind, Sharding
from chalicelib.entities.entity import Entity
from chalicelib.entities.probe import Probe
from ops import sample_rows
from ops.sample_rows import add_sample_rows
from stage.document import User
from stage.progress import Progress
from tests.unit.http_stub import Asked, HttpStub, StubAnswer
from tests.unit.stage.test_document import STAGE

if TYPE_CHECKING:
    from collections.abc import Callable

USERS = [
    User(tenant=tenant, role=role, username=f"{tenant}/{role}", password="p")
    for tenant in ("acme", "globex")
    for role in ("viewer", "admin")
]


@pytest.fixture(autouse=True)
def entities(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be one entity of the tests' own."""
    probe = Probe(body=lambda text: {"name": text}, holds="name")
    monkeypatch.setattr(Entity, "probe", lambda _: probe)
    monkeypatch.setattr(sample_rows, "ENTITIES", (Entity("samples", "Samples", Kind("sample", Sharding(1))),))


def answered(rows: StubAnswer) -> Callable[[Asked], StubAnswer]:
    """Answer a sign-in with the user's name for a token, and the making of a row as told."""

    def answer(asked: Asked) -> StubAnswer:
        if asked.path == "/samples":
            return rows
        token = json.loads(asked.body)["AuthParameters"]["USERNAME"]
        return StubAnswer(body=json.dumps({"AuthenticationResult": {"IdToken": token}}).encode())

    return answer


def said(stub: HttpStub) -> str:
    """Add them on a stage whose API and AWS is the stub, and return what was said."""
    told = io.StringIO()
    stage = STAGE.model_copy(update={"api_url": stub.url, "aws_endpoint_url": stub.url, "users": USERS})
    add_sample_rows(stage, Progress(Console(file=told, width=200)))
    return told.getvalue()


def test_each_tenants_administrator_adds_three_of_each_entity() -> None:
    """By the probe's body, so that nothing here knows the entity."""
    with HttpStub(answered(StubAnswer(201))) as stub:
        assert "SKIPPED" not in said(stub)

    made = [
        (each.headers["authorization"], json.loads(each.body)["name"]) for each in stub.asked if each.path == "/samples"
    ]
    assert made == [
        (f"Bearer {tenant}/admin", f"Sample-{number}") for tenant in ("acme", "globex") for number in (1, 2, 3)
    ]


def test_an_entity_that_does_not_take_them_is_named_and_keeps_nothing_from_starting() -> None:
    """Its routes may be half-written."""
    with HttpStub(answered(StubAnswer(500, b'{"Code": "InternalServerError"}'))) as stub:
        told = said(stub)

    assert "sample rows of samples: SKIPPED, POST /samples answers 500" in told
    assert "InternalServerError" in told


def test_without_an_entity_nobody_signs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to add."""
    monkeypatch.setattr(sample_rows, "ENTITIES", ())
    with HttpStub(answered(StubAnswer(201))) as stub:
        assert said(stub) == ""

    assert stub.asked == []
