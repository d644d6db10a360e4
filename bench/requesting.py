"""The app in a process of its own that is sent requests as Lambda sends them, and an AWS of canned answers for it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from bench.harness import PROJECT
from bench.settings import ENVIRONMENT
from stage.http_api import get_json
from stage.local.processes import Child, answers, free_port, process_basics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chalice.app import Chalice

PRODUCT_ID = "4f6c1f0e-5c1b-4f43-9d2b-6a8f8f1d2c3b"
_CONTEXT = SimpleNamespace(aws_request_id="00000000-0000-4000-8000-000000000000")
_READY_SECONDS = 60.0


def event(tenant_id: str | None) -> dict[str, Any]:
    """Return what API Gateway sends for `GET /items/{product_id}`: of a tenant's user, or where nobody authorizes."""
    context = {"tenant": tenant_id, "role": "member", "user_id": "1", "email": "bench@example.com"}
    return {
        "httpMethod": "GET",
        "path": f"/items/{PRODUCT_ID}",
        "headers": {"accept": "*/*", "origin": "https://app.example.com"},
        "multiValueQueryStringParameters": None,
        "pathParameters": {"product_id": PRODUCT_ID},
        "stageVariables": None,
        "body": None,
        "isBase64Encoded": False,
        "requestContext": {
            "httpMethod": "GET",
            "resourcePath": "/items/{product_id}",
            "identity": {"sourceIp": "192.0.2.1"},
            **({} if tenant_id is None else {"authorizer": context}),
        },
    }


def request(app: Chalice, tenant_id: str | None) -> None:
    """Make one request; the metrics, which Lambda takes from standard output, go nowhere."""
    with contextlib.redirect_stdout(io.StringIO()):
        answer = app(event(tenant_id), _CONTEXT)
    assert answer["statusCode"] == 200, answer


@dataclass(frozen=True, slots=True)
class Spent:
    """The milliseconds of each of some requests, on the wall's clock and of the CPU."""

    wall: list[float]
    cpu: list[float]


class CannedAws:
    """The process of bench/stub.py."""

    def __init__(self, url: str) -> None:
        self.url = url

    def counts(self) -> Counter[str]:
        """Return how often each operation was called."""
        return Counter(get_json(f"{self.url}/counts"))

    def environment(self, **changed: str) -> dict[str, str]:
        """Return the environment of a process with the app that calls this AWS."""
        aws = {"AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "-"}
        return process_basics(os.environ) | ENVIRONMENT | aws | changed


@contextmanager
def canned_aws() -> Iterator[CannedAws]:
    """Run it while the block runs."""
    port = free_port()
    aws = CannedAws(f"http://127.0.0.1:{port}")
    with running("bench.stub", "--port", str(port), ready=lambda: answers(f"{aws.url}/counts")):
        yield aws


@contextmanager
def running(module: str, *arguments: str, ready: Callable[[], bool]) -> Iterator[None]:
    """Run a module in a process of its own while the block runs; it ends with this process, however that ends.

    Raises:
        CommandError: it ended before it was ready, or took too long.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        child = Child(module, arguments, environment=process_basics(os.environ), log=log, folder=PROJECT)
        try:
            child.wait_until(ready, seconds=_READY_SECONDS)
            yield
        finally:
            child.stop()


class AppProcess:
    """A process with the app, isolated or not; see `serve`. It ends when its standard input does."""

    def __init__(self, environment: dict[str, str], *, isolated: bool, metered: bool) -> None:
        code = f"from bench.requesting import serve; serve(isolated={isolated}, metered={metered})"
        self._process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def request(self, tenant_ids: Sequence[str]) -> Spent:
        """Make a request for each tenant.

        Raises:
            RuntimeError: a request failed, as the process has said on standard error.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(tenant_ids), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the app's process ended: what it said stands above")
        return Spent(**json.loads(answer))

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


@contextmanager
def app_process(environment: dict[str, str], *, isolated: bool = True, metered: bool = True) -> Iterator[AppProcess]:
    """Run one while the block runs."""
    process = AppProcess(environment, isolated=isolated, metered=metered)
    try:
        yield process
    finally:
        process.close()


def serve(*, isolated: bool, metered: bool) -> None:
    """Read a JSON list of tenants a line until the standard input ends, and answer with their milliseconds.

    A request is metered for the tenant of its context; without a context it is not, and the isolated app refuses it.
    """
    results = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the app itself prints goes to standard error
    from app import app  # noqa: PLC0415 -- here only: the parent measures, and does not hold the app
    from bench.without_isolation import remove_isolation  # noqa: PLC0415 -- as above

    if not isolated:
        remove_isolation(app)
    for line in sys.stdin:
        wall, cpu = [], []
        for tenant_id in json.loads(line):
            began, began_cpu = time.perf_counter(), time.process_time()
            request(app, tenant_id if metered else None)
            cpu.append(1000 * (time.process_time() - began_cpu))
            wall.append(1000 * (time.perf_counter() - began))
        print(json.dumps({"wall": wall, "cpu": cpu}), file=results, flush=True)
