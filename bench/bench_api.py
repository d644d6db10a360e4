"""Measures the running API on one keep-alive connection, and what a new tenant's client costs."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.session import Session

from ops.progress import Progress
from ops.sign_in import sign_in
from ops.stack import LocalStack, StackOptions
from tests.support.http_api import Api, Person

if TYPE_CHECKING:
    from collections.abc import Callable

REQUESTS, CLIENTS = 500, 20


def main() -> None:
    """Print a line for each figure: median, minimum and maximum."""
    progress = Progress()
    project = Path(__file__).parent.parent
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalStack(StackOptions(project=project, folder=Path(folder)), progress) as stack,
    ):
        stage = stack.stage(stack.serve_api())
        tokens = sign_in(stage, stage.user("acme", "member"))
        caller = Person(Api(stage.api_url), tokens["IdToken"], tokens["AccessToken"])
        caller.put("a")
        with progress.step(f"{REQUESTS} requests of each kind, in turn"):
            health, cart = [], []
            for _ in range(REQUESTS):
                health.append(_seconds(lambda: caller.call("GET", "/health")))
                cart.append(_seconds(lambda: caller.call("GET", "/cart")))
        caller.api.close()
    with progress.step(f"{CLIENTS} clients of each kind, in turn"):
        shared = Session()
        _create_client(shared)
        same, new = [], []
        for _ in range(CLIENTS):
            same.append(_seconds(lambda: _create_client(shared)))
            new.append(_seconds(lambda: _create_client(Session())))
    _print("GET /health", health)
    _print("GET /cart, warm", cart)
    _print("client from the one session", same)
    _print("client from a session of its own", new)
    print(f"{'one session / sessions of their own':36} {statistics.median(same) / statistics.median(new):.3f}")


def _create_client(session: Session) -> None:
    session.create_client(
        "dynamodb",
        region_name="eu-central-1",
        aws_access_key_id="AKIA",
        aws_secret_access_key="-",  # noqa: S106
    )


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _print(name: str, seconds: list[float]) -> None:
    median, least, most = statistics.median(seconds), min(seconds), max(seconds)
    print(
        f"{name:36} median {median * 1000:7.2f} ms  min {least * 1000:7.2f}  max {most * 1000:7.2f}"
        f"  ({1 / median:.0f} per second)"
    )


if __name__ == "__main__":
    main()
