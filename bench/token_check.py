"""What the authorizer's check of a token costs, beside a bare `jwt.decode` with the same key."""

from __future__ import annotations

import json
import time
from functools import partial
from typing import TYPE_CHECKING

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from bench.harness import Comparison, Series, in_turn, milliseconds
from bench.settings import ENVIRONMENT
from chalicelib.tenancy.authorizer import authorize
from chalicelib.tenancy.signing_keys import SigningKeys
from chalicelib.tenancy.tokens import JwtTokenManager

if TYPE_CHECKING:
    from stage.progress import Progress

ISSUER, AUDIENCE = ENVIRONMENT["TOKEN_ISSUER"], ENVIRONMENT["TOKEN_AUDIENCE"]
ROUNDS, WARM_UP, KEY_ID, CLAIMS_LIFE = 8_000, 100, "one", 3600


def measure(progress: Progress) -> list[Comparison]:
    """Compare the whole authorizer, its policy included, with the library's decoding alone."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    published = {**json.loads(RSAAlgorithm.to_jwk(key.public_key())), "kid": KEY_ID, "use": "sig", "alg": "RS256"}
    keys = SigningKeys("", fetch=lambda _: {"keys": [published]})
    tokens = JwtTokenManager(issuer=ISSUER, audience=AUDIENCE, keys=keys)
    token = jwt.encode(_claims(), key, algorithm="RS256", headers={"kid": KEY_ID})
    bearer, public = f"Bearer {token}", keys.find(KEY_ID)
    with progress.step(f"token check: {ROUNDS:,} of each, in turn"):
        full, bare = in_turn(
            partial(milliseconds, lambda: authorize(bearer, tokens, lambda _: True)),
            partial(milliseconds, lambda: jwt.decode(token, public, algorithms=["RS256"], audience=AUDIENCE)),
            rounds=ROUNDS,
            warm_up=WARM_UP,
        )
    return [Comparison("token check", Series("authorizer", full), Series("bare jwt.decode", bare), goal=1.15)]


def _claims() -> dict[str, object]:
    """Return the claims of an id token as Cognito writes them."""
    now = int(time.time())
    return {
        "sub": "4f6c1f0e-5c1b-4f43-9d2b-6a8f8f1d2c3b",
        "iss": ISSUER,
        "aud": AUDIENCE,
        "exp": now + CLAIMS_LIFE,
        "iat": now,
        "auth_time": now,
        "token_use": "id",
        "email": "member@acme.example.com",
        "email_verified": True,
        "cognito:username": "acme/member@acme.example.com",
        "custom:tenantID": "acme",
        "custom:role": "member",
        "jti": "2f6c1f0e-5c1b-4f43-9d2b-6a8f8f1d2c3b",
        "origin_jti": "3f6c1f0e-5c1b-4f43-9d2b-6a8f8f1d2c3b",
        "event_id": "5f6c1f0e-5c1b-4f43-9d2b-6a8f8f1d2c3b",
    }
