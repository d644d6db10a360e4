"""The JWT token manager: a Cognito id token becomes a tenant context, or is refused."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import jwt

from chalicelib.config import SessionPer
from chalicelib.errors import InvalidTenantError, InvalidTokenError
from chalicelib.tenancy.tenant import TenantContext
from chalicelib.tenancy.token_tags import check_source_identity, tagged

if TYPE_CHECKING:
    from chalicelib.tenancy.signing_keys import SigningKeys

_LEEWAY_SECONDS = 10  # clocks of AWS services differ by less


class JwtTokenManager:
    """Verifies id tokens of one user pool and one app client.

    Checked: signature with RS256 and no other algorithm, key by `kid` from the pool's key set, `iss`, `aud`, `exp`,
    `nbf` and `iat` with 10 s of leeway, `token_use`, tenant id grammar and role, and that the tags and the source
    identity which STS will take from the token are that tenant, role and user, as `per` wants them.

    Source: AWS, "Verifying JSON web tokens" (https://docs.aws.amazon.com/cognito/latest/developerguide/
    amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html).
    """

    def __init__(self, *, issuer: str, audience: str, keys: SigningKeys, per: SessionPer = SessionPer.TENANT) -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = keys
        self._per = per

    def verify(self, token: str) -> TenantContext:
        """Return whom the token proves to be calling.

        Raises:
            InvalidTokenError: anything about the token is not as it must be.
            SigningKeysUnavailableError: the signing keys cannot be fetched.
        """
        try:
            algorithm, kid = _algorithm_and_key_id(token.partition(".")[0])
            if algorithm != "RS256":
                raise InvalidTokenError("the token is not signed with RS256")
            claims = jwt.decode(
                token,
                self._keys.find(kid),
                algorithms=["RS256"],
                issuer=self._issuer,
                audience=self._audience,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "iss", "aud", "sub"], "strict_aud": True},
            )
            if claims.get("token_use") != "id":
                raise InvalidTokenError("the token is not an id token")
            tagged(claims)
            check_source_identity(claims, self._per)
            return TenantContext.from_claims(claims)
        except (jwt.InvalidTokenError, InvalidTenantError) as error:
            raise InvalidTokenError(str(error)) from error


@functools.lru_cache(maxsize=16)
def _algorithm_and_key_id(header: str) -> tuple[object, object]:
    """Read a token's first part, which proves nothing yet and is the same for all tokens of a key.

    PyJWT gets no more than that part: it would decode the others twice.
    """
    fields = jwt.get_unverified_header(f"{header}..")
    return fields.get("alg"), fields.get("kid")
