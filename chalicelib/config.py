"""Settings from the environment: read once, refused when incomplete."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from chalicelib.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    #: True only under plain `chalice local`, whose server drops the connection when an authorizer raises:
    #: a refused token is then answered with a policy that allows nothing (403) instead of an error (401).
    refuse_by_policy: bool = False

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read every setting.

        Raises:
            ConfigError: settings are unset or malformed; the message names each of them.
        """
        missing = [name for name in SETTINGS if not environ.get(name)]
        if missing:
            raise ConfigError(f"set these environment variables: {', '.join(missing)}")
        values = {field: environ[name] for name, field in SETTINGS.items()}
        if not is_origin(values["cors_origin"]):
            raise ConfigError("CORS_ORIGIN must be one origin such as https://app.example.com: no path, no wildcard")
        return cls(**values, refuse_by_policy=environ.get("AUTHORIZER_REFUSES_BY") == "policy")


#: Environment variable → field of Config. All are required.
SETTINGS = {
    "AWS_REGION": "region",
    "TABLE_NAME": "table_name",
    "TENANT_ROLE_ARN": "tenant_role_arn",
    "TOKEN_ISSUER": "token_issuer",
    "TOKEN_AUDIENCE": "token_audience",
    "JWKS_URL": "jwks_url",
    "CORS_ORIGIN": "cors_origin",
}
