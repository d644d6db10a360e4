"""Where an issuer's keys come from, and what is said when they cannot be had."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from bulkhead_localaws.gate import issuers
from bulkhead_localaws.gate.identity_tokens import IdentityTokenError
from bulkhead_localaws.gate.issuers import IssuerKeys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ISSUER = "https://idp.example.com"
KEYS = [{"kty": "RSA", "kid": "a"}]


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer with the keys, an error, or not at all."""
        if self.path == "/hang":
            threading.Event().wait(1)
            return
        body = json.dumps({"keys": KEYS}).encode()
        self.send_response(200 if self.path == "/keys" else 500)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def url() -> Iterator[str]:
    """Return the URL of a server that publishes keys."""
    with HTTPServer(("127.0.0.1", 0), _Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_file_and_a_url_are_read(tmp_path: Path, url: str) -> None:
    """For the issuer for which they were given."""
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": KEYS}))

    for source in (str(file), f"{url}/keys"):
        assert IssuerKeys({ISSUER: source}, lambda _: None).keys(ISSUER) == KEYS


def test_what_is_given_counts_before_what_is_the_emulators_own() -> None:
    """And without either nothing is known, and the message says what to do."""
    own = IssuerKeys({}, {ISSUER: KEYS}.get)

    assert own.keys(ISSUER) == KEYS
    with pytest.raises(IdentityTokenError, match="start with --issuer https://x") as refused:
        own.keys("https://x.example.com")
    assert (refused.value.code, refused.value.status) == ("IDPCommunicationError", 400)
    with pytest.raises(IdentityTokenError):
        IssuerKeys({ISSUER: "/absent.json"}, {ISSUER: KEYS}.get).keys(ISSUER)


@pytest.mark.parametrize("path", ["/error", "/hang"])
def test_a_url_that_fails_or_hangs_is_out_of_reach(url: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the time that it is given."""
    monkeypatch.setattr(issuers, "_SECONDS", 0.2)

    with pytest.raises(IdentityTokenError, match="could not be reached") as refused:
        IssuerKeys({ISSUER: url + path}, lambda _: None).keys(ISSUER)
    assert refused.value.code == "IDPCommunicationError"


@pytest.mark.parametrize(
    "source", ["http://127.0.0.1:1/keys", "https://", "/absent.json", "ftp://example.com/keys", "."]
)
def test_what_is_not_there_is_out_of_reach(source: str) -> None:
    """Whatever was given."""
    with pytest.raises(IdentityTokenError) as refused:
        IssuerKeys({ISSUER: source}, lambda _: None).keys(ISSUER)
    assert refused.value.code == "IDPCommunicationError"


@pytest.mark.parametrize("document", ["", "[]", "{}", '{"keys": {}}', '{"keys": [1]}', '{"keys": [], "keys": []}', "x"])
def test_what_is_no_set_of_keys_verifies_nothing(tmp_path: Path, document: str) -> None:
    """It was reached: to try again is no use."""
    file = tmp_path / "keys.json"
    file.write_text(document)

    with pytest.raises(IdentityTokenError) as refused:
        IssuerKeys({ISSUER: str(file)}, lambda _: None).keys(ISSUER)
    assert refused.value.code == "InvalidIdentityToken"
