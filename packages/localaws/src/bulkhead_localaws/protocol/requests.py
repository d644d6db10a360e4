"""What the gate reads of a WSGI request: read once, bounded, and with no second reading left in it.

A request that two readers could take for two different requests is refused here, because the gate decides on its own
reading while the emulator behind it acts on another. What the gate then passes on is `routing.forwarded`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
CONTENT_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
VISIBLE_ASCII = re.compile(r"[!-~]*")
BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
DOT_SEGMENTS = frozenset({".", ".."})
PRESERVED_HEADER_NAMES = "moto.preserved_header_names"
"""Environ key under which moto's request handler keeps `x-amz-meta-` names that hold an underscore."""
VPC_ENDPOINT = "localaws.vpc_endpoint"
"""Environ key under which a listener says for which VPC endpoint it stands; no header becomes a key of this form."""


class RequestError(Exception):
    """A refused request: `code`, `message` and HTTP `status` are what the caller is told.

    The message may name parts of the request, never a secret key, a session token or a signature.
    """

    def __init__(self, code: str, message: str, status: int) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def __str__(self) -> str:
        return f"{self.code} ({self.status}): {self.message}"


class Headers(Mapping[str, str]):
    """The headers of a request, looked up without regard to case; iteration gives lower-case names.

    WSGI joins the values of a repeated header with a comma (RFC 9110, section 5.3) before anyone sees them, and so
    does this class. A repeated header is visible as that comma, which no grammar of a header that decides something
    (Authorization, Host, X-Amz-Target, X-Amz-Date …) lets through.
    """

    __slots__ = ("_values",)

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, str] = {}
        for name, value in pairs:
            key = name.lower()
            self._values[key] = f"{self._values[key]},{value}" if key in self._values else value

    @classmethod
    def from_environ(cls, environ: Mapping[str, Any]) -> Headers:
        """Read the headers of a WSGI environ; never fails, so that even a refusal can be answered in kind."""
        headers = cls(())
        values = headers._values
        for key, value in environ.items():
            if key.startswith("HTTP_"):
                values[_header_name(key)] = value
        for key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            if environ.get(key):
                values[_header_name(key)] = environ[key]
        for key, name in environ.get(PRESERVED_HEADER_NAMES, {}).items():
            if key in environ:
                values[name.lower()] = values.pop(_header_name(key))
        return headers

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    def __repr__(self) -> str:
        return f"Headers({', '.join(self._values)})"  # names only: values hold tokens


@lru_cache(maxsize=512)
def _header_name(environ_key: str) -> str:
    return environ_key.removeprefix("HTTP_").replace("_", "-").lower()


class QueryParameter(NamedTuple):
    """One `name=value` of a query string, decoded (as forms are: `+` is a space) and as it was sent."""

    name: str
    value: str
    raw_name: str
    raw_value: str


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request as the gate and everything behind it agree to read it.

    `raw_path` and `raw_query` are as sent (visible ASCII, valid UTF-8 percent-escapes); `path` is `raw_path` decoded,
    the same text as the server's `PATH_INFO`. A decoded path cannot tell `/` from `%2F`: whoever maps a path to a
    resource splits `raw_path`. `query` keeps order and repetitions. `vpc_endpoint` is the id of the one that the
    request came through, if any.
    """

    method: str
    raw_path: str
    path: str
    raw_query: str
    query: tuple[QueryParameter, ...]
    headers: Headers
    body: bytes = field(repr=False)
    remote_addr: str
    vpc_endpoint: str | None = None

    @classmethod
    def from_environ(cls, environ: Mapping[str, Any], *, max_body: int) -> HttpRequest:
        """Read a request of at most `max_body` bytes of body from a WSGI environ.

        The environ must carry the request target as sent (`RAW_URI` or `REQUEST_URI`: werkzeug and gunicorn do).

        Raises:
            RequestError: it is malformed, ambiguous, truncated, chunked or too large. Nothing else is raised.
        """
        method = environ.get("REQUEST_METHOD", "")
        if method not in METHODS:
            raise RequestError("MethodNotAllowed", "The specified method is not allowed.", 405)
        raw_path, path, raw_query = _target(environ)
        headers = Headers.from_environ(environ)
        for name, value in headers.items():
            if not _is_header_text(value):
                raise RequestError("InvalidRequest", f"Header {name!r} is not valid.", 400)
        return cls(
            method=method,
            raw_path=raw_path,
            path=path,
            raw_query=raw_query,
            query=parse_query(raw_query),
            headers=headers,
            body=_read_body(environ, max_body),
            remote_addr=environ.get("REMOTE_ADDR", ""),
            vpc_endpoint=environ.get(VPC_ENDPOINT),
        )


def _is_header_text(value: object) -> bool:
    """Whether it is text of one byte per character, as WSGI has it, without the NUL and line ends of RFC 9110, 5.5."""
    if not isinstance(value, str) or "\n" in value or "\r" in value or "\0" in value:
        return False
    return value.isascii() or max(value) <= "\xff"


def _target(environ: Mapping[str, Any]) -> tuple[str, str, str]:
    """Split the request target into raw path, decoded path and raw query; refuse what two readers read differently."""
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
    raw_path, _, raw_query = target.partition("?")
    if not raw_path.startswith("/") or raw_path.startswith("//") or not VISIBLE_ASCII.fullmatch(target):
        raise _invalid_uri("The request target must be an absolute path of visible ASCII characters.")
    if raw_query != environ.get("QUERY_STRING", ""):
        raise _invalid_uri("The request target and its query string disagree.")
    path = raw_path if raw_path == "/" else decode_component(raw_path)
    if path.encode() != (environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1", "replace"):
        raise _invalid_uri("The request target and its decoded path disagree.")
    if not DOT_SEGMENTS.isdisjoint(path.split("/")):
        raise _invalid_uri("A path with '.' or '..' segments is not accepted.")
    return raw_path, path, raw_query


def _invalid_uri(message: str) -> RequestError:
    return RequestError("InvalidURI", message, 400)


def decode_component(raw: str, *, form: bool = False) -> str:
    """Decode percent-escapes of visible ASCII text as UTF-8, and `+` as a space when it is part of a form.

    Raises:
        RequestError: an escape is incomplete or the bytes are not UTF-8 (other readers would guess).
    """
    if "%" not in raw and "+" not in raw:
        return raw
    if BROKEN_ESCAPE.search(raw):
        raise _invalid_uri("A percent-escape is incomplete.")
    try:
        return unquote_to_bytes(raw.replace("+", " ") if form else raw).decode()
    except UnicodeDecodeError:
        raise _invalid_uri("A percent-escape is not UTF-8.") from None


def parse_query(raw_query: str) -> tuple[QueryParameter, ...]:
    """Split and decode a query string, or a form, which is encoded alike.

    Raises:
        RequestError: an escape is incomplete or not UTF-8.
    """
    if not raw_query:
        return ()
    pairs = []
    for pair in raw_query.split("&"):
        raw_name, _, raw_value = pair.partition("=")
        name, value = decode_component(raw_name, form=True), decode_component(raw_value, form=True)
        pairs.append(QueryParameter(name, value, raw_name, raw_value))
    return tuple(pairs)


def _read_body(environ: Mapping[str, Any], max_body: int) -> bytes:
    """Read exactly Content-Length bytes; without that header there is no body (RFC 9112, section 6.3)."""
    if environ.get("HTTP_TRANSFER_ENCODING") or environ.get("wsgi.input_terminated"):
        raise RequestError("MissingContentLength", "Transfer-Encoding is not supported: send a Content-Length.", 411)
    declared = environ.get("CONTENT_LENGTH") or "0"
    if not CONTENT_LENGTH.fullmatch(declared):
        raise RequestError("InvalidRequest", "The Content-Length header is not valid.", 400)
    length = int(declared)
    if length > max_body:
        raise RequestError("RequestEntityTooLarge", f"The body is larger than {max_body} bytes.", 413)
    try:
        body: bytes = environ["wsgi.input"].read(length) if length else b""
    except (OSError, ValueError):
        body = b""
    if len(body) != length:
        raise RequestError("IncompleteBody", "The body is shorter than its Content-Length.", 400)
    return body
