"""Measures the running API on one keep-alive connection, and what a new tenant's client costs."""

from __future__ import annotations

import tempfile
from pathlib import Path

from botocore.session import Session

from bench.measuring import report, report_ratio, seconds
from ops.progress import Progress
from ops.sign_in import sign_in
from ops.stack import LocalStack, StackOptions
from tests.support.http_api import Api, Person

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
                health.append(seconds(lambda: caller.call("GET", "/health")))
                cart.append(seconds(lambda: caller.call("GET", "/cart")))
        caller.api.close()
    with progress.step(f"{CLIENTS} clients of each kind, in turn"):
        shared = Session()
        _create_client(shared)
        same, new = [], []
        for _ in range(CLIENTS):
            same.append(seconds(lambda: _create_client(shared)))
            new.append(seconds(lambda: _create_client(Session())))
    report("GET /health", health)
    report("GET /cart, warm", cart)
    report("client from the one session", same)
    report("client from a session of its own", new)
    report_ratio("one session / sessions of their own", same, new)


def _create_client(session: Session) -> None:
    session.create_client(
        "dynamodb",
        region_name="eu-central-1",
        aws_access_key_id="AKIA",
        aws_secret_access_key="-",  # noqa: S106
    )


if __name__ == "__main__":
    main()
