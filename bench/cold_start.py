"""What a fresh process takes until its first authorized request is answered, beside what its libraries alone take."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

from bench.harness import PROJECT, Comparison, Series, in_turn
from bench.requesting import canned_aws

if TYPE_CHECKING:
    from stage.progress import Progress

ROUNDS = 30
#: The event is written out, so that nothing is imported that the app does not import.
FIRST_REQUEST = """
import time
began = time.perf_counter()
from app import app
import io, contextlib, sys, types
with contextlib.redirect_stdout(io.StringIO()):
    answer = app({event!r}, types.SimpleNamespace(aws_request_id="1"))
ended = time.perf_counter()
assert answer["statusCode"] == 200, answer
assert "jwt" not in sys.modules, "STS verifies the first token"
print(1000 * (ended - began))
"""
LIBRARIES = """
import time
began = time.perf_counter()
import chalice, boto3, jwt, psycopg
boto3.client("dynamodb")
print(1000 * (time.perf_counter() - began))
"""


def measure(progress: Progress) -> list[Comparison]:
    """Compare fresh processes, in turn."""
    with canned_aws() as aws:
        environment = aws.environment(AWS_DEFAULT_REGION="eu-central-1")
        event = aws.warm.event("acme", aws.issuer.first("acme"))
        with progress.step(f"cold start: {ROUNDS} fresh processes of each, in turn"):
            app, libraries = in_turn(
                partial(_run, FIRST_REQUEST.format(event=event), environment),
                partial(_run, LIBRARIES, environment),
                rounds=ROUNDS,
                warm_up=1,  # the first ones may compile
            )
    return [
        Comparison(
            "cold start",
            Series("app and its first request", app),
            Series("chalice, boto3, jwt, psycopg, a client", libraries),
            goal=1.25,
        )
    ]


def _run(code: str, environment: dict[str, str]) -> float:
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=PROJECT, check=True, stdout=subprocess.PIPE, text=True
    )
    return float(ended.stdout)
