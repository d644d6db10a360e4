"""Builds the long-lived objects, each on its first use and once per container.

What only some functions need is imported where it is built: the authorizer's cold start loads no botocore, and that of
the routes no JWT library.
"""

from __future__ import annotations

import functools
import os
import threading
from typing import TYPE_CHECKING, TypeVar, cast

from chalicelib.config import Config, is_origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sts import STSClient

    from chalicelib.credentials import ScopedClients
    from chalicelib.database import Database
    from chalicelib.stores.carts import CartStore
    from chalicelib.stores.users import UserStore
    from chalicelib.tenant import TenantContext
    from chalicelib.tokens import JwtTokenManager

# One try and one retry, so that a caller of an unreachable service gets the 503 well before API Gateway's 29 s.
_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 1, 3, 2


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
    from chalicelib.signing_keys import SigningKeys
    from chalicelib.tokens import JwtTokenManager

    settings = config()
    return JwtTokenManager(
        issuer=settings.token_issuer,
        audience=settings.token_audience,
        keys=SigningKeys(settings.jwks_url),
    )


@_once
def scoped_clients() -> ScopedClients:
    """Return the token vending machine's clients: one botocore session for all tenants."""
    from botocore.config import Config as ClientConfig
    from botocore.session import Session

    from chalicelib.credentials import ScopedClients, SessionTagVending

    settings = config()
    session = Session()
    client_config = ClientConfig(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
    )

    @_once
    def sts() -> STSClient:
        # The only client with the Lambda role's own credentials; all that role may do with it is to assume TenantRole.
        return cast("STSClient", session.create_client("sts", region_name=settings.region, config=client_config))

    return ScopedClients(
        session,
        client_config,
        SessionTagVending(sts, settings.tenant_role_arn),
        region=settings.region,
    )


@_once
def database() -> Database:
    """Return the database under row-level security; a tenant's own credentials read the logins' secrets."""
    from chalicelib.database import Database, DatabaseSettings, Login

    settings = config()
    return Database(
        scoped_clients().secretsmanager,
        DatabaseSettings(
            secret_arns={Login.READER: settings.reader_secret_arn, Login.WRITER: settings.writer_secret_arn},
            sslmode=settings.database_sslmode,
            connections=settings.database_connections,
        ),
    )


def user_store(tenant: TenantContext) -> UserStore:
    """Return the tenant's users."""
    from chalicelib.stores.users import UserStore

    return UserStore(database(), tenant)


def cart_store(tenant: TenantContext) -> CartStore:
    """Return the tenant's cart, reached with the tenant's scoped credentials."""
    from chalicelib.stores.carts import CartStore

    return CartStore(scoped_clients().dynamodb(tenant), config().table_name, tenant)
