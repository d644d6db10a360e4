"""One function in its process, which is kept warm and gets one event at a time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHILD = "bulkhead_localaws.functions.child"
INIT_SECONDS = 10.0
"""Lambda's limit for importing a function (AWS Lambda Developer Guide, "Understanding the Lambda execution environment
lifecycle")."""
CALL_SECONDS = 5.0
"""Cognito's limit for the answer to an event (Amazon Cognito Developer Guide, "Customizing user pool workflows with
Lambda triggers")."""
_LONGEST_ANSWER = 6 * 1024 * 1024  # Lambda's limit for a synchronous call


class FunctionError(Exception):
    """The function raised an exception, cannot be imported, answered what is no JSON, or ended its process."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class FunctionTimeoutError(Exception):
    """The function did not answer in time; its process was ended."""


class FunctionProcess:
    """A Python function, named `module:callable`, in a process with the given environment."""

    def __init__(
        self, handler: str, environment: Mapping[str, str], *, seconds: float = CALL_SECONDS, init: float = INIT_SECONDS
    ) -> None:
        self._command = [sys.executable, "-m", _CHILD, handler]
        self._environment = dict(environment)
        self._seconds = seconds
        self._init = init
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def invoke(self, event: Any, context: Mapping[str, str]) -> Any:
        """Return what the function answers to the event, read from JSON.

        Raises:
            FunctionError: it failed.
            FunctionTimeoutError: it took too long.
        """
        asked = json.dumps({"event": event, "context": context, "seconds": self._seconds}).encode() + b"\n"
        with self._turn:
            answer = self._exchange(self._warm(), asked, self._seconds)
        if "errorType" in answer:
            raise FunctionError(answer["errorType"], answer["errorMessage"])
        return answer["result"]

    def stop(self) -> None:
        """End the process, whatever it does; a call that is under way fails, and no later one starts it again."""
        self._stopped = True
        if (process := self._process) is not None:
            _kill(process)
        with self._turn:
            self._discard()

    def _warm(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._discard()
        if self._stopped:
            raise FunctionError("Runtime.ExitError", "The local AWS is being stopped")
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self._environment,
            start_new_session=True,  # no Ctrl-C; and whatever it starts can be ended with it
        )
        answer = self._exchange(self._process, b"", self._init)
        if "errorType" in answer:
            self._discard()
            raise FunctionError(answer["errorType"], answer["errorMessage"])
        return self._process

    def _exchange(self, process: subprocess.Popen[bytes], question: bytes, seconds: float) -> dict[str, Any]:
        """Write a line and read one; the process is ended when it takes longer."""
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            _kill(process)

        timer = threading.Timer(seconds, expire)
        timer.daemon = True
        timer.start()
        line = b""
        try:
            if process.stdin is not None and process.stdout is not None:
                process.stdin.write(question)
                process.stdin.flush()
                line = process.stdout.readline(_LONGEST_ANSWER)
        except OSError:
            pass  # it has ended
        finally:
            timer.cancel()
        if expired.is_set():
            self._discard()
            raise FunctionTimeoutError(f"no answer within {seconds:g} seconds")
        if not line.endswith(b"\n"):
            self._discard()
            raise FunctionError("Runtime.ExitError", "Runtime exited without providing a reason, or answered too much")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _discard(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        _kill(process)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
