"""What a caller gets while something the app needs cannot be reached: 503, `Retry-After`, and nothing half-written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from ops.app_environment import process_basics
from ops.processes import Child, free_port
from tests.support.http_api import Api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ops.stack import LocalStack
    from tests.support.http_api import Person


@pytest.fixture
def api_with(stack: LocalStack, tmp_path: Path) -> Iterator[Callable[..., Api]]:
    """Return a function that starts the app with some of its settings changed."""
    started: list[tuple[Child, Api]] = []

    def start(**changed: str) -> Api:
        port = free_port()
        child = Child(
            "ops.local_api",
            ["--port", str(port)],
            environment={**process_basics(os.environ), **stack.settings, **changed},
            log=tmp_path / "api.log",
        )
        api = Api(f"http://127.0.0.1:{port}")
        started.append((child, api))

        def answers() -> bool:
            try:
                return api.call("GET", "/health").status == 200
            except OSError:
                return False

        child.wait_until(answers, seconds=30)
        return api

    yield start
    for child, api in started:
        api.close()
        child.stop()


NOWHERE = f"http://127.0.0.1:{free_port()}"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        pytest.param({"AWS_ENDPOINT_URL_STS": NOWHERE}, "ScopedCredentialsError", id="STS"),
        pytest.param({"AWS_ENDPOINT_URL_DYNAMODB": NOWHERE}, "StoreUnavailableError", id="DynamoDB"),
        pytest.param(
            {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{NOWHERE}/role"},
            "ScopedCredentialsError",
            id="the role's credentials",
        ),
        pytest.param({"JWKS_URL": f"{NOWHERE}/jwks.json"}, "SigningKeysUnavailableError", id="signing keys"),
    ],
)
def test_what_cannot_be_reached_is_503_with_retry_after(
    api_with: Callable[..., Api], acme: Person, changed: dict[str, str], code: str
) -> None:
    """No other credentials step in, nothing is written, and the same call works where all is there."""
    api = api_with(**changed)
    headers = {"Authorization": f"Bearer {acme.id_token}"}

    for method, path in (("GET", "/cart"), ("PUT", "/cart/a")):
        answer = api.call(method, path, headers=headers, body={"description": "x", "price": "1", "quantity": 1})
        assert (answer.status, answer.body["Code"]) == (503, code)
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["access-control-allow-origin"] == "http://127.0.0.1:8080"
    assert acme.cart()["items"] == []
    assert acme.put("a").status == 201


def test_a_missing_setting_is_an_opaque_500_that_the_log_explains(
    api_with: Callable[..., Api], acme: Person, tmp_path: Path
) -> None:
    """The caller learns nothing of the deployment; the operator learns which setting."""
    api = api_with(TABLE_NAME="")

    answer = api.call("GET", "/cart", headers={"Authorization": f"Bearer {acme.id_token}"})

    assert (answer.status, answer.body["Code"]) == (500, "InternalServerError")
    assert b"TABLE_NAME" not in answer.content
    assert "set these environment variables: TABLE_NAME" in (tmp_path / "api.log").read_text()


def test_no_log_holds_a_token_or_a_key(stack: LocalStack, acme: Person) -> None:
    """Neither the API's log nor the local AWS's names a secret of a request it served."""
    acme.put("a")
    acme.call("GET", "/nope")
    secrets = [
        acme.id_token.split(".")[2],
        stack.settings["AWS_CONTAINER_AUTHORIZATION_TOKEN"],
        stack.users[0].password,
    ]

    logs = "".join(path.read_text() for path in stack.folder.glob("api.log"))

    assert "GET /nope" in logs
    assert not [secret for secret in secrets if secret in logs]
