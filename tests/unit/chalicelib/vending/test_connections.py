"""The pool of connections that all tenants' clients share."""

from __future__ import annotations

import socket

from botocore.session import Session

from chalicelib.vending.connections import connection_pool
from tests.unit.http_stub import HttpStub, StubAnswer


def test_a_request_is_not_held_back_for_an_acknowledgement() -> None:
    """Without it a body that is sent after its head waits for up to 40 ms: seen on a server that answers at once."""
    with HttpStub(lambda _: StubAnswer()) as stub:
        pool = connection_pool(Session(), timeout=(1, 3), size=2)._manager.connection_from_url(stub.url)  # type: ignore[attr-defined]
        connection = pool._get_conn()
        connection.connect()
        try:
            assert connection.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        finally:
            connection.close()
