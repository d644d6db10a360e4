"""From a bearer token to the execute-api policy and the context that API Gateway hands to the route."""

from __future__ import annotations

import functools
import logging
import re
from typing import TYPE_CHECKING

from chalice.app import AuthResponse, AuthRoute

from chalicelib.errors import InvalidTokenError
from chalicelib.tenancy.permissions import PERMISSIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.tenancy.permissions import Permission
    from chalicelib.tenancy.tokens import JwtTokenManager

log = logging.getLogger(__name__)

# RFC 6750 section 2.1: the scheme's case does not matter. A JWT is three base64url parts (RFC 7519 section 3).
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*)")


def authorize(authorization: str, tokens: JwtTokenManager, is_active: Callable[[str], bool]) -> AuthResponse:
    """Verify the Authorization header's token and allow every route that the caller's role may call.

    Every route and not only the one asked for, because API Gateway caches the policy per token for all routes. None at
    all when the tenant is not active.

    Raises:
        InvalidTokenError: the token does not prove who is calling.
        SigningKeysUnavailableError: the signing keys cannot be fetched.
        StoreUnavailableError: the registry cannot be asked.
    """
    tenant = tokens.verify(bearer_token(authorization))
    permissions = PERMISSIONS[tenant.role]
    if not is_active(tenant.tenant_id):
        log.warning("%s is not active: its user %s is refused", tenant.tenant_id, tenant.user_id)
        permissions = ()
    return AuthResponse(
        routes=list(_routes(permissions)),
        principal_id=tenant.user_id,
        context=tenant.to_authorizer_context(),
    )


def bearer_token(authorization: str) -> str:
    """Return the token of an Authorization header.

    Raises:
        InvalidTokenError: the header holds none.
    """
    bearer = _BEARER.fullmatch(authorization)
    if not bearer:
        raise InvalidTokenError("the Authorization header is not a bearer token")
    return bearer[1]


@functools.cache  # one entry a role, and one for none
def _routes(permissions: tuple[Permission, ...]) -> tuple[AuthRoute, ...]:
    return tuple(AuthRoute(path, [method]) for method, path in permissions)
