"""What the gate passes on: the request as it was read and authenticated, in a form that an emulator reads alike.

`routing` says what emulators look at. Here its other half: the body is the one that was read; headers are those that an
AWS service reads; the credential is in the header form, also for presigned requests, so that whoever routes by it (moto
does, and takes a presigned call of STS for one of S3) routes to the signed service; and no reader finds a form in JSON
(moto executes `GetItem` of a key `acme&Action=Scan&` as Scan).
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from bulkhead_localaws.gate.routing import JSON_TYPES, is_json
from bulkhead_localaws.protocol.wire import media_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bulkhead_localaws.protocol.requests import HttpRequest

_PREFIXES = (
    "HTTP_ACCEPT",
    "HTTP_ACCESS_CONTROL_REQUEST_",
    "HTTP_AMZ_SDK_",
    "HTTP_CONTENT_",
    "HTTP_IF_",
    "HTTP_X_AMZN_",
    "HTTP_X_AMZ_",
)
_NAMES = frozenset(
    {
        "HTTP_CACHE_CONTROL",
        "HTTP_DATE",
        "HTTP_EXPIRES",
        "HTTP_HOST",
        "HTTP_ORIGIN",
        "HTTP_RANGE",
        "HTTP_SMITHY_PROTOCOL",
    }
)
"""Not the User-Agent: moto looks for a region in it. Not X-Moto-…: one of them names the account."""


def forwarded(
    environ: Mapping[str, Any], request: HttpRequest, *, service: str, authorization: str | None
) -> dict[str, Any]:
    """Return the environ with which an emulator executes `request` as the gate has read it, and nothing else.

    `service` is the signing name for which `addressed_service` accepted the request; `authorization` is that of
    `Authenticated`, or None for a call that needs no signature. JSON arrives equal in value, not byte for byte.
    """
    kept = {
        key: value
        for key, value in environ.items()
        if not key.startswith("HTTP_") or key in _NAMES or key.startswith(_PREFIXES)
    }
    if authorization is not None:
        kept["HTTP_AUTHORIZATION"] = authorization
    body = request.body
    content_type = media_type(request.headers)
    if service != "s3" and (content_type in JSON_TYPES or (not content_type and is_json(body))):
        # A call without a body is one of `{}`: moto takes an empty one for leave to read parameters from the headers.
        body = _formless(body or (b"{}" if "x-amz-target" in request.headers else b""))
    kept["wsgi.input"] = io.BytesIO(body)
    kept["CONTENT_LENGTH"] = str(len(body))
    return kept


def _formless(document: bytes) -> bytes:
    """Escape what would make JSON a form: `&` and `=` occur in strings only, where an escape means the same."""
    return document.replace(b"&", b"\\u0026").replace(b"=", b"\\u003d")
