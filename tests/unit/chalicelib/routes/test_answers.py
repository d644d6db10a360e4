"""What every answer carries: CORS headers, a request id, and `Retry-After` when trying again can help."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from chalice.app import Response

from chalicelib.errors import UnavailableError
from chalicelib.routes.answers import REQUEST_ID_HEADER, RETRY_AFTER_SECONDS, finish_answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.unit.chalicelib.routes.conftest import MakeRequest
    from tests.unit.conftest import RunPython

CORS_HEADERS = """
import json
from chalicelib.routes.answers import CORS
print(json.dumps(CORS.get_access_control_headers()))
"""


@pytest.mark.parametrize(
    ("status", "retry_after"),
    [(200, None), (204, None), (400, None), (403, None), (404, None), (500, None), (503, str(RETRY_AFTER_SECONDS))],
)
def test_only_an_answer_that_may_change_soon_says_when_to_try_again(
    make_request: MakeRequest, status: int, retry_after: str | None
) -> None:
    """The status decides, and it is the one that unavailable things have."""
    answer = finish_answer(make_request(), lambda _: Response("", status_code=status))
    assert answer.headers.get("Retry-After") == retry_after
    assert UnavailableError.STATUS_CODE == 503


def test_every_answer_names_its_request(make_request: MakeRequest) -> None:
    """By the id under which the function logs it, and without losing the route's own headers."""
    request = make_request(lambda_context=SimpleNamespace(aws_request_id="lambda-1"))
    answer = finish_answer(request, lambda _: Response("", headers={"Location": "/cart/a"}))
    assert answer.headers == {"Location": "/cart/a", REQUEST_ID_HEADER: "lambda-1"}


def test_an_answer_without_a_lambda_context_has_no_request_id(make_request: MakeRequest) -> None:
    """As in a test client; it is no reason to fail."""
    assert REQUEST_ID_HEADER not in finish_answer(make_request(), lambda _: Response("")).headers


@pytest.mark.parametrize(
    ("environment", "origin"),
    [
        pytest.param({"CORS_ORIGIN": "https://app.example.com"}, "https://app.example.com", id="the stage's"),
        pytest.param({"CORS_ORIGIN": "http://127.0.0.1:8080"}, "http://127.0.0.1:8080", id="the local page's"),
        pytest.param({}, "https://origin.invalid", id="unset"),
        pytest.param({"CORS_ORIGIN": ""}, "https://origin.invalid", id="empty"),
        pytest.param({"CORS_ORIGIN": "*"}, "https://origin.invalid", id="wildcard"),
        pytest.param(
            {"CORS_ORIGIN": "https://a.example.com,https://b.example.com"}, "https://origin.invalid", id="list"
        ),
        pytest.param({"CORS_ORIGIN": "https://a.example.com\r\nX: y"}, "https://origin.invalid", id="header injection"),
    ],
)
def test_cors_allows_the_one_configured_origin_or_none(
    run_python: RunPython, environment: Mapping[str, str], origin: str
) -> None:
    """Never a wildcard, even on the routes that read no other setting; caches must tell origins apart."""
    headers = run_python(CORS_HEADERS, environment)

    assert headers["Access-Control-Allow-Origin"] == origin
    assert headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in headers
    assert {"Authorization", "Content-Type", "If-Match"} <= set(headers["Access-Control-Allow-Headers"].split(","))
    assert {"Retry-After", REQUEST_ID_HEADER} <= set(headers["Access-Control-Expose-Headers"].split(","))
