"""Listing 300 rows over ten shards, beside the textbook way, and the memory of a kept tenant.

The rows are of a kind of the benchmark's own. Both ways ask the same local AWS, whose queries take the shortcuts of
`bulkhead_localaws.moto`.

The textbook way is that of the published samples of write-sharded keys: for every shard a thread of its own, with a new
AssumeRole, session and client.
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
from stage.local.stack import LocalStack, StackOptions
from stage.terraform import require_terraform

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sts import STSClient

    from stage.progress import Progress

ROWS, SHARDS, ROUNDS, PAGE = 300, 10, 10, 100
KIND = Kind("bench", Sharding(SHARDS))
CACHED_TENANTS = 256
ACME = TenantContext("acme", Role.MEMBER, "bench", "bench@example.com")

#: Processes with the application's environment: one lists, one holds the clients of many tenants.
LISTING = "from bench.listing import measure_listing; measure_listing()"
MEMORY = "import app; from bench.listing import measure_memory; measure_memory()"


def measure(progress: Progress) -> list[Comparison]:
    """Compare listing, at once and in pages as by the API, with the textbook way; and measure memory."""
    require_terraform()
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalStack(StackOptions(project=PROJECT, folder=Path(folder)), progress) as stack,
    ):
        with progress.step(f"listing: {ROWS} rows, {ROUNDS} times each way, in turn"):
            at_once, in_pages, textbook = json.loads(_run(LISTING, stack.settings))
        with progress.step(f"listing: clients of {CACHED_TENANTS} tenants"):
            alone, with_tenants = json.loads(_run(MEMORY, stack.settings))
    by_the_book = Series("AssumeRole, session and client per shard", textbook)
    kibibytes = (with_tenants - alone) / (CACHED_TENANTS - 1)
    return [
        Comparison("listing", Series("all at once", at_once), by_the_book, goal=0.10),
        Comparison("listing in pages", Series(f"pages of {PAGE}", in_pages), by_the_book, goal=None),
        Comparison("memory of a kept tenant", Series("its clients", [kibibytes], "KiB"), None, goal=300),
    ]


def _run(code: str, settings: dict[str, str]) -> str:
    command = [sys.executable, "-c", code]
    finished = subprocess.run(command, env=settings, cwd=PROJECT, check=True, stdout=subprocess.PIPE, text=True)
    return finished.stdout


def measure_listing() -> None:
    """Print the milliseconds of each listing, as JSON."""
    table = wiring.table(ACME, KIND, versioned=True)
    for number in range(ROWS):
        fields = {"name": f"row {number}", "price": Decimal(1), "created_at": datetime.now(UTC)}
        table.add(str(uuid.uuid4()), attributes_of(fields))
    ways: tuple[Callable[[], list[Any]], ...] = (partial(_listed, ROWS), partial(_listed, PAGE), _listed_by_the_book)
    assert [len(way()) for way in ways] == [ROWS] * 3
    print(json.dumps(in_turn(*(partial(milliseconds, way) for way in ways), rounds=ROUNDS)))


def _listed(limit: int) -> list[Any]:
    """List page after page of this size."""
    rows: list[Any] = []
    after: str | None = None
    while not rows or after is not None:
        page, after = wiring.table(ACME, KIND).page(limit=limit, after=after)
        rows += page
    return rows


def _listed_by_the_book() -> list[Any]:
    keys = Partitions(ACME, KIND).every()
    sts = boto3.client("sts")
    with ThreadPoolExecutor(SHARDS) as threads:
        return [row for rows in threads.map(partial(_query_by_the_book, sts), keys) for row in rows]


def _query_by_the_book(sts: STSClient, shard_id: str) -> list[Any]:
    key = sts.assume_role(
        RoleArn=wiring.config().tenant_role_arn,
        RoleSessionName="bench",
        Tags=[{"Key": "tenant", "Value": ACME.tenant_id}, {"Key": "role", "Value": ACME.role.value}],
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


def measure_memory() -> None:
    """Print the process's resident KiB with one tenant's clients and with all tenants', as JSON."""
    _use(0)
    alone = _resident_kibibytes()
    for number in range(1, CACHED_TENANTS):
        _use(number)
    print(json.dumps([alone, _resident_kibibytes()]))


def _use(number: int) -> None:
    """Make a tenant's calls as the routes do: a listing of all shards, and the reading of a secret."""
    tenant = TenantContext(f"tenant-{number}", Role.MEMBER, "bench", "bench@example.com")
    wiring.table(tenant, KIND).page(limit=PAGE, after=None)
    wiring.scoped_clients().secretsmanager(tenant).get_secret_value(SecretId=wiring.config().reader_secret_arn)


def _resident_kibibytes() -> int:
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1])
