"""A user pool as the application sees it: it publishes keys and issues tokens, good ones and any other."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from jwt.algorithms import RSAAlgorithm

from chalicelib.tenancy.token_tags import TAGS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

ISSUER = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Pool"
AUDIENCE = "app-client-1"


class UserPool:
    """One RSA key pair under one `kid`; what it signs is really signed."""

    def __init__(self, kid: str = "key-1") -> None:
        self.kid = kid
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def jwk(self) -> dict[str, Any]:
        """Return the public key as the pool publishes it."""
        return {**RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True), "kid": self.kid, "alg": "RS256"}

    def jwks(self) -> dict[str, Any]:
        """Return the document at the pool's JWKS URL."""
        return {"keys": [self.jwk()]}

    def public_pem(self) -> bytes:
        """Return the public key as an attacker would use it for an HMAC."""
        return self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def token(
        self,
        claims: Mapping[str, Any] | None = None,
        *,
        header: Mapping[str, Any] | None = None,
        without: Collection[str] = (),
    ) -> str:
        """Return an id token of acme's member, with these claims and header fields instead, or left out.

        Its tags are those of its tenant and role, as the trigger makes them, unless others are given.
        """
        fields = good_claims() | dict(claims or {})
        if TAGS not in (claims or {}):
            fields[TAGS] = tags_of(fields["custom:tenantID"], fields["custom:role"])
        names = {"alg": "RS256", "kid": self.kid, "typ": "JWT"} | dict(header or {})
        return self.sign(
            json.dumps({name: value for name, value in names.items() if name not in without}),
            json.dumps({name: value for name, value in fields.items() if name not in without}),
        )

    def sign(self, header: str, payload: str, algorithm: hashes.HashAlgorithm | None = None) -> str:
        """Sign any two strings as header and payload with RSASSA-PKCS1-v1_5 (RS256 unless told otherwise)."""
        signing_input = f"{base64url(header.encode())}.{base64url(payload.encode())}"
        signature = self._key.sign(signing_input.encode(), padding.PKCS1v15(), algorithm or hashes.SHA256())
        return f"{signing_input}.{base64url(signature)}"


def good_claims() -> dict[str, Any]:
    """Return the claims of a Cognito id token that was issued a minute ago for a quarter of an hour."""
    issued_at = int(time.time()) - 60
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "token_use": "id",
        "iat": issued_at,
        "exp": issued_at + 900,
        "sub": "b7c5d1c0-0000-4000-8000-000000000001",
        "email": "member@acme.example.com",
        "custom:tenantID": "acme",
        "custom:role": "member",
        "cognito:username": "acme/member@acme.example.com",
        TAGS: tags_of("acme", "member"),
    }


def tags_of(tenant_id: Any, role: Any) -> dict[str, Any]:
    """Return the claim with which the pre-token trigger tags a user's sessions."""
    return {"principal_tags": {"tenant": [tenant_id], "role": [role]}}


def base64url(data: bytes) -> str:
    """Encode as JWTs do: without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
