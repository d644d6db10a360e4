"""Id tokens as the user pool issues them, signed with a key of the benchmark's own, before anything is measured."""

from __future__ import annotations

import json
import time
import uuid
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from bench.settings import ENVIRONMENT
from chalicelib.tenancy.tenant import Role
from chalicelib.tenancy.token_tags import SOURCE_IDENTITY, TAGS

ISSUER, AUDIENCE = ENVIRONMENT["TOKEN_ISSUER"], ENVIRONMENT["TOKEN_AUDIENCE"]
_KEY_ID, _LIFE_SECONDS = "one", 3600


class TokenIssuer:
    """Signs tokens, which takes a millisecond each; `key_set` is the JSON Web Key Set of its one key.

    With `names_users` they name the user to STS, as SESSION_PER=user demands.
    """

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
        self.key_set: dict[str, Any] = {"keys": [{**public, "kid": _KEY_ID, "use": "sig", "alg": "RS256"}]}
        self.names_users = False
        self.first = cache(self.issue)  # the same token each time, as a user has one for an hour

    def issue(self, tenant_id: str, user_id: str = "1") -> str:
        """Return a new token of a tenant's user, who is an admin; two are never the same."""
        claims = _claims(tenant_id, user_id, Role.ADMIN.value)
        if self.names_users:
            claims[SOURCE_IDENTITY] = user_id
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": _KEY_ID})


def _claims(tenant_id: str, user_id: str, role: str) -> dict[str, object]:
    """Return the claims of an id token as Cognito writes them, and the pre-token trigger."""
    now = int(time.time())
    return {
        "sub": user_id,
        "iss": ISSUER,
        "aud": AUDIENCE,
        "exp": now + _LIFE_SECONDS,
        "iat": now,
        "auth_time": now,
        "token_use": "id",
        "email": "bench@example.com",
        "email_verified": True,
        "cognito:username": f"{tenant_id}/bench@example.com",
        "custom:tenantID": tenant_id,
        "custom:role": role,
        "jti": str(uuid.uuid4()),
        "origin_jti": "3f6c1f0e-5c1b-4f43-9d2b-6a8f8f1d2c3b",
        "event_id": "5f6c1f0e-5c1b-4f43-9d2b-6a8f8f1d2c3b",
        TAGS: {"principal_tags": {"tenant": [tenant_id], "role": [role]}},
    }
