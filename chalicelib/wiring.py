"""Builds the long-lived objects, each on its first use and once per container.

What only some functions need is imported where it is built: a cold start of the routes loads no JWT library, since STS
verifies the first token of each tenant itself.
"""

from __future__ import annotations

import functools
import os
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from chalicelib import PRODUCT
from chalicelib.config import Config, Strategy, is_origin

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
    from chalicelib.tenancy.signing_keys import SigningKeys
    from chalicelib.tenancy.statuses import TenantStatuses
    from chalicelib.tenancy.tokens import JwtTokenManager
    from chalicelib.vending.clients import ScopedClients
    from chalicelib.vending.handles import Handle
    from chalicelib.vending.sessions import Sessions
    from chalicelib.vending.strategies import VendingStrategy
    from chalicelib.vending.usage import Usage

# So that a caller gets the 503 before API Gateway's 29 s are over: a try takes up to 4 s. An unreachable STS costs
# three, and pauses of up to 1 s and 2 s, which botocore draws at random; DynamoDB or the secret two and one pause.
_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS, _STS_ATTEMPTS = 1, 3, 2, 3
_LISTING_THREADS = 10
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
    """Return the authorizer's JWT token manager with its cached signing keys, fetched from the user pool."""
    from chalicelib.tenancy.signing_keys import SigningKeys

    return _token_manager_with(SigningKeys(config().jwks_url))


def _token_manager_with(keys: SigningKeys) -> JwtTokenManager:
    from chalicelib.tenancy.tokens import JwtTokenManager

    settings = config()
    return JwtTokenManager(
        issuer=settings.token_issuer, audience=settings.token_audience, per=settings.session_per, keys=keys
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
def sessions() -> Sessions:
    """Return the token vending machine."""
    from chalicelib.vending.sessions import Sessions

    settings = config()
    return Sessions(
        _vending_strategy(settings),
        lambda token: _request_tokens().verify(token),
        per=settings.session_per,
        capacity=settings.cached_tenants,
    )


@_once
def _request_tokens() -> JwtTokenManager:
    """Return what verifies a token again in the API, which knows the keys from their copy: it is in the VPC."""
    from botocore.exceptions import BotoCoreError

    from chalicelib.data.signing_key_copy import SigningKeyCopy
    from chalicelib.errors import SigningKeysUnavailableError
    from chalicelib.tenancy.signing_keys import TRY_AGAIN, SigningKeys

    settings = config()

    def fetch(issuer: str) -> dict[str, Any]:
        try:  # making the client looks the function's credentials up
            client = _function_session().create_client("dynamodb", region_name=settings.region, config=client_config())
        except BotoCoreError as error:
            raise SigningKeysUnavailableError(TRY_AGAIN) from error
        dynamodb = cast("DynamoDBClient", client)
        return SigningKeyCopy(dynamodb, settings.signing_keys_table_name, lambda: datetime.now(UTC)).read(issuer)

    return _token_manager_with(SigningKeys(settings.token_issuer, fetch=fetch))


@_once
def _session() -> Session:
    """Return the botocore session of the clients for tenants, which is to know no credentials."""
    from botocore.session import Session

    from chalicelib.vending.clients import without_credentials

    return _watched(without_credentials(Session()))


@_once
def _function_session() -> Session:
    """Return a session with the function's own rights; no client of a tenant comes from it.

    It shares the models of services with the other, so that none is loaded twice.
    """
    from botocore.session import Session

    session = Session()
    session.register_component("data_loader", _session().get_component("data_loader"))
    return _watched(session)


def _watched(session: Session) -> Session:
    """Return the session, whose calls answers name where the stage has them do so."""
    if names_aws_requests():
        from chalicelib.vending import aws_requests

        aws_requests.watch(session)
    return session


@_once
def scoped_clients() -> ScopedClients:
    """Return the clients that sign with the session of a handle."""
    from chalicelib.vending.clients import ScopedClients
    from chalicelib.vending.connections import connection_pool

    timeout = (_CONNECT_SECONDS, _READ_SECONDS)
    return ScopedClients(
        _session(),
        client_config(),
        region=config().region,
        usage=usage(),
        send=connection_pool(_session(), timeout=timeout, size=2 * _LISTING_THREADS).send,
    )


def _vending_strategy(settings: Config) -> VendingStrategy:
    from chalicelib.vending.strategies import (
        SessionPolicyVending,
        SessionTagVending,
        TenantResources,
        WebIdentityVending,
    )

    @_once
    def sts() -> STSClient:
        # By web identity STS is asked without a signature, and the function's own rights are not even looked up.
        own = settings.strategy is not Strategy.WEB_IDENTITY
        session = _function_session() if own else _session()
        client = session.create_client("sts", region_name=settings.region, config=client_config(_STS_ATTEMPTS))
        return cast("STSClient", client)

    if settings.strategy is Strategy.WEB_IDENTITY:
        return WebIdentityVending(sts, settings.tenant_role_arn)
    if settings.strategy is Strategy.SESSION_TAGS:
        return SessionTagVending(sts, settings.tenant_role_arn)
    resources = TenantResources(settings.table_arn, settings.reader_secret_arn, settings.writer_secret_arn)
    return SessionPolicyVending(sts, settings.tenant_role_arn, resources)


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
    """Return the database under row-level security; the session of a handle reads the logins' secrets."""
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


def table(handle: Handle, kind: Kind, *, versioned: bool = False) -> Table:
    """Return a tenant's rows of a kind, reached with the session of the handle."""
    from chalicelib.data.partitions import Partitions
    from chalicelib.data.table import Table

    client, name = scoped_clients().dynamodb(handle), config().table_name
    return Table(client, name, Partitions(handle.tenant, kind), listing_threads, versioned=versioned)


@_once
def listing_threads() -> Executor:
    """Return the threads that query a tenant's shards side by side; they are started when first needed."""
    from chalicelib.data.threads import RequestThreads

    return RequestThreads(_LISTING_THREADS, thread_name_prefix="listing")
