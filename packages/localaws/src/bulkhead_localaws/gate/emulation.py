"""The emulator's own part: its answer under the id that the gate's record has, or word that it failed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bulkhead_localaws.gate.answers import naming
from bulkhead_localaws.gate.calling import read_call
from bulkhead_localaws.protocol.checks import MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.protocol.wire import Protocol, protocol_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from bulkhead_localaws.protocol.requests import HttpRequest

    _ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]

_IDENTIFIED_IN_BODY = frozenset({Protocol.QUERY, Protocol.EC2, Protocol.REST_XML})
"""Protocols in which SDKs take the request id from the body: not S3, whose bodies are what people have stored."""
_REQUEST_ID = re.compile(rb"<(RequestId|RequestID|requestId)>[^<]*</\1>")
_LONGEST_NAME = 64


class EmulatorError(Exception):
    """The emulator failed on what was called: a fault of its own, which says nothing about permissions."""

    def __init__(self, called: str) -> None:
        super().__init__(f"The emulator behind the gate failed on {called}.")
        self.called = called


def emulated(  # noqa: PLR0913 -- a request, and where its answer goes
    emulator: WSGIApplication,
    environ: WSGIEnvironment,
    start_response: StartResponse,
    *,
    request: HttpRequest,
    service: str,
    request_id: str,
) -> Iterable[bytes]:
    """Return the emulator's answer to `environ`, which was made from `request`, with the gate's request id in it.

    Raises:
        EmulatorError: it raised an exception, which is the cause.
    """
    named = naming(start_response, request_id)
    try:
        if _is_identified_in_body(request):
            return _identified(emulator, environ, named, request_id)
        return emulator(environ, named)
    except Exception as error:
        raise EmulatorError(_called(request, service)) from error


def _is_identified_in_body(request: HttpRequest) -> bool:
    if "x-amz-target" in request.headers:  # JSON; it is asked first since most requests are DynamoDB's
        return False
    return protocol_of(request.headers, request.raw_query) in _IDENTIFIED_IN_BODY


def _called(request: HttpRequest, service: str) -> str:
    """Return what was called, as far as the gate reads it: `iam:GetUser`, or `s3 (GET)`."""
    try:
        operation = read_call(request, service, region="", account="").operation[:_LONGEST_NAME]
    except (MalformedRequestError, UnmappableRequestError):
        return f"{service} ({request.method})"
    return f"{service}:{re.sub(r'[^A-Za-z0-9]', '?', operation)}"


def _identified(
    emulator: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse, request_id: str
) -> Iterable[bytes]:
    """Return the whole answer with its request id replaced."""
    started: list[tuple[str, list[tuple[str, str]], _ExcInfo | None]] = []
    parts: list[bytes] = []

    def start(
        status: str, headers: list[tuple[str, str]], exc_info: _ExcInfo | None = None
    ) -> Callable[[bytes], object]:
        started.append((status, headers, exc_info))
        return parts.append

    answer = emulator(environ, start)
    try:
        parts.extend(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
    body = b"".join(parts)
    identified = _REQUEST_ID.sub(rf"<\1>{request_id}</\1>".encode(), body)
    status, headers, exc_info = started[-1]
    if identified != body:
        headers = [header for header in headers if header[0].lower() != "content-length"]
        headers.append(("Content-Length", str(len(identified))))
    start_response(status, headers, exc_info)
    return [identified]
