"""What a caller gets while something the app needs cannot be reached: 503, `Retry-After`, and nothing half-written."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

from chalicelib import PRODUCT
from chalicelib.config import Strategy
from stage.local.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stage.http_api import Api
    from stage.local.stack import LocalStack
    from tests.support.people import Person


_ONE = "/anvils/00000000-0000-4000-8000-000000000000"
_GATEWAY_SECONDS = 29
NOWHERE = f"http://127.0.0.1:{free_port()}"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        pytest.param({"AWS_ENDPOINT_URL_STS": NOWHERE}, "ScopedCredentialsError", id="STS"),
        pytest.param({"AWS_ENDPOINT_URL_DYNAMODB": NOWHERE}, "StoreUnavailableError", id="DynamoDB"),
        pytest.param(
            {"TENANT_ROLE_ARN": f"arn:aws:iam::123456789012:role/{PRODUCT}-local-LambdaRole"},
            "ScopedCredentialsError",
            id="a role that does not trust the caller",
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

    for method, path, body in (
        ("GET", "/anvils", None),
        ("POST", "/anvils", {"name": "x", "price": "1"}),
        ("GET", _ONE, None),
        ("PATCH", _ONE, {"name": "x"}),
        ("DELETE", _ONE, None),
    ):
        answer = api.call(method, path, headers=headers | {"If-Match": "*"}, body=body)
        assert (answer.status, answer.body["Code"]) == (503, code)
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["access-control-allow-origin"] == "http://127.0.0.1:8080"
    assert acme.anvils() == []
    assert acme.create()


def test_the_functions_own_credentials_are_needed_only_where_it_opens_sessions_with_them(
    api_with: Callable[..., Api], acme: Person, strategy: Strategy
) -> None:
    """By a token a session opens without them; under the other strategies there is none, and nothing in its place."""
    api = api_with(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{NOWHERE}/role")
    answer = api.call("GET", "/anvils", headers={"Authorization": f"Bearer {acme.id_token}"})
    if strategy is Strategy.WEB_IDENTITY:
        assert (answer.status, answer.body["anvils"]) == (200, [])
    else:
        assert (answer.status, answer.body["Code"]) == (503, "SigningKeysUnavailableError")


def test_an_sts_that_hangs_is_given_up_before_the_gateway_does(api_with: Callable[..., Api], acme: Person) -> None:
    """It takes the connection and never answers: 503, and no other credentials, within API Gateway's 29 seconds."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        api = api_with(AWS_ENDPOINT_URL_STS=f"http://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        answer = api.call("GET", "/anvils", headers={"Authorization": f"Bearer {acme.id_token}"})
        waited = time.monotonic() - began
    assert (answer.status, answer.body["Code"]) == (503, "ScopedCredentialsError")
    assert waited < _GATEWAY_SECONDS


def test_a_missing_setting_is_an_opaque_500_that_the_log_explains(
    api_with: Callable[..., Api], acme: Person, tmp_path: Path
) -> None:
    """The caller learns nothing of the deployment; the operator learns which setting."""
    api = api_with(TABLE_ARN="")

    answer = api.call("GET", "/anvils", headers={"Authorization": f"Bearer {acme.id_token}"})

    assert (answer.status, answer.body["Code"]) == (500, "InternalServerError")
    assert b"TABLE_ARN" not in answer.content
    assert "set these environment variables: TABLE_ARN" in (tmp_path / "api.log").read_text()


def test_no_log_holds_a_token_or_a_key(stack: LocalStack, acme: Person) -> None:
    """Neither the API's log nor the local AWS's names a secret of a request it served."""
    acme.create()
    acme.call("GET", "/nope")
    secrets = [
        acme.id_token.split(".")[2],
        stack.settings["AWS_CONTAINER_AUTHORIZATION_TOKEN"],
        stack.local_aws.operator.secret_access_key,
        stack.local_aws.execution_secret,
        stack.local_aws.postgres["password"],
        *(stack.database_login(login)["password"] for login in ("reader", "writer")),
        *(user.password for user in stack.users),
    ]

    logs = "".join(path.read_text() for path in stack.folder.glob("*.log"))

    assert "GET /nope" in logs
    assert not [secret for secret in secrets if secret in logs]
