"""The token vending machine: tenant context → scoped credentials, and clients that hold nothing else."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from botocore.credentials import DeferredRefreshableCredentials

from chalicelib.errors import ScopedCredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.client import BaseClient
    from botocore.config import Config as ClientConfig
    from botocore.credentials import ReadOnlyCredentials
    from botocore.session import Session
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from chalicelib.tenant import Role, TenantContext
    from chalicelib.vending import VendingStrategy

_REJECTED = frozenset({"ExpiredTokenException", "UnrecognizedClientException"})
_FAILURE_KEPT = timedelta(seconds=1)
# A refusal may be the answer to a session that was revoked, so that a new one helps; but somebody who keeps asking for
# what is not theirs must not turn every request into a call of STS, whose rate all tenants share.
_DROPPED_WHEN_REFUSED_AFTER = timedelta(seconds=10)


class ScopedClients:
    """Vends clients that are signed with one tenant's scoped credentials and have no others to fall back to.

    Credentials are kept per (tenant, role), the `capacity` last used ones; refreshed before they expire; and fetched
    once when many threads want the same at the same time. They are dropped when a service says that they expired, or
    refuses them ten seconds or more after they came. A failure is kept for a second. All clients come from one botocore
    session, so that a service model is loaded once.
    """

    def __init__(  # noqa: PLR0913 -- a composition of parts, each named at the one call
        self,
        session: Session,
        client_config: ClientConfig,
        vending: VendingStrategy,
        *,
        region: str,
        capacity: int,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._session = session
        self._client_config = client_config
        self._vending = vending
        self._region = region
        self._capacity = capacity
        self._now = now
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, Role], _Kept] = OrderedDict()

    def dynamodb(self, tenant: TenantContext) -> DynamoDBClient:
        """Return a DynamoDB client that can reach this tenant's partitions only.

        Raises:
            ScopedCredentialsError: STS would not vend, or could not be reached.
        """
        kept = self._of(tenant)
        frozen = kept.credentials.get_frozen_credentials()
        with kept.lock:
            if kept.dynamodb is None or kept.dynamodb[0] != frozen:
                kept.dynamodb = frozen, cast("DynamoDBClient", self._create("dynamodb", frozen, kept))
            return kept.dynamodb[1]

    def secretsmanager(self, tenant: TenantContext) -> SecretsManagerClient:
        """Return a Secrets Manager client that can read the secrets which the tenant's role is entitled to.

        It is not kept: a login's secret is read every few minutes, and a client takes 170 kB.

        Raises:
            ScopedCredentialsError: STS would not vend, or could not be reached.
        """
        kept = self._of(tenant)
        return cast(
            "SecretsManagerClient",
            self._create("secretsmanager", kept.credentials.get_frozen_credentials(), kept),
        )

    def _of(self, tenant: TenantContext) -> _Kept:
        key = (tenant.tenant_id, tenant.role)
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                refresh = _Refresh(self._vending, tenant, self._now)
                credentials = DeferredRefreshableCredentials(refresh, "assume-role", time_fetcher=self._now)
                kept = self._kept[key] = _Kept(key, credentials, self._now())
                if len(self._kept) > self._capacity:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
        return kept

    def _forget(self, rejected: _Kept) -> None:
        """Drop credentials that a service rejected; the next request vends new ones, unless another has already."""
        with self._lock:
            if self._kept.get(rejected.key) is rejected:
                del self._kept[rejected.key]

    def _create(self, service: str, credentials: ReadOnlyCredentials, kept: _Kept) -> BaseClient:
        with self._lock:  # botocore's sessions do not create clients safely from several threads
            client = self._session.create_client(
                service,
                region_name=self._region,
                aws_access_key_id=credentials.access_key,
                aws_secret_access_key=credentials.secret_key,
                aws_session_token=credentials.token,
                config=self._client_config,
            )

        def after_call(parsed: dict[str, Any], **_: object) -> None:
            code = parsed.get("Error", {}).get("Code")
            late = self._now() - kept.since >= _DROPPED_WHEN_REFUSED_AFTER
            if code in _REJECTED or (code == "AccessDeniedException" and late):
                self._forget(kept)

        client.meta.events.register("after-call", after_call)
        return client


@dataclass(slots=True)
class _Kept:
    """One tenant's credentials, and the client made from the current ones."""

    key: tuple[str, Role]
    credentials: DeferredRefreshableCredentials
    since: datetime
    dynamodb: tuple[ReadOnlyCredentials, DynamoDBClient] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Refresh:
    """Vends one tenant's credentials in botocore's form; botocore calls it in one thread at a time."""

    def __init__(self, vending: VendingStrategy, tenant: TenantContext, now: Callable[[], datetime]) -> None:
        self._vending = vending
        self._tenant = tenant
        self._now = now
        self._failed_at: datetime | None = None

    def __call__(self) -> dict[str, str]:
        # Threads that waited for a vending that failed must not all try it anew, one after the other.
        if self._failed_at is not None and timedelta() <= self._now() - self._failed_at < _FAILURE_KEPT:
            raise ScopedCredentialsError
        try:
            return self._vend()
        except ScopedCredentialsError:
            self._failed_at = self._now()
            raise

    def _vend(self) -> dict[str, str]:
        vended = self._vending.vend(self._tenant)
        if vended["Expiration"] <= self._now():  # a clock is wrong by an hour: AWS would refuse them
            raise ScopedCredentialsError
        return {
            "access_key": vended["AccessKeyId"],
            "secret_key": vended["SecretAccessKey"],
            "token": vended["SessionToken"],
            "expiry_time": vended["Expiration"].isoformat(),
        }
