"""The local AWS as one HTTP server on one port."""

from __future__ import annotations

import secrets
import socket
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from werkzeug.serving import BaseWSGIServer, make_server

from bulkhead_localaws.decisions import DECISIONS_PATH, Decisions
from bulkhead_localaws.execution import PATH, ExecutionCredentials
from bulkhead_localaws.gate.gate import Gate
from bulkhead_localaws.gate.record import DecisionRecord
from bulkhead_localaws.gate.sessions import SessionStore
from bulkhead_localaws.lambda_service import LambdaService
from bulkhead_localaws.moto.directory import MotoDirectory
from bulkhead_localaws.moto.emulator import ACCOUNT_ID, OperatorKey, create_emulator, create_operator
from bulkhead_localaws.moto.mapping import MotoMapper
from bulkhead_localaws.moto.request_handler import RequestHandler

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from bulkhead_localaws.postgres.access import PostgresAccess


@dataclass(frozen=True, slots=True)
class Ready:
    """What a person or a tool needs to use a local AWS that is ready."""

    endpoint_url: str
    account_id: str
    operator: OperatorKey
    execution_secret: str
    postgres: PostgresAccess | None = None

    def as_document(self) -> dict[str, Any]:
        """Return it as JSON-ready data; what was not started is absent."""
        return {name: value for name, value in asdict(self).items() if value is not None}


class _Application:
    """Routes between this local AWS's own doors and the gate."""

    def __init__(self, *, gate: WSGIApplication, execution: WSGIApplication, decisions: WSGIApplication) -> None:
        self._gate = gate
        self._execution = execution
        self._decisions = decisions

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith(PATH):
            return self._execution(environ, start_response)
        if path == DECISIONS_PATH:
            return self._decisions(environ, start_response)
        return self._gate(environ, start_response)


def create_server(host: str, port: int) -> tuple[BaseWSGIServer, Ready]:
    """Bind the port (0 takes a free one) and return the server and how to use it; it answers once it serves.

    Raises:
        OSError: the port is taken.
    """
    with socket.create_server((host, port), backlog=128) as listening:
        return _serve_on(listening, host)


def _serve_on(listening: socket.socket, host: str) -> tuple[BaseWSGIServer, Ready]:
    secret = secrets.token_hex(32)
    sessions, record = SessionStore(), DecisionRecord()
    directory = MotoDirectory(sessions, account=ACCOUNT_ID)
    gate = Gate(
        create_emulator(),
        directory=directory,
        sessions=sessions,
        mapper=MotoMapper(),
        record=record,
        account=ACCOUNT_ID,
        clock=_now,
    )
    execution = LambdaService(directory, sessions, account=ACCOUNT_ID, clock=_now)
    application = _Application(
        gate=gate, execution=ExecutionCredentials(execution, secret), decisions=Decisions(record)
    )
    # By file descriptor, which werkzeug duplicates: when it binds the port itself and cannot, it ends the process.
    server = make_server(host, 0, application, threaded=True, request_handler=RequestHandler, fd=listening.fileno())
    ready = Ready(
        endpoint_url=f"http://{host}:{server.port}",
        account_id=ACCOUNT_ID,
        operator=create_operator(),
        execution_secret=secret,
    )
    return server, ready


def _now() -> datetime:
    return datetime.now(UTC)
