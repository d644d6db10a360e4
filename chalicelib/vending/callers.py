"""For whom a session is opened, as a token says: read from its claims, which prove nothing by themselves."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from chalicelib.errors import InvalidTenantError, InvalidTokenError
from chalicelib.tenancy.token_tags import tagged

if TYPE_CHECKING:
    from chalicelib.tenancy.tenant import Role


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose session is asked for. `expires_at` is in seconds since 1970."""

    tenant_id: str
    role: Role
    user_id: str
    expires_at: int
    token: str = field(repr=False)

    @classmethod
    def claimed(cls, token: str) -> Self:
        """Read what the token claims, without verifying anything: STS does, or the token manager.

        Raises:
            InvalidTokenError: it is no JWT, or claims no tenant.
        """
        try:
            tenant_id, role = tagged(claims := _claims(token))
        except InvalidTenantError as error:
            raise InvalidTokenError(str(error)) from None
        user_id, expires_at = claims.get("sub"), claims.get("exp")
        if not isinstance(user_id, str) or not user_id or not isinstance(expires_at, int):
            raise InvalidTokenError("the token names no user, or no end")
        return cls(tenant_id, role, user_id, expires_at, token)


def _claims(token: str) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 -- RFC 7519 section 3
        raise InvalidTokenError("the token is no JWT")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        raise InvalidTokenError("the token is no JWT") from None
    if not isinstance(claims, dict):
        raise InvalidTokenError("the token is no JWT")
    return claims
