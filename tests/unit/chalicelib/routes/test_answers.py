"""What every answer carries: CORS headers, a request id, and `Retry-After` when trying again can help."""

from __future__ import annotations

import json
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from chalice.app import Response

from chalicelib.errors import UnavailableError
from chalicelib.routes.answers import REQUEST_ID_HEADER, RETRY_AFTER_SECONDS, exact_json, finish_answer

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
    "literal",
    [
        "0",
        "-1",
        "7.5",
        "0.1",
        "12345678901234567890123456789012345678",
        "-0.12345678901234567890123456789012345678",
        "1E-130",
        "9.9999999999999999999999999999999999999E+125",
    ],
)
def test_a_decimal_is_answered_as_a_number_with_all_its_digits(literal: str) -> None:
    """Neither as a float, which would round it, nor as a string."""
    answer = exact_json({"weight": Decimal(literal)}).to_dict()

    weight = json.loads(answer["body"], parse_float=Decimal, parse_int=Decimal)["weight"]
    assert (type(weight), weight.as_tuple()) == (Decimal, Decimal(literal).as_tuple())


def test_other_values_are_answered_as_json_knows_them() -> None:
    """The twin of the test above: true is no number, and text of any script survives."""
    body = {"new": True, "name": "\u00c4mbo\u00df \U0001f600", "none": None, "list": [1, "1"]}
    assert json.loads(exact_json(body).to_dict()["body"]) == body


def test_an_exact_answer_is_json_with_the_given_status_and_headers() -> None:
    """Chalice must not encode it once more."""
    answer = exact_json({"a": Decimal("1.10")}, 201, {"ETag": '"1"'}).to_dict()
    assert (answer["statusCode"], answer["body"]) == (201, '{"a":1.10}')
    assert answer["headers"] == {"Content-Type": "application/json", "ETag": '"1"'}


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
