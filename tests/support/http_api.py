"""The API over HTTP, as a single-page app calls it."""

from __future__ import annotations

import http.client
import json
import socket
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        """The JSON body."""
        return json.loads(self.content)


@dataclass
class Api:
    """One keep-alive connection to the API; reconnects when the server closed it."""

    url: str
    _connection: http.client.HTTPConnection | None = field(default=None, init=False)

    def call(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        body: Any = None,
        raw: bytes | None = None,
    ) -> Answer:
        """Send a request and return the answer; `body` is sent as JSON, `raw` as it is."""
        content = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        all_headers = {"Content-Type": "application/json"} if content is not None else {}
        if self._connection is None:
            address = urlsplit(self.url)
            self._connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
        reused = self._connection.sock is not None
        try:
            self._connection.request(method, path, content, all_headers | (headers or {}))
            answer = self._connection.getresponse()
            received = answer.read()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.close()
            if reused:  # the server closed it while it was idle, as servers do; browsers try again, too
                return self.call(method, path, headers=headers, body=body, raw=raw)
            raise
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


@dataclass
class Person:
    """A signed-in user."""

    api: Api
    id_token: str
    access_token: str

    def call(self, method: str, path: str, **request: Any) -> Answer:
        """Call the API with the id token."""
        headers = {"Authorization": f"Bearer {self.id_token}"} | request.pop("headers", {})
        return self.api.call(method, path, headers=headers, **request)

    def put(self, item_id: str, description: str = "anvil", price: str = "1.10", quantity: int = 1) -> Answer:
        """Put a line into the cart."""
        body = {"description": description, "price": price, "quantity": quantity}
        return self.call("PUT", f"/cart/{item_id}", body=body)

    def create(self, name: str = "anvil", price: str = "1.10", **attributes: Any) -> Any:
        """Create an item and return it."""
        answer = self.call("POST", "/items", body={"name": name, "price": price, "attributes": attributes})
        assert answer.status == 201, answer
        return answer.body

    def items(self, limit: int = 100) -> list[Any]:
        """Return all items, page after page."""
        items, query = [], f"/items?limit={limit}"
        while True:
            page = self.call("GET", query)
            assert page.status == 200, page
            items += page.body["items"]
            if page.body["next_cursor"] is None:
                return items
            query = f"/items?limit={limit}&cursor={page.body['next_cursor']}"

    def cart(self, query: str = "") -> Any:
        """Return a page of the cart."""
        answer = self.call("GET", f"/cart{query}")
        assert answer.status == 200, answer
        return answer.body


def send_raw(url: str, request: bytes) -> bytes:
    """Send bytes as they are and return all that the server answers until it closes the connection."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname or "", address.port or 80), timeout=10) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))
