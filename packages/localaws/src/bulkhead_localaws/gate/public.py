"""What needs no signature: Cognito's public calls, the pools' published keys, calls with a token, CORS preflights."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING

from bulkhead_localaws.gate.refusals import Refusal, refused
from bulkhead_localaws.gate.routing import addressed_service
from bulkhead_localaws.protocol.requests import RequestError, parse_query
from bulkhead_localaws.protocol.wire import FORM, media_type
from bulkhead_localaws.services.cognito_idp.mapping import PUBLIC_OPERATIONS

if TYPE_CHECKING:
    from bulkhead_localaws.protocol.requests import HttpRequest

_COGNITO = "cognito-idp"
_WEB_IDENTITY = "AssumeRoleWithWebIdentity"
_SIGNATURE_PARAMETERS = frozenset({"x-amz-algorithm", "x-amz-credential", "x-amz-signature", "awsaccesskeyid"})
_PUBLISHED = re.compile(
    r"/[a-z]{2,8}(?:-[a-z]+)+-[0-9]{1,2}_[A-Za-z0-9]{1,54}/\.well-known/(?:jwks\.json|openid-configuration)"
)


_ISSUER = re.compile(r"https://cognito-idp\.([a-z]{2,8}(?:-[a-z]+)+-[0-9]{1,2})\.amazonaws\.com/[\w-]{1,60}", re.ASCII)


def is_public(request: HttpRequest) -> bool:
    """Whether anyone may make this request; one that carries a signature is judged by it.

    Raises:
        AuthenticationError: it is a public call that can be read as another one.
    """
    if "authorization" in request.headers or "x-amz-security-token" in request.headers:
        return False
    if request.method == "GET":
        bare = not request.raw_query and not request.body and "x-amz-target" not in request.headers
        return bare and _PUBLISHED.fullmatch(request.raw_path) is not None
    prefix, _, operation = request.headers.get("x-amz-target", "").rpartition(".")
    if prefix != "AWSCognitoIdentityProviderService" or operation not in PUBLIC_OPERATIONS or request.raw_path != "/":
        return False
    return request.method == "POST" and addressed_service(request, _COGNITO, None) == _COGNITO


def is_web_identity_call(request: HttpRequest) -> bool:
    """Whether this is AssumeRoleWithWebIdentity, which carries a token in place of a signature.

    Raises:
        AuthenticationError: it can be read as another call.
    """
    fields = request.query
    if "authorization" in request.headers or any(field.name.lower() in _SIGNATURE_PARAMETERS for field in fields):
        return False
    if request.method == "POST" and media_type(request.headers) == FORM:
        try:
            fields += parse_query(request.body.decode("latin-1"))
        except RequestError:
            return False
    if request.method not in {"GET", "POST"} or ("Action", _WEB_IDENTITY) not in ((f.name, f.value) for f in fields):
        return False
    if request.raw_path != "/" or "x-amz-target" in request.headers or "x-amz-security-token" in request.headers:
        raise refused(request, Refusal.AMBIGUOUS, f"{_WEB_IDENTITY} has the path / and no header of another protocol.")
    return addressed_service(request, "sts", None) == "sts"


def regional_scope(request: HttpRequest) -> str | None:
    """Return a credential of nobody's in the region of a public call's access token; None when it has none.

    On AWS the endpoint's name says the region. An emulator that serves all regions at one address looks for it in the
    signature, of which a public call has none, and takes another region's user pools. It checks the token itself.
    """
    try:
        body = json.loads(request.body)
        claims = json.loads(_decoded(body["AccessToken"].split(".")[1]))
        issuer = _ISSUER.fullmatch(claims["iss"])
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return issuer and f"AWS4-HMAC-SHA256 Credential=anyone/19700101/{issuer[1]}/{_COGNITO}/aws4_request"


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def preflight_headers(requested: str) -> list[tuple[str, str]]:
    """Return the headers that let a page of any origin make the call that its browser asks about.

    As Cognito does; the call itself is judged when it comes.
    """
    return [
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE, HEAD, PATCH"),
        ("Access-Control-Allow-Headers", requested if _HEADER_NAMES.fullmatch(requested) else ""),
        ("Access-Control-Max-Age", "600"),
        ("Content-Length", "0"),
    ]


_HEADER_NAMES = re.compile(r"[\w-]+(?:, ?[\w-]+){0,50}", re.ASCII)
