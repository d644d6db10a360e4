"""More ports of one local AWS: each stands for a VPC endpoint, and only what arrives there came through it."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NamedTuple

from bulkhead_localaws.protocol.requests import VPC_ENDPOINT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from werkzeug.serving import BaseWSGIServer

_BACKLOG = 128


class Listener(NamedTuple):
    """A port, 0 for a free one, and the id of the VPC endpoint for which it stands."""

    port: int
    vpc_endpoint: str


class PortError(OSError):
    """A port that cannot be had: `port` says which."""

    def __init__(self, port: int, error: OSError) -> None:
        super().__init__(error.errno, error.strerror)
        self.port = port


class LocalServer:
    """One application on its port and on those of the listeners."""

    def __init__(self, main: BaseWSGIServer, listeners: Sequence[BaseWSGIServer]) -> None:
        self._main = main
        self._listeners = listeners
        self.port: int = main.port

    def serve_forever(self) -> None:
        """Serve all ports until `shutdown` is called from another thread."""
        with ExitStack() as stopping:
            for each in self._listeners:
                threading.Thread(target=each.serve_forever, daemon=True).start()
                stopping.callback(each.shutdown)
            self._main.serve_forever()

    def shutdown(self) -> None:
        """Let `serve_forever` return."""
        self._main.shutdown()

    def server_close(self) -> None:
        """Give the ports back."""
        for each in (self._main, *self._listeners):
            each.server_close()


@contextmanager
def bound(host: str, ports: Iterable[int]) -> Iterator[list[socket.socket]]:
    """Yield a listening socket for each port.

    Raises:
        PortError: one cannot be had.
    """
    with ExitStack() as opened:
        sockets = []
        for port in ports:
            try:
                sockets.append(opened.enter_context(socket.create_server((host, port), backlog=_BACKLOG)))
            except OSError as error:
                raise PortError(port, error) from error
        yield sockets


def through(endpoint: str, application: WSGIApplication) -> WSGIApplication:
    """Return the application for requests that came through a VPC endpoint."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return application({**environ, VPC_ENDPOINT: endpoint}, start_response)

    return answer
