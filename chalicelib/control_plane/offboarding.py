"""Offboarding: shut the tenant out, export what it has, erase it, prove that nothing is left.

Each invocation works for a bounded time and says how far it came; the registry keeps that, so that the next one goes
on, after a kill at any point as well. Every step can be repeated. A tenant is called offboarded only after the proof.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from chalicelib.control_plane.export import Export
from chalicelib.errors import InvalidEventError
from chalicelib.tenancy.statuses import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from mypy_boto3_s3 import S3Client

    from chalicelib.control_plane.events import OffboardEvent
    from chalicelib.control_plane.pool_users import PoolUsers
    from chalicelib.data.holdings import Holding
    from chalicelib.data.registry import RegisteredTenant, Registry

#: DynamoDB's point-in-time recovery reaches so far back. Source: AWS, "Point-in-time backups for DynamoDB".
_POINT_IN_TIME_DAYS = 35


class Phase(StrEnum):
    """What the next invocation goes on with."""

    POOL_USERS = "logins"  # as offboardings that have begun have it stored
    WAIT = "wait"
    EXPORT = "export"
    ERASE = "erase"
    PROVE = "prove"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days copies remain after the erasure; 0 where there are none, or no end is set."""

    export: int
    backups: int
    logs: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an offboarding has come. `holding`, `part` and `after` say where the export or erasure goes on.

    `manifests` are those of all rounds; `receipt` and where it lies are there when it is done, and stay in the
    tombstone.
    """

    begun_at: str
    erase_after: str
    phase: Phase = Phase.POOL_USERS
    round: int = 1
    holdings: int = 0
    holding: int = 0
    part: int = 0
    after: str | None = None
    rows: int = 0
    manifests: tuple[dict[str, Any], ...] = ()
    receipt: dict[str, Any] | None = None
    receipt_key: str | None = None

    @classmethod
    def load(cls, text: str) -> Self:
        """Read back what `dump` wrote."""
        stored = json.loads(text)
        return cls(**stored | {"phase": Phase(stored["phase"]), "manifests": tuple(stored["manifests"])})

    def dump(self) -> str:
        """Return it as text for the registry."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Means:
    """What the offboarding works with."""

    registry: Registry
    pool_users: Callable[[str], PoolUsers]
    holdings: Callable[[str], Sequence[Holding]]
    s3: S3Client
    bucket: str
    erase_after_seconds: int
    retention: Retention
    threads: Executor
    now: Callable[[], datetime]


class Offboarding:
    """One tenant's offboarding, from where the registry says that it is."""

    def __init__(self, means: Means, tenant: RegisteredTenant, progress: Progress) -> None:
        self._means = means
        self._tenant = tenant
        self._progress = progress

    @cached_property
    def _holdings(self) -> Sequence[Holding]:
        """Where the tenant's rows are: its scoped credentials are vended when they are first needed."""
        return self._means.holdings(self._tenant.tenant_id)

    @classmethod
    def of(cls, means: Means, event: OffboardEvent) -> Offboarding:
        """Begin an offboarding, or take up the one that was begun.

        Raises:
            InvalidEventError: it is not confirmed.
            TenantNotFoundError: the registry does not know the tenant.
        """
        if event.confirm != event.tenant_id:
            raise InvalidEventError(
                f"confirm: must repeat the tenant id, {event.tenant_id}, since this cannot be undone"
            )
        tenant = means.registry.get(event.tenant_id)
        if tenant.status in {Status.OFFBOARDING, Status.OFFBOARDED}:
            return cls(means, tenant, Progress.load(tenant.progress))
        now = means.now()
        erase_after = now + timedelta(seconds=means.erase_after_seconds)
        progress = Progress(begun_at=now.isoformat(), erase_after=erase_after.isoformat())
        tenant = means.registry.change(tenant, Status.OFFBOARDING, progress=progress.dump())
        return cls(means, tenant, progress)

    def run(self, has_time: Callable[[], bool]) -> dict[str, Any]:
        """Go on as long as there is time, and return how far it is."""
        steps: dict[Phase, Callable[[], Progress | None]] = {
            Phase.POOL_USERS: self._remove_pool_users,
            Phase.WAIT: self._wait,
            Phase.EXPORT: self._export,
            Phase.ERASE: self._erase,
            Phase.PROVE: self._prove,
        }
        while self._progress.phase is not Phase.DONE and has_time():
            further = steps[self._progress.phase]()
            if further is None:
                break
            self._save(further)
        return self._answer()

    def _save(self, progress: Progress) -> None:
        status = Status.OFFBOARDED if progress.phase is Phase.DONE else Status.OFFBOARDING
        self._tenant = self._means.registry.change(self._tenant, status, progress=progress.dump())
        self._progress = progress

    def _answer(self) -> dict[str, Any]:
        progress = self._progress
        answer: dict[str, Any] = {
            "tenant_id": self._tenant.tenant_id,
            "status": self._tenant.status.value,
            "phase": progress.phase.value,
            "done": progress.phase is Phase.DONE,
            "holding": progress.holding,
            "holdings": progress.holdings,
            "rows": progress.rows,
        }
        if progress.phase is Phase.WAIT:
            answer["wait_seconds"] = max(0.0, (self._erase_after() - self._means.now()).total_seconds())
        if progress.receipt_key is not None:
            answer["receipt"] = f"s3://{self._means.bucket}/{progress.receipt_key}"
        return answer

    def _remove_pool_users(self) -> Progress | None:
        found = self._means.pool_users(self._tenant.tenant_id).remove_some()
        return self._progress if found else replace(self._progress, phase=Phase.WAIT)

    def _wait(self) -> Progress | None:
        """Go on once no authorizer holds the former status any more, and no request that it admitted still runs."""
        if self._means.now() < self._erase_after():
            return None
        return replace(self._progress, phase=Phase.EXPORT, holdings=len(self._holdings), holding=0, part=0, after=None)

    def _export(self) -> Progress | None:
        progress = self._progress
        if progress.holding == len(self._holdings):
            return self._close_the_export()
        holding = self._holdings[progress.holding]
        chunk = holding.read(progress.after)
        if chunk.rows and not self._export_of_round().put_rows(_part(holding, progress.part), chunk.rows):
            # Since an interrupted run wrote this part, something has changed: everything is exported once more.
            return self._another_round()
        progress = replace(progress, rows=progress.rows + len(chunk.rows))
        if chunk.after is not None:
            return replace(progress, part=progress.part + 1, after=chunk.after)
        return replace(progress, holding=progress.holding + 1, part=0, after=None)

    def _close_the_export(self) -> Progress:
        export = self._export_of_round()
        objects = export.objects(self._means.threads)
        rows: dict[str, int] = {}
        for each in objects:
            holding = each["key"].removeprefix(export.prefix).rpartition("/")[0]
            rows[holding] = rows.get(holding, 0) + each["rows"]
        manifest = {
            "tenant_id": self._tenant.tenant_id,
            "exported_at": self._means.now().isoformat(),
            "objects": objects,
            "rows": rows,
        }
        key, digest = export.put_document("manifest", manifest)
        entry = {"key": key, "rows": sum(rows.values()), "sha256": digest}
        return replace(
            self._progress, phase=Phase.ERASE, holding=0, part=0, manifests=(*self._progress.manifests, entry)
        )

    def _erase(self) -> Progress | None:
        """Delete what one object of the export holds, and nothing that is not in it."""
        progress = self._progress
        if progress.holding == len(self._holdings):
            return replace(progress, phase=Phase.PROVE)
        holding = self._holdings[progress.holding]
        rows = self._export_of_round().rows(_part(holding, progress.part))
        if rows is None:
            return replace(progress, holding=progress.holding + 1, part=0)
        holding.erase(rows)
        return replace(progress, part=progress.part + 1)

    def _prove(self) -> Progress | None:
        """Count what is left. If something is, it came after the export: another round exports and erases it."""
        left = {holding.name: holding.count() for holding in self._holdings}
        if any(left.values()) or self._means.pool_users(self._tenant.tenant_id).remove_some():
            return self._another_round()
        receipt = self._receipt(left)
        key, _ = self._export_of_round().put_document("receipt", receipt)
        return replace(self._progress, phase=Phase.DONE, receipt=receipt, receipt_key=key)

    def _another_round(self) -> Progress:
        return replace(self._progress, phase=Phase.POOL_USERS, round=self._progress.round + 1, rows=0)

    def _receipt(self, left: dict[str, int]) -> dict[str, Any]:
        now, retention = self._means.now(), self._means.retention

        def until(days: int) -> str | None:
            return (now + timedelta(days=days)).isoformat() if days else None

        return {
            "tenant_id": self._tenant.tenant_id,
            "offboarding_begun_at": self._progress.begun_at,
            "erased_at": now.isoformat(),
            "manifests": list(self._progress.manifests),
            "rows_left": left,
            "copies_remain_until": {
                "dynamodb_point_in_time_recovery": until(_POINT_IN_TIME_DAYS),
                "postgresql_backups": until(retention.backups),
                "export": until(2 * retention.export),  # as the current version, and then as a former one
                "logs": until(retention.logs),
            },
        }

    def _export_of_round(self) -> Export:
        return Export(self._means.s3, self._means.bucket, self._prefix())

    def _prefix(self) -> str:
        begun = datetime.fromisoformat(self._progress.begun_at)
        return f"{self._tenant.tenant_id}/{begun:%Y%m%dT%H%M%SZ}/{self._progress.round}/"

    def _erase_after(self) -> datetime:
        return datetime.fromisoformat(self._progress.erase_after)


def _part(holding: Holding, part: int) -> str:
    return f"{holding.name}/{part:06}.jsonl"
