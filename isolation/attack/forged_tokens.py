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

from chalicelib.tenancy.token_tags import TAGS
from isolation.attack.outcomes import ATTACKER, VICTIM

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from isolation.attack.api import ApiAccess

_OTHERS: dict[str, Any] = {"custom:tenantID": VICTIM}
#: Of a forged token nothing else is wrong: its attributes and tags agree on the victim.
_VICTIMS = _OTHERS | {TAGS: {"principal_tags": {"tenant": [VICTIM], "role": ["member"]}}}
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
        claims = api.claims() | _VICTIMS
        return _hs256({"alg": alg, "kid": "dummy"}, claims, _public(api, encoding, form), digest)

    return make


def _stranger(**header: Any) -> Callable[[ApiAccess], str]:
    """Return a maker of tokens that a stranger's key signs, and the header says where that key is to be had."""

    def make(api: ApiAccess) -> str:
        stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(stranger.public_key()))
        shown = {name: public if value == "KEY" else value for name, value in header.items()}
        claims = api.claims() | _VICTIMS
        return jwt.encode(claims, stranger, algorithm="RS256", headers={"kid": "dummy", **shown})

    return make


def _without_algorithm(name: str, *, keep_signature: bool) -> Callable[[ApiAccess], str]:
    def make(api: ApiAccess) -> str:
        claims = api.claims() | _VICTIMS
        signature = _parts(api)[2] if keep_signature else ""
        return f"{encoded({'alg': name, 'kid': 'dummy'})}.{encoded(claims)}.{signature}"

    return make


def spliced(*, signed: bool = True, **claims: Any) -> Callable[[ApiAccess], str]:
    """Return a maker of tokens with other claims under the signature of the genuine ones, or under none."""

    def make(api: ApiAccess) -> str:
        header, _, signature = _parts(api)
        return f"{header}.{encoded(api.claims() | claims)}.{signature if signed else ''}"

    return make


def _altered(**changed: Any) -> Callable[[ApiAccess], str]:
    return lambda api: api.forged(**changed)


def _of(tenant: Any = ATTACKER, role: Any = "member") -> Callable[[ApiAccess], str]:
    """Return a maker of tokens whose attributes and tags agree: it is their values that must be refused."""
    return lambda api: api.forged_for(tenant, role)


def _tagged(tenant: Any = ATTACKER, role: Any = "member", **more: Any) -> Callable[[ApiAccess], str]:
    """Return a maker of tokens with these tags and the attributes of the attacker's member."""
    tags = {"principal_tags": {"tenant": [tenant], "role": [role], **more.pop("extra", {})}, **more}
    return _altered(**{TAGS: tags})


def _two(*tenants: str) -> dict[str, Any]:
    return {TAGS: {"principal_tags": {"tenant": list(tenants), "role": ["member"]}}}


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
        "tenant altered": spliced(**_VICTIMS),
        "tenant altered, no signature": spliced(signed=False, **_VICTIMS),
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
        "empty tenant": _of(""),
        "tenant in capitals": _of("ACME"),
        "tenant with a newline": _of("acme\n"),
        "tenant with a delimiter": _of("globex#row"),
        "tenant with a wildcard": _of("*"),
        "tenant as a policy variable": _of("${aws:username}"),
        "tenant with a cyrillic letter": _of("\u0430cme"),
        "tenant as a list": _of([ATTACKER, VICTIM]),
        "tenant as an object": _of({"S": VICTIM}),
        "tenant in another claim": _altered(without="custom:tenantID", tenantID=VICTIM),
        "tenant claim in other case": _altered(without="custom:tenantID", **{"custom:TenantID": VICTIM}),
        "no role": _altered(without="custom:role"),
        "unknown role": _of(role="owner"),
        "role in capitals": _of(role="ADMIN"),
        "roles as a list": _of(role=["viewer", "admin"]),
        "without tags, as before there was a trigger": _altered(without=TAGS),
        "attributes of another tenant": _altered(**_OTHERS),
        "attributes of another role": _altered(**{"custom:role": "admin"}),
        "tags of another tenant": _tagged(VICTIM),
        "tags of another role": _tagged(role="admin"),
        "tags of two tenants": _altered(**_two(ATTACKER, VICTIM)),
        "tags in another order of two tenants": _altered(**_two(VICTIM, ATTACKER)),
        "an extra tag": _tagged(extra={"other": [VICTIM]}),
        "an extra tag that differs in case": _tagged(extra={"Tenant": [VICTIM]}),
        "a tag outside the grammar": _tagged("ACME#*"),
        "transitive tags": _tagged(transitive_tag_keys=["tenant", "role"]),
        "a tag as a text": _altered(**{TAGS: {"principal_tags": {"tenant": ATTACKER, "role": "member"}}}),
        "tags as a text": _altered(**{TAGS: f"tenant={VICTIM}"}),
        "tags without a role": _altered(**{TAGS: {"principal_tags": {"tenant": [ATTACKER]}}}),
        "an access token": lambda api: api.access_token(ATTACKER, "member"),
        "not base64": lambda _: "a.b.c",
        "one part": lambda _: "token",
        "four parts": lambda api: api.token(ATTACKER, "member") + ".more",
    }
