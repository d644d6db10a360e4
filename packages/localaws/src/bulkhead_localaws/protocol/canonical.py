"""SigV4's canonical request, string to sign and signing key.

The rules are those of "Create a signed AWS API request" in the IAM User Guide
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html), as botocore's signer
reads them.
The request is taken as it was sent. All that is canonicalised away is the order of query parameters, the `=` of a
parameter without a value, the case of header names, and white space around and within header values: nobody downstream
reads a difference there. Dot segments and empty segments, which SigV4 would remove from a path, are refused.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bulkhead_localaws.protocol.requests import Headers, QueryParameter

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
SIGNATURE_PARAMETER = "X-Amz-Signature"
S3_SIGNING_NAME = "s3"
CACHED_KEYS = 256


def canonical_path(raw_path: str, service: str) -> str | None:
    """Return the canonical URI, or None for a path that its signer would have normalised to another one.

    S3 signs the path as sent. Every other service signs it percent-encoded once more, without empty segments (dot
    segments are refused when the request is read).
    """
    if raw_path == "/" or service == S3_SIGNING_NAME:
        return raw_path
    return None if "//" in raw_path else quote(raw_path, safe="/~")


def canonical_query(query: Sequence[QueryParameter]) -> str:
    """Return all parameters but the signature, sorted by name and value, encoded as they were sent."""
    if not query:
        return ""
    pairs = sorted((p.raw_name, p.raw_value) for p in query if p.name != SIGNATURE_PARAMETER)
    return "&".join(f"{name}={value}" for name, value in pairs)


def canonical_headers(headers: Headers, names: Iterable[str]) -> str:
    """Return the `name:value` lines of the signed headers, white space collapsed; every name must be in `headers`."""
    return "".join([f"{name}:{_collapsed(headers[name])}\n" for name in names])


def _collapsed(value: str) -> str:
    if value.isascii():
        return " ".join(value.split())
    return b" ".join(value.encode("latin-1").split()).decode("latin-1")  # U+00A0 may be half of a UTF-8 character


def canonical_request(  # noqa: PLR0913 (its six lines)
    *, method: str, path: str, query: str, headers: str, signed_headers: str, payload: str
) -> bytes:
    """Put the canonical request together; header values are the bytes that were sent (WSGI decodes them as Latin-1)."""
    return f"{method}\n{path}\n{query}\n{headers}\n{signed_headers}\n{payload}".encode("latin-1")


def signature_of(request: bytes, timestamp: str, scope: str, key: bytes) -> str:
    """Return the signature, in lower-case hexadecimal, of a canonical request under a signing key."""
    to_sign = f"{ALGORITHM}\n{timestamp}\n{scope}\n{hashlib.sha256(request).hexdigest()}"
    return hmac.digest(key, to_sign.encode(), "sha256").hex()


@lru_cache(maxsize=CACHED_KEYS)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """Derive the key that signs a day's requests to one service in one region; the last 256 are remembered."""
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
