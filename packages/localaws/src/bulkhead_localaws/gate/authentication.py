"""SigV4: who signed this request, and is it the request that was signed?

Follows "AWS Signature Version 4 for API requests" in the IAM User Guide
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html) and "Authenticating Requests" in the S3 API
reference. Where those leave room, the narrower reading is taken: a request is refused unless the gate, its signer and
the emulator behind the gate must read it alike.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from bulkhead_localaws.gate.claims import Claim, claim_of
from bulkhead_localaws.gate.refusals import AuthenticationError, Refusal, refused
from bulkhead_localaws.gate.routing import addressed_service
from bulkhead_localaws.protocol.canonical import (
    S3_SIGNING_NAME,
    UNSIGNED_PAYLOAD,
    canonical_headers,
    canonical_path,
    canonical_query,
    canonical_request,
    signature_of,
    signing_key,
)
from bulkhead_localaws.protocol.wire import FORM, media_type

if TYPE_CHECKING:
    from bulkhead_localaws.protocol.requests import HttpRequest

__all__ = ["AccessKey", "Authenticated", "AuthenticationError", "KeyStore", "authenticate"]

CLOCK_SKEW = timedelta(minutes=15)
_FORMS = (FORM, "multipart/form-data")
_HOST = re.compile(r"[\w.:\[\]-]{1,255}", re.ASCII)
_SHA256 = re.compile("[0-9a-f]{64}")
_ISO8601_BASIC = "%Y%m%dT%H%M%SZ"
_INVALID_TOKEN = "The security token included in the request is invalid."  # noqa: S105 (a message)


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key that may sign requests: of a user (no session token), or of a session (token, and a time it ends)."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(repr=False)
    expires_at: datetime | None
    owner: object


class KeyStore(Protocol):
    """The access keys that exist now."""

    def find(self, access_key_id: str) -> AccessKey | None:
        """Return the active key of that id; also a key known to have expired, so that its user is told so."""


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The verified signer of a request, and what it was signed for.

    `service` and `region` are those of the credential scope; `addressed` is the service that is meant to answer, which
    differs from `service` where two share a signing name (`dynamodbstreams`, `s3control`, `sesv2`).
    """

    access_key: AccessKey
    service: str
    addressed: str
    region: str
    presigned: bool
    authorization: str = field(repr=False)
    """The Authorization header that says the same in the header form, for whoever routes by it."""


def authenticate(request: HttpRequest, keys: KeyStore, now: datetime) -> Authenticated:
    """Return who signed the request; `now` is an aware datetime.

    Guarantees that the holder of `access_key.secret_access_key` signed this method, path, query string, host, body and
    every `x-amz-` header within 15 minutes of `now` (or presigned it, and it has not expired); that the session token
    is the key's own; and that the request addresses the service it was signed for. The one part of a request that may
    stay unsigned is the body of an S3 request which says so (`UNSIGNED-PAYLOAD`, or presigned), and headers that
    describe it.

    Raises:
        AuthenticationError: none of that can be said. Its code is the one AWS uses in the called protocol.
    """
    claim = claim_of(request)
    _check_time(request, claim, now)
    names = _signed_headers(request, claim)
    path = canonical_path(request.raw_path, claim.service)
    if path is None:
        raise refused(request, Refusal.AMBIGUOUS, "A path with empty segments is not accepted.")
    signed = canonical_request(
        method=request.method,
        path=path,
        query=canonical_query(request.query),
        headers=canonical_headers(request.headers, names),
        signed_headers=claim.signed_headers,
        payload=_payload_hash(request, claim),
    )
    key = _verified_key(request, claim, signed, keys)
    _check_session(request, claim, key, now)
    return Authenticated(
        access_key=key,
        service=claim.service,
        addressed=addressed_service(request, claim.service, claim.region),
        region=claim.region,
        presigned=claim.presigned,
        authorization=_as_header(claim),
    )


def _check_time(request: HttpRequest, claim: Claim, now: datetime) -> None:
    """Header form: 15 minutes either way. Presigned: not before its date (less 15 minutes), not after its expiry."""
    try:
        signed_at = _parse(claim.timestamp)
    except ValueError:
        raise refused(request, Refusal.INCOMPLETE, "X-Amz-Date is not a date.") from None
    if signed_at - now > CLOCK_SKEW:
        latest = f"{now + CLOCK_SKEW:{_ISO8601_BASIC}}"
        message = f"Signature not yet current: {claim.timestamp} is still later than {latest} (now + 15 min.)"
        raise refused(request, Refusal.SKEWED, message)
    if claim.expires_in is None and now - signed_at > CLOCK_SKEW:
        earliest = f"{now - CLOCK_SKEW:{_ISO8601_BASIC}}"
        message = f"Signature expired: {claim.timestamp} is now earlier than {earliest} (now - 15 min.)"
        raise refused(request, Refusal.SKEWED, message)
    if claim.expires_in is not None and now >= signed_at + timedelta(seconds=claim.expires_in):
        raise refused(request, Refusal.EXPIRED_URL, "Request has expired")


def _parse(text: str) -> datetime:
    date, time = (int(text[0:4]), int(text[4:6]), int(text[6:8])), (int(text[9:11]), int(text[11:13]), int(text[13:15]))
    return datetime(*date, *time, tzinfo=UTC)


def _signed_headers(request: HttpRequest, claim: Claim) -> list[str]:
    """Return the names of the signed headers, which must include all that decide anything."""
    names = claim.signed_headers.split(";")
    signed = set(names)
    if names != sorted(signed) or "host" not in signed:
        message = "SignedHeaders must be sorted, without repetitions, and include 'host'."
        raise refused(request, Refusal.INCOMPLETE, message)
    absent = [name for name in names if name not in request.headers]
    if absent:
        message = f"Signed headers are missing from the request: {', '.join(absent)}"
        raise refused(request, Refusal.SIGNATURE, message)
    unsigned = [name for name in request.headers if name.startswith("x-amz-") and name not in signed]
    if "content-type" in request.headers and "content-type" not in signed:
        # The holder of a presigned URL may say what he uploads, but not that it is to be read as parameters.
        unsigned += ["content-type"] if not claim.presigned or media_type(request.headers) in _FORMS else []
    if unsigned:
        message = f"There were headers present in the request which were not signed: {', '.join(sorted(unsigned))}"
        raise refused(request, Refusal.UNSIGNED_HEADER, message)
    if not _HOST.fullmatch(request.headers["host"]):
        raise refused(request, Refusal.INCOMPLETE, "The Host header must be given once and name a host.")
    return names


def _payload_hash(request: HttpRequest, claim: Claim) -> str:
    """Return the payload line of the canonical request, true of the body that was read."""
    declared = _declared_payload(request, claim)
    if claim.service == S3_SIGNING_NAME:
        if declared == UNSIGNED_PAYLOAD:
            return declared
        if declared is None:
            message = "Missing required header for this request: x-amz-content-sha256"
            raise refused(request, Refusal.UNSUPPORTED, message)
    actual = hashlib.sha256(request.body).hexdigest()
    if declared is None or declared == actual:
        return actual
    if _SHA256.fullmatch(declared):
        message = "The provided 'x-amz-content-sha256' header does not match what was computed."
        raise refused(request, Refusal.PAYLOAD, message)
    message = "x-amz-content-sha256 must be the SHA-256 of the body (or UNSIGNED-PAYLOAD, for S3); chunked signatures "
    raise refused(request, Refusal.UNSUPPORTED_PAYLOAD, f"{message}(STREAMING-…) are not supported.")


def _declared_payload(request: HttpRequest, claim: Claim) -> str | None:
    declared = [request.headers["x-amz-content-sha256"]] if "x-amz-content-sha256" in request.headers else []
    if claim.presigned:
        declared += [p.value for p in request.query if p.name.lower() == "x-amz-content-sha256"]
    if len(declared) > 1:
        raise refused(request, Refusal.TWO_MECHANISMS, "X-Amz-Content-Sha256 must be given once.")
    if not declared and claim.presigned and claim.service == S3_SIGNING_NAME:
        return UNSIGNED_PAYLOAD
    return declared[0] if declared else None


def _verified_key(request: HttpRequest, claim: Claim, signed: bytes, keys: KeyStore) -> AccessKey:
    key = keys.find(claim.access_key_id)
    if key is None:
        raise refused(request, Refusal.UNKNOWN_KEY, _INVALID_TOKEN)
    derived = signing_key(key.secret_access_key, claim.timestamp[:8], claim.region, claim.service)
    if not hmac.compare_digest(signature_of(signed, claim.timestamp, claim.scope, derived), claim.signature):
        message = "The request signature we calculated does not match the signature you provided. Check your AWS "
        message += "Secret Access Key and signing method. Consult the service documentation for details."
        raise refused(request, Refusal.SIGNATURE, message)
    return key


def _check_session(request: HttpRequest, claim: Claim, key: AccessKey, now: datetime) -> None:
    """A session's key needs its token, a user's key must come without one; a key that has ended is told so."""
    if key.session_token is None or claim.session_token is None:
        matches = key.session_token is claim.session_token
    else:
        matches = hmac.compare_digest(key.session_token.encode(), claim.session_token.encode())
    if not matches:
        raise refused(request, Refusal.INVALID_TOKEN, _INVALID_TOKEN)
    if key.expires_at is not None and now >= key.expires_at:
        raise refused(request, Refusal.EXPIRED_TOKEN, "The security token included in the request is expired")


def _as_header(claim: Claim) -> str:
    credential = f"Credential={claim.access_key_id}/{claim.scope}"
    return f"AWS4-HMAC-SHA256 {credential}, SignedHeaders={claim.signed_headers}, Signature={claim.signature}"
