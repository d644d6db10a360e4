"""The gate's own answers, and the mark that it leaves on the emulator's."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from bulkhead_localaws.protocol.requests import Headers
from bulkhead_localaws.protocol.wire import Protocol, error_response, protocol_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from wsgiref.types import StartResponse, WSGIEnvironment

_REQUEST_ID_NAMES = frozenset({"x-amzn-requestid", "x-amz-request-id"})
_ExcInfo = tuple[type[BaseException], BaseException, "TracebackType"] | tuple[None, None, None]

# How services refuse who is known and may not: AWS, "Common errors" of each service's API reference.
_DENIED = {
    Protocol.JSON_1_0: ("AccessDeniedException", HTTPStatus.BAD_REQUEST),
    Protocol.JSON_1_1: ("AccessDeniedException", HTTPStatus.BAD_REQUEST),
    Protocol.CBOR: ("AccessDeniedException", HTTPStatus.BAD_REQUEST),
    Protocol.REST_JSON: ("AccessDeniedException", HTTPStatus.FORBIDDEN),
    Protocol.QUERY: ("AccessDenied", HTTPStatus.FORBIDDEN),
    Protocol.REST_XML: ("AccessDenied", HTTPStatus.FORBIDDEN),
    Protocol.S3: ("AccessDenied", HTTPStatus.FORBIDDEN),
    Protocol.EC2: ("UnauthorizedOperation", HTTPStatus.FORBIDDEN),
}


class Refuser:
    """Answers one request with an error in the protocol in which it was made."""

    def __init__(self, environ: WSGIEnvironment, start_response: StartResponse, request_id: str) -> None:
        self._environ = environ
        self._start_response = start_response
        self._request_id = request_id

    def __call__(self, status: int, code: str, message: str) -> Iterable[bytes]:
        """Answer with an error."""
        method = self._environ.get("REQUEST_METHOD", "")
        answer = error_response(self._protocol(), status, code, message, self._request_id, method=method)
        self._start_response(answer.status, [*answer.headers, ("Access-Control-Allow-Origin", "*")])
        return [answer.body]

    def denied(self, message: str) -> Iterable[bytes]:
        """Answer that the caller may not do this."""
        code, status = _DENIED[self._protocol()]
        return self(status, code, message)

    def _protocol(self) -> Protocol:
        return protocol_of(Headers.from_environ(self._environ), self._environ.get("QUERY_STRING", ""))


def naming(start_response: StartResponse, request_id: str) -> StartResponse:
    """Return a start_response that names the request as the gate's record does."""

    def start(status: str, headers: list[tuple[str, str]], exc_info: _ExcInfo | None = None) -> object:
        kept = [(name, value) for name, value in headers if name.lower() not in _REQUEST_ID_NAMES]
        return start_response(status, [*kept, ("x-amzn-RequestId", request_id)], exc_info)

    return start  # type: ignore[return-value] # what it returns is the server's own write()


def numbered(document: bytes, request_id: str) -> list[tuple[str, str]]:
    """Return the headers of an answer with this body."""
    return [("Content-Length", str(len(document))), ("x-amzn-RequestId", request_id)]
