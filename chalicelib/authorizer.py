"""From a bearer token to the execute-api policy and the context that API Gateway hands to the route."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalice.app import AuthResponse, AuthRoute

from chalicelib.errors import InvalidTokenError
from chalicelib.permissions import PERMISSIONS

if TYPE_CHECKING:
    from chalicelib.tokens import JwtTokenManager

# RFC 6750 section 2.1: the scheme's case does not matter. A JWT is three base64url parts (RFC 7519 section 3).
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*)")


def authorize(authorization: str, tokens: JwtTokenManager) -> AuthResponse:
    """Verify the Authorization header's token and allow every route that the caller's role may call.

    Every route and not only the one asked for, because API Gateway caches the policy per token for all routes.

    Raises:
        InvalidTokenError: the token does not prove who is calling.
        SigningKeysUnavailableError: the signing keys cannot be fetched.
    """
    bearer = _BEARER.fullmatch(authorization)
    if not bearer:
        raise InvalidTokenError("the Authorization header is not a bearer token")
    tenant = tokens.verify(bearer[1])
    return AuthResponse(
        routes=[AuthRoute(path, [method]) for method, path in PERMISSIONS[tenant.role]],
        principal_id=tenant.user_id,
        context=tenant.to_authorizer_context(),
    )
