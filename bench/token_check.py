"""What the authorizer's check of a token costs, beside a bare `jwt.decode` with the same key."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import jwt

from bench.harness import Comparison, Series, in_turn, milliseconds
from bench.tokens import AUDIENCE, ISSUER, TokenIssuer
from chalicelib.tenancy.authorizer import authorize
from chalicelib.tenancy.signing_keys import SigningKeys
from chalicelib.tenancy.tokens import JwtTokenManager

if TYPE_CHECKING:
    from stage.progress import Progress

ROUNDS, WARM_UP = 8_000, 100


def measure(progress: Progress) -> list[Comparison]:
    """Compare the whole authorizer, its policy included, with the library's decoding alone."""
    issuer = TokenIssuer()
    keys = SigningKeys("", fetch=lambda _: issuer.key_set)
    tokens = JwtTokenManager(issuer=ISSUER, audience=AUDIENCE, keys=keys)
    token = issuer.issue("acme")
    bearer, public = f"Bearer {token}", keys.find(jwt.get_unverified_header(token)["kid"])
    with progress.step(f"token check: {ROUNDS:,} of each, in turn"):
        full, bare = in_turn(
            partial(milliseconds, lambda: authorize(bearer, tokens, lambda _: True)),
            partial(milliseconds, lambda: jwt.decode(token, public, algorithms=["RS256"], audience=AUDIENCE)),
            rounds=ROUNDS,
            warm_up=WARM_UP,
        )
    return [Comparison("token check", Series("authorizer", full), Series("bare jwt.decode", bare), goal=1.15)]
