"""The app in a process of its own that is sent requests as Lambda sends them, and an AWS of canned answers for it."""

from __future__ import annotations

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
from typing import TYPE_CHECKING

from bench.harness import PROJECT
from bench.settings import ENVIRONMENT
from bench.tokens import TokenIssuer
from bench.warm_request import PLANTING, WarmRequest, measured_entity
from stage.http_api import get_json
from stage.local.processes import Child, answers, free_port, process_basics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Spent:
    """The milliseconds of each of some requests, on the wall's clock and of the CPU."""

    wall: list[float]
    cpu: list[float]


class CannedAws:
    """The process of bench/stub.py, in which a row is planted that `warm` reads with tokens of `issuer`."""

    def __init__(self, url: str, issuer: TokenIssuer) -> None:
        self.url = url
        self.issuer = issuer
        self._before: Counter[str] = Counter()
        self.warm: WarmRequest

    def plant(self) -> None:
        """Make the row, through its entity's route in a process with the app."""
        ran = subprocess.run(
            [sys.executable, "-c", PLANTING],
            env=self.environment(),
            cwd=PROJECT,
            check=True,
            input=self.issuer.first("acme"),
            stdout=subprocess.PIPE,
            text=True,
        )
        self.warm = WarmRequest(**json.loads(ran.stdout))
        self._before = self.counts()

    def counts(self) -> Counter[str]:
        """Return how often each operation was called since the row was planted."""
        return Counter(get_json(f"{self.url}/counts")) - self._before

    def environment(self, **changed: str) -> dict[str, str]:
        """Return the environment of a process with the app that calls this AWS, with credentials as Lambda gives them.

        They are those of a session: a client that signs with them sends a session token too, as every tenant's does.
        """
        key = {"AWS_ACCESS_KEY_ID": "ASIA", "AWS_SECRET_ACCESS_KEY": "s" * 40, "AWS_SESSION_TOKEN": "t" * 400}
        return process_basics(os.environ) | ENVIRONMENT | {"AWS_ENDPOINT_URL": self.url} | key | changed

    def sessions(self) -> int:
        """Return how many sessions STS opened since the row was planted."""
        return sum(count for operation, count in self.counts().items() if operation.startswith("AssumeRole"))


@contextmanager
def canned_aws() -> Iterator[CannedAws]:
    """Run it while the block runs.

    Raises:
        NothingToMeasureError: no entity has the request that is measured.
    """
    measured_entity()
    port = free_port()
    aws = CannedAws(f"http://127.0.0.1:{port}", TokenIssuer())
    arguments = "--port", str(port), "--keys", json.dumps(aws.issuer.key_set)
    with running("bench.stub", *arguments, ready=lambda: answers(f"{aws.url}/counts")):
        aws.plant()
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

    def __init__(self, aws: CannedAws, environment: dict[str, str], *, isolated: bool, metered: bool) -> None:
        arguments = f"{aws.warm.route!r}, {aws.warm.parameters!r}, isolated={isolated}, metered={metered}"
        code = f"from bench.requesting import serve; serve({arguments})"
        self._issuer = aws.issuer
        self._process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def request(self, tenant_ids: Sequence[str], tokens: Sequence[str] | None = None) -> Spent:
        """Make a request for each tenant, with these tokens, or with the one that each tenant's user has had for long.

        Tokens are made before, and are not part of what is measured.

        Raises:
            RuntimeError: a request failed, as the process has said on standard error.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        calls = list(zip(tenant_ids, tokens or map(self._issuer.first, tenant_ids), strict=True))
        print(json.dumps(calls), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the app's process ended: what it said stands above")
        return Spent(**json.loads(answer))

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


@contextmanager
def app_process(aws: CannedAws, *, isolated: bool = True, metered: bool = True, **changed: str) -> Iterator[AppProcess]:
    """Run one that calls this AWS while the block runs, with some of its settings changed."""
    process = AppProcess(aws, aws.environment(**changed), isolated=isolated, metered=metered)
    try:
        yield process
    finally:
        process.close()


def serve(route: str, parameters: dict[str, str], *, isolated: bool, metered: bool) -> None:
    """Read a JSON list of (tenant, token) a line until the standard input ends, and answer with their milliseconds.

    A request is metered for the tenant of its context; without a context it is not, and the isolated app refuses it.
    """
    results = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the app itself prints goes to standard error
    from app import app  # noqa: PLC0415 -- here only: the parent measures, and does not hold the app
    from bench.without_isolation import remove_isolation  # noqa: PLC0415 -- as above

    if not isolated:
        remove_isolation(app, metered=metered)
    warm = WarmRequest(route, parameters)
    for line in sys.stdin:
        wall, cpu = [], []
        for tenant_id, token in json.loads(line):
            began, began_cpu = time.perf_counter(), time.process_time()
            warm.send(app, tenant_id if metered else None, token)
            cpu.append(1000 * (time.process_time() - began_cpu))
            wall.append(1000 * (time.perf_counter() - began))
        print(json.dumps({"wall": wall, "cpu": cpu}), file=results, flush=True)
