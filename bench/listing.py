"""Listing 300 rows over ten shards, beside the textbook way.

The rows are of a kind of the benchmark's own. Both ways ask the same local AWS, whose queries take the shortcuts of
`bulkhead_localaws.moto`.

The textbook way is that of the published samples of write-sharded keys: for every shard a thread of its own, with a new
session of STS and client.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from bench.harness import PROJECT, Comparison, Series, in_turn, milliseconds
from chalicelib import wiring
from chalicelib.data.dynamodb import attributes_of
from chalicelib.data.partitions import Partitions
from chalicelib.data.storage import Kind, Sharding
from chalicelib.tenancy.tenant import Role, TenantContext
from chalicelib.vending.handles import Handle, request_scope
from stage.local.stack import LocalStack, StackOptions
from stage.sign_in import sign_in
from stage.terraform import require_terraform

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sts import STSClient

    from stage.progress import Progress

ROWS, SHARDS, ROUNDS, PAGE = 300, 10, 10, 100
KIND = Kind("bench", Sharding(SHARDS))
ACME = TenantContext("acme", Role.MEMBER, "bench", "bench@example.com")

#: A process with the application's environment, which is given acme's token.
LISTING = "from bench.listing import measure_listing; measure_listing()"


def measure(progress: Progress) -> list[Comparison]:
    """Compare listing, at once and in pages as by the API, with the textbook way."""
    require_terraform()
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalStack(StackOptions(project=PROJECT, folder=Path(folder)), progress) as stack,
    ):
        stage = stack.stage(api_url="")  # nobody asks the API
        token = sign_in(stage, stage.user(ACME.tenant_id, ACME.role))["IdToken"]
        with progress.step(f"listing: {ROWS} rows, {ROUNDS} times each way, in turn"):
            at_once, in_pages, textbook = json.loads(_run(LISTING, stack.settings, token))
    by_the_book = Series("session of STS and client per shard", textbook)
    return [
        Comparison("listing", Series("all at once", at_once), by_the_book, goal=0.10),
        Comparison("listing in pages", Series(f"pages of {PAGE}", in_pages), by_the_book, goal=None),
    ]


def _run(code: str, settings: dict[str, str], token: str) -> str:
    command = [sys.executable, "-c", code]
    finished = subprocess.run(
        command, env=settings, cwd=PROJECT, check=True, input=token, stdout=subprocess.PIPE, text=True
    )
    return finished.stdout


def measure_listing() -> None:
    """Print the milliseconds of each listing, as JSON."""
    token = sys.stdin.read()
    with request_scope(lambda: wiring.sessions().of(token)):
        handle = Handle(ACME)
        table = wiring.table(handle, KIND, versioned=True)
        for number in range(ROWS):
            fields = {"name": f"row {number}", "price": Decimal(1), "created_at": datetime.now(UTC)}
            table.add(str(uuid.uuid4()), attributes_of(fields))
        ways: tuple[Callable[[], list[Any]], ...] = (
            partial(_listed, handle, ROWS),
            partial(_listed, handle, PAGE),
            partial(_listed_by_the_book, token),
        )
        assert [len(way()) for way in ways] == [ROWS] * 3
        print(json.dumps(in_turn(*(partial(milliseconds, way) for way in ways), rounds=ROUNDS)))


def _listed(handle: Handle, limit: int) -> list[Any]:
    """List page after page of this size."""
    rows: list[Any] = []
    after: str | None = None
    while not rows or after is not None:
        page, after = wiring.table(handle, KIND).page(limit=limit, after=after)
        rows += page
    return rows


def _listed_by_the_book(token: str) -> list[Any]:
    keys = Partitions(ACME, KIND).every()
    sts = boto3.client("sts")
    with ThreadPoolExecutor(SHARDS) as threads:
        return [row for rows in threads.map(partial(_query_by_the_book, sts, token), keys) for row in rows]


def _query_by_the_book(sts: STSClient, token: str, shard_id: str) -> list[Any]:
    key = sts.assume_role_with_web_identity(
        RoleArn=wiring.config().tenant_role_arn,
        RoleSessionName=f"{ACME.tenant_id}.{ACME.role}",
        WebIdentityToken=token,
    )["Credentials"]
    session = boto3.Session(
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key["SessionToken"],
    )
    dynamodb = session.client("dynamodb")
    rows: list[Any] = []
    start: dict[str, Any] = {}
    while True:
        answer = dynamodb.query(
            TableName=wiring.config().table_name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": shard_id}},
            **start,
        )
        rows += answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return rows
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
