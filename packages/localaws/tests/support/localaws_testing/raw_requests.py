"""Requests of which every byte is chosen, with a signature that is right for them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkhead_localaws.protocol.canonical import (
    canonical_headers,
    canonical_path,
    canonical_query,
    canonical_request,
    signature_of,
    signing_key,
)
from bulkhead_localaws.protocol.requests import Headers, RequestError, parse_query
from localaws_testing.signed_requests import REGION

if TYPE_CHECKING:
    from datetime import datetime

    from bulkhead_localaws.gate.authentication import AccessKey


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A request before it is signed.

    Args:
        method: the HTTP method.
        target: path and query string as they stand in the request line.
        headers: what is sent besides the signature, in order; a name may occur twice.
        body: the body.
        service: the one that it is signed for.
        region: the same.
        unsigned: headers that are sent as well but not signed.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    service: str = "dynamodb"
    region: str = REGION
    unsigned: tuple[tuple[str, str], ...] = ()

    def signed(self, key: AccessKey, now: datetime) -> bytes:
        """Return what goes over the wire.

        The signature is computed with the gate's own rules, so that whatever the gate refuses is refused for what it
        is and not because a client library would have spelled it otherwise.
        """
        timestamp = f"{now:%Y%m%dT%H%M%SZ}"
        pairs = [*self.headers, ("X-Amz-Date", timestamp)]
        if key.session_token is not None:
            pairs.append(("X-Amz-Security-Token", key.session_token))
        headers = Headers((name, value.strip()) for name, value in pairs if "_" not in name)
        names = sorted(set(headers) - {"transfer-encoding", "content-length"})
        scope = f"{timestamp[:8]}/{self.region}/{self.service}/aws4_request"
        path, _, query = self.target.partition("?")
        try:
            canonical = canonical_request(
                method=self.method,
                path=canonical_path(path, self.service) or path,
                query=canonical_query(parse_query(query)),
                headers=canonical_headers(headers, names),
                signed_headers=";".join(names),
                payload=hashlib.sha256(self.body).hexdigest(),
            )
        except RequestError:
            canonical = b""
        secret = signing_key(key.secret_access_key, timestamp[:8], self.region, self.service)
        signature = signature_of(canonical, timestamp, scope, secret)
        credential = f"Credential={key.access_key_id}/{scope}"
        pairs.append(
            ("Authorization", f"AWS4-HMAC-SHA256 {credential}, SignedHeaders={';'.join(names)}, Signature={signature}")
        )
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{n}: {v}" for n, v in (*pairs, *self.unsigned))]
        if not any(name.lower() in {"content-length", "transfer-encoding"} for name, _ in (*pairs, *self.unsigned)):
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body
