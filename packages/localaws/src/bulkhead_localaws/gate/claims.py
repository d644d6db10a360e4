"""What a request claims about its signer: SigV4's `Authorization` header or presigned query parameters, taken apart.

Nothing here is verified. The grammar is narrower than AWS's, to be read by everyone in one way only: the three parts of
the header in the order in which every SDK writes them (emulators take the first for the credential), lower-case scope.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bulkhead_localaws.gate.refusals import Refusal, refused
from bulkhead_localaws.protocol.canonical import ALGORITHM, SIGNATURE_PARAMETER

if TYPE_CHECKING:
    from bulkhead_localaws.gate.refusals import AuthenticationError
    from bulkhead_localaws.protocol.requests import HttpRequest

MAX_PRESIGNED_SECONDS = 7 * 24 * 3600

_CREDENTIAL = r"(\w{1,128})/([0-9]{8})/([a-z0-9-]{1,64})/([a-z0-9-]{1,64})/aws4_request"
_NAMES = r"[a-z0-9!#$%&'*+.^_`|~;-]{1,8192}"
_SIGNATURE = "[0-9a-f]{64}"
_AUTHORIZATION = re.compile(
    rf"{ALGORITHM} Credential={_CREDENTIAL}, ?SignedHeaders=({_NAMES}), ?Signature=({_SIGNATURE})", re.ASCII
)
_CREDENTIAL_VALUE = re.compile(_CREDENTIAL, re.ASCII)
_TIMESTAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_REQUIRED = {
    "X-Amz-Algorithm": re.compile(ALGORITHM),
    "X-Amz-Credential": _CREDENTIAL_VALUE,
    "X-Amz-Date": _TIMESTAMP,
    "X-Amz-Expires": re.compile("[0-9]{1,6}"),
    "X-Amz-SignedHeaders": re.compile(_NAMES),
    SIGNATURE_PARAMETER: re.compile(_SIGNATURE),
}
_TOKEN = "X-Amz-Security-Token"  # noqa: S105 (a parameter's name)
_SIGV2 = "awsaccesskeyid"
_PARAMETERS = frozenset(name.lower() for name in (*_REQUIRED, _TOKEN)) | {_SIGV2}


@dataclass(frozen=True, slots=True)
class Claim:
    """A signature and all that it is said to be made with; `expires_in` (seconds) is None in the header form."""

    access_key_id: str
    timestamp: str
    region: str
    service: str
    signed_headers: str
    expires_in: int | None
    signature: str = field(repr=False)
    session_token: str | None = field(repr=False)

    @property
    def scope(self) -> str:
        """The credential scope, which is also the second half of the credential."""
        return f"{self.timestamp[:8]}/{self.region}/{self.service}/aws4_request"

    @property
    def presigned(self) -> bool:
        """Whether the signature came in the query string."""
        return self.expires_in is not None


def claim_of(request: HttpRequest) -> Claim:
    """Take apart the one signature of a request.

    Raises:
        AuthenticationError: there is none, or more than one, or it is not a complete SigV4 signature.
    """
    authorization = request.headers.get("authorization")
    parameters = [(p.name, p.value) for p in request.query if p.name.lower() in _PARAMETERS] if request.query else []
    if authorization is None:
        if not parameters:
            raise refused(request, Refusal.MISSING, "Missing Authentication Token")
        return _presigned_claim(request, parameters)
    if parameters:
        message = "Only one of the Authorization header and a signature in the query string may be given."
        raise refused(request, Refusal.TWO_MECHANISMS, message)
    return _header_claim(request, authorization)


def _header_claim(request: HttpRequest, authorization: str) -> Claim:
    match = _AUTHORIZATION.fullmatch(authorization)
    if match is None:
        raise _malformed_header(request, authorization)
    access_key_id, date, region, service, signed_headers, signature = match.groups()
    timestamp = request.headers.get("x-amz-date", "")
    if not _TIMESTAMP.fullmatch(timestamp):
        raise refused(request, Refusal.INCOMPLETE, "The request needs one X-Amz-Date header such as 20150830T123600Z.")
    _check_scope_date(request, date, timestamp)
    token = request.headers.get("x-amz-security-token")
    return Claim(access_key_id, timestamp, region, service, signed_headers, None, signature, token)


def _malformed_header(request: HttpRequest, authorization: str) -> AuthenticationError:
    if not authorization.startswith(f"{ALGORITHM} "):
        message = f"The authorization mechanism you have provided is not supported. Please use {ALGORITHM}."
        return refused(request, Refusal.UNSUPPORTED, message)
    missing = [part for part in ("Credential", "SignedHeaders", "Signature") if f"{part}=" not in authorization]
    if missing:
        return refused(request, Refusal.INCOMPLETE, f"Authorization header requires {' and '.join(missing)}.")
    form = f"{ALGORITHM} Credential=KEY/DATE/REGION/SERVICE/aws4_request, SignedHeaders=…, Signature=…"
    return refused(request, Refusal.INCOMPLETE, f"The Authorization header must be given once, in the form {form}")


def _presigned_claim(request: HttpRequest, parameters: list[tuple[str, str]]) -> Claim:
    values = dict(parameters)
    if _SIGV2 in (name.lower() for name in values):
        message = f"Signature version 2 is not supported. Please presign with {ALGORITHM} (boto3: 's3v4')."
        raise refused(request, Refusal.UNSUPPORTED, message)
    malformed = [name for name, form in _REQUIRED.items() if not form.fullmatch(values.get(name, ""))]
    if malformed or len(values) != len(parameters) or not values.keys() <= {*_REQUIRED, _TOKEN}:
        detail = ", ".join(malformed) or "each must be given once, spelled as documented"
        raise refused(request, Refusal.INCOMPLETE_QUERY, f"Query-string authentication is not valid: {detail}.")
    if "x-amz-security-token" in request.headers or "x-amz-date" in request.headers:
        raise refused(
            request, Refusal.TWO_MECHANISMS, "A presigned request takes its date and token from the URL only."
        )
    seconds = int(values["X-Amz-Expires"])
    if not 1 <= seconds <= MAX_PRESIGNED_SECONDS:
        message = f"X-Amz-Expires must be between 1 and {MAX_PRESIGNED_SECONDS} seconds."
        raise refused(request, Refusal.INCOMPLETE_QUERY, message)
    credential = _CREDENTIAL_VALUE.fullmatch(values["X-Amz-Credential"])
    assert credential is not None  # noqa: S101 (matched above)
    access_key_id, date, region, service = credential.groups()
    timestamp, names = values["X-Amz-Date"], values["X-Amz-SignedHeaders"]
    _check_scope_date(request, date, timestamp)
    signature, token = values[SIGNATURE_PARAMETER], values.get(_TOKEN)
    return Claim(access_key_id, timestamp, region, service, names, seconds, signature, token)


def _check_scope_date(request: HttpRequest, date: str, timestamp: str) -> None:
    if date != timestamp[:8]:
        message = f"Date in Credential scope does not match YYYYMMDD from X-Amz-Date: '{date}' != '{timestamp[:8]}'."
        raise refused(request, Refusal.SIGNATURE, message)
