"""A server under the supervisor: it ends with this process, however this process ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bulkhead_localaws.postgres.account import ENVIRONMENT
from bulkhead_localaws.postgres.cluster import last_lines
from bulkhead_localaws.postgres.errors import PostgresError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bulkhead_localaws.postgres.account import Account

_POLL_SECONDS = 0.05
_SUPERVISOR = Path(__file__).with_name("supervisor.py")


class SupervisedServer:
    """A process that belongs to `folder`; when this process is gone, both go.

    It gets no Ctrl-C: it is in a session of its own, and is stopped in good order.

    Raises:
        PostgresError: it could not be started.
    """

    def __init__(
        self, command: Sequence[str], account: Account, *, folder: Path, log: Path, stop_seconds: float
    ) -> None:
        user, group = (str(account.user), str(account.group)) if account.is_another else ("", "")
        self.pid = 0
        self._stop_seconds = stop_seconds
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                # By its path, apart from site-packages and the folder this process happens to be in.
                [sys.executable, "-I", "-S", str(_SUPERVISOR), str(folder), user, group, str(stop_seconds), *command],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd="/",
                env=ENVIRONMENT,
                start_new_session=True,
            )
        said = self._process.stdout.readline() if self._process.stdout else b""
        if not said.strip().isdigit():
            self.stop(keep_folder=True)
            raise PostgresError(f"{command[0]} could not be started: {last_lines(log.read_text())}")
        self.pid = int(said)

    @property
    def running(self) -> bool:
        """Whether the server is still there."""
        return self._process.poll() is None

    def stop(self, *, keep_folder: bool) -> None:
        """Stop the server, by force when it does not stop by itself; when it has ended, do nothing."""
        if keep_folder and self._process.stdin and not self._process.stdin.closed:
            with suppress(BrokenPipeError):
                self._process.stdin.write(b"keep")
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        try:
            self._process.wait(3 * self._stop_seconds + 1)  # the supervisor itself uses force after twice that
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._end_orphan()

    def _end_orphan(self) -> None:
        """End a server whose supervisor was killed."""
        deadline = time.monotonic() + self._stop_seconds
        while self._is_orphan() and time.monotonic() < deadline:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGQUIT)
            time.sleep(_POLL_SECONDS)

    def _is_orphan(self) -> bool:
        # The supervisor led a process group of its own: a process in it with the server's number is the server.
        try:
            return bool(self.pid) and os.getpgid(self.pid) == self._process.pid
        except ProcessLookupError:
            return False
