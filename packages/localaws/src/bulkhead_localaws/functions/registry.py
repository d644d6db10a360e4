"""The functions of an account, by ARN."""

from __future__ import annotations

import os
import re
import threading
import uuid
from typing import TYPE_CHECKING, Any

from bulkhead_localaws.functions.process import CALL_SECONDS, FunctionProcess

if TYPE_CHECKING:
    from collections.abc import Mapping

_DOTTED = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_NAMED = re.compile(rf"(?P<name>[A-Za-z0-9_-]{{1,64}})=(?P<handler>{_DOTTED}:{_DOTTED})")
_ARN = re.compile(
    r"arn:aws[a-z-]*:lambda:(?P<region>[a-z0-9-]{1,32}):(?P<account>[0-9]{12}):function:(?P<name>[A-Za-z0-9_-]{1,64})"
)


def parse_function(text: str) -> tuple[str, str]:
    """Return name and handler of `NAME=module:callable`.

    Raises:
        ValueError: it is not of that form.
    """
    named = _NAMED.fullmatch(text)
    if named is None:
        raise ValueError(f"{text!r} is not NAME=module:callable")
    return named["name"], named["handler"]


class UnknownFunctionError(LookupError):
    """No function of this ARN was registered."""


class Functions:
    """Functions that are called by ARN. A region's function has a process of its own, from its first call on."""

    def __init__(self, handlers: Mapping[str, str], *, account: str, seconds: float = CALL_SECONDS) -> None:
        self._handlers = dict(handlers)
        self._account = account
        self._seconds = seconds
        self._processes: dict[tuple[str, str], FunctionProcess] = {}
        self._lock = threading.Lock()

    def invoke(self, arn: str, event: Any) -> Any:
        """Return what the function of this ARN answers to the event.

        Raises:
            UnknownFunctionError: it was not registered.
            FunctionError: it failed.
            FunctionTimeoutError: it took too long.
        """
        found = _ARN.fullmatch(arn)
        if found is None or found["account"] != self._account or found["name"] not in self._handlers:
            raise UnknownFunctionError(arn)
        name, region = found["name"], found["region"]
        with self._lock:
            process = self._processes.get((name, region))
            if process is None:
                environment = function_environment(name, region, os.environ)
                process = FunctionProcess(self._handlers[name], environment, seconds=self._seconds)
                self._processes[name, region] = process
        context = {"function_name": name, "invoked_function_arn": arn, "aws_request_id": str(uuid.uuid4())}
        return process.invoke(event, context)

    def stop(self) -> None:
        """End all processes."""
        with self._lock:
            processes = list(self._processes.values())
        for process in processes:
            process.stop()


def function_environment(name: str, region: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a function's process: this process's, without credentials for AWS or ways to them.

    Of the variables that AWS reads, only endpoints are passed on.
    """
    kept = {key: value for key, value in environ.items() if not key.startswith("AWS_") or _is_endpoint(key)}
    return kept | {
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONUNBUFFERED": "1",
    }


def _is_endpoint(key: str) -> bool:
    return key == "AWS_ENDPOINT_URL" or key.startswith("AWS_ENDPOINT_URL_")
