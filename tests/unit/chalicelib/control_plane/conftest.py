"""A control plane on an emulated AWS and a database in memory, which can be killed at any call."""

from __future__ import annotations

import functools
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.control_plane.offboarding import Means, Retention
from chalicelib.control_plane.pool_users import PoolUsers
from chalicelib.data.holdings import Chunk, holdings_of
from chalicelib.data.registry import Registry
from chalicelib.data.storage import Kind, Sharding
from chalicelib.tenancy.tenant import Role
from tests.support.handles import handle_of
from tests.unit.chalicelib.control_plane.tables_in_memory import KillableTables, TablesInMemory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.data.holdings import Holding

KEYS = {"region_name": "eu-central-1", "aws_access_key_id": "AKIATEST", "aws_secret_access_key": "secret"}
BUCKET, TABLE, REGISTRY = "exports", "example", "tenants"
SAMPLES, NOTES = Kind("sample", Sharding(10)), Kind("note", Sharding(1))


class Killed(BaseException):
    """The process ends here."""


class KillSwitch:
    """Kills at the n-th moment: a call's parameters are made, its answer is there, or the database is about to act.

    From then on every thread ends at its next moment.
    """

    def __init__(self) -> None:
        self.moment = 0
        self.at = 0
        self.killed = False

    def __call__(self, *_: object, **__: object) -> None:
        """Another moment."""
        self.moment += 1
        if self.at and self.moment >= self.at:
            self.killed = True
            raise Killed


THREADS = ThreadPoolExecutor(1)  # one, so that the moments come in one order


@functools.cache
def client(service: str, kill: KillSwitch | None = None) -> Any:
    """Return the one client of a service, or the one that this switch can kill: to make one takes longer than a run."""
    keys: dict[str, Any] = KEYS
    made: Any = boto3.client(service, **keys)
    if kill is not None:
        made.meta.events.register("provide-client-params", kill)
        made.meta.events.register_last("after-call", kill)
    return made


@dataclass
class TableInMemory:
    """Stands for one tenant's rows of a table in PostgreSQL."""

    rows: dict[str, list[str]]
    tenant_id: str
    kill: KillSwitch
    name: str = "postgresql/people"

    def read(self, after: str | None) -> Chunk:
        """See Holding: two rows at a time."""
        self.kill()
        left = sorted(row for row in self.rows.get(self.tenant_id, []) if after is None or row > after)
        return Chunk([json.dumps({"id": row}) for row in left[:2]], left[1] if len(left) > 2 else None)

    def erase(self, rows: list[str]) -> None:
        """See Holding."""
        self.kill()
        erased = {json.loads(row)["id"] for row in rows}
        self.rows[self.tenant_id] = [row for row in self.rows.get(self.tenant_id, []) if row not in erased]
        self.kill()

    def count(self) -> int:
        """See Holding."""
        self.kill()
        return len(self.rows.get(self.tenant_id, []))


@dataclass
class World:
    """Everything that an operator could look at from outside."""

    kill: KillSwitch = field(default_factory=KillSwitch)
    now: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)
    people: dict[str, list[str]] = field(default_factory=dict)
    kinds: tuple[Kind, ...] = (SAMPLES, NOTES)
    tables: TablesInMemory | None = None  # else an emulator

    def __post_init__(self) -> None:
        self.dynamodb: Any = self.tables or client("dynamodb")
        self.cognito = client("cognito-idp")
        self.s3 = client("s3")
        for name, keys in ((TABLE, ("pk", "sk")), (REGISTRY, ("tenant_id",))):
            self.dynamodb.create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
                KeySchema=[
                    {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
                ],
            )
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        self.pool = self.cognito.create_user_pool(
            PoolName="pool",
            Schema=[
                {"Name": name, "AttributeDataType": "String", "Mutable": True, "StringAttributeConstraints": {}}
                for name in ("tenantID", "role")
            ],
        )["UserPool"]["Id"]

    @property
    def registry(self) -> Registry:
        """The registry, by a client that can be killed."""
        return Registry(self.killable("dynamodb"), REGISTRY, lambda: self.now)

    def pool_users(self, tenant_id: str) -> PoolUsers:
        """A tenant's users in Cognito, by a client that can be killed."""
        return PoolUsers(self.killable("cognito-idp"), self.pool, tenant_id)

    def means(self) -> Means:
        """What an offboarding works with; every client can be killed."""
        return Means(
            registry=self.registry,
            pool_users=self.pool_users,
            holdings=self.holdings,
            s3=self.killable("s3"),
            bucket=BUCKET,
            erase_after_seconds=90,
            retention=Retention(export=30, backups=7, logs=14),
            threads=THREADS,
            now=lambda: self.now,
        )

    def holdings(self, tenant_id: str) -> list[Holding]:
        """All that a tenant holds."""
        nobody: Any = None  # holds no kind
        held = holdings_of(handle_of(tenant_id), self.kinds, self.killable("dynamodb"), TABLE, nobody, THREADS)
        return [*held, TableInMemory(self.people, tenant_id, self.kill)]

    def killable(self, service: str) -> Any:
        """Return a client that ends the process when the switch says so."""
        if service == "dynamodb" and self.tables is not None:
            return KillableTables(self.tables, self.kill)
        return client(service, self.kill)

    def fill(self, tenant_id: str, *, samples: int = 5, people: int = 5, pool_users: int = 3) -> None:
        """Give a tenant samples in several shards, a note, rows in the database and users in Cognito."""
        shards = self.kinds[0].sharding.count
        for number in range(samples):
            self._put(f"{tenant_id}#sample#{number % shards}", f"{number:03}")
        self._put(f"{tenant_id}#note#0", "a")
        self.people[tenant_id] = [f"person-{number}" for number in range(people)]
        for role in list(Role)[:pool_users]:
            self.pool_users(tenant_id).invite(f"{role}@example.com", role)

    def _put(self, pk: str, sk: str) -> None:
        self.dynamodb.put_item(TableName=TABLE, Item={"pk": {"S": pk}, "sk": {"S": sk}, "name": {"S": "é\n"}})

    def rows(self, tenant_id: str) -> list[Any]:
        """Return every item of a tenant, found by going through the whole table."""
        items = self.dynamodb.scan(TableName=TABLE)["Items"]
        return sorted((item for item in items if item["pk"]["S"].startswith(f"{tenant_id}#")), key=json.dumps)

    def usernames(self) -> list[str]:
        """Return every user of the pool."""
        return sorted(user["Username"] for user in self.cognito.list_users(UserPoolId=self.pool)["Users"])

    def status(self, tenant_id: str) -> str | None:
        """Return the status that the registry holds."""
        found = self.dynamodb.get_item(TableName=REGISTRY, Key={"tenant_id": {"S": tenant_id}})
        return found["Item"]["status"]["S"] if "Item" in found else None

    def exported(self, prefix: str, part: str = "") -> dict[str, bytes]:
        """Return every object under a prefix whose key has that part."""
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        keys = [each["Key"] for each in listed if part in each["Key"]]
        return {key: self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}

    def pass_time(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    @contextmanager
    def killed_at(self, moment: int) -> Iterator[None]:
        """Kill at this moment, if the block comes so far; the switch then says that it did."""
        self.kill.moment, self.kill.at, self.kill.killed = 0, moment, False
        try:
            yield
        except Killed:
            pass
        finally:
            self.kill.at = 0


@pytest.fixture
def world() -> Iterator[World]:
    """An empty world."""
    with mock_aws():
        yield World()
