"""Measures listing 300 items over ten shards against the textbook way, and the memory of a cached tenant.

Both ways ask the same local AWS, whose queries take the shortcuts of localaws/shortcuts.py.

The textbook way is that of the published samples: for every shard a thread of its own, with a new AssumeRole, session
and client.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

import app  # noqa: F401 -- what a function loads is part of its memory
from bench.measuring import report, report_ratio, seconds
from chalicelib import wiring
from chalicelib.keys import SHARDING, Kind, Partitions
from chalicelib.tenant import Role, TenantContext
from ops.progress import Progress
from ops.stack import LocalStack, StackOptions

if TYPE_CHECKING:
    from collections.abc import Callable

ITEMS, SHARDS, ROUNDS, PAGE = 300, 10, 20, 100
CACHED_TENANTS = 512
ACME = TenantContext("acme", Role.MEMBER, "bench", "bench@example.com")

#: Lists the items in a process with the application's environment, as many times as it is told, in turn with the
#: textbook way.
LISTING = "from bench.bench_items import measure_listing; measure_listing()"
#: Holds the clients of many tenants, in a process that holds nothing else.
MEMORY = "from bench.bench_items import measure_memory; measure_memory()"


def main() -> None:
    """Print a line for each figure."""
    progress = Progress()
    project = Path(__file__).parent.parent
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalStack(StackOptions(project=project, folder=Path(folder)), progress) as stack,
    ):
        with progress.step(f"listing {ITEMS} items, {ROUNDS} times each way, in turn"):
            at_once, in_pages, textbook = json.loads(_run(LISTING, stack.settings, project))
        with progress.step(f"clients of {CACHED_TENANTS} tenants"):
            alone, with_tenants, descriptors = json.loads(_run(MEMORY, stack.settings, project))
    report(f"{ITEMS} items at once, cached credentials", at_once)
    report(f"{ITEMS} items in pages of {PAGE}, as by the API", in_pages)
    report(f"{ITEMS} items at once, the textbook way", textbook)
    report_ratio("at once / textbook (goal 0.1)", at_once, textbook)
    report_ratio("in pages / textbook", in_pages, textbook)
    print(f"{'memory of a cached tenant':44} {(with_tenants - alone) / CACHED_TENANTS:.0f} kB")
    print(f"{'open file descriptors':44} {descriptors}")
    print(f"{f'process with {CACHED_TENANTS} cached tenants':44} {with_tenants / 1024:.0f} MB")


def _run(code: str, settings: dict[str, str], project: Path) -> str:
    command = [sys.executable, "-c", code]
    finished = subprocess.run(command, env=settings, cwd=project, check=True, stdout=subprocess.PIPE, text=True)
    return finished.stdout


def measure_listing() -> None:
    """Print the seconds of each listing, as JSON."""
    store = wiring.item_store(ACME)
    for number in range(ITEMS):
        store.create(name=f"item {number}", price=Decimal(1), attributes={})
    ways: tuple[Callable[[], list[Any]], ...] = (partial(_listed, ITEMS), partial(_listed, PAGE), _listed_by_the_book)
    assert [len(way()) for way in ways] == [ITEMS] * 3
    rounds = [[seconds(way) for way in ways] for _ in range(ROUNDS)]
    print(json.dumps(list(zip(*rounds, strict=True))))


def _listed(limit: int) -> list[Any]:
    """List page after page of this size."""
    items: list[Any] = []
    after: str | None = None
    while not items or after is not None:
        page, after = wiring.item_store(ACME).page(limit=limit, after=after)
        items += page
    return items


def _listed_by_the_book() -> list[Any]:
    keys = Partitions(ACME, Kind.ITEM, SHARDING[Kind.ITEM]).every()
    with ThreadPoolExecutor(SHARDS) as threads:
        return [item for items in threads.map(_query_by_the_book, keys) for item in items]


def _query_by_the_book(shard_id: str) -> list[Any]:
    key = (
        boto3.Session()
        .client("sts")
        .assume_role(
            RoleArn=wiring.config().tenant_role_arn,
            RoleSessionName="bench",
            Tags=[{"Key": "tenant", "Value": ACME.tenant_id}, {"Key": "role", "Value": ACME.role.value}],
        )["Credentials"]
    )
    session = boto3.Session(
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key["SessionToken"],
    )
    dynamodb = session.client("dynamodb")
    items: list[Any] = []
    start: dict[str, Any] = {}
    while True:
        answer = dynamodb.query(
            TableName=wiring.config().table_name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": shard_id}},
            **start,
        )
        items += answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return items
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def measure_memory() -> None:
    """Print the process's resident kB with one tenant's clients and with all tenants', and its descriptors, as JSON."""
    _use(0)
    alone = _resident_kilobytes()
    for number in range(1, CACHED_TENANTS):
        _use(number)
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    print(json.dumps([alone, _resident_kilobytes(), descriptors]))


def _use(number: int) -> None:
    """Make a tenant's calls as the routes do: a listing of all shards, and the reading of a secret."""
    tenant = TenantContext(f"tenant-{number}", Role.MEMBER, "bench", "bench@example.com")
    wiring.item_store(tenant).page(limit=PAGE, after=None)
    wiring.scoped_clients().secretsmanager(tenant).get_secret_value(SecretId=wiring.config().reader_secret_arn)


def _resident_kilobytes() -> int:
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1])


if __name__ == "__main__":
    main()
