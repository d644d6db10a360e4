"""A web identity token: is it an ID token of a provider whom the account's IAM knows, for one of its clients, and now?

Sources: AWS, "AssumeRoleWithWebIdentity" (https://docs.aws.amazon.com/STS/latest/APIReference/
API_AssumeRoleWithWebIdentity.html) for algorithms and errors; "Create an OpenID Connect (OIDC) identity provider in
IAM" for `azp`, which counts as the audience where it is given. AWS is reported to allow five minutes of difference
between clocks; none is allowed here.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import import_key

from bulkhead_localaws.gate.calling import read_json
from bulkhead_localaws.protocol.checks import MalformedRequestError
from bulkhead_localaws.protocol.requests import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from bulkhead_localaws.gate.callers import OidcProvider
    from bulkhead_localaws.gate.directory import Directory

_ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
_PARTS = 3  # header, claims, signature
_NO_KEY = (
    "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity "
    "documentation for requirements"
)


class IdentityTokenError(RequestError):
    """A token that opens no session, with AWS's code and status; never with a part of the token but its issuer."""

    def __init__(self, code: str, message: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(code, message, status)


class KeySource(Protocol):
    """Where the keys of issuers are published."""

    def keys(self, issuer: str) -> Iterable[Mapping[str, Any]]:
        """Return an issuer's keys (RFC 7517, section 5).

        Raises:
            IdentityTokenError: IDPCommunicationError, because they cannot be had; InvalidIdentityToken, because what
                is there is no set of keys.
        """


@dataclass(frozen=True, slots=True)
class IdentityToken:
    """A token that holds: who issued it to whom for whom, and every claim in it."""

    issuer: str
    subject: str
    audience: str
    provider: OidcProvider
    claims: Mapping[str, Any]


def invalid(message: str) -> IdentityTokenError:
    """Return the error for a token that cannot be validated."""
    return IdentityTokenError("InvalidIdentityToken", message)


def verified(token: str, directory: Directory, keys: KeySource, now: datetime) -> IdentityToken:
    """Return what a token says.

    Guarantees that a key of its issuer signed it, that the account's IAM has a provider for this issuer with the
    token's audience among its client ids, and that it is valid at `now` (an aware datetime).

    Raises:
        IdentityTokenError: one of that is not so.
    """
    header, claims = _unverified(token)
    issuer = _text(claims, "iss")
    provider = directory.oidc_provider(issuer)
    if provider is None:
        raise invalid(f"No OpenIDConnect provider found in your account for {issuer[:256]}")
    _check_signature(token, header, keys.keys(issuer))
    audience = _audience(claims)
    if audience not in provider.client_ids:
        raise invalid("Incorrect token audience")
    _check_times(claims, int(now.timestamp()))
    return IdentityToken(issuer, _text(claims, "sub"), audience, provider, claims)


def _unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims: those very bytes that the signature is about, each name once."""
    parts = token.split(".")
    try:
        header, claims = (read_json(_decoded(part)) for part in parts[:2])
    except (ValueError, MalformedRequestError):
        header, claims = {}, {}
    if len(parts) != _PARTS or not claims:
        raise invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
    return header, claims


def _decoded(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error


def _check_signature(token: str, header: Mapping[str, Any], keys: Iterable[Mapping[str, Any]]) -> None:
    """The token's own header chooses among the issuer's keys, by `kid`, and brings none along."""
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in _ALGORITHMS:
        raise invalid(f"The token must be signed with one of {', '.join(_ALGORITHMS)}")
    published = [each for each in keys if kid and each.get("kid") == kid]
    if len(published) != 1:
        raise invalid(_NO_KEY)
    try:
        key = import_key({name: value for name, value in published[0].items() if name != "alg"})
        jws.deserialize_compact(token, key, algorithms=[algorithm])
    except (JoseError, ValueError, TypeError, KeyError):
        raise invalid("The signature of the token is not one of its issuer") from None


def _audience(claims: Mapping[str, Any]) -> str:
    """Return the client for which the token was issued: `azp`, or else the one `aud`."""
    if "azp" in claims:
        return _text(claims, "azp")
    audience = claims.get("aud")
    if isinstance(audience, list) and len(audience) == 1:
        return _text({"aud": audience[0]}, "aud")
    return _text(claims, "aud")


def _check_times(claims: Mapping[str, Any], now: int) -> None:
    expires, issued, begins = (_seconds(claims, name) for name in ("exp", "iat", "nbf"))
    if expires is None or issued is None:
        raise invalid("Missing a required claim: exp and iat must be there")
    if now >= expires:
        raise IdentityTokenError(
            "ExpiredTokenException",
            f"Token expired: current date/time {now} must be before the expiration date/time {expires}",
        )
    if max(issued, begins or 0) > now:
        raise invalid("The token is not valid yet")


def _seconds(claims: Mapping[str, Any], name: str) -> int | None:
    """Return a time: "timestamps in the token must be formatted as either an integer or a long integer"."""
    value = claims.get(name)
    if value is not None and type(value) is not int:
        raise invalid(f"The claim {name} must be an integer")
    return value


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise invalid(f"Missing a required claim: {name} must be one string")
    return value
