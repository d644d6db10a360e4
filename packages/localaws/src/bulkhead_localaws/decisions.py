"""`GET /_localaws/decisions`: what the gate decided, as JSON, for this machine only."""

from __future__ import annotations

import ipaddress
import json
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from bulkhead_localaws.gate.record import DecisionRecord

DECISIONS_PATH = "/_localaws/decisions"
_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


class Decisions:
    """WSGI application that answers callers on loopback.

    The Host header must name loopback too: else a page on the web could have its own name resolve to this machine and
    read the answer.
    """

    def __init__(self, record: DecisionRecord) -> None:
        self._record = record

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer with the last decisions, oldest first."""
        status, body = HTTPStatus.OK, b""
        if environ["REQUEST_METHOD"] != "GET":
            status = HTTPStatus.METHOD_NOT_ALLOWED
        elif not _is_local(environ):
            status = HTTPStatus.FORBIDDEN
        else:
            body = json.dumps({"decisions": self._record.as_documents()}).encode()
        start_response(
            f"{status.value} {status.phrase}",
            [("Content-Type", "application/json"), ("Content-Length", str(len(body)))],
        )
        return [body]


def _is_local(environ: WSGIEnvironment) -> bool:
    name = environ.get("HTTP_HOST", "").rpartition(":")[0] or environ.get("HTTP_HOST", "")
    try:
        return name in _LOOPBACK_NAMES and ipaddress.ip_address(environ.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
