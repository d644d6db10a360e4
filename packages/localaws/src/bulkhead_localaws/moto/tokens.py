"""Tokens as Cognito issues them: how long they live, what they say, whose they are, and what a trigger adds.

moto (5.2) gives each an hour, all custom attributes to every client, a refresh token to any client of the pool, and
runs no trigger. What is here takes the place of the methods of its pools that make tokens.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from moto.cognitoidp.models import CognitoIdpUserPool
from moto.core.exceptions import JsonRESTError

from bulkhead_localaws.moto.triggers import changes_for, current_occasion, groups_of
from bulkhead_localaws.services.cognito_idp import claims
from bulkhead_localaws.services.cognito_idp.clients import is_readable, lifetime


@dataclass(slots=True)
class _SignIn:
    """Who signed in, and when: what a refresh token stands for."""

    user: Any
    at: int


def check_refresh_token(pool: Any, client_id: str, token: Any) -> None:
    """Refuse a refresh token that is not this client's, has expired, or whose user is gone, disabled or signed out.

    Raises:
        JsonRESTError: NotAuthorizedException.
    """
    known = pool.refresh_tokens.get(token, "") if isinstance(token, str) else ""
    if known == "" or (known is not None and known[0] != client_id):
        raise JsonRESTError("NotAuthorizedException", "Invalid Refresh Token")
    begun = _sign_ins(pool).get(known[2]) if known else None
    user = begun and pool._get_user(known[1])  # noqa: SLF001 -- by name or alias, as moto itself does
    if begun is None or user is not begun.user or user.enabled is not True:
        raise JsonRESTError("NotAuthorizedException", "Refresh Token has been revoked")
    if begun.at + lifetime(pool.clients[client_id].extended_config, "Refresh") <= time.time():
        raise JsonRESTError("NotAuthorizedException", "Refresh Token has expired")


def attributes_for(pool: Any, client_id: str, user: Any) -> dict[str, str]:
    """Return the attributes of a user that a client may read."""
    client = pool.clients[client_id].extended_config
    return {name: value for name, value in user.attribute_lookup.items() if is_readable(client, name)}


def _sign_ins(pool: Any) -> dict[str, _SignIn]:
    found: dict[str, _SignIn] = vars(pool).setdefault("sign_ins", {})
    return found


def create_refresh_token(pool: Any, client_id: str, username: str) -> tuple[str, str]:
    """See CognitoIdpUserPool.create_refresh_token; the user is kept by name, not as spelled by whoever signs in."""
    user = pool._get_user(username)  # noqa: SLF001 -- by name or alias, as moto itself does
    token, origin = str(uuid.uuid4()), str(uuid.uuid4())
    pool.refresh_tokens[token] = (client_id, user.username, origin)
    _sign_ins(pool)[origin] = _SignIn(user, int(time.time()))
    return token, origin


def create_id_token(pool: Any, client_id: str, username: str, origin_jti: str) -> tuple[str, int]:
    """See CognitoIdpUserPool.create_id_token."""
    user = pool._get_user(username)  # noqa: SLF001 -- by name or alias, as moto itself does
    issued = _issued(pool, client_id, user, origin_jti, "Id")
    issued |= {"token_use": "id", "aud": client_id, "cognito:username": user.username}
    readable = attributes_for(pool, client_id, user)
    content = claims.id_claims(issued, readable, groups_of(user), changes_for(pool, client_id, user))
    token = _signed(pool, content)
    pool.id_tokens[token] = (client_id, user.username)
    return token, issued["exp"] - issued["iat"]


def create_access_token(pool: Any, client_id: str, username: str, origin_jti: str) -> tuple[str, int]:
    """See CognitoIdpUserPool.create_access_token."""
    user = pool._get_user(username)  # noqa: SLF001 -- by name or alias, as moto itself does
    issued = _issued(pool, client_id, user, origin_jti, "Access")
    issued |= {"token_use": "access", "client_id": client_id, "username": user.username}
    content = claims.access_claims(issued, groups_of(user), changes_for(pool, client_id, user))
    token = _signed(pool, content)
    pool.access_tokens[token] = (client_id, user.username)
    return token, issued["exp"] - issued["iat"]


def _issued(pool: Any, client_id: str, user: Any, origin_jti: str, token: Any) -> dict[str, Any]:
    now = int(time.time())
    begun = _sign_ins(pool).get(origin_jti)
    return {
        "iss": f"https://cognito-idp.{pool.region}.amazonaws.com/{pool.id}",
        "sub": user.id,
        "origin_jti": origin_jti,
        "event_id": current_occasion().event_id,
        "jti": str(uuid.uuid4()),
        "iat": now,
        "auth_time": now if begun is None else begun.at,
        "exp": now + lifetime(pool.clients[client_id].extended_config, token),
    }


def _signed(pool: Any, content: dict[str, Any]) -> str:
    return jwt.encode({"kid": "dummy", "alg": "RS256"}, content, pool.json_web_key)  # moto's name for its one key


def issue_tokens_as_cognito() -> None:
    """Let moto's pools make their tokens here, in this process."""
    for method in (create_refresh_token, create_id_token, create_access_token):
        setattr(CognitoIdpUserPool, method.__name__, method)
