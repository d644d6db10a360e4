"""Ends waits that the server would not end: a statement timeout is of no use when the server itself hangs."""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    class Connected(Protocol):
        """Something with a socket."""

        def fileno(self) -> int:
            """Return the socket's descriptor."""


class Deadlines:
    """Cuts the socket of a connection that is used for too long; whoever waits on it then gets an error.

    One thread watches all connections. All have the same time, so that the oldest is always the next.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._changed = threading.Condition()
        self._watched: dict[int, tuple[float, Connected]] = {}
        self._thread: threading.Thread | None = None

    @contextmanager
    def watching(self, connection: Connected) -> Iterator[None]:
        """Give the block its time with the connection."""
        with self._changed:
            self._watched[id(connection)] = time.monotonic() + self._seconds, connection
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="database-deadlines", daemon=True)
                self._thread.start()
            elif len(self._watched) == 1:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._watched.pop(id(connection), None)

    def _watch(self) -> None:
        with self._changed:
            while True:
                if not self._watched:
                    self._changed.wait()
                    continue
                oldest = next(iter(self._watched))
                deadline, connection = self._watched[oldest]
                remaining = deadline - time.monotonic()
                if remaining > 0:
                    self._changed.wait(remaining)
                else:
                    del self._watched[oldest]
                    _cut(connection)


def _cut(connection: Connected) -> None:
    with (
        suppress(OSError),
        socket.socket(fileno=os.dup(connection.fileno())) as duplicate,
    ):  # unless it is closed already
        duplicate.shutdown(socket.SHUT_RDWR)
