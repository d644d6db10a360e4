"""`GET /_localaws/decisions` answers this machine and nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bulkhead_iam import Decision, Effect, Principal
from bulkhead_localaws.decisions import DECISIONS_PATH, Decisions
from bulkhead_localaws.gate.callers import Caller
from bulkhead_localaws.gate.record import DecisionRecord
from bulkhead_localaws.protocol.checks import AuthorizationCheck
from localaws_testing.account import NOW


def ask(
    *, host: str | None = "127.0.0.1:4566", remote: str | None = "127.0.0.1", method: str = "GET", **more: str
) -> tuple[str, Any]:
    """Ask for the decisions of a record with one in it; return the status and the document, None without a body."""
    record = DecisionRecord()
    caller = Caller(Principal("arn:aws:iam::123456789012:user/alice", "123456789012"), "User", "A", "alice", {}, (), ())
    record.add(
        "id-1", NOW, caller, AuthorizationCheck("s3:GetObject", "*"), Decision(Effect.ALLOWED, None, None, (), "")
    )
    environ = {"REQUEST_METHOD": method, "PATH_INFO": DECISIONS_PATH, **more}
    if host is not None:
        environ["HTTP_HOST"] = host
    if remote is not None:
        environ["REMOTE_ADDR"] = remote
    started: list[tuple[str, dict[str, str]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> Any:
        started.append((status, dict(headers)))

    body = b"".join(Decisions(record)(environ, start_response))
    ((status, headers),) = started
    assert headers["Content-Length"] == str(len(body))
    assert "Access-Control-Allow-Origin" not in headers, "no page of another origin may read it"
    return status, json.loads(body) if body else None


@pytest.mark.parametrize("host", ["127.0.0.1:4566", "127.0.0.1", "localhost:4566", "localhost", "[::1]:4566"])
@pytest.mark.parametrize("remote", ["127.0.0.1", "127.0.0.2", "::1"])
def test_who_is_on_this_machine_gets_the_decisions(host: str, remote: str) -> None:
    """By any name of loopback."""
    status, document = ask(host=host, remote=remote)

    assert status == "200 OK"
    assert [each["request_id"] for each in document["decisions"]] == ["id-1"]


@pytest.mark.parametrize("remote", ["192.168.0.7", "8.8.8.8", "::", "fe80::1", "", "localhost", "127.0.0.1,x"])
def test_who_is_elsewhere_does_not(remote: str) -> None:
    """Nor who cannot be told, nor with a header that says otherwise."""
    assert ask(remote=remote, HTTP_X_FORWARDED_FOR="127.0.0.1") == ("403 Forbidden", None)


def test_who_has_no_address_does_not() -> None:
    """As behind a Unix socket."""
    assert ask(remote=None) == ("403 Forbidden", None)


@pytest.mark.parametrize(
    "host",
    [
        *(None, "", "evil.example", "evil.example:4566", "127.0.0.1.evil.example", "localhost.evil.example:4566"),
        *(
            "127.0.0.1,evil.example",
            "evil.example,127.0.0.1:80",
            "127.1",
            "2130706433",
            "0.0.0.0:4566",
            "[::1",
            ":4566",
        ),
    ],
)
def test_a_name_that_only_resolves_to_this_machine_does_not(host: str | None) -> None:
    """DNS rebinding: a page's own name leads here, and then the page may read the answer."""
    assert ask(host=host) == ("403 Forbidden", None)


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS", "DELETE", "get", ""])
def test_only_get_is_taken(method: str) -> None:
    """Nothing here can be changed."""
    assert ask(method=method) == ("405 Method Not Allowed", None)
