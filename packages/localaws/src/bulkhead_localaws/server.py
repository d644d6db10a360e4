"""The local AWS as one HTTP server, on one port or several."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from werkzeug.serving import BaseWSGIServer, make_server

from bulkhead_localaws.decisions import DECISIONS_PATH, Decisions
from bulkhead_localaws.execution import PATH, ExecutionCredentials
from bulkhead_localaws.gate.gate import Gate
from bulkhead_localaws.gate.issuers import IssuerKeys
from bulkhead_localaws.gate.record import DecisionRecord
from bulkhead_localaws.gate.sessions import SessionStore
from bulkhead_localaws.lambda_service import LambdaService
from bulkhead_localaws.listeners import Listener, LocalServer, bound, through
from bulkhead_localaws.moto.directory import MotoDirectory
from bulkhead_localaws.moto.emulator import ACCOUNT_ID, OperatorKey, create_emulator, create_operator
from bulkhead_localaws.moto.mapping import MotoMapper
from bulkhead_localaws.moto.request_handler import RequestHandler
from bulkhead_localaws.moto.user_pool_keys import user_pool_keys

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable, Mapping, Sequence
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from bulkhead_localaws.functions.registry import Functions
    from bulkhead_localaws.postgres.access import PostgresAccess


@dataclass(frozen=True, slots=True)
class Ready:
    """What a person or a tool needs to use a local AWS that is ready; `listeners` has URLs by VPC endpoint id."""

    endpoint_url: str
    account_id: str
    operator: OperatorKey
    execution_secret: str
    postgres: PostgresAccess | None = None
    listeners: Mapping[str, str] | None = None

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


def create_server(
    host: str,
    port: int,
    *,
    listeners: Sequence[Listener] = (),
    issuers: Mapping[str, str] | None = None,
    functions: Functions | None = None,
) -> tuple[LocalServer, Ready]:
    """Bind the ports (0 takes a free one) and return the server and how to use it; it answers once it serves.

    `issuers` has a file or URL with the keys of each foreign OpenID Connect issuer.

    `functions` are what triggers of user pools can run; whoever made them stops them.

    Raises:
        PortError: a port is taken.
    """
    with bound(host, [port, *(each.port for each in listeners)]) as sockets:
        secret = secrets.token_hex(32)
        application = _application(secret, issuers or {}, functions)
        main, *others = (
            _serving(host, each, application if listener is None else through(listener.vpc_endpoint, application))
            for each, listener in zip(sockets, [None, *listeners], strict=True)
        )
        ready = Ready(
            endpoint_url=f"http://{host}:{main.port}",
            account_id=ACCOUNT_ID,
            operator=create_operator(),
            execution_secret=secret,
            listeners={
                listener.vpc_endpoint: f"http://{host}:{server.port}"
                for listener, server in zip(listeners, others, strict=True)
            }
            or None,
        )
        return LocalServer(main, others), ready


def _serving(host: str, listening: socket.socket, application: WSGIApplication) -> BaseWSGIServer:
    # By file descriptor, which werkzeug duplicates: when it binds the port itself and cannot, it ends the process.
    return make_server(host, 0, application, threaded=True, request_handler=RequestHandler, fd=listening.fileno())


def _application(secret: str, issuers: Mapping[str, str], functions: Functions | None) -> _Application:
    sessions, record = SessionStore(), DecisionRecord()
    directory = MotoDirectory(sessions, account=ACCOUNT_ID)
    gate = Gate(
        create_emulator(functions),
        directory=directory,
        sessions=sessions,
        mapper=MotoMapper(),
        issuer_keys=IssuerKeys(issuers, user_pool_keys),
        record=record,
        account=ACCOUNT_ID,
        clock=_now,
    )
    execution = LambdaService(directory, sessions, account=ACCOUNT_ID, clock=_now)
    return _Application(gate=gate, execution=ExecutionCredentials(execution, secret), decisions=Decisions(record))


def _now() -> datetime:
    return datetime.now(UTC)
