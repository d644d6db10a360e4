"""The gate's own answers, and its mark on the emulator's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bulkhead_localaws.gate.answers import Refuser, naming, numbered

if TYPE_CHECKING:
    from collections.abc import Callable


class Started:
    """A start_response that remembers."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[tuple[str, str]], Any]] = []

    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        """Remember."""
        self.calls.append((status, headers, exc_info))
        return len

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers of the one answer."""
        ((_, headers, _),) = self.calls
        return headers


SERVICES = {
    "dynamodb": {"CONTENT_TYPE": "application/x-amz-json-1.0", "HTTP_X_AMZ_TARGET": "DynamoDB_20120810.GetItem"},
    "cognito-idp": {"CONTENT_TYPE": "application/x-amz-json-1.1", "HTTP_X_AMZ_TARGET": "X.Y"},
    "iam": {"CONTENT_TYPE": "application/x-www-form-urlencoded"},
    "ec2": {"HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=A/20260101/eu-west-1/ec2/aws4_request, x"},
    "lambda": {"HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=A/20260101/eu-west-1/lambda/aws4_request, x"},
    "route53": {"HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/route53/aws4_request, x"},
    "s3": {"HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=A/20260101/eu-west-1/s3/aws4_request, x"},
}


@pytest.mark.parametrize(
    ("service", "status", "code"),
    [
        ("dynamodb", "400 Bad Request", "AccessDeniedException"),
        ("cognito-idp", "400 Bad Request", "AccessDeniedException"),
        ("iam", "403 Forbidden", "AccessDenied"),
        ("ec2", "403 Forbidden", "UnauthorizedOperation"),
        ("lambda", "403 Forbidden", "AccessDeniedException"),
        ("route53", "403 Forbidden", "AccessDenied"),
        ("s3", "403 Forbidden", "AccessDenied"),
    ],
)
def test_a_denial_is_what_the_called_service_would_say(service: str, status: str, code: str) -> None:
    """Code and status of the service's family, readable by a page of any origin."""
    started = Started()

    (body,) = Refuser({"REQUEST_METHOD": "POST", **SERVICES[service]}, started, "id-1").denied("No & <no>.")

    headers = dict(started.headers)
    assert started.calls[0][0] == status
    assert headers["Content-Length"] == str(len(body))
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "id-1" in (headers.get("x-amzn-RequestId"), headers.get("x-amz-request-id"))
    if body.startswith(b"{"):
        assert headers["X-Amzn-ErrorType"] == code
        assert json.loads(body)["message"] == "No & <no>."
    else:
        assert f"<Code>{code}</Code><Message>No &amp; &lt;no&gt;.</Message>".encode() in body


def test_an_answer_to_head_has_no_body() -> None:
    """RFC 9110, section 9.3.2."""
    started = Started()
    assert b"".join(Refuser({"REQUEST_METHOD": "HEAD"}, started, "id-1")(403, "AccessDenied", "No.")) == b""


@pytest.mark.parametrize("environ", [{}, {"QUERY_STRING": "%zz&Action=\xff"}, {"HTTP_AUTHORIZATION": "\xff" * 9}])
def test_a_request_that_looks_like_nothing_is_answered_all_the_same(environ: dict[str, Any]) -> None:
    """Whatever is missing from it."""
    started = Started()
    (body,) = Refuser(environ, started, "id-1").denied("No.")
    assert b"No." in body


def test_the_emulators_request_id_is_replaced() -> None:
    """Under every name that SDKs know; other headers, also repeated ones, stay; so does what a server passes along."""
    started = Started()
    headers = [
        ("Set-Cookie", "a"),
        ("X-AMZN-RequestId", "moto"),
        ("x-amz-request-id", "moto"),
        ("Set-Cookie", "b"),
        ("x-amz-id-2", "c"),
    ]

    write = naming(started, "id-1")("200 OK", headers, None)

    assert started.calls == [
        ("200 OK", [("Set-Cookie", "a"), ("Set-Cookie", "b"), ("x-amz-id-2", "c"), ("x-amzn-RequestId", "id-1")], None)
    ]
    assert write is len


def test_the_headers_of_a_document_say_how_long_it_is() -> None:
    """In bytes, and which request it answers."""
    assert numbered("\u00e9".encode(), "id-1") == [("Content-Length", "2"), ("x-amzn-RequestId", "id-1")]
