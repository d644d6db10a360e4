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

LINE = {"description": "anvil", "price": "1.10", "quantity": 1}


def _line(**changed: Any) -> bytes:
    return json.dumps(LINE | changed).encode()


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        pytest.param(b"{", "JSON", id="not JSON"),
        pytest.param(b"\xff\xfe", "JSON", id="not UTF-8"),
        pytest.param(b"[]", "object", id="a list"),
        pytest.param(b"[" * 100_000, "JSON", id="deep nesting"),
        pytest.param(b'{"description": "a", "description": "b", "price": 1, "quantity": 1}', "JSON", id="a name twice"),
        pytest.param(_line(colour="red"), "colour", id="unknown field"),
        pytest.param(json.dumps({"price": 1, "quantity": 1}).encode(), "description", id="missing field"),
        pytest.param(_line(price=-1), "price", id="negative price"),
        pytest.param(_line(price="1e3"), "price", id="price in scientific notation as text"),
        pytest.param(_line(price=10**30), "price", id="huge price"),
        pytest.param(_line().replace(b'"1.10"', b"1e400"), "price", id="price beyond a float"),
        pytest.param(_line().replace(b'"1.10"', b"1e999999999999999999999"), "price", id="price beyond a decimal"),
        pytest.param(_line().replace(b'"1.10"', b"NaN"), "price", id="NaN"),
        pytest.param(_line().replace(b'"1.10"', b"-Infinity"), "price", id="infinity"),
        pytest.param(_line(price=True), "price", id="a truth value as price"),
        pytest.param(_line(quantity=0), "quantity", id="quantity 0"),
        pytest.param(_line(quantity=1.5), "quantity", id="half a piece"),
        pytest.param(_line(quantity="1"), "quantity", id="quantity as text"),
        pytest.param(_line(quantity=10**40), "quantity", id="huge quantity"),
        pytest.param(_line(description="x" * 1_000_000), "description", id="a string of 1 MB"),
        pytest.param(_line(description=""), "description", id="empty description"),
        pytest.param(_line(description={"a": "b"}), "description", id="nested object"),
        pytest.param(_line(description=None), "description", id="null"),
        pytest.param(_line(description="\ud800"), "description", id="lone surrogate"),
    ],
)
def test_a_body_that_is_not_understood_is_refused_by_name(acme: Person, raw: bytes, named: str) -> None:
    """400 that names the field, nothing written, and no echo of a megabyte."""
    answer = acme.call("PUT", "/cart/a", raw=raw)

    assert (answer.status, answer.body["Code"]) == (400, "InvalidRequestError")
    assert named in answer.body["Message"]
    assert len(answer.content) < 1_000
    assert answer.headers["access-control-allow-origin"] == "http://127.0.0.1:8080"
    assert acme.cart()["lines"] == []


@pytest.mark.parametrize("raw", [b"{}", b'{"quantity": null}', b'{"item_id": "b"}'], ids=["empty", "null", "key"])
def test_a_patch_that_changes_nothing_or_a_key_is_refused(acme: Person, raw: bytes) -> None:
    """400, and the line stays as it was."""
    acme.put("a")

    assert acme.call("PATCH", "/cart/a", raw=raw).status == 400
    assert acme.cart()["lines"] == [{"item_id": "a"} | LINE]


@pytest.mark.parametrize(
    "item_id", ["-a", ".", "..", "a%23b", "a%2Fb", "a%0A", "%C3%A9", "a" * 65, "a%00", "acme%23cart%230", "a;b", "a#b"]
)
def test_an_item_id_outside_its_form_is_refused(acme: Person, item_id: str) -> None:
    """A delimiter, a slash, a newline or a foreign letter never reaches a key."""
    answer = acme.call("PUT", f"/cart/{item_id}", body=LINE)

    assert (answer.status, answer.body["Code"]) == (400, "InvalidRequestError")
    assert "item_id" in answer.body["Message"]


def test_a_percent_encoded_letter_is_that_letter(acme: Person) -> None:
    """Path parameters arrive decoded, as API Gateway delivers them."""
    assert acme.call("PUT", "/cart/%61", body=LINE).body["item_id"] == "a"


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
        "cursor=YWNtZSNjYXJ0IzA=",
        "cursor=YR==",
        "cursor=%C3%A9",
        "cursor=YQ==&cursor=YQ==",
    ],
)
def test_a_bad_limit_or_cursor_is_refused(acme: Person, query: str) -> None:
    """400 that names the parameter; a cursor that spells a partition key is one of them."""
    answer = acme.call("GET", f"/cart?{query}")

    assert (answer.status, answer.body["Code"]) == (400, "InvalidRequestError")
    assert query.partition("=")[0] in answer.body["Message"]


@pytest.mark.parametrize("path", ["/", "/nope", "/cart/a/b", "/CART", "/..", "/cart/../me", "/%63art"])
def test_an_unknown_route_is_404_and_does_not_echo_the_token(acme: Person, path: str) -> None:
    """Also with a valid token, which must not come back."""
    answer = acme.call("GET", path)

    assert (answer.status, answer.body["Code"]) == (404, "NotFoundError")
    assert acme.id_token.encode() not in answer.content


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/cart"), ("GET", "/cart/a"), ("HEAD", "/cart"), ("TRACE", "/cart"), ("BREW", "/cart"), ("PUT", "/me")],
)
def test_another_method_of_a_known_path_is_405(acme: Person, method: str, path: str) -> None:
    """As JSON with CORS headers, also for methods that no HTTP server knows."""
    answer = acme.call(method, path)

    assert answer.status == 405
    assert answer.headers["access-control-allow-origin"] == "http://127.0.0.1:8080"
    assert method == "HEAD" or answer.body["Code"] == "MethodNotAllowedError"
    assert acme.call("GET", "/cart").status == 200


def test_a_preflight_is_answered_for_the_configured_origin(anyone: Api) -> None:
    """The browser learns methods, headers and the one origin; never `*`."""
    answer = anyone.call("OPTIONS", "/cart/a", headers={"Origin": "https://evil.example.com"})

    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "http://127.0.0.1:8080"
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    assert {"PUT", "PATCH", "DELETE"} <= set(answer.headers["access-control-allow-methods"].split(","))


def test_another_content_type_is_415(acme: Person) -> None:
    """A form is no JSON."""
    answer = acme.call("PUT", "/cart/a", raw=b"a=b", headers={"Content-Type": "application/x-www-form-urlencoded"})

    assert answer.status == 415


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"PUT /cart/a HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"PUT /cart/a HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", 400),
        (b"PUT /cart/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (b"PUT /cart/a HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"PUT /cart/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"GARBAGE\r\n\r\n", 400),
        (b"GET /cart HTTP/9.9\r\n\r\n", 505),
    ],
    ids=["negative", "text", "two lengths", "huge", "chunked", "garbage", "version"],
)
def test_a_broken_http_request_gets_a_json_answer(stage: LocalStage, head: bytes, status: int) -> None:
    """And the connection ends, since nobody knows where the next request begins."""
    answer = send_raw(stage.api_url, head)

    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b'"Code"' in answer
    assert b"Access-Control-Allow-Origin" in answer
