"""What runs in a function's process: it imports the function once and gives it one event after the other.

Events and answers are lines of JSON on what were standard input and output; what the function prints goes to standard
error. The process ends with whoever started it, also in the middle of an event.

Source of names and messages: AWS Lambda Developer Guide, "Using the Lambda context object to retrieve Python function
information" and "Using the Lambda runtime API for custom runtimes".
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Context:
    """What a function is told beside the event."""

    function_name: str
    invoked_function_arn: str
    aws_request_id: str
    deadline: float  # of time.monotonic()
    function_version: str = "$LATEST"
    memory_limit_in_mb: str = "128"
    client_context: None = None
    identity: None = None

    @property
    def log_group_name(self) -> str:
        """The log group that the function would have."""
        return f"/aws/lambda/{self.function_name}"

    @property
    def log_stream_name(self) -> str:
        """This process."""
        return f"localaws/[{self.function_version}]{os.getpid()}"

    def get_remaining_time_in_millis(self) -> int:
        """Return the time that is left before the process is ended."""
        return max(0, round((self.deadline - time.monotonic()) * 1000))


def main(handler: str) -> None:
    """Answer events until the input closes; first say that the function is there, or why it is not."""
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(questions, waiting), daemon=True).start()
    try:
        function = _imported(handler)
    except BaseException as error:  # noqa: BLE001 -- also sys.exit() while it is imported; the caller is told
        traceback.print_exc()
        message = f"Unable to import module '{handler.partition(':')[0]}': {error}"
        _say(answers, {"errorType": "Runtime.ImportModuleError", "errorMessage": message})
        raise SystemExit(1) from None
    _say(answers, {"ready": True})
    while True:
        _say(answers, _answer(function, json.loads(waiting.get())))


def _read(questions: BinaryIO, waiting: queue.SimpleQueue[bytes]) -> None:
    for line in questions:
        waiting.put(line)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)  # with all that the function started
    os._exit(0)


def _imported(handler: str) -> Callable[[Any, Context], Any]:
    module, _, path = handler.partition(":")
    found: Any = importlib.import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    if not callable(found):
        raise TypeError(f"{handler} is not callable")
    function: Callable[[Any, Context], Any] = found
    return function


def _answer(function: Callable[[Any, Context], Any], asked: dict[str, Any]) -> dict[str, Any]:
    context = Context(**asked["context"], deadline=time.monotonic() + asked["seconds"])
    try:
        result = function(asked["event"], context)
    except Exception as error:  # noqa: BLE001 -- whatever the function raises is its answer
        traceback.print_exc()
        return {"errorType": type(error).__name__, "errorMessage": str(error)}
    try:
        json.dumps(result, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        return {"errorType": "Runtime.MarshalError", "errorMessage": f"Unable to marshal response: {error}"}
    return {"result": result}


def _say(answers: BinaryIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer).encode() + b"\n")
    answers.flush()


if __name__ == "__main__":
    main(sys.argv[1])
