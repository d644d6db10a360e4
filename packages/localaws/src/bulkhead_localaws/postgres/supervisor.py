"""Run as a script: starts a server and stops it when its standard input ends, as it does when its starter is killed.

    supervisor.py FOLDER USER GROUP STOP_SECONDS COMMAND...

USER and GROUP are numbers, or empty for those of this process. It prints the server's process id. When the input ends
it stops the server and removes FOLDER; when the input holds anything first, FOLDER is kept. It ends with the server.

It uses the standard library only, so that it starts in a moment, from any folder and without site-packages.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading


class _Supervisor:
    def __init__(self, server: subprocess.Popen[bytes], stop_seconds: float) -> None:
        self._server = server
        self._stop_seconds = stop_seconds
        self.discard = False

    def follow_input(self) -> None:
        """Wait for the end of the input and stop; for a thread, and not by sys.stdin, whose lock would outlive it."""
        keep = False
        while os.read(0, 16):
            keep = True
        self.stop(discard=not keep)

    def stop(self, *, discard: bool) -> None:
        """Ask for a fast shutdown, then for an immediate one, then force it.

        https://www.postgresql.org/docs/current/server-shutdown.html
        """
        self.discard = discard
        self._server.send_signal(signal.SIGINT)
        for delay, forceful in ((self._stop_seconds, signal.SIGQUIT), (2 * self._stop_seconds, signal.SIGKILL)):
            timer = threading.Timer(delay, self._server.send_signal, [forceful])
            timer.daemon = True
            timer.start()


def main(folder: str, user: str, group: str, stop_seconds: str, *command: str) -> int:
    """Return the server's exit code."""
    server = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=2,
        user=int(user) if user else None,
        group=int(group) if group else None,
        extra_groups=[] if user else None,
        cwd="/",
        umask=0o077,
    )
    supervisor = _Supervisor(server, float(stop_seconds))
    for signal_number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(signal_number, lambda *_: supervisor.stop(discard=True))
    print(server.pid, flush=True)
    threading.Thread(target=supervisor.follow_input, daemon=True).start()
    code = server.wait()
    if supervisor.discard:
        shutil.rmtree(folder, ignore_errors=True)
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
