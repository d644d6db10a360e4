"""Settings from the environment: read once, refused when incomplete."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self, TypeVar

from chalicelib.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SSL_MODES = ("verify-full", "disable")
_MAX_CONNECTIONS = 100
_MAX_CACHED_TENANTS = 100_000
_MAX_CACHE_SECONDS = 3600
_MAX_DAYS = 36_500
_TABLE_ARN = re.compile(r"arn:[a-z-]+:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[A-Za-z0-9_.-]{3,255}")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")


class Strategy(StrEnum):
    """How a session of AWS STS comes to reach one tenant only."""

    WEB_IDENTITY = "web_identity"
    SESSION_TAGS = "session_tags"
    SESSION_POLICY = "session_policy"


class SessionPer(StrEnum):
    """Who shares a session of AWS STS: all users of a tenant with the same role, or nobody."""

    TENANT = "tenant"
    USER = "user"


def is_origin(text: str) -> bool:
    """Return whether the text is one web origin: no path, no wildcard."""
    return bool(_ORIGIN.fullmatch(text))


@dataclass(frozen=True, slots=True)
class Config:
    """What the application must be told; there is no default that could point it at another stage.

    `tenant_role_arn` is the one role whose sessions the strategy opens.
    """

    region: str
    table_arn: str
    strategy: Strategy
    session_per: SessionPer
    tenant_role_arn: str
    signing_keys_table_name: str
    cached_tenants: int
    token_issuer: str
    token_audience: str
    jwks_url: str
    cors_origin: str
    reader_secret_arn: str
    writer_secret_arn: str
    database_sslmode: str
    database_connections: int
    registry_table_name: str
    authorizer_cache_seconds: int

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read every setting.

        Raises:
            ConfigError: settings are unset or malformed; the message names each of them.
        """
        values: dict[str, Any] = _required(environ, SETTINGS)
        if not is_origin(values["cors_origin"]):
            raise ConfigError("CORS_ORIGIN must be one origin such as https://app.example.com: no path, no wildcard")
        if not _TABLE_ARN.fullmatch(values["table_arn"]):
            raise ConfigError("TABLE_ARN must be the ARN of one DynamoDB table")
        strategy = _one_of(Strategy, "VENDING_STRATEGY", values.pop("strategy"))
        session_per = _one_of(SessionPer, "SESSION_PER", values.pop("session_per"))
        if session_per is SessionPer.USER and strategy is not Strategy.WEB_IDENTITY:
            raise ConfigError("SESSION_PER=user needs VENDING_STRATEGY=web_identity, whose tokens name the user to STS")
        cached_tenants = _number("CACHED_TENANTS", values.pop("cached_tenants"), _MAX_CACHED_TENANTS)
        connections = _number("DATABASE_CONNECTIONS", values.pop("database_connections"), _MAX_CONNECTIONS)
        cache_seconds = _number("AUTHORIZER_CACHE_SECONDS", values.pop("authorizer_cache_seconds"), _MAX_CACHE_SECONDS)
        return cls(
            **values,
            strategy=strategy,
            session_per=session_per,
            cached_tenants=cached_tenants,
            database_connections=connections,
            authorizer_cache_seconds=cache_seconds,
        )

    @property
    def table_name(self) -> str:
        """Name of the pooled table."""
        return self.table_arn.rpartition("/")[2]


#: Environment variable → field of Config. All are required.
SETTINGS = {
    "AWS_REGION": "region",
    "TABLE_ARN": "table_arn",
    "VENDING_STRATEGY": "strategy",
    "SESSION_PER": "session_per",
    "TENANT_ROLE_ARN": "tenant_role_arn",
    "SIGNING_KEYS_TABLE_NAME": "signing_keys_table_name",
    "CACHED_TENANTS": "cached_tenants",
    "TOKEN_ISSUER": "token_issuer",
    "TOKEN_AUDIENCE": "token_audience",
    "JWKS_URL": "jwks_url",
    "CORS_ORIGIN": "cors_origin",
    "READER_SECRET_ARN": "reader_secret_arn",
    "WRITER_SECRET_ARN": "writer_secret_arn",
    "DATABASE_SSLMODE": "database_sslmode",
    "DATABASE_CONNECTIONS": "database_connections",
    "REGISTRY_TABLE_NAME": "registry_table_name",
    "AUTHORIZER_CACHE_SECONDS": "authorizer_cache_seconds",
}

#: The same for the functions of the control plane.
DATABASE_FUNCTIONS_SETTINGS = {
    "AWS_REGION": "region",
    "MASTER_SECRET_ARN": "master_secret_arn",
    "READER_SECRET_ARN": "reader_secret_arn",
    "WRITER_SECRET_ARN": "writer_secret_arn",
    "DATABASE_SSLMODE": "database_sslmode",
}


@dataclass(frozen=True, slots=True)
class DatabaseFunctionsConfig:
    """What the functions of the control plane must be told."""

    region: str
    master_secret_arn: str
    reader_secret_arn: str
    writer_secret_arn: str
    database_sslmode: str

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read every setting.

        Raises:
            ConfigError: settings are unset or malformed; the message names each of them.
        """
        return cls(**_required(environ, DATABASE_FUNCTIONS_SETTINGS))


#: The same for the functions of the control plane that are about tenants.
CONTROL_PLANE_SETTINGS = {
    "AWS_REGION": "region",
    "REGISTRY_TABLE_NAME": "registry_table_name",
    "USER_POOL_ID": "user_pool_id",
    "TABLE_NAME": "table_name",
    "TENANT_MAINTENANCE_ROLE_ARN": "tenant_maintenance_role_arn",
    "READER_SECRET_ARN": "reader_secret_arn",
    "WRITER_SECRET_ARN": "writer_secret_arn",
    "DATABASE_SSLMODE": "database_sslmode",
    "EXPORT_BUCKET": "export_bucket",
    "ERASE_AFTER_SECONDS": "erase_after_seconds",
    "EXPORT_RETENTION_DAYS": "export_retention_days",
    "BACKUP_RETENTION_DAYS": "backup_retention_days",
    "LOG_RETENTION_DAYS": "log_retention_days",
}


@dataclass(frozen=True, slots=True)
class ControlPlaneConfig:
    """What the functions that onboard, change and offboard tenants must be told.

    `erase_after_seconds` is how long after the beginning of an offboarding a request of the tenant may still run.
    """

    region: str
    registry_table_name: str
    user_pool_id: str
    table_name: str
    tenant_maintenance_role_arn: str
    reader_secret_arn: str
    writer_secret_arn: str
    database_sslmode: str
    export_bucket: str
    erase_after_seconds: int
    export_retention_days: int
    backup_retention_days: int
    log_retention_days: int

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read every setting.

        Raises:
            ConfigError: settings are unset or malformed; the message names each of them.
        """
        texts = _required(environ, CONTROL_PLANE_SETTINGS)
        numbers = {
            field: _number(name, texts.pop(field), maximum, least=0)
            for name, field, maximum in (
                ("ERASE_AFTER_SECONDS", "erase_after_seconds", 2 * _MAX_CACHE_SECONDS),
                ("EXPORT_RETENTION_DAYS", "export_retention_days", _MAX_DAYS),
                ("BACKUP_RETENTION_DAYS", "backup_retention_days", _MAX_DAYS),
                ("LOG_RETENTION_DAYS", "log_retention_days", _MAX_DAYS),
            )
        }
        values: dict[str, Any] = {**texts, **numbers}
        return cls(**values)


#: The same for the function that keeps the copy of the user pool's signing keys.
SIGNING_KEYS_SETTINGS = {
    "AWS_REGION": "region",
    "SIGNING_KEYS_TABLE_NAME": "signing_keys_table_name",
    "TOKEN_ISSUER": "token_issuer",
    "JWKS_URL": "jwks_url",
}


@dataclass(frozen=True, slots=True)
class SigningKeysConfig:
    """What the function that keeps the copy of the user pool's signing keys must be told."""

    region: str
    signing_keys_table_name: str
    token_issuer: str
    jwks_url: str

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read every setting.

        Raises:
            ConfigError: settings are unset; the message names each of them.
        """
        return cls(**_required(environ, SIGNING_KEYS_SETTINGS))


#: What the pre-token trigger must be told.
TRIGGER_SETTINGS = {"SESSION_PER": "session_per"}


def trigger_session_per(environ: Mapping[str, str]) -> SessionPer:
    """Return who shares a session, for the pre-token trigger.

    Raises:
        ConfigError: the setting is unset or unknown.
    """
    return _one_of(SessionPer, "SESSION_PER", _required(environ, TRIGGER_SETTINGS)["session_per"])


T = TypeVar("T", bound=StrEnum)


def _one_of(kind: type[T], name: str, text: str) -> T:
    try:
        return kind(text)
    except ValueError:
        raise ConfigError(f"{name} must be one of {', '.join(kind)}") from None


def _number(name: str, text: str, maximum: int, *, least: int = 1) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(maximum)) or not least <= int(text) <= maximum:
        raise ConfigError(f"{name} must be a number from {least} to {maximum}")
    return int(text)


def _required(environ: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    missing = [name for name in settings if not environ.get(name)]
    if missing:
        raise ConfigError(f"set these environment variables: {', '.join(missing)}")
    if "DATABASE_SSLMODE" in settings and environ["DATABASE_SSLMODE"] not in _SSL_MODES:
        raise ConfigError(f"DATABASE_SSLMODE must be one of {', '.join(_SSL_MODES)}")
    return {field: environ[name] for name, field in settings.items()}
