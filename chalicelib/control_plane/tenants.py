"""What the functions for tenants are made of, with the execution role's own rights, and their settings."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.config import Config as ClientConfig
from botocore.session import Session

from chalicelib.config import ControlPlaneConfig
from chalicelib.control_plane.pool_users import PoolUsers
from chalicelib.data.registry import Registry
from chalicelib.data.threads import RequestThreads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Executor

    from chalicelib.control_plane.offboarding import Means
    from chalicelib.data.database import Database
    from chalicelib.data.holdings import Holding
    from chalicelib.tenancy.tenant import TenantContext
    from chalicelib.vending.sessions import Session as TenantSession

_THREADS = 10
_TIMEOUT = (2, 10)  # seconds to connect, and to read
_CLIENT_CONFIG = ClientConfig(
    connect_timeout=_TIMEOUT[0],
    read_timeout=_TIMEOUT[1],
    max_pool_connections=2 * _THREADS,
    retries={"mode": "standard", "total_max_attempts": 4},
)


class ControlPlane:
    """The parts of one invocation."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._settings = ControlPlaneConfig.from_environ(environ)
        self._session = Session()

    @property
    def registry(self) -> Registry:
        """The registry of tenants."""
        return Registry(self._client("dynamodb"), self._settings.registry_table_name, _now)

    def pool_users(self, tenant_id: str) -> PoolUsers:
        """Return the tenant's users who can sign in."""
        return PoolUsers(self._client("cognito-idp"), self._settings.user_pool_id, tenant_id)

    def database(self) -> Database:
        """Return the database; the execution role itself must be entitled to the login."""
        secrets = self._client("secretsmanager")
        return self._database(lambda _: secrets)

    def means_of_offboarding(self) -> Means:
        """Return what the offboarding works with: for the tenant's data, nothing but the tenant's own credentials."""
        from chalicelib.control_plane.offboarding import Means, Retention  # noqa: PLC0415 -- for one function

        settings, threads = self._settings, RequestThreads(_THREADS)
        return Means(
            registry=self.registry,
            pool_users=self.pool_users,
            holdings=lambda tenant_id: self._holdings("offboard_tenant", tenant_id, threads),
            s3=self._client("s3"),
            bucket=settings.export_bucket,
            erase_after_seconds=settings.erase_after_seconds,
            retention=Retention(
                export=settings.export_retention_days,
                backups=settings.backup_retention_days,
                logs=settings.log_retention_days,
            ),
            threads=threads,
            now=_now,
        )

    def maintenance_session(self, function: str, tenant_id: str) -> Callable[[], TenantSession]:
        """Return what opens the session in which a function works on all that a tenant holds."""
        from chalicelib.control_plane.maintenance import maintenance_session  # noqa: PLC0415 -- for one function

        role_arn, tenant = self._settings.tenant_maintenance_role_arn, _maintained(function, tenant_id)
        return maintenance_session(lambda: self._client("sts"), role_arn, tenant, _now)

    def _holdings(self, function: str, tenant_id: str, threads: Executor) -> list[Holding]:
        from chalicelib.data.holdings import holdings_of  # noqa: PLC0415
        from chalicelib.entities import ENTITIES  # noqa: PLC0415
        from chalicelib.vending.clients import ScopedClients, without_credentials  # noqa: PLC0415
        from chalicelib.vending.connections import connection_pool  # noqa: PLC0415
        from chalicelib.vending.handles import Handle  # noqa: PLC0415
        from chalicelib.vending.usage import Usage  # noqa: PLC0415

        settings, session = self._settings, without_credentials(Session())
        send = connection_pool(session, timeout=_TIMEOUT, size=2 * _THREADS).send
        scoped = ScopedClients(session, _CLIENT_CONFIG, region=settings.region, usage=Usage(), send=send)
        handle = Handle(_maintained(function, tenant_id))
        database = self._database(scoped.secretsmanager)
        storages = [entity.storage for entity in ENTITIES]
        return holdings_of(handle, storages, scoped.dynamodb(handle), settings.table_name, database, threads)

    def _database(self, secrets: Callable[[Any], Any]) -> Database:
        from chalicelib.data.database import Database, DatabaseSettings, Login  # noqa: PLC0415 -- for two functions

        settings = self._settings
        arns = {Login.READER: settings.reader_secret_arn, Login.WRITER: settings.writer_secret_arn}
        return Database(secrets, DatabaseSettings(secret_arns=arns, sslmode=settings.database_sslmode, connections=1))

    def _client(self, service: str) -> Any:
        return self._session.create_client(service, region_name=self._settings.region, config=_CLIENT_CONFIG)


def time_left(seconds: float) -> Callable[[], bool]:
    """Return a function that says whether so much time has not passed yet."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


def _now() -> datetime:
    return datetime.now(UTC)


def _maintained(function: str, tenant_id: str) -> TenantContext:
    from chalicelib.tenancy.tenant import Role, TenantContext  # noqa: PLC0415 -- for one function

    return TenantContext(tenant_id, Role.ADMIN, function, "-")
