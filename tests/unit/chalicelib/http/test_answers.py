"""What every answer carries, and what is written down of it: metrics of its tenant, and each refused data access."""

from __future__ import annotations

import json
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from chalice.app import Response

from chalicelib import wiring
from chalicelib.errors import TenantAccessDeniedError, UnavailableError
from chalicelib.http.answers import REQUEST_ID_HEADER, RETRY_AFTER_SECONDS, exact_json, finish_answer
from chalicelib.vending.usage import Capacity, Usage
from tests.unit.chalicelib.audit_lines import audit_lines, without_what_every_line_has

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.fresh_python import RunPython
    from tests.support.requests import MakeRequest

CORS_HEADERS = """
import json
from chalicelib.http.answers import CORS
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
    answer = finish_answer(request, lambda _: Response("", headers={"Location": "/samples/a"}))
    assert answer.headers == {"Location": "/samples/a", REQUEST_ID_HEADER: "lambda-1"}


def test_an_answer_without_a_lambda_context_has_no_request_id(make_request: MakeRequest) -> None:
    """As in a test client; it is no reason to fail."""
    assert REQUEST_ID_HEADER not in finish_answer(make_request(), lambda _: Response("")).headers


CONTEXT = {"tenant": "acme", "role": "member", "user_id": "user-1", "email": "m@example.com"}


@pytest.fixture(autouse=True)
def usage(monkeypatch: pytest.MonkeyPatch) -> Usage:
    """What tenants consumed: it begins with nothing."""
    begun = Usage()
    monkeypatch.setattr(wiring, "usage", lambda: begun)
    return begun


def finished(
    make_request: MakeRequest, capsys: pytest.CaptureFixture[str], status: int, authorizer: Any = CONTEXT
) -> tuple[list[Any], list[Any]]:
    """Finish an answer of this status, and return the metrics and the audit lines that were written."""
    request = make_request(authorizer=authorizer, lambda_context=SimpleNamespace(aws_request_id="lambda-1"))
    capsys.readouterr()
    with audit_lines() as lines:
        finish_answer(request, lambda _: Response("", status_code=status))
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()], lines()


@pytest.mark.parametrize("status", [200, 201, 204, 400, 403, 404, 409, 412, 428, 500, 503])
def test_each_request_of_a_tenant_writes_its_metrics(
    make_request: MakeRequest, capsys: pytest.CaptureFixture[str], usage: Usage, status: int
) -> None:
    """Whatever came of it: what it consumed is paid for. An error is what is not the caller's own."""
    usage.add("acme", read=1.5, write=2)
    usage.add("acme-eu", read=99)

    (line,), _ = finished(make_request, capsys, status)

    assert (line["tenant"], line["Requests"], line["Errors"]) == ("acme", [1.0], [float(status >= 500)])
    assert (line["ConsumedReadCapacity"], line["ConsumedWriteCapacity"]) == ([1.5], [2.0])
    assert (usage.take("acme"), usage.take("acme-eu")) == (Capacity(), Capacity(read=99))


def test_what_one_request_consumed_is_not_counted_for_the_next(
    make_request: MakeRequest, capsys: pytest.CaptureFixture[str], usage: Usage
) -> None:
    """Of the same tenant, in the same container."""
    usage.add("acme", read=1)
    consumed = [finished(make_request, capsys, 200)[0][0]["ConsumedReadCapacity"] for _ in range(2)]
    assert consumed == [[1.0], [0.0]]


@pytest.mark.parametrize("authorizer", [None, {}, {"principalId": "x"}, {"tenant": ""}], ids=str)
@pytest.mark.parametrize("status", [200, 403, 500])
def test_a_request_of_nobody_writes_neither_metrics_nor_an_audit_line(
    make_request: MakeRequest, capsys: pytest.CaptureFixture[str], status: int, authorizer: Any
) -> None:
    """Such as one for the health or the API's description: it belongs to no tenant."""
    assert finished(make_request, capsys, status, authorizer) == ([], [])


def test_a_refused_data_access_is_recorded_with_who_asked_for_what(
    make_request: MakeRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its route, whose parameters are the caller's text, and under the id that the answer carries."""
    _, (line,) = finished(make_request, capsys, TenantAccessDeniedError.STATUS_CODE)
    assert without_what_every_line_has(line) == {
        "action": "PUT /samples/{row_id}",
        "outcome": "refused",
        "tenant": "acme",
        "actor": "user-1",
        "request_id": "lambda-1",
        "reason": "TenantAccessDeniedError",
    }


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"Code": "HandleClosedError", "Message": "no"}, "HandleClosedError"),
        ({"Code": "TenantAccessDeniedError", "Message": "no"}, "TenantAccessDeniedError"),
        ({"Code": "what a caller sent"}, "TenantAccessDeniedError"),
        ({"Code": ["HandleClosedError"]}, "TenantAccessDeniedError"),
        ({}, "TenantAccessDeniedError"),
        ("HandleClosedError", "TenantAccessDeniedError"),
    ],
)
def test_the_record_of_a_refusal_says_whether_it_was_code(
    make_request: MakeRequest, capsys: pytest.CaptureFixture[str], body: Any, reason: str
) -> None:
    """The one refusal that is neither IAM's nor PostgreSQL's; and no other text of the answer is written down."""
    request = make_request(authorizer=CONTEXT)
    with audit_lines() as lines:
        finish_answer(request, lambda _: Response(body, status_code=403))
    capsys.readouterr()
    assert [line["reason"] for line in lines()] == [reason]


@pytest.mark.parametrize("status", [200, 201, 204, 400, 404, 409, 412, 428, 500, 503])
def test_no_other_answer_is_recorded(
    make_request: MakeRequest, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    """The twin of the refusal above: the audit log is not the access log."""
    assert finished(make_request, capsys, status)[1] == []


def test_neither_metrics_nor_the_audit_hold_what_the_caller_sent(
    make_request: MakeRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """No token, no address, no body, no query."""
    token = "eyJhbGciOiJSUzI1NiJ9.e30.c2ln"
    request = make_request(
        json.dumps({"name": token}),
        query={"cursor": [token]},
        headers={"authorization": f"Bearer {token}"},
        authorizer=CONTEXT,
    )
    capsys.readouterr()
    with audit_lines() as lines:
        finish_answer(request, lambda _: Response({"Message": token}, status_code=403))
    written = capsys.readouterr().out + json.dumps(lines())
    assert '"tenant"' in written
    assert not any(text in written for text in (token, "m@example.com"))


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


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"NAME_AWS_REQUESTS": "1", "AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, True),
        ({"NAME_AWS_REQUESTS": "1"}, False),
        ({"NAME_AWS_REQUESTS": "1", "AWS_ENDPOINT_URL": ""}, False),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, False),
    ],
)
def test_only_an_answer_of_the_local_aws_names_its_requests(
    run_python: RunPython, environment: Mapping[str, str], *, named: bool
) -> None:
    """A setting that was left in the shell does not reach what `make package` makes for AWS."""
    exposed = run_python(CORS_HEADERS, environment)["Access-Control-Expose-Headers"].split(",")
    assert ("X-Aws-Requests" in exposed) is named
