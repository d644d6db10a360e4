"""TCP ports of loopback."""

from __future__ import annotations

import errno
import socket

HOST = "127.0.0.1"
PORTS = 65536


def free_port() -> int:
    """Return a port that was free a moment ago: PostgreSQL cannot choose one itself."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_taken(port: int) -> bool:
    """Whether something listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
        return False
