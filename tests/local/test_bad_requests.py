"""What a request that is not understood gets, over HTTP: a 4xx that names the field, and never a 500."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from stage.http_api import send_raw

if TYPE_CHECKING:
    from stage.document import LocalStage
    from stage.http_api import Api
    from tests.support.people import Person

BODY = {"name": "anvil", "price": "1.10"}


def _body(**changed: Any) -> bytes:
    return json.dumps(BODY | changed).encode()


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        pytest.param(b"{", "JSON", id="not JSON"),
        pytest.param(b"\xff\xfe", "JSON", id="not UTF-8"),
        pytest.param(b"[]", "object", id="a list"),
        pytest.param(b"[" * 100_000, "JSON", id="deep nesting"),
        pytest.param(b'{"name": "a", "name": "b", "price": 1}', "JSON", id="a name twice"),
        pytest.param(_body(colour="red"), "colour", id="unknown field"),
        pytest.param(b'{"price": 1}', "name", id="missing field"),
        pytest.param(_body(price=-1), "price", id="negative price"),
        pytest.param(_body(price="1e3"), "price", id="price in scientific notation as text"),
        pytest.param(_body(price=10**30), "price", id="huge price"),
        pytest.param(_body().replace(b'"1.10"', b"1e400"), "price", id="price beyond a float"),
        pytest.param(_body().replace(b'"1.10"', b"1e999999999999999999999"), "price", id="price beyond a decimal"),
        pytest.param(_body().replace(b'"1.10"', b"NaN"), "price", id="NaN"),
        pytest.param(_body().replace(b'"1.10"', b"-Infinity"), "price", id="infinity"),
        pytest.param(_body(price=True), "price", id="a truth value as price"),
        pytest.param(_body(name="x" * 1_000_000), "name", id="a string of 1 MB"),
        pytest.param(_body(name=""), "name", id="empty name"),
        pytest.param(_body(name={"a": "b"}), "name", id="nested object"),
        pytest.param(_body(name=None), "name", id="null"),
        pytest.param(_body(name="\ud800"), "name", id="lone surrogate"),
    ],
)
def test_a_body_that_is_not_understood_is_refused_by_name(acme: Person, raw: bytes, named: str) -> None:
    """400 that names the field, nothing written, and no echo of a megabyte."""
    answer = acme.call("POST", "/anvils", raw=raw)

    assert (answer.status, answer.body["Code"]) == (400, "InvalidRequestError")
    assert named in answer.body["Message"]
    assert len(answer.content) < 1_000
    assert answer.headers["access-control-allow-origin"] == "http://127.0.0.1:8080"
    assert acme.anvils() == []


@pytest.mark.parametrize("raw", [b"{}", b'{"price": null}', b'{"anvil_id": "b"}'], ids=["empty", "null", "key"])
def test_a_patch_that_changes_nothing_or_a_key_is_refused(acme: Person, raw: bytes) -> None:
    """400, and the row stays as it was."""
    anvil = acme.create()

    refused = acme.call("PATCH", f"/anvils/{anvil['anvil_id']}", raw=raw, headers={"If-Match": "*"})

    assert (refused.status, refused.body["Code"]) == (400, "InvalidRequestError")
    assert acme.anvils() == [anvil]


@pytest.mark.parametrize(
    "row_id", ["-a", ".", "..", "a%23b", "a%2Fb", "a%0A", "%C3%A9", "a" * 65, "a%00", "acme%23anvil%230", "a;b", "a#b"]
)
def test_an_id_outside_its_form_is_refused(acme: Person, row_id: str) -> None:
    """A delimiter, a slash, a newline or a foreign letter never reaches a key."""
    answer = acme.call("GET", f"/anvils/{row_id}")

    assert (answer.status, answer.body["Code"]) == (400, "InvalidRequestError")
    assert "anvil_id" in answer.body["Message"]


def test_a_percent_encoded_letter_is_that_letter(acme: Person) -> None:
    """Path parameters arrive decoded, as API Gateway delivers them."""
    anvil = acme.create()
    encoded = "".join(f"%{ord(letter):02X}" for letter in anvil["anvil_id"])

    assert acme.call("GET", f"/anvils/{encoded}").body == anvil


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=x",
        "limit=",
        "limit=1.0",
        "limit=%D9%A1",
        "limit=1&limit=2",
        "cursor=",
        "cursor=x",
        "cursor=YWNtZSNhbnZpbCMw",
        "cursor=YR==",
        "cursor=%C3%A9",
        "cursor=YQ==&cursor=YQ==",
    ],
)
def test_a_bad_limit_or_cursor_is_refused(acme: Person, query: str) -> None:
    """400 that names the parameter; a cursor that spells a partition key is one of them."""
    answer = acme.call("GET", f"/anvils?{query}")

    assert (answer.status, answer.body["Code"]) == (400, "InvalidRequestError")
    assert query.partition("=")[0] in answer.body["Message"]


@pytest.mark.parametrize("path", ["/", "/nope", "/anvils/a/b", "/ANVILS", "/..", "/anvils/../me", "/%61nvils"])
def test_an_unknown_route_is_404_and_does_not_echo_the_token(acme: Person, path: str) -> None:
    """Also with a valid token, which must not come back."""
    answer = acme.call("GET", path)

    assert (answer.status, answer.body["Code"]) == (404, "NotFoundError")
    assert acme.id_token.encode() not in answer.content


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/anvils"),
        ("POST", "/anvils/a"),
        ("HEAD", "/anvils"),
        ("TRACE", "/anvils"),
        ("BREW", "/anvils"),
        ("PUT", "/me"),
    ],
)
def test_another_method_of_a_known_path_is_405(acme: Person, method: str, path: str) -> None:
    """As JSON with CORS headers, also for methods that no HTTP server knows."""
    answer = acme.call(method, path)

    assert answer.status == 405
    assert answer.headers["access-control-allow-origin"] == "http://127.0.0.1:8080"
    assert method == "HEAD" or answer.body["Code"] == "MethodNotAllowedError"
    assert acme.call("GET", "/anvils").status == 200


def test_a_preflight_is_answered_for_the_configured_origin(anyone: Api) -> None:
    """The browser learns methods, headers and the one origin; never `*`."""
    answer = anyone.call("OPTIONS", "/anvils/a", headers={"Origin": "https://evil.example.com"})

    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "http://127.0.0.1:8080"
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    assert {"GET", "PATCH", "DELETE"} <= set(answer.headers["access-control-allow-methods"].split(","))


def test_another_content_type_is_415(acme: Person) -> None:
    """A form is no JSON."""
    answer = acme.call("POST", "/anvils", raw=b"a=b", headers={"Content-Type": "application/x-www-form-urlencoded"})

    assert answer.status == 415


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST /anvils HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /anvils HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", 400),
        (b"POST /anvils HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (b"POST /anvils HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"POST /anvils HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"GARBAGE\r\n\r\n", 400),
        (b"GET /anvils HTTP/9.9\r\n\r\n", 505),
    ],
    ids=["negative", "text", "two lengths", "huge", "chunked", "garbage", "version"],
)
def test_a_broken_http_request_gets_a_json_answer(stage: LocalStage, head: bytes, status: int) -> None:
    """And the connection ends, since nobody knows where the next request begins."""
    answer = send_raw(stage.api_url, head)

    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b'"Code"' in answer
    assert b"Access-Control-Allow-Origin" in answer
