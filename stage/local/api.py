"""Serves the app on one machine and answers as the deployed API does, where Chalice's local server does not.

Chalice's server drops the connection when an authorizer raises, on a header outside ASCII and on a bad Content-Length;
it answers an unknown route with 403 and the caller's token, and its refusals carry no CORS headers.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
import uuid
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chalice.app import ForbiddenError, MethodNotAllowedError, NotFoundError, UnauthorizedError, error_response
from chalice.cli.factory import CLIFactory
from chalice.local import (
    LocalGateway,
    LocalGatewayException,
    ThreadedHTTPServer,
    create_local_server,
)

from chalicelib.errors import AppError, UnavailableError
from chalicelib.http.answers import CORS, REQUEST_ID_HEADER, RETRY_AFTER_SECONDS
from stage.local.processes import stop_when_input_ends

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalice.local import LocalDevServer

log = logging.getLogger(__name__)

_MAX_BODY_BYTES = 6 * 1024 * 1024  # what Lambda takes, less than API Gateway
_REFUSALS = {
    401: (UnauthorizedError, "Sign in: this call needs a valid id token in the header Authorization: Bearer."),
    403: (ForbiddenError, "The role in your id token does not open this route."),
    404: (NotFoundError, "There is no such route."),
    405: (MethodNotAllowedError, "This route does not take this method."),
}


class _RequestRefusedError(Exception):
    """The HTTP request itself is wrong; the connection cannot go on."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class LocalApiHandler(BaseHTTPRequestHandler):
    """One connection to the local API."""

    protocol_version = "HTTP/1.1"

    timeout = 60  # seconds for a request that was begun, and between two
    disable_nagle_algorithm = True  # 22 requests a second on one connection with it, thousands without

    def __init__(self, *args: Any, gateway: LocalGateway) -> None:
        self._gateway = gateway
        super().__init__(*args)

    def _generic_handle(self) -> None:
        try:
            body = self._read_body()
        except _RequestRefusedError as refused:
            self.close_connection = True
            self._answer(*_error(refused.status, "BadRequestError", str(refused)))
            return
        self._answer(*self._handle(body))

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do_PATCH = do_OPTIONS = _generic_handle
    do_TRACE = do_CONNECT = do_QUERY = _generic_handle

    def _handle(self, body: bytes | None) -> tuple[int, dict[str, Any], str | bytes]:
        """Run the request through the authorizer and the app; whatever happens there becomes an answer."""
        if len(self.headers.get_all("Authorization") or []) > 1:
            return _refusal(401)
        path = _as_api_gateway_reads(self.path)
        if self._unknown(path):
            return _refusal(404)
        try:
            answer = self._gateway.handle_request(self.command, path, dict(self.headers), body)
        except LocalGatewayException as refused:
            return _refusal(refused.CODE)
        except AppError as error:  # raised by the authorizer
            return _refusal(401) if error.STATUS_CODE == HTTPStatus.UNAUTHORIZED else _app_error(error)
        except Exception:
            log.exception("%s %s failed before it reached a route", self.command, urlsplit(path).path)
            return _error(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalServerError", "An internal error occurred.")
        return answer["statusCode"], {**answer["headers"], **answer["multiValueHeaders"]}, answer["body"] or b""

    def _unknown(self, path: str) -> bool:
        if not path.startswith("/"):
            return True
        try:
            self._gateway.event_converter._route_matcher.match_route(path)  # noqa: SLF001 -- Chalice's own matching
        except ValueError:
            return True
        return False

    def _read_body(self) -> bytes | None:
        if "Transfer-Encoding" in self.headers:
            raise _RequestRefusedError(HTTPStatus.LENGTH_REQUIRED, "Send the body with a Content-Length.")
        lengths = self.headers.get_all("Content-Length") or ["0"]
        if len(lengths) > 1 or not (lengths[0].isascii() and lengths[0].isdigit()):
            raise _RequestRefusedError(HTTPStatus.BAD_REQUEST, "Content-Length must be one whole number.")
        length = int(lengths[0]) if len(lengths[0]) < len(str(_MAX_BODY_BYTES)) + 1 else _MAX_BODY_BYTES + 1
        if length > _MAX_BODY_BYTES:
            raise _RequestRefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body may hold 6 MiB.")
        return self.rfile.read(length) if length else None

    def _answer(self, status: int, headers: dict[str, Any], body: str | bytes) -> None:
        content = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        defaults = {"Content-Type": "application/json"} if content else {}
        for name, value in {**CORS.get_access_control_headers(), **defaults, **headers}.items():
            if status != HTTPStatus.NO_CONTENT or name != "Content-Type":
                for each in value if isinstance(value, list) else [value]:
                    self.send_header(name, str(each))
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answer what http.server itself refuses (an unreadable request line, an unknown method) as the API does."""
        self.close_connection = True
        self.request_version = self.protocol_version  # an unreadable request line would get an answer without status
        status = HTTPStatus.METHOD_NOT_ALLOWED if code == HTTPStatus.NOT_IMPLEMENTED else HTTPStatus(code)
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            self._answer(*_refusal(405))
        else:
            self._answer(*_error(status, "BadRequestError", status.phrase))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class's name
        """Log method, path and status; no header ever, so no token."""
        log.info("%s", (format % args).encode("unicode_escape").decode())  # no control characters in the log


def _error(status: int, code: str, message: str) -> tuple[int, dict[str, Any], bytes]:
    answer = error_response(message, code, status, {REQUEST_ID_HEADER: str(uuid.uuid4())}).to_dict()
    return status, answer["headers"], answer["body"].encode()


def _refusal(status: int) -> tuple[int, dict[str, Any], bytes]:
    error, message = _REFUSALS[status]
    return _error(status, error.__name__, message)


def _app_error(error: AppError) -> tuple[int, dict[str, Any], bytes]:
    status, headers, body = _error(error.STATUS_CODE, type(error).__name__, str(error))
    retry = {"Retry-After": str(RETRY_AFTER_SECONDS)} if isinstance(error, UnavailableError) else {}
    return status, headers | retry, body


def _as_api_gateway_reads(target: str) -> str:
    path, question_mark, query = target.partition("?")
    # Chalice takes these for the end of a path; for API Gateway they are a part of it.
    path = path.replace(";", "%3B").replace("#", "%23")
    return (path.rstrip("/") or "/") + question_mark + query


def create_api_server(host: str, port: int, project_dir: Path) -> LocalDevServer:
    """Return the local API, bound and ready to serve.

    `create_local_server` and no other way: it alone keeps the current request apart between threads.

    Raises:
        OSError: the port is taken.
    """
    ThreadedHTTPServer.request_queue_size = 128  # before it listens: with the usual 5, 64 clients wait for seconds
    # Not the stage "local" of .chalice/config.json: that one is for plain `chalice local`.
    config = CLIFactory(str(project_dir)).create_config_obj(chalice_stage_name="dev")
    app = config.chalice_app
    server = create_local_server(app, config, host, port)
    server.server.RequestHandlerClass = partial(LocalApiHandler, gateway=LocalGateway(app, config))
    return server


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM, or until the parent is gone."""
    parser = argparse.ArgumentParser(prog="python -m stage.local.api", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--until-stdin-closes", action="store_true")
    options = parser.parse_args(arguments)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] # so that metrics come when they are written
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    server = create_api_server(options.host, options.port, Path(__file__).parents[2])

    def stop(*_: object) -> None:
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if options.until_stdin_closes:
        threading.Thread(target=stop_when_input_ends, args=(stop,), daemon=True).start()
    with server.server:  # whose port is free at once, whatever the application's threads still wait for
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
