"""Builds the long-lived objects, each on its first use and once per container.

What only some functions need is imported where it is built: the routes' cold start loads no JWT library.
"""

from __future__ import annotations

import functools
import os
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar, cast

from chalicelib import PRODUCT
from chalicelib.config import Config, is_origin

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from botocore.config import Config as ClientConfig
    from botocore.session import Session
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sts import STSClient

    from chalicelib.data.database import Database
    from chalicelib.data.storage import Kind
    from chalicelib.data.table import Table
    from chalicelib.tenancy.statuses import TenantStatuses
    from chalicelib.tenancy.tenant import TenantContext
    from chalicelib.tenancy.tokens import JwtTokenManager
    from chalicelib.vending.clients import ScopedClients
    from chalicelib.vending.strategies import VendingStrategy
    from chalicelib.vending.usage import Usage

# So that a caller gets the 503 before API Gateway's 29 s are over: a try takes up to 4 s. An unreachable STS costs
# three, and pauses of up to 1 s and 2 s, which botocore draws at random; DynamoDB or the secret two and one pause.
_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS, _STS_ATTEMPTS = 1, 3, 2, 3
_LISTING_THREADS = 10
KEPT_CLIENTS = 512  # of 240 KiB each, so that a function of 1,024 MB has room for them
_USER_AGENT = PRODUCT  # else botocore puts together its own twice a request, a tenth of the request's time
_OF_THE_AUTHORIZER = "AUTHORIZER_ROLE_"


T = TypeVar("T")


def _once(build: Callable[[], T]) -> Callable[[], T]:
    """Build on first use, and only once even when threads race for it (functools.cache may build twice)."""
    lock = threading.Lock()
    built: list[T] = []

    @functools.wraps(build)
    def get() -> T:
        if not built:
            with lock:
                if not built:
                    built.append(build())
        return built[0]

    return get


@_once
def config() -> Config:
    """Return the settings.

    Raises:
        ConfigError: the environment lacks a setting or holds one that cannot be right.
    """
    return Config.from_environ(os.environ)


def refuses_by_policy() -> bool:
    """Return whether a refused token is answered with a policy that allows nothing (403) instead of an error (401).

    Only so under plain `chalice local`, whose server drops the connection when an authorizer raises.
    """
    return os.environ.get("AUTHORIZER_REFUSES_BY") == "policy"


def names_aws_requests() -> bool:
    """Return whether answers name the AWS requests behind them: only where NAME_AWS_REQUESTS=1, on a development stage.

    Whoever can read decisions by these ids learns how IAM decided, which is what `make dev` is for. Without the local
    AWS's endpoint the setting is one that was left in a shell, from which `make package` asks for the CORS headers.
    """
    return os.environ.get("NAME_AWS_REQUESTS") == "1" and bool(os.environ.get("AWS_ENDPOINT_URL"))


def cors_origin() -> str:
    """Return the one origin whose pages may call the API, or one that no page can have.

    The latter is for `chalice package`, which asks before there is a stage, and for a setting that is no origin: `*`
    would otherwise be answered by the routes that need no other setting.
    """
    origin = os.environ.get("CORS_ORIGIN", "")
    return origin if is_origin(origin) else "https://origin.invalid"


@_once
def token_manager() -> JwtTokenManager:
    """Return the JWT token manager with its cached signing keys."""
    from chalicelib.tenancy.signing_keys import SigningKeys
    from chalicelib.tenancy.tokens import JwtTokenManager

    settings = config()
    return JwtTokenManager(
        issuer=settings.token_issuer,
        audience=settings.token_audience,
        keys=SigningKeys(settings.jwks_url),
    )


@_once
def tenant_statuses() -> TenantStatuses:
    """Return what the authorizer knows of tenants: half the cache time is the gateway's, half is this."""
    from chalicelib.data.registry import Registry
    from chalicelib.tenancy.statuses import TenantStatuses

    settings = config()
    client = _authorizer_session().create_client("dynamodb", region_name=settings.region, config=client_config())
    registry = Registry(cast("DynamoDBClient", client), settings.registry_table_name, lambda: datetime.now(UTC))
    return TenantStatuses(registry.status, settings.authorizer_cache_seconds / 2)


def _authorizer_session() -> Session:
    """Return a session with the authorizer's own role.

    On AWS that is simply the function's role. On one machine one process plays the authorizer and the API, and is told
    where the authorizer's credentials are vended.
    """
    from botocore.credentials import ContainerProvider, CredentialResolver
    from botocore.session import Session

    session = Session()
    where = {
        name.removeprefix(_OF_THE_AUTHORIZER): value
        for name, value in os.environ.items()
        if name.startswith(_OF_THE_AUTHORIZER)
    }
    if where:
        session.register_component("credential_provider", CredentialResolver([ContainerProvider(environ=where)]))
    return session


@_once
def usage() -> Usage:
    """Return what tenants have consumed since their last metrics."""
    from chalicelib.vending.usage import Usage

    return Usage()


@_once
def scoped_clients() -> ScopedClients:
    """Return the token vending machine's clients: one botocore session for all tenants."""
    from botocore.session import Session

    from chalicelib.vending.clients import ScopedClients
    from chalicelib.vending.connections import connection_pool

    settings = config()
    session = Session()
    if names_aws_requests():
        from chalicelib.vending import aws_requests

        aws_requests.watch(session)

    @_once
    def sts() -> STSClient:
        # The only client with the Lambda role's own credentials; all that role may do with it is to assume TenantRole.
        client = session.create_client("sts", region_name=settings.region, config=client_config(_STS_ATTEMPTS))
        return cast("STSClient", client)

    return ScopedClients(
        session,
        client_config(),
        _vending_strategy(sts, settings),
        region=settings.region,
        capacity=settings.cached_tenants,
        clients=KEPT_CLIENTS,
        usage=usage(),
        send=connection_pool(session, timeout=(_CONNECT_SECONDS, _READ_SECONDS), size=2 * _LISTING_THREADS).send,
    )


def _vending_strategy(sts: Callable[[], STSClient], settings: Config) -> VendingStrategy:
    from chalicelib.vending.strategies import SessionPolicyVending, SessionTagVending, TenantResources

    if settings.tenant_policy_role_arn is None:
        return SessionTagVending(sts, settings.tenant_role_arn)
    resources = TenantResources(settings.table_arn, settings.reader_secret_arn, settings.writer_secret_arn)
    return SessionPolicyVending(sts, settings.tenant_policy_role_arn, resources)


def client_config(attempts: int = _ATTEMPTS) -> ClientConfig:
    """Return how a client of AWS waits and tries."""
    from botocore.config import Config as ClientConfig

    return ClientConfig(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": attempts},
        user_agent=_USER_AGENT,
    )


@_once
def database() -> Database:
    """Return the database under row-level security; a tenant's own credentials read the logins' secrets."""
    from chalicelib.data.database import Database, DatabaseSettings, Login

    settings = config()
    return Database(
        scoped_clients().secretsmanager,
        DatabaseSettings(
            secret_arns={Login.READER: settings.reader_secret_arn, Login.WRITER: settings.writer_secret_arn},
            sslmode=settings.database_sslmode,
            connections=settings.database_connections,
        ),
    )


def table(tenant: TenantContext, kind: Kind, *, versioned: bool = False) -> Table:
    """Return a tenant's rows of a kind, reached with the tenant's scoped credentials."""
    from chalicelib.data.partitions import Partitions
    from chalicelib.data.table import Table

    client, name = scoped_clients().dynamodb(tenant), config().table_name
    return Table(client, name, Partitions(tenant, kind), listing_threads, versioned=versioned)


@_once
def listing_threads() -> Executor:
    """Return the threads that query a tenant's shards side by side; they are started when first needed."""
    from chalicelib.data.threads import RequestThreads

    return RequestThreads(_LISTING_THREADS, thread_name_prefix="listing")
