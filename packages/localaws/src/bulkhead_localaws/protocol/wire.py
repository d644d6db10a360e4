"""Error answers in the wire format of the protocol that was called, so that an SDK raises the right error.

The formats are those of the protocol pages of Smithy (https://smithy.io/2.0/aws/protocols/index.html) and of "Error
responses" in the S3 API reference.
"""

from __future__ import annotations

import json
import re
import zlib
from enum import StrEnum
from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Protocol(StrEnum):
    """How a service encodes requests and errors."""

    JSON_1_0 = "json-1.0"
    JSON_1_1 = "json-1.1"
    REST_JSON = "rest-json"
    CBOR = "smithy-rpc-v2-cbor"
    QUERY = "query"
    EC2 = "ec2"
    REST_XML = "rest-xml"
    S3 = "s3"


QUERY_SERVICES = frozenset({
    "autoscaling", "cloudformation", "elasticache", "elasticbeanstalk", "elasticloadbalancing", "iam", "monitoring",
    "rds", "redshift", "sdb", "ses", "sns", "sts",
})  # fmt: skip
"""Signing names of services that speak the query protocol (some of them JSON or CBOR as well)."""

_BY_SERVICE = {
    "ec2": Protocol.EC2,
    "s3": Protocol.S3,
    "cloudfront": Protocol.REST_XML,
    "route53": Protocol.REST_XML,
}
SCOPE_PARTS = 5  # access key, date, region, service, aws4_request
FORM = "application/x-www-form-urlencoded"
_JSON_VERSIONS = {"application/x-amz-json-1.0": Protocol.JSON_1_0, "application/x-amz-json-1.1": Protocol.JSON_1_1}
_CLAIM = re.compile(r"Credential=([^,&\s]{1,512})")
_SIGNING_NAME = re.compile(r"[a-z0-9-]{1,64}")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAMESPACES = {"ValidationException": "com.amazon.coral.validate#"}
_NAMESPACE = "com.amazon.coral.service#"
"""What DynamoDB, the best known JSON 1.0 service, writes before the code of an error of its front end."""


class ErrorAnswer(NamedTuple):
    """An HTTP answer: WSGI's status line and headers, and the body."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


class _Error(NamedTuple):
    status: int
    code: str
    message: str
    request_id: str


def claimed_service(headers: Mapping[str, str], raw_query: str) -> str | None:
    """Return the signing name that a request claims, verified or not, or None; for choosing an answer or a turn."""
    found = _CLAIM.search(headers.get("authorization", "")) or _CLAIM.search(raw_query)
    scope = unquote(found[1]).split("/") if found else []
    return scope[3] if len(scope) == SCOPE_PARTS and _SIGNING_NAME.fullmatch(scope[3]) else None


def protocol_of(headers: Mapping[str, str], raw_query: str) -> Protocol:
    """Choose the protocol in which a request must be answered, from what it looks like; never fails.

    An unsigned request without any hint is answered as S3 does, the one service that people call anonymously.
    """
    service = claimed_service(headers, raw_query)
    content_type = media_type(headers)
    if headers.get("smithy-protocol") == "rpc-v2-cbor":
        return Protocol.CBOR
    if service in _BY_SERVICE:
        return _BY_SERVICE[service]
    if content_type in _JSON_VERSIONS:
        return _JSON_VERSIONS[content_type]
    if "x-amz-target" in headers:
        return Protocol.JSON_1_1
    if service in QUERY_SERVICES or content_type == FORM:
        return Protocol.QUERY
    if service:
        return Protocol.REST_JSON
    return Protocol.QUERY if "Action=" in raw_query else Protocol.S3


def media_type(headers: Mapping[str, str]) -> str:
    """Return the type and subtype of the Content-Type header, in lower case, or an empty string."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def error_response(  # noqa: PLR0913 (what an error answer consists of)
    protocol: Protocol, status: int, code: str, message: str, request_id: str, *, method: str = "POST"
) -> ErrorAnswer:
    """Encode an error. `code` is a bare AWS error code; a HEAD request gets no body (RFC 9110, section 9.3.2)."""
    headers, body = _ENCODERS[protocol](_Error(status, code, message, request_id))
    if method == "HEAD":
        body = b""
    return ErrorAnswer(_status_line(status), [*headers, ("Content-Length", str(len(body)))], body)


def _status_line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


_Encoded = tuple[list[tuple[str, str]], bytes]


def _json_1_0(error: _Error) -> _Encoded:
    return _json_rpc(error, _NAMESPACES.get(error.code, _NAMESPACE) + error.code, "application/x-amz-json-1.0")


def _json_1_1(error: _Error) -> _Encoded:
    return _json_rpc(error, error.code, "application/x-amz-json-1.1")


def _json_rpc(error: _Error, shape: str, content_type: str) -> _Encoded:
    body = json.dumps({"__type": shape, "message": error.message}).encode()
    checksum = ("x-amz-crc32", str(zlib.crc32(body)))  # DynamoDB's; SDKs that look for it retry when it is wrong
    return [*_headers(error, content_type), ("X-Amzn-ErrorType", error.code), checksum], body


def _rest_json(error: _Error) -> _Encoded:
    body = json.dumps({"message": error.message}).encode()
    return [*_headers(error, "application/json"), ("X-Amzn-ErrorType", error.code)], body


def _cbor(error: _Error) -> _Encoded:
    body = b"\xa2" + b"".join(map(_cbor_text, ("__type", error.code, "message", error.message)))
    return [*_headers(error, "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")], body


def _cbor_text(text: str) -> bytes:
    """Encode a text string with a length of four bytes, which any length fits in (RFC 8949, section 3.1)."""
    encoded = text.encode(errors="replace")
    return b"\x7a" + len(encoded).to_bytes(4, "big") + encoded


def _query(error: _Error) -> _Encoded:
    blame = "Sender" if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else "Receiver"
    return _headers(error, "text/xml"), _xml(
        f"<ErrorResponse><Error><Type>{blame}</Type>{_code_and_message(error)}</Error>"
        f"<RequestId>{_text(error.request_id)}</RequestId></ErrorResponse>"
    )


def _ec2(error: _Error) -> _Encoded:
    return _headers(error, "text/xml"), _xml(
        f"<Response><Errors><Error>{_code_and_message(error)}</Error></Errors>"
        f"<RequestID>{_text(error.request_id)}</RequestID></Response>"
    )


def _s3(error: _Error) -> _Encoded:
    headers = [("Content-Type", "application/xml"), ("x-amz-request-id", error.request_id)]
    request_id = f"<RequestId>{_text(error.request_id)}</RequestId>"
    return headers, _xml(f"<Error>{_code_and_message(error)}{request_id}</Error>")


def _headers(error: _Error, content_type: str) -> list[tuple[str, str]]:
    return [("Content-Type", content_type), ("x-amzn-RequestId", error.request_id)]


def _xml(document: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{document}'.encode()


def _code_and_message(error: _Error) -> str:
    return f"<Code>{_text(error.code)}</Code><Message>{_text(error.message)}</Message>"


def _text(text: str) -> str:
    """Escape text for XML; characters that XML 1.0 (section 2.2) cannot hold become U+FFFD."""
    return escape(_NOT_IN_XML.sub("\ufffd", text), quote=False)


_ENCODERS: dict[Protocol, Callable[[_Error], _Encoded]] = {
    Protocol.JSON_1_0: _json_1_0,
    Protocol.JSON_1_1: _json_1_1,
    Protocol.REST_JSON: _rest_json,
    Protocol.CBOR: _cbor,
    Protocol.QUERY: _query,
    Protocol.REST_XML: _query,
    Protocol.EC2: _ec2,
    Protocol.S3: _s3,
}
