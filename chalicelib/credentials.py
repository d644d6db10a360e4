"""The token vending machine: tenant context → scoped credentials, and clients that hold nothing else."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, cast

from botocore.credentials import DeferredRefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from chalicelib.errors import ScopedCredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.client import BaseClient
    from botocore.config import Config as ClientConfig
    from botocore.credentials import ReadOnlyCredentials
    from botocore.session import Session
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

    from chalicelib.tenant import Role, TenantContext

#: Role chaining (a Lambda role assuming another) is limited to one hour. Source: AWS, "Methods to assume a role"
#: (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage-assume.html).
SESSION_SECONDS = 3600
_REJECTED = frozenset({"ExpiredTokenException", "UnrecognizedClientException"})
log = logging.getLogger(__name__)
_TRY_AGAIN = "The credentials for this request cannot be had right now; try again shortly."


class VendingStrategy(Protocol):
    """How credentials come to reach one tenant only."""

    def vend(self, tenant: TenantContext) -> CredentialsTypeDef:
        """Return new credentials that can reach this tenant's data only, within what its role may do.

        Raises:
            ScopedCredentialsError: STS would not vend, or could not be reached.
        """


class SessionTagVending:
    """Assumes the tenant role with the session tags `tenant` and `role`, on which its policy's conditions rest."""

    def __init__(self, sts: Callable[[], STSClient], tenant_role_arn: str) -> None:
        self._sts = sts
        self._tenant_role_arn = tenant_role_arn

    def vend(self, tenant: TenantContext) -> CredentialsTypeDef:
        """See VendingStrategy."""
        try:
            answer = self._sts().assume_role(
                RoleArn=self._tenant_role_arn,
                RoleSessionName=f"{tenant.tenant_id}.{tenant.role}",
                Tags=[
                    {"Key": "tenant", "Value": tenant.tenant_id},
                    {"Key": "role", "Value": tenant.role.value},
                ],
                DurationSeconds=SESSION_SECONDS,
            )
        except (BotoCoreError, ClientError, ResponseParserError) as error:
            log.warning("STS does not vend for %s as %s: %s", tenant.tenant_id, tenant.role, error)
            raise ScopedCredentialsError(_TRY_AGAIN) from error
        return answer["Credentials"]


class ScopedClients:
    """Vends clients that are signed with one tenant's scoped credentials and have no others to fall back to.

    Credentials are kept per (tenant, role), refreshed before they expire, and fetched once when many threads want the
    same at the same time; a failure is not kept. All clients come from one botocore session, so that a service model
    is loaded once.
    """

    def __init__(  # noqa: PLR0913 -- a composition of parts, each named at the one call
        self,
        session: Session,
        client_config: ClientConfig,
        vending: VendingStrategy,
        *,
        region: str,
        capacity: int = 512,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._session = session
        self._client_config = client_config
        self._vending = vending
        self._region = region
        self._capacity = capacity
        self._now = now
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, Role], _TenantClients] = OrderedDict()

    def dynamodb(self, tenant: TenantContext) -> DynamoDBClient:
        """Return a DynamoDB client that can reach this tenant's partitions only.

        Raises:
            ScopedCredentialsError: STS would not vend, or could not be reached.
        """
        return cast("DynamoDBClient", self._client(tenant, "dynamodb"))

    def secretsmanager(self, tenant: TenantContext) -> SecretsManagerClient:
        """Return a Secrets Manager client that can read the secrets which the tenant's role is entitled to.

        Raises:
            ScopedCredentialsError: STS would not vend, or could not be reached.
        """
        return cast("SecretsManagerClient", self._client(tenant, "secretsmanager"))

    def _client(self, tenant: TenantContext, service: str) -> BaseClient:
        key = (tenant.tenant_id, tenant.role)
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                kept = self._kept[key] = _TenantClients(self._credentials(tenant), lambda: self._forget(key))
                if len(self._kept) > self._capacity:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
        return kept.current(service, self._create)

    def _forget(self, key: tuple[str, Role]) -> None:
        """Drop credentials that a service rejected; the next request vends new ones."""
        with self._lock:
            self._kept.pop(key, None)

    def _credentials(self, tenant: TenantContext) -> DeferredRefreshableCredentials:
        def refresh() -> dict[str, str]:
            vended = self._vending.vend(tenant)
            if vended["Expiration"] <= self._now():  # a clock is wrong by an hour: AWS would refuse them
                raise ScopedCredentialsError(_TRY_AGAIN)
            return {
                "access_key": vended["AccessKeyId"],
                "secret_key": vended["SecretAccessKey"],
                "token": vended["SessionToken"],
                "expiry_time": vended["Expiration"].isoformat(),
            }

        return DeferredRefreshableCredentials(refresh, "assume-role", time_fetcher=self._now)

    def _create(self, service: str, credentials: ReadOnlyCredentials) -> BaseClient:
        with self._lock:  # botocore's sessions do not create clients safely from several threads
            return self._session.create_client(
                service,
                region_name=self._region,
                aws_access_key_id=credentials.access_key,
                aws_secret_access_key=credentials.secret_key,
                aws_session_token=credentials.token,
                config=self._client_config,
            )


class _TenantClients:
    """One tenant's clients, each for as long as the credentials it was made from are the current ones."""

    def __init__(self, credentials: DeferredRefreshableCredentials, forget: Callable[[], None]) -> None:
        self._credentials = credentials
        self._forget = forget
        self._lock = threading.Lock()
        self._made: dict[str, tuple[ReadOnlyCredentials, BaseClient]] = {}

    def current(self, service: str, create: Callable[[str, ReadOnlyCredentials], BaseClient]) -> BaseClient:
        frozen = self._credentials.get_frozen_credentials()
        with self._lock:
            made = self._made.get(service)
            if made is None or made[0] != frozen:
                made = self._made[service] = frozen, create(service, frozen)
                made[1].meta.events.register("after-call", self._after_call)
            return made[1]

    def _after_call(self, parsed: dict[str, Any], **_: object) -> None:
        if parsed.get("Error", {}).get("Code") in _REJECTED:
            self._forget()
