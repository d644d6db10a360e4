"""Requests for the gate's tests: signed by botocore, put on the wire, and read as the server in use reads them."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import botocore.session
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from moto.moto_server.werkzeug_app import MotoRequestHandler

from bulkhead_localaws.gate.authentication import AccessKey, Authenticated, AuthenticationError, authenticate
from bulkhead_localaws.protocol.requests import HttpRequest

if TYPE_CHECKING:
    from collections.abc import Callable

REGION = "eu-west-1"
HOST = "127.0.0.1:4566"
MAX_BODY = 1_000_000
_SESSION = botocore.session.get_session()  # one: each loads the service models again
USER = AccessKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None, None, "alice")
SESSION_ENDS = datetime(2099, 1, 1, tzinfo=UTC)
SESSION = AccessKey("ASIAIOSFODNN7EXAMPLE", "secret/K7MDENG", "token+of/the=session", SESSION_ENDS, "role/session")


class Keys:
    """A key store that knows the given keys."""

    def __init__(self, *keys: AccessKey) -> None:
        self._keys = {key.access_key_id: key for key in keys}

    def find(self, access_key_id: str) -> AccessKey | None:
        """Return the key of that id."""
        return self._keys.get(access_key_id)


BOTH_KEYS = Keys(USER, SESSION)


class UnreadableError(Exception):
    """The HTTP server itself refused the bytes."""


@dataclass(frozen=True, slots=True)
class WireRequest:
    """An HTTP request in pieces that a test may change before it is read."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def header(self, name: str) -> str:
        """Return the value of one header."""
        return next(value for key, value in self.headers if key.lower() == name.lower())

    def with_header(self, name: str, value: str) -> WireRequest:
        """Return a copy with one more header."""
        return replace(self, headers=(*self.headers, (name, value)))

    def without_header(self, name: str) -> WireRequest:
        """Return a copy without that header."""
        return replace(self, headers=tuple(pair for pair in self.headers if pair[0].lower() != name.lower()))

    def replacing(self, name: str, value: str) -> WireRequest:
        """Return a copy in which that header has another value, at its place."""
        return replace(self, headers=tuple((k, value if k.lower() == name.lower() else v) for k, v in self.headers))

    @property
    def signed_at(self) -> datetime:
        """The time of signing, which tests take for now."""
        dates = parse_qs(urlsplit(self.target).query).get("X-Amz-Date") or [self.header("X-Amz-Date")]
        return datetime.strptime(dates[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)

    def to_bytes(self) -> bytes:
        """Return what a client sends, with a true Content-Length."""
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers)]
        if not any(name.lower() in {"content-length", "transfer-encoding"} for name, _ in self.headers):
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body

    def environ(self) -> dict[str, Any]:
        """Return the WSGI environ that the server makes of it."""
        return environ_of(self.to_bytes())

    def read(self) -> HttpRequest:
        """Return it as the gate reads it."""
        return HttpRequest.from_environ(self.environ(), max_body=MAX_BODY)


def environ_of(data: bytes) -> dict[str, Any]:
    """Let the server's own request handler parse bytes, without a socket.

    Raises:
        UnreadableError: it answers an error by itself.
    """
    handler: Any = MotoRequestHandler.__new__(MotoRequestHandler)
    handler.rfile, handler.wfile = io.BytesIO(data), io.BytesIO()
    handler.client_address = ("127.0.0.1", 50000)
    handler.connection = SimpleNamespace()
    handler.server = SimpleNamespace(
        ssl_context=None,
        multithread=True,
        multiprocess=False,
        server_address=("127.0.0.1", 4566),
        _server_version="test",
        log=lambda *_: None,
    )
    handler.log = lambda *_: None
    handler.raw_requestline = handler.rfile.readline(65537)
    if not handler.parse_request():
        raise UnreadableError
    environ: dict[str, Any] = handler.make_environ()
    return environ


def signed(
    service: str,
    *,
    method: str = "POST",
    path: str = "/",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    key: AccessKey = USER,
    signer: Callable[..., SigV4Auth] = SigV4Auth,
) -> WireRequest:
    """Sign a request with one of botocore's signers."""
    request = AWSRequest(method, f"http://{HOST}{path}", headers={**(headers or {}), "Host": HOST}, data=body)
    credentials = Credentials(key.access_key_id, key.secret_access_key, key.session_token)
    signer(credentials, service, REGION).add_auth(request)
    return wire_of(request.prepare())


def wire_of(prepared: AWSPreparedRequest) -> WireRequest:
    """Take apart a request as botocore would send it."""
    url = urlsplit(prepared.url)
    headers = {
        name: value.decode("latin-1") if isinstance(value, bytes) else str(value) for name, value in _items(prepared)
    }
    headers.setdefault("Host", url.netloc)
    body: Any = prepared.body or b""
    body = (
        body.encode() if isinstance(body, str) else bytes(body) if isinstance(body, bytes | bytearray) else body.read()
    )
    headers.pop("Content-Length", None)
    return WireRequest(str(prepared.method), prepared.url.partition(url.netloc)[2], tuple(headers.items()), body)


def _items(prepared: AWSPreparedRequest) -> list[tuple[str, Any]]:
    return list(prepared.headers.items())  # annotated as text, but often bytes


def get_item(key: AccessKey = USER, body: bytes = b'{"TableName":"t","Key":{"pk":{"S":"acme#1"}}}') -> WireRequest:
    """Sign a GetItem call of DynamoDB."""
    headers = {"X-Amz-Target": "DynamoDB_20120810.GetItem", "Content-Type": "application/x-amz-json-1.0"}
    return signed("dynamodb", headers=headers, body=body, key=key)


def client(service: str, key: AccessKey = USER, **config: Any) -> Any:
    """Return a real client whose requests `captured` takes from it."""
    return _SESSION.create_client(
        service,
        region_name=REGION,
        endpoint_url=f"http://{HOST}",
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
        aws_session_token=key.session_token,
        config=Config(**config),
    )


class CapturedError(Exception):
    """Carries the request that a client was about to send."""

    def __init__(self, request: AWSPreparedRequest) -> None:
        super().__init__()
        self.request = request


def captured(service_client: Any, operation: str, **parameters: Any) -> WireRequest:
    """Return the request that a client makes of an operation (a method's name) instead of sending it."""

    def capture(request: AWSPreparedRequest, **_: Any) -> None:
        raise CapturedError(request)

    service_client.meta.events.register("before-send", capture)
    try:
        getattr(service_client, operation)(**parameters)
    except CapturedError as error:
        return wire_of(error.request)
    finally:
        service_client.meta.events.unregister("before-send", capture)
    raise AssertionError(operation)


def authenticated(wire: WireRequest, keys: Keys = BOTH_KEYS, now: datetime | None = None) -> Authenticated:
    """Authenticate a request at the time of its signing, or at another."""
    return authenticate(wire.read(), keys, now or wire.signed_at)


def refusal_of(wire: WireRequest, keys: Keys = BOTH_KEYS, **arguments: datetime) -> AuthenticationError:
    """Return the error with which a request is refused."""
    with pytest.raises(AuthenticationError) as caught:
        authenticated(wire, keys, **arguments)
    return caught.value
