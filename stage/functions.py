"""Invokes a function of the control plane: through Lambda, or in a process with its environment and no other."""

from __future__ import annotations

import importlib
import json
import signal
import subprocess
import sys
import uuid
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from stage.clients import AwsEndpoint
from stage.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: The functions that are about tenants.
TENANT_FUNCTIONS = (
    "onboard_tenant",
    "suspend_tenant",
    "resume_tenant",
    "offboard_tenant",
    "list_tenants",
    "invite_user",
    "remove_user",
    "set_role",
)
#: What the functions log on one machine, beside the stage's document.
FUNCTIONS_LOG = "control-plane.log"
_FUNCTIONS = "chalicelib.control_plane.functions"
#: After so many seconds a function is ended, as Lambda ends it. An offboarding relies on it: what began before, and
#: could still write, is over before anything is erased.
_SECONDS = {"offboard_tenant": 900, "migrate_database": 300}
_OTHERS_SECONDS = 60
_GRACE = 5.0  # seconds, for a cold start and the way back
_RAISED = 3
_ANSWER = "\n--- answer ---\n"  # what comes before it on standard output are log lines


class FunctionError(CommandError):
    """A function raised; `kind` is the name of its error's class, as Lambda reports it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def function_seconds(name: str) -> int:
    """Return after how many seconds a function is ended."""
    return _SECONDS.get(name, _OTHERS_SECONDS)


def invoke_lambda(name: str, event: Mapping[str, Any], *, function_name: str, region: str) -> Any:
    """Return the answer of a function on AWS, with the caller's own credentials.

    Raises:
        FunctionError: it raised.
        CommandError: it could not be invoked, or was ended.
    """
    # Never repeated by the SDK: a second call beside the first would only be in its way.
    config = Config(read_timeout=function_seconds(name) + _GRACE, retries={"total_max_attempts": 1})
    try:
        client = AwsEndpoint(region).as_caller("lambda", config)
        answer = client.invoke(FunctionName=function_name, Payload=json.dumps(event).encode())
        payload = json.loads(answer["Payload"].read())
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"{function_name} could not be invoked: {error}") from None
    if "FunctionError" not in answer:
        return payload
    if "errorType" not in payload:  # it was ended, by its timeout for one
        raise CommandError(f"{name} failed: {payload.get('errorMessage', 'without a word')}")
    raise FunctionError(payload["errorType"], payload["errorMessage"])


def invoke_function(
    name: str,
    event: Mapping[str, Any],
    environment: Mapping[str, str],
    log: Path | None = None,
    folder: Path | None = None,
) -> Any:
    """Return the function's answer; what it logs is appended to `log`, as Lambda sends it to CloudWatch.

    Its code is that of the project in `folder`, or in the current folder.

    Raises:
        FunctionError: it raised.
        CommandError: it ended without an answer; the message is the last line that it wrote.
    """
    seconds = function_seconds(name)
    ran = subprocess.run(
        [sys.executable, "-m", "stage.functions", name, str(seconds)],
        input=json.dumps(event),
        env=dict(environment),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode == -signal.SIGALRM:
        raise CommandError(f"{name} was not done after {seconds} s")
    logged, _, answer = ran.stdout.rpartition(_ANSWER)
    if log is not None:
        _append(log, logged + ran.stderr)
    if ran.returncode not in {0, _RAISED} or _ANSWER not in ran.stdout:
        raise CommandError(f"{name} failed: {(ran.stderr.strip().splitlines() or ['without a word'])[-1]}")
    if ran.returncode == _RAISED:
        failure = json.loads(answer)
        raise FunctionError(failure["errorType"], failure["errorMessage"])
    return json.loads(answer)


def _append(log: Path, lines: str) -> None:
    try:
        log.touch(mode=0o600)
        with log.open("a") as file:
            file.write(lines)
    except OSError as error:
        # What the function did is done, and its answer matters more than where it is written down.
        print(f"{log} cannot be written: {error.strerror}", file=sys.stderr)


def _run(name: str, seconds: int) -> int:
    """Run a handler as Lambda does: by name, for a bounded time, the event in, the answer or the error out."""
    signal.alarm(seconds)  # nothing catches it, so it ends the process; whoever started that may be gone
    handler = getattr(importlib.import_module(_FUNCTIONS), name)
    context = SimpleNamespace(aws_request_id=str(uuid.uuid4()))
    status = 0
    try:
        answer = handler(json.load(sys.stdin), context)
    except Exception as error:  # noqa: BLE001 -- whatever it is, Lambda reports it in this form
        status, answer = _RAISED, {"errorType": type(error).__name__, "errorMessage": str(error)}
    sys.stdout.write(_ANSWER + json.dumps(answer))
    return status


if __name__ == "__main__":
    sys.exit(_run(sys.argv[1], int(sys.argv[2])))
