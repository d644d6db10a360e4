"""The token vending machine: tenant context → scoped credentials, and clients that hold nothing else."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from botocore.credentials import DeferredRefreshableCredentials

from chalicelib.errors import ScopedCredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from botocore.client import BaseClient
    from botocore.config import Config as ClientConfig
    from botocore.credentials import ReadOnlyCredentials
    from botocore.model import OperationModel
    from botocore.session import Session
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from chalicelib.tenancy.tenant import Role, TenantContext
    from chalicelib.vending.strategies import VendingStrategy
    from chalicelib.vending.usage import Usage

_REJECTED = frozenset({"ExpiredTokenException", "UnrecognizedClientException"})
_READS = frozenset({"GetItem", "Query"})
# What the stores call. The other 57 methods would be a fifth of a client's memory.
_METHODS = frozenset({"get_item", "query", "put_item", "update_item", "delete_item"})
_FAILURE_KEPT = timedelta(seconds=1)
# A refusal may be the answer to a session that was revoked, so that a new one helps; but somebody who keeps asking for
# what is not theirs must not turn every request into a call of STS, whose rate all tenants share.
_REPLACED_WHEN_REFUSED_AFTER = timedelta(seconds=10)


class ScopedClients:
    """Vends clients that are signed with one tenant's scoped credentials and have no others to fall back to.

    Credentials are kept per (tenant, role), the `capacity` last used ones; refreshed before they expire; and fetched
    once when many threads want the same at the same time. They are dropped when a service says that they expired, and
    replaced, if STS can be reached, when it refuses them ten seconds or more after they came. A failure is kept for a
    second. The `clients` last used of them have a client, which is large and made again in milliseconds, while every
    call of STS counts against the account's quota. All clients come from one botocore session, so that a service model
    is loaded once, and send over one pool of connections: a signature belongs to a request and not to the connection
    that carries it. The session is for this alone: its DynamoDB clients have only the methods that the stores call. It
    saves memory and guards nothing; IAM does.
    """

    def __init__(  # noqa: PLR0913 -- a composition of parts, each named at the one call
        self,
        session: Session,
        client_config: ClientConfig,
        vending: VendingStrategy,
        *,
        region: str,
        capacity: int,
        clients: int,
        usage: Usage,
        send: Callable[[AWSPreparedRequest], AWSResponse],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._session = session
        session.register("creating-client-class.dynamodb", _keep_methods_of_the_stores)
        self._client_config = client_config
        self._vending = vending
        self._region = region
        self._capacity = capacity
        self._clients = min(clients, capacity)
        self._usage = usage
        self._send = send
        self._now = now
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, Role], _Kept] = OrderedDict()
        self._with_client: OrderedDict[_Kept, None] = OrderedDict()

    def dynamodb(self, tenant: TenantContext) -> DynamoDBClient:
        """Return a DynamoDB client that can reach this tenant's partitions only.

        Raises:
            ScopedCredentialsError: STS would not vend, or could not be reached.
        """
        kept = self._of(tenant)
        frozen = kept.credentials.get_frozen_credentials()
        with kept.lock:
            current = kept.dynamodb  # another thread may drop it meanwhile
            if current is None or current[0] != frozen:
                current = frozen, self._metered(self._create("dynamodb", frozen, kept), tenant.tenant_id)
                kept.dynamodb = current
        self._drop_the_client_before(kept)
        return current[1]

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

    def _drop_the_client_before(self, used: _Kept) -> None:
        """Note that a client was used, and drop the one that was not for the longest time if there are too many."""
        with self._lock:
            self._with_client[used] = None
            self._with_client.move_to_end(used)
            if len(self._with_client) > self._clients:
                unused, _ = self._with_client.popitem(last=False)
                unused.dynamodb = None

    def _of(self, tenant: TenantContext) -> _Kept:
        key = _key(tenant)
        with self._lock:
            kept = self._kept.get(key)
            refused = kept is not None and kept.refused
            if kept is None:
                kept = self._kept[key] = _Kept(tenant, self._vending, self._now)
                if len(self._kept) > self._capacity:
                    _, dropped = self._kept.popitem(last=False)
                    self._with_client.pop(dropped, None)
            if refused:  # so that no other thread replaces them meanwhile, nor anybody at the very next refusal
                kept.refused, kept.refresh.vended_at = False, self._now()
            self._kept.move_to_end(key)
        return self._replaced(kept) if refused else kept

    def _replaced(self, refused: _Kept) -> _Kept:
        """Return new credentials, since those may have been revoked; without STS they are still the best there are."""
        new = _Kept(refused.tenant, self._vending, self._now)
        try:
            new.credentials.get_frozen_credentials()
        except ScopedCredentialsError:
            return refused
        with self._lock:
            self._with_client.pop(refused, None)
            if _key(new.tenant) in self._kept:
                self._kept[_key(new.tenant)] = new
        return new

    def _forget(self, rejected: _Kept) -> None:
        """Drop credentials that a service rejected; the next request vends new ones, unless another has already."""
        with self._lock:
            self._with_client.pop(rejected, None)
            if self._kept.get(_key(rejected.tenant)) is rejected:
                del self._kept[_key(rejected.tenant)]

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
            if code in _REJECTED:
                self._forget(kept)
            elif code == "AccessDeniedException":
                kept.refused = self._now() - kept.refresh.vended_at >= _REPLACED_WHEN_REFUSED_AFTER

        def send(request: AWSPreparedRequest, **_: object) -> Any:
            return self._send(request)  # botocore takes what this event returns for the answer

        client.meta.events.register("after-call", after_call)
        client.meta.events.register("before-send", send)
        return client

    def _metered(self, client: BaseClient, tenant_id: str) -> DynamoDBClient:
        """Let every answer say what capacity it consumed, and add that up for the tenant."""

        def ask(params: dict[str, Any], **_: object) -> None:
            params["ReturnConsumedCapacity"] = "TOTAL"

        def add(parsed: dict[str, Any], model: OperationModel, **_: object) -> None:
            units = parsed.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
            self._usage.add(tenant_id, **{"read" if model.name in _READS else "write": units})

        client.meta.events.register("provide-client-params.dynamodb", ask)
        client.meta.events.register("after-call.dynamodb", add)
        return cast("DynamoDBClient", client)


def _keep_methods_of_the_stores(**event: Any) -> None:
    class_attributes = event["class_attributes"]
    for name in [name for name in class_attributes if not name.startswith("_") and name not in _METHODS]:
        del class_attributes[name]


class _Kept:
    """One tenant's credentials, and the client made from the current ones."""

    def __init__(self, tenant: TenantContext, vending: VendingStrategy, now: Callable[[], datetime]) -> None:
        self.tenant = tenant
        self.refresh = _Refresh(vending, tenant, now)
        self.credentials = DeferredRefreshableCredentials(self.refresh, "assume-role", time_fetcher=now)
        self.dynamodb: tuple[ReadOnlyCredentials, DynamoDBClient] | None = None
        self.refused = False
        self.lock = threading.Lock()


class _Refresh:
    """Vends one tenant's credentials in botocore's form; botocore calls it in one thread at a time."""

    def __init__(self, vending: VendingStrategy, tenant: TenantContext, now: Callable[[], datetime]) -> None:
        self._vending = vending
        self._tenant = tenant
        self._now = now
        self._failed_at: datetime | None = None
        self.vended_at = now()

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
        self.vended_at = self._now()
        return {
            "access_key": vended["AccessKeyId"],
            "secret_key": vended["SecretAccessKey"],
            "token": vended["SessionToken"],
            "expiry_time": vended["Expiration"].isoformat(),
        }


def _key(tenant: TenantContext) -> tuple[str, Role]:
    return tenant.tenant_id, tenant.role
