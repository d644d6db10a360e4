"""The local AWS as one HTTP server on one port."""

from __future__ import annotations

import secrets
import socket
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from localaws.decisions import DECISIONS_PATH, Decisions
from localaws.emulator import ACCOUNT_ID, OperatorKey, create_emulator, create_operator
from localaws.execution import PATH, ExecutionCredentials
from localaws.gate.directory import Directory
from localaws.gate.gate import Gate
from localaws.gate.mapping import MotoMapper
from localaws.gate.record import DecisionRecord
from localaws.gate.sessions import SessionStore
from localaws.lambda_service import LambdaService

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from localaws.postgres import PostgresAccess


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


class _RequestHandler(MotoRequestHandler):
    disable_nagle_algorithm = True
    timeout = 30
    """Seconds of silence after which a connection is given up: else whoever sends half a request keeps a thread."""

    def make_environ(self) -> dict[str, Any]:
        """Answer 400 to a request target that cannot be split, such as `http://[/`."""
        try:
            environ: dict[str, Any] = super().make_environ()
        except ValueError:
            self.send_error(HTTPStatus.BAD_REQUEST)
            raise ConnectionAbortedError from None  # ends this request and nothing else
        return environ

    def log_request(self, *_: object) -> None:
        """Stay silent: Terraform alone makes hundreds of requests."""


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
    directory = Directory(sessions, account=ACCOUNT_ID)
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
    server = make_server(host, 0, application, threaded=True, request_handler=_RequestHandler, fd=listening.fileno())
    ready = Ready(
        endpoint_url=f"http://{host}:{server.port}",
        account_id=ACCOUNT_ID,
        operator=create_operator(),
        execution_secret=secret,
    )
    return server, ready


def _now() -> datetime:
    return datetime.now(UTC)
