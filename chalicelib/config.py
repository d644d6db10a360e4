"""Settings from the environment: read once, refused when incomplete."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from chalicelib.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SSL_MODES = ("verify-full", "disable")
_MAX_CONNECTIONS = 100
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")


def is_origin(text: str) -> bool:
    """Return whether the text is one web origin: no path, no wildcard."""
    return bool(_ORIGIN.fullmatch(text))


@dataclass(frozen=True, slots=True)
class Config:
    """What the application must be told; there is no default that could point it at another stage."""

    region: str
    table_name: str
    tenant_role_arn: str
    token_issuer: str
    token_audience: str
    jwks_url: str
    cors_origin: str
    reader_secret_arn: str
    writer_secret_arn: str
    database_sslmode: str
    database_connections: int

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read every setting.

        Raises:
            ConfigError: settings are unset or malformed; the message names each of them.
        """
        values = _required(environ, SETTINGS)
        if not is_origin(values["cors_origin"]):
            raise ConfigError("CORS_ORIGIN must be one origin such as https://app.example.com: no path, no wildcard")
        connections = values.pop("database_connections")
        if not connections.isdecimal() or not 1 <= int(connections) <= _MAX_CONNECTIONS:
            raise ConfigError(f"DATABASE_CONNECTIONS must be a number from 1 to {_MAX_CONNECTIONS}")
        return cls(**values, database_connections=int(connections))


#: Environment variable → field of Config. All are required.
SETTINGS = {
    "AWS_REGION": "region",
    "TABLE_NAME": "table_name",
    "TENANT_ROLE_ARN": "tenant_role_arn",
    "TOKEN_ISSUER": "token_issuer",
    "TOKEN_AUDIENCE": "token_audience",
    "JWKS_URL": "jwks_url",
    "CORS_ORIGIN": "cors_origin",
    "READER_SECRET_ARN": "reader_secret_arn",
    "WRITER_SECRET_ARN": "writer_secret_arn",
    "DATABASE_SSLMODE": "database_sslmode",
    "DATABASE_CONNECTIONS": "database_connections",
}

#: The same for the functions of the control plane.
CONTROL_PLANE_SETTINGS = {
    "AWS_REGION": "region",
    "MASTER_SECRET_ARN": "master_secret_arn",
    "READER_SECRET_ARN": "reader_secret_arn",
    "WRITER_SECRET_ARN": "writer_secret_arn",
    "DATABASE_SSLMODE": "database_sslmode",
}


@dataclass(frozen=True, slots=True)
class ControlPlaneConfig:
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
        return cls(**_required(environ, CONTROL_PLANE_SETTINGS))


def _required(environ: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    missing = [name for name in settings if not environ.get(name)]
    if missing:
        raise ConfigError(f"set these environment variables: {', '.join(missing)}")
    if environ["DATABASE_SSLMODE"] not in _SSL_MODES:
        raise ConfigError(f"DATABASE_SSLMODE must be one of {', '.join(_SSL_MODES)}")
    return {field: environ[name] for name, field in settings.items()}
