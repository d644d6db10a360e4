"""An API over HTTP, as a page calls it."""

from __future__ import annotations

import http.client
import json
import select
import socket
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self) -> str:
        """The body as text, whatever it is."""
        return self.content.decode(errors="replace")

    @property
    def body(self) -> Any:
        """The JSON body, None when it is none."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None


@dataclass
class Api:
    """One keep-alive connection to the API, made anew when the server has closed it while it was idle.

    No request is ever sent twice.
    """

    url: str
    timeout_seconds: float = 30
    _connection: http.client.HTTPConnection | None = field(default=None, init=False)

    def call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        raw: bytes | None = None,
    ) -> Answer:
        """Send a request and return the answer; `body` is sent as JSON, `raw` as it is.

        Raises:
            OSError, http.client.HTTPException: the API cannot be reached or does not answer.
        """
        content = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        all_headers = {"Content-Type": "application/json"} if content is not None else {}
        if self._connection is not None and self._connection.sock is not None and _hung_up(self._connection.sock):
            self.close()
        if self._connection is None:
            address = urlsplit(self.url)
            kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
            self._connection = kind(address.hostname or "", address.port, timeout=self.timeout_seconds)
        try:
            self._connection.request(
                method, urlsplit(self.url).path + path, content, {**all_headers, **(headers or {})}
            )
            answer = self._connection.getresponse()
            received = answer.read()
        except (http.client.HTTPException, OSError):
            self.close()
            raise
        if answer.will_close:
            self.close()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, received)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _hung_up(idle: socket.socket) -> bool:
    """Return whether an idle connection has something to read: the other side's end, as no answer is due.

    Over TLS it may be a session ticket, which costs a new connection and nothing else.
    """
    return bool(select.select([idle], [], [], 0)[0])


def get_json(url: str, headers: Mapping[str, str] | None = None, *, timeout_seconds: float = 30) -> Any:
    """Return the JSON document at a URL without a query, None when it is none.

    Raises:
        OSError, http.client.HTTPException: it cannot be reached, or answers otherwise than 200.
    """
    api = Api(url, timeout_seconds)
    try:
        answer = api.call("GET", "", headers=headers)
    finally:
        api.close()
    if answer.status != HTTPStatus.OK:
        raise OSError(f"{url} answers {answer.status}")
    return answer.body


def send_raw(url: str, request: bytes, *, timeout_seconds: float = 10) -> bytes:
    """Send bytes as they are and return all that the server answers until it closes the connection; raises OSError."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname or "", address.port or 80), timeout=timeout_seconds) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))
