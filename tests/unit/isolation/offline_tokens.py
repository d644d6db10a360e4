"""A user pool's tokens without any pool: signed with the key that the emulator publishes."""

from __future__ import annotations

import gzip
import json
import time
from importlib.resources import files
from typing import Any

import jwt

from chalicelib.tenancy.token_tags import TAGS
from isolation.attack.api import ApiAccess

ISSUER, CLIENT = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_aB3", "the-client"
_KEY = json.loads(gzip.decompress((files("moto.cognitoidp") / "resources" / "jwks-private.json.gz").read_bytes()))
#: What the pool publishes.
PUBLISHED = {"keys": [{name: _KEY[name] for name in ("kty", "n", "e")} | {"kid": "dummy", "alg": "RS256"}]}


class OfflineTokens(ApiAccess):
    """Signs users in by itself."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], str] = {}

    def token(self, tenant: str, role: str) -> str:
        """Return the id token of a tenant's user, as the pool issues it."""
        return self._made.setdefault((tenant, role), self._issued(tenant, role))

    def access_token(self, tenant: str, role: str) -> str:
        """Return a token of another use, without attributes and audience."""
        return _signed({"sub": f"{role}-of-{tenant}", "token_use": "access", "client_id": CLIENT, **_times()})

    def signing_key(self) -> Any:
        """Return the published key."""
        return jwt.PyJWK.from_dict(PUBLISHED["keys"][0]).key

    def _issued(self, tenant: str, role: str) -> str:
        tags = {"principal_tags": {"tenant": [tenant], "role": [role]}}
        who = {"custom:tenantID": tenant, "custom:role": role, "sub": "a-user", "email": f"{role}@{tenant}.example.com"}
        return _signed({**who, TAGS: tags, "aud": CLIENT, "token_use": "id", **_times()})


def _times() -> dict[str, Any]:
    now = int(time.time())
    return {"iss": ISSUER, "iat": now, "exp": now + 900}


def _signed(claims: dict[str, Any]) -> str:
    key = jwt.PyJWK.from_dict(_KEY | {"alg": "RS256"}).key
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": "dummy"})
