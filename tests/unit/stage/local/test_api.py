"""The local API as a process: it answers as the deployed API does, where Chalice's local server does not.

The app has samples beside its own routes. Behind it stands one stub for the user pool's keys, the registry of tenants,
STS and DynamoDB; what the routes of entities do with a real table is tested over HTTP.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from stage.errors import CommandError
from stage.local.processes import Child, free_port, process_basics
from tests.unit.http_stub import Asked, HttpStub, StubAnswer
from tests.unit.settings import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.support.fresh_python import RunPython
    from tests.unit.user_pool import UserPool

ORIGIN = "http://127.0.0.1:8080"
REGISTRY = ENVIRONMENT["REGISTRY_TABLE_NAME"].encode()
KEYS = ENVIRONMENT["SIGNING_KEYS_TABLE_NAME"].encode()
SAMPLE = json.dumps({"name": "anvil", "price": "1.10", "count": 2}).encode()
VENDED = b"""<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>
<AccessKeyId>ASIATENANT</AccessKeyId><SecretAccessKey>tenant-secret</SecretAccessKey>
<SessionToken>tenant-token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>
</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def document(self) -> Any:
        """The body, which is JSON."""
        assert self.headers["content-type"] == "application/json"
        return json.loads(self.text)


@dataclass(frozen=True, slots=True)
class Api:
    """A running local API and what stands behind it."""

    port: int
    log: Path
    behind: HttpStub

    def asked_for_tenants(self) -> list[Asked]:
        """Return what was asked on behalf of tenants: neither for keys nor by the authorizer, which remembers both."""
        return [
            asked
            for asked in self.behind.asked
            if asked.path != "/jwks.json" and REGISTRY not in asked.body and KEYS not in asked.body
        ]

    def send(self, request: bytes) -> Reply:
        """Send bytes as they are and read the one answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(request)
            answer = http.client.HTTPResponse(connection, method=request.split(b" ")[0].decode("latin-1"))
            answer.begin()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, headers, answer.read().decode())

    def call(self, method: str, path: str, token: str | None = None, body: bytes = b"") -> Reply:
        """Call as a client does."""
        lines = [f"{method} {path} HTTP/1.1", "Host: api"]
        lines += [f"Authorization: Bearer {token}"] if token is not None else []
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"] if body else []
        return self.send("\r\n".join([*lines, "", ""]).encode() + body)


def serve(folder: Path, answer: Any) -> Iterator[Api]:
    """Run the local API with this behind it."""
    with HttpStub(answer) as behind:
        port = free_port()
        environment = {
            **process_basics(os.environ),
            **ENVIRONMENT,
            "AWS_ENDPOINT_URL": behind.url,
            "AWS_ACCESS_KEY_ID": "ASIALAMBDA",
            "AWS_SECRET_ACCESS_KEY": "lambda-secret",
            "JWKS_URL": f"{behind.url}/jwks.json",
            "CORS_ORIGIN": ORIGIN,
        }
        child = Child(
            "tests.support.sample_api", ["--port", str(port)], environment=environment, log=folder / "api.log"
        )
        try:
            child.wait_until(lambda: is_listening(port), seconds=20)
            yield Api(port, child.log, behind)
        finally:
            child.stop()


def is_listening(port: int) -> bool:
    """Return whether somebody takes connections there."""
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, user_pool: UserPool) -> Iterator[Api]:
    """An API whose AWS is well, but for STS when it is asked for initech's credentials; umbrella is suspended."""

    def answer(asked: Asked) -> StubAnswer:
        if asked.path == "/jwks.json":
            return StubAnswer(body=json.dumps(user_pool.jwks()).encode())
        if KEYS in asked.body:
            fetched_at = datetime.now(UTC).isoformat()
            item = {"keys": {"S": json.dumps(user_pool.jwks())}, "fetched_at": {"S": fetched_at}}
            return StubAnswer(body=json.dumps({"Item": item}).encode())
        if REGISTRY in asked.body:
            status = "suspended" if b"umbrella" in asked.body else "active"
            return StubAnswer(body=json.dumps({"Item": {"status": {"S": status}}}).encode())
        if b"AssumeRole" in asked.body:
            return StubAnswer(status=500) if b"initech" in asked.body else StubAnswer(body=VENDED)
        return StubAnswer(body=b'{"Items": []}')

    yield from serve(tmp_path_factory.mktemp("api"), answer)


@pytest.fixture(scope="module")
def cut_off_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An API to which nothing behind it answers well."""
    yield from serve(tmp_path_factory.mktemp("cut-off"), lambda _: StubAnswer(status=500))


def test_health_is_open_to_anyone(api: Api) -> None:
    """Without a token, and without asking anything behind."""
    before = len(api.behind.asked)
    reply = api.call("GET", "/health")
    assert (reply.status, reply.document) == (200, {"status": "ok"})
    assert len(api.behind.asked) == before


@pytest.mark.parametrize("tenant_id", ["acme", "acme-eu"])
def test_me_answers_the_context_of_the_verified_token(api: Api, user_pool: UserPool, tenant_id: str) -> None:
    """From the browser's header to the handler and back."""
    reply = api.call("GET", "/me?tenant=globex", user_pool.token({"custom:tenantID": tenant_id}))
    assert (reply.status, reply.document) == (
        200,
        {
            "tenant": tenant_id,
            "role": "member",
            "user_id": "b7c5d1c0-0000-4000-8000-000000000001",
            "email": "member@acme.example.com",
        },
    )


def raw(target: bytes, *header_lines: bytes, method: bytes = b"GET", body: bytes = b"") -> bytes:
    """Write a request byte by byte."""
    return b"\r\n".join([method + b" " + target + b" HTTP/1.1", b"Host: api", *header_lines, b"", body])


REFUSED = {
    "no token": (raw(b"/samples"), 401),
    "empty header": (raw(b"/samples", b"Authorization:"), 401),
    "malformed token": (raw(b"/samples", b"Authorization: Bearer x"), 401),
    "another scheme": (raw(b"/samples", b"Authorization: Basic YTpi"), 401),
    "letters outside ASCII": (raw(b"/samples", b"Authorization: Bearer \xc3\xbc.\xff.\xfe"), 401),
    "long token": (raw(b"/samples", b"Authorization: Bearer " + b"a" * 60_000), 401),
    "two headers": (raw(b"/samples", b"Authorization: Bearer a.b.c", b"Authorization: Bearer a.b.c"), 401),
    "unknown route": (raw(b"/orders"), 404),
    "root": (raw(b"/"), 404),
    "empty path parameter": (raw(b"/samples//", method=b"PUT"), 405),
    "more than the route": (raw(b"/samples/a/b"), 404),
    "letters outside ASCII in the path": (raw(b"/caf\xc3\xa9"), 404),
    "path in absolute form": (raw(b"http://api/health"), 404),
    "no path": (raw(b"*", method=b"OPTIONS"), 404),
    "preflight of an unknown route": (raw(b"/orders", method=b"OPTIONS"), 404),
    "another method": (raw(b"/samples", method=b"POST"), 405),
    "another method of a sample": (raw(b"/samples/a"), 405),
    "TRACE": (raw(b"/samples", method=b"TRACE"), 405),
    "unknown method": (raw(b"/samples", method=b"BREW"), 405),
    "length that is no number": (raw(b"/samples/a", b"Content-Length: abc", method=b"PUT"), 400),
    "negative length": (raw(b"/samples/a", b"Content-Length: -1", method=b"PUT"), 400),
    "length with a sign": (raw(b"/samples/a", b"Content-Length: +1", method=b"PUT"), 400),
    "length in other digits": (raw(b"/samples/a", b"Content-Length: \xb2", method=b"PUT"), 400),
    "two lengths": (raw(b"/samples/a", b"Content-Length: 1", b"Content-Length: 2", method=b"PUT"), 400),
    "huge length": (raw(b"/samples/a", b"Content-Length: 6291457", method=b"PUT"), 413),
    "length of 5,000 digits": (raw(b"/samples/a", b"Content-Length: " + b"9" * 5000, method=b"PUT"), 413),
    "chunked": (raw(b"/samples/a", b"Transfer-Encoding: chunked", method=b"PUT", body=b"0\r\n\r\n"), 411),
    "no request": (b"garbage\r\n\r\n", 400),
    "unknown version": (b"GET /health HTTP/3.0\r\n\r\n", 505),
    "too long a path": (raw(b"/" + b"a" * 70_000), 414),
    "too long a header": (raw(b"/health", b"X: " + b"a" * 70_000), 431),
    "too many headers": (raw(b"/health", *(b"X%d: 1" % number for number in range(200))), 431),
}


@pytest.mark.parametrize(("request_bytes", "status"), REFUSED.values(), ids=REFUSED.keys())
def test_every_refusal_is_json_with_cors_headers(api: Api, request_bytes: bytes, status: int) -> None:
    """Never a dropped connection, a server error or a page of HTML; a page of the stage's origin can read it."""
    reply = api.send(request_bytes)

    assert reply.status == status
    assert reply.document.keys() == {"Code", "Message"}
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert reply.headers["vary"] == "Origin"
    assert len(reply.headers["x-request-id"]) == 36
    assert int(reply.headers["content-length"]) == len(reply.text.encode()) < 300


def test_a_forged_token_is_refused_and_its_twin_is_not(api: Api, user_pool: UserPool, foreign_pool: UserPool) -> None:
    """The signature alone tells them apart."""
    forged = api.call("GET", "/samples", foreign_pool.token())
    assert (forged.status, forged.document["Code"]) == (401, "UnauthorizedError")
    assert api.call("GET", "/samples", user_pool.token()).status == 200


@pytest.mark.parametrize(
    ("role", "status"), [("viewer", 403), ("member", 201), ("admin", 201)], ids=["viewer", "member", "admin"]
)
@pytest.mark.parametrize("path", ["/samples/a", "/samples/a?x=1", "/samples/a/"])
def test_a_role_without_the_right_is_refused_by_the_policy(
    api: Api, user_pool: UserPool, path: str, role: str, status: int
) -> None:
    """A viewer may read the samples and not write it; the answer has CORS headers either way."""
    token = user_pool.token({"custom:role": role})
    reply = api.call("PUT", path, token, SAMPLE)
    assert reply.status == status, reply.text
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert api.call("GET", "/samples", token).status == 200


@pytest.mark.parametrize(("tenant_id", "status"), [("umbrella", 403), ("acme", 200)])
def test_a_suspended_tenants_good_token_opens_no_route(
    api: Api, user_pool: UserPool, tenant_id: str, status: int
) -> None:
    """The authorizer asks the registry; nothing is asked on the tenant's behalf, and the active twin is served."""
    before = len(api.asked_for_tenants())
    reply = api.call("GET", "/samples", user_pool.token({"custom:tenantID": tenant_id}))
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (status, ORIGIN)
    assert (len(api.asked_for_tenants()) == before) is (status == 403)


def test_a_second_authorization_header_is_refused(api: Api, user_pool: UserPool) -> None:
    """Even when both hold the same good token: which of two counts must not depend on who reads them."""
    header = b"Authorization: Bearer " + user_pool.token().encode()
    assert api.send(raw(b"/me", header)).status == 200
    assert api.send(raw(b"/me", header, header)).status == 401


def test_an_unknown_route_does_not_echo_the_token(api: Api, user_pool: UserPool) -> None:
    """Chalice's own server would."""
    token = user_pool.token()
    reply = api.call("GET", "/orders", token)
    assert reply.status == 404
    assert token not in reply.text


def test_a_preflight_needs_no_token(api: Api) -> None:
    """A browser sends none with it."""
    reply = api.send(raw(b"/samples/a", b"Origin: " + ORIGIN.encode(), method=b"OPTIONS"))
    assert reply.status == 200
    assert {"PUT", "PATCH", "DELETE"} <= set(reply.headers["access-control-allow-methods"].split(","))
    assert "Authorization" in reply.headers["access-control-allow-headers"]


@pytest.mark.parametrize(
    ("path", "sample_id"),
    [("/samples/a%62c", "abc"), ("/samples/1700000000000", "1700000000000"), ("/samples/A%2Eb", "A.b")],
)
def test_path_parameters_arrive_decoded(api: Api, user_pool: UserPool, path: str, sample_id: str) -> None:
    """Once, as API Gateway decodes them."""
    assert api.call("PUT", path, user_pool.token(), SAMPLE).document["sample_id"] == sample_id
    assert json.loads(api.behind.asked[-1].body)["Item"]["sk"] == {"S": sample_id}


@pytest.mark.parametrize(
    "path", ["/samples/a%252Eb", "/samples/a%2Fb", "/samples/a%23b", "/samples/%2E%2E", "/samples/%FF", "/samples/%"]
)
def test_what_a_decoded_path_parameter_may_not_be_is_refused_by_name(api: Api, user_pool: UserPool, path: str) -> None:
    """Neither double decoding nor an escaped delimiter gets through, and nothing is written."""
    before = len(api.asked_for_tenants())
    reply = api.call("PUT", path, user_pool.token(), SAMPLE)
    assert (reply.status, reply.document["Code"]) == (400, "InvalidRequestError")
    assert reply.document["Message"].startswith("sample_id: ")
    assert len(api.asked_for_tenants()) == before


def test_an_answer_without_content_has_no_body_and_no_length(api: Api, user_pool: UserPool) -> None:
    """RFC 9110 section 8.6."""
    reply = api.call("DELETE", "/samples/a", user_pool.token())
    assert (reply.status, reply.text) == (204, "")
    assert not {"content-length", "content-type"} & reply.headers.keys()
    assert reply.headers["access-control-allow-origin"] == ORIGIN


def test_a_connection_goes_on_after_a_refusal(api: Api, user_pool: UserPool) -> None:
    """401, 403, 404, 405 and 400 of a body leave the connection in step; a body is read to its end."""
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=20)
    member = {"Authorization": f"Bearer {user_pool.token()}"}
    viewer = {"Authorization": f"Bearer {user_pool.token({'custom:role': 'viewer'})}"}
    calls: list[tuple[str, str, bytes | None, dict[str, str], int]] = [
        ("GET", "/samples", None, {}, 401),
        ("PUT", "/samples/a", SAMPLE, viewer, 403),
        ("PUT", "/orders", SAMPLE, member, 404),
        ("PUT", "/samples", SAMPLE, member, 405),
        ("PUT", "/samples/a", b"{", member, 400),
        ("DELETE", "/samples/a", None, member, 204),
        ("GET", "/me", None, member, 200),
    ]
    try:
        statuses: list[int] = []
        connection.connect()
        first = connection.sock
        for method, path, body, headers, _ in calls:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
            assert connection.sock is first, "the server closed the connection"
        assert statuses == [status for *_, status in calls]
    finally:
        connection.close()


def test_a_request_that_cannot_be_read_ends_its_connection(api: Api) -> None:
    """What follows it on the connection may be the rest of it: it must not be taken for a request."""
    hidden = raw(b"/health")
    reply = api.send(raw(b"/samples/a", b"Transfer-Encoding: chunked", method=b"PUT", body=hidden))
    assert reply.headers["connection"] == "close"


def test_concurrent_requests_of_two_tenants_are_not_mixed_up(api: Api, user_pool: UserPool) -> None:
    """Chalice keeps the current request in the app: served in the wrong way, one thread would see another's."""
    tokens = {tenant_id: user_pool.token({"custom:tenantID": tenant_id}) for tenant_id in ("acme", "globex")}
    callers = ["acme", "globex"] * 100

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda caller: api.call("GET", "/me", tokens[caller]).document["tenant"], callers))

    assert answers == callers


def test_each_thread_has_a_current_request_of_its_own(run_python: RunPython) -> None:
    """The canary of the test above, which a race may pass by luck: a server made in another way shares it."""
    code = """
import json, threading
from pathlib import Path
from stage.local.api import create_api_server
server = create_api_server("127.0.0.1", 0, Path("."))
server.server.server_close()
from app import app
app.current_request = "of this thread"
seen = []
thread = threading.Thread(target=lambda: seen.append(getattr(app, "current_request", None)))
thread.start()
thread.join()
print(json.dumps([app.current_request, *seen]))
"""
    assert run_python(code) == ["of this thread", None]


def test_an_unreachable_sts_is_unavailable_and_says_when_to_try_again(api: Api, user_pool: UserPool) -> None:
    """The other tenants are served meanwhile; DynamoDB is not asked with any other credentials."""
    before = len(api.asked_for_tenants())
    reply = api.call("GET", "/samples", user_pool.token({"custom:tenantID": "initech"}))
    assert (reply.status, reply.document["Code"]) == (503, "ScopedCredentialsError")
    assert int(reply.headers["retry-after"]) > 0
    assert {parse_qs(asked.body.decode())["Action"][0] for asked in api.asked_for_tenants()[before:]} == {
        "AssumeRoleWithWebIdentity"
    }
    assert api.call("GET", "/samples", user_pool.token()).status == 200


def test_unreachable_keys_are_unavailable_and_not_a_bad_token(cut_off_api: Api, user_pool: UserPool) -> None:
    """Nobody is signed out because of them; the refusal comes from the authorizer and still has all headers."""
    reply = cut_off_api.call("GET", "/samples", user_pool.token())
    assert (reply.status, reply.document["Code"]) == (503, "SigningKeysUnavailableError")
    assert int(reply.headers["retry-after"]) > 0
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert urlsplit(cut_off_api.behind.url).netloc not in reply.text
    assert cut_off_api.call("GET", "/health").status == 200


def test_the_log_names_requests_and_holds_no_token(api: Api, user_pool: UserPool, foreign_pool: UserPool) -> None:
    """Neither good tokens nor refused ones."""
    before = len(api.log.read_text())
    tokens = [user_pool.token(), foreign_pool.token()]
    for token in tokens:
        api.call("GET", "/me?mark=log", token)
    log = api.log.read_text()[before:]
    assert '"GET /me?mark=log HTTP/1.1" 200' in log
    assert '"GET /me?mark=log HTTP/1.1" 401' in log
    assert not any(token.split(".")[2] in log for token in tokens)
    assert "Traceback" not in log


def test_a_taken_port_ends_the_process(tmp_path: Path, api: Api) -> None:
    """Its parent learns of it from the log."""
    child = Child(
        "stage.local.api", ["--port", str(api.port)], environment=process_basics(os.environ), log=tmp_path / "log"
    )
    try:
        with pytest.raises(CommandError, match="Address already in use"):
            child.wait_until(lambda: False, seconds=20)
    finally:
        child.stop()
