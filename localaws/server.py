"""The local AWS as one HTTP server on one port."""

from __future__ import annotations

import secrets
import socket
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from localaws.emulator import ACCOUNT_ID, OperatorKey, create_emulator, create_operator
from localaws.execution import PATH, ExecutionCredentials
from localaws.lambda_service import MotoLambdaService

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_CLOSED_PREFIXES = ("/moto-api", "/_localaws")  # moto's own doors, with which anyone could reset or record everything


@dataclass(frozen=True, slots=True)
class Ready:
    """What a person or a tool needs to use a local AWS that is ready."""

    endpoint_url: str
    account_id: str
    operator: OperatorKey
    execution_secret: str

    def as_document(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return asdict(self)


class _RequestHandler(MotoRequestHandler):
    disable_nagle_algorithm = True

    def log_request(self, *_: object) -> None:
        """Stay silent: Terraform alone makes hundreds of requests."""


class _Application:
    """Routes between the execution credentials and the emulator."""

    def __init__(self, emulator: WSGIApplication, execution: WSGIApplication) -> None:
        self._emulator = emulator
        self._execution = execution

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith(PATH):
            return self._execution(environ, start_response)
        if path.startswith(_CLOSED_PREFIXES):
            start_response("404 Not Found", [("Content-Length", "0")])
            return []
        return self._emulator(environ, start_response)


def create_server(host: str, port: int) -> tuple[BaseWSGIServer, Ready]:
    """Bind the port (0 takes a free one) and return the server and how to use it; it answers once it serves.

    Raises:
        OSError: the port is taken.
    """
    with socket.create_server((host, port), backlog=128) as listening:
        return _serve_on(listening, host)


def _serve_on(listening: socket.socket, host: str) -> tuple[BaseWSGIServer, Ready]:
    secret = secrets.token_hex(32)
    application = _Application(create_emulator(), ExecutionCredentials(MotoLambdaService(), secret))
    # By file descriptor, which werkzeug duplicates: when it binds the port itself and cannot, it ends the process.
    server = make_server(host, 0, application, threaded=True, request_handler=_RequestHandler, fd=listening.fileno())
    ready = Ready(
        endpoint_url=f"http://{host}:{server.port}",
        account_id=ACCOUNT_ID,
        operator=create_operator(),
        execution_secret=secret,
    )
    return server, ready
