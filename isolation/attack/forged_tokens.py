"""Forged, altered and borrowed tokens."""

from __future__ import annotations

import base64
import hmac
import json
import time
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from isolation.attack.outcomes import ATTACKER, VICTIM

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from isolation.attack.api import ApiAccess

_HOUR = 3600
_EXPIRED_SECONDS = 60


def encoded(value: Any) -> str:
    """Return the value as a part of a JWT."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _hs256(header: Mapping[str, Any], claims: Mapping[str, Any], secret: bytes, digest: str = "sha256") -> str:
    """Sign by hand: PyJWT refuses to use a public key as a shared secret."""
    signed = f"{encoded(header)}.{encoded(claims)}"
    signature = hmac.digest(secret, signed.encode(), digest)
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _public(api: ApiAccess, encoding: serialization.Encoding, form: serialization.PublicFormat) -> bytes:
    public: bytes = api.signing_key().public_bytes(encoding, form)
    return public


def _parts(api: ApiAccess) -> tuple[str, str, str]:
    header, payload, signature = api.token(ATTACKER, "member").split(".")
    return header, payload, signature


def _shared_secret(alg: str, digest: str, encoding: serialization.Encoding) -> Callable[[ApiAccess], str]:
    form = serialization.PublicFormat.SubjectPublicKeyInfo

    def make(api: ApiAccess) -> str:
        claims = api.claims() | {"custom:tenantID": VICTIM}
        return _hs256({"alg": alg, "kid": "dummy"}, claims, _public(api, encoding, form), digest)

    return make


def _stranger(**header: Any) -> Callable[[ApiAccess], str]:
    """Return a maker of tokens that a stranger's key signs, and the header says where that key is to be had."""

    def make(api: ApiAccess) -> str:
        stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(stranger.public_key()))
        shown = {name: public if value == "KEY" else value for name, value in header.items()}
        claims = api.claims() | {"custom:tenantID": VICTIM}
        return jwt.encode(claims, stranger, algorithm="RS256", headers={"kid": "dummy", **shown})

    return make


def _without_algorithm(name: str, *, keep_signature: bool) -> Callable[[ApiAccess], str]:
    def make(api: ApiAccess) -> str:
        claims = api.claims() | {"custom:tenantID": VICTIM}
        signature = _parts(api)[2] if keep_signature else ""
        return f"{encoded({'alg': name, 'kid': 'dummy'})}.{encoded(claims)}.{signature}"

    return make


def _spliced(*, tenant: str = VICTIM, signed: bool = True) -> Callable[[ApiAccess], str]:
    def make(api: ApiAccess) -> str:
        header, _, signature = _parts(api)
        claims = api.claims() | {"custom:tenantID": tenant}
        return f"{header}.{encoded(claims)}.{signature if signed else ''}"

    return make


def _altered(**changed: Any) -> Callable[[ApiAccess], str]:
    return lambda api: api.forged(**changed)


def _doubled(api: ApiAccess) -> str:
    """Two tenants in one document: readers may take the first or the last, but no signature fits."""
    header, _, signature = _parts(api)
    text = json.dumps(api.claims())[:-1] + f', "custom:tenantID": "{VICTIM}"}}'
    return f"{header}.{base64.urlsafe_b64encode(text.encode()).rstrip(b'=').decode()}.{signature}"


def forgeries() -> Mapping[str, Callable[[ApiAccess], str]]:
    """Return makers of tokens that must be refused, by what is wrong with each."""
    now = int(time.time())
    pem, der = serialization.Encoding.PEM, serialization.Encoding.DER
    return {
        "alg none": _without_algorithm("none", keep_signature=False),
        "alg None with a signature": _without_algorithm("None", keep_signature=True),
        "alg NONE": _without_algorithm("NONE", keep_signature=False),
        "empty alg": _without_algorithm("", keep_signature=True),
        "alg RS384": _without_algorithm("RS384", keep_signature=True),
        "HS256 with the public key as PEM": _shared_secret("HS256", "sha256", pem),
        "HS256 with the public key as DER": _shared_secret("HS256", "sha256", der),
        "HS512 with the public key as PEM": _shared_secret("HS512", "sha512", pem),
        "a stranger's key": _stranger(),
        "a stranger's key in the header": _stranger(jwk="KEY"),
        "a stranger's key set in the header": _stranger(jku="https://attacker.example.com/jwks.json"),
        "a stranger's certificate in the header": _stranger(x5u="https://attacker.example.com/cert.pem"),
        "tenant altered": _spliced(),
        "tenant altered, no signature": _spliced(signed=False),
        "two tenants": _doubled,
        "unknown kid": _altered(headers={"kid": "unknown"}),
        "kid as a path": _altered(headers={"kid": "../../dev/null"}),
        "kid as SQL": _altered(headers={"kid": "' UNION SELECT 'key"}),
        "expired": _altered(exp=now - _EXPIRED_SECONDS),
        "without expiry": _altered(without="exp"),
        "expiry as text": _altered(exp="never"),
        "not yet valid": _altered(nbf=now + _HOUR),
        "issued in the future": _altered(iat=now + _HOUR),
        "another pool": _altered(iss="https://cognito-idp.eu-central-1.amazonaws.com/other"),
        "without issuer": _altered(without="iss"),
        "another client": _altered(aud="another-client"),
        "several clients": _altered(aud=["another-client"]),
        "without audience": _altered(without="aud"),
        "use of an access token": _altered(token_use="access"),  # noqa: S106 -- a claim
        "without use": _altered(without="token_use"),
        "without subject": _altered(without="sub"),
        "no tenant": _altered(without="custom:tenantID"),
        "empty tenant": _altered(**{"custom:tenantID": ""}),
        "tenant in capitals": _altered(**{"custom:tenantID": "ACME"}),
        "tenant with a newline": _altered(**{"custom:tenantID": "acme\n"}),
        "tenant with a delimiter": _altered(**{"custom:tenantID": "globex#row"}),
        "tenant with a wildcard": _altered(**{"custom:tenantID": "*"}),
        "tenant as a policy variable": _altered(**{"custom:tenantID": "${aws:username}"}),
        "tenant with a cyrillic letter": _altered(**{"custom:tenantID": "\u0430cme"}),
        "tenant as a list": _altered(**{"custom:tenantID": [ATTACKER, VICTIM]}),
        "tenant as an object": _altered(**{"custom:tenantID": {"S": VICTIM}}),
        "tenant in another claim": _altered(without="custom:tenantID", tenantID=VICTIM),
        "tenant claim in other case": _altered(without="custom:tenantID", **{"custom:TenantID": VICTIM}),
        "no role": _altered(without="custom:role"),
        "unknown role": _altered(**{"custom:role": "owner"}),
        "role in capitals": _altered(**{"custom:role": "ADMIN"}),
        "roles as a list": _altered(**{"custom:role": ["viewer", "admin"]}),
        "an access token": lambda api: api.access_token(ATTACKER, "member"),
        "not base64": lambda _: "a.b.c",
        "one part": lambda _: "token",
        "four parts": lambda api: api.token(ATTACKER, "member") + ".more",
    }
