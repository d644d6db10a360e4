"""Child processes that end with their parent, however it ends."""

from __future__ import annotations

import errno
import http.client
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from stage.errors import CommandError
from stage.http_api import get_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_STOP_SECONDS = 10.0
_LAST_PORT = 65_535
_POLL_SECONDS = 0.05
_PROCESS_BASICS = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")


def process_basics(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the part of an environment that any process needs and that names no credentials."""
    return {name: environ[name] for name in _PROCESS_BASICS if name in environ}


class Child:
    """A Python module run as a process of its own.

    It gets no Ctrl-C (it is in a session of its own: its parent stops it in good order). Its standard input is a pipe
    from its parent, whose end tells it that the parent is gone.
    """

    def __init__(  # noqa: PLR0913 -- what a process needs
        self,
        module: str,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str],
        log: Path,
        python: Path = Path(sys.executable),
        folder: Path | None = None,  # where it runs, and looks for modules first
    ) -> None:
        self.name = module
        self.log = log
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        log.unlink(missing_ok=True)
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as output:
            self._process = subprocess.Popen(
                [str(python), "-m", module, *arguments, "--until-stdin-closes"],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=folder,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        """Whether the process is still there."""
        return self._process.poll() is None

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Return once `ready` is true.

        Raises:
            CommandError: the process ended before, or it took longer than `seconds`.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running:
                raise CommandError(f"{self.name} ended before it was ready: {self.log.read_text().strip()}")
            if time.monotonic() > deadline:
                raise CommandError(f"{self.name} was not ready after {seconds:.0f} s: see {self.log}")
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """End the process, by force when it does not end by itself."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()


def answers(url: str) -> bool:
    """Return whether a server that was started here answers at its URL."""
    try:
        get_json(url, timeout_seconds=1)
    except (OSError, http.client.HTTPException):
        return False
    return True


def free_port() -> int:
    """Return a port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def refuse_unusable_port(port: int, variable: str) -> None:
    """Raise when the port cannot be listened on.

    Raises:
        CommandError: it cannot; the message says why and names the variable that chooses another.
    """
    another = f"choose another with `{variable}=...`"
    if not 0 < port <= _LAST_PORT:
        raise CommandError(f"{port} is no port: {another}")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CommandError(f"port {port} is taken: stop what listens there, or {another}") from None
            raise CommandError(f"port {port} cannot be used ({error.strerror}): {another}") from None


def stop_when_input_ends(stop: Callable[[], None]) -> None:
    """Block until the parent is gone, then stop; for a thread of the child."""
    while os.read(0, 1):  # not sys.stdin, whose lock a thread would still hold when the interpreter ends
        pass
    stop()
