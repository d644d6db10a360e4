"""Reading a request: bounded, and refused when two readers could read it in two ways."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from bulkhead_localaws.protocol.requests import Headers, HttpRequest, RequestError
from localaws_testing.signed_requests import MAX_BODY, WireRequest, environ_of

PLAIN = WireRequest("POST", "/a%20b/c?x=1&y=a+b%2B&x=", (("Host", "localhost"), ("X-Thing", "1")), b"body")


def refusal_of(environ: dict[str, Any]) -> RequestError:
    """Return the error with which an environ is refused."""
    with pytest.raises(RequestError) as caught:
        HttpRequest.from_environ(environ, max_body=MAX_BODY)
    return caught.value


def test_a_request_is_read_as_it_was_sent_and_decoded() -> None:
    """Path and query are there in both forms, repeated parameters and their order included."""
    request = PLAIN.read()

    assert (request.method, request.raw_path, request.path) == ("POST", "/a%20b/c", "/a b/c")
    assert request.raw_query == "x=1&y=a+b%2B&x="
    assert [(p.name, p.value) for p in request.query] == [("x", "1"), ("y", "a b+"), ("x", "")]
    assert [(p.raw_name, p.raw_value) for p in request.query] == [("x", "1"), ("y", "a+b%2B"), ("x", "")]
    assert (request.body, request.remote_addr) == (b"body", "127.0.0.1")


def test_headers_are_found_without_regard_to_case_and_show_repetitions() -> None:
    """WSGI joins repeated headers by commas; a Headers built from pairs does the same."""
    request = replace(PLAIN, headers=(("x-tHing", "1"), ("X-Thing", "2"), ("Content-Type", "text/plain"))).read()
    built = Headers([("X-Thing", "1"), ("x-thing", "2")])

    assert request.headers["X-THING"] == built["X-Thing"] == "1,2"
    assert "CONTENT-type" in request.headers
    assert set(request.headers) == {"x-thing", "content-type", "content-length"}
    assert len(built) == 1


def test_metadata_headers_with_an_underscore_keep_their_name() -> None:
    """S3 tells `x-amz-meta-my_key` from `x-amz-meta-my-key`; other headers with underscores never arrive."""
    request = replace(PLAIN, headers=(("x-amz-meta-my_key", "1"), ("X_Amz_Target", "2"))).read()

    assert dict(request.headers) == {"x-amz-meta-my_key": "1", "content-length": "4"}


@pytest.mark.parametrize(
    "target",
    [
        "http://evil.example.com/",
        "*",
        "a",
        "/a/../b",
        "/a/.",
        "/..",
        "/a/%2e%2e/b",
        "/a/%2E./b",
        "/%zz",
        "/a%2",
        "/%ff",
        "/%c0%af",
        "/a#fragment",
        "/a?b#fragment",
        "/a?b=%ff",
        "/a?b=%",
        "/caf\u00e9",
        "/a\x7f",
    ],
)
def test_a_target_that_readers_resolve_differently_is_refused(target: str) -> None:
    """Dot segments (escaped or not), broken or overlong escapes, fragments, absolute URLs, bytes beyond ASCII."""
    assert (refusal_of(replace(PLAIN, target=target).environ())).code == "InvalidURI"
    assert replace(PLAIN, target="/a/...").read().path == "/a/..."


@pytest.mark.parametrize(
    "change",
    [
        {"RAW_URI": "", "REQUEST_URI": ""},
        {"PATH_INFO": "/other"},
        {"PATH_INFO": "/a b/c\u20ac"},
        {"SCRIPT_NAME": "/mounted"},
        {"QUERY_STRING": "x=2"},
    ],
)
def test_a_target_that_the_server_decoded_differently_is_refused(change: dict[str, str]) -> None:
    """What the gate reads in the raw target is what the emulator finds in PATH_INFO and QUERY_STRING, or nothing."""
    assert refusal_of(PLAIN.environ() | change).code == "InvalidURI"


def test_an_escaped_slash_stays_visible_in_the_raw_path() -> None:
    """Mappers split the raw path: the decoded one cannot tell."""
    request = replace(PLAIN, target="/tags/arn%3Aa%2Fb").read()

    assert (request.raw_path, request.path) == ("/tags/arn%3Aa%2Fb", "/tags/arn:a/b")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ((("Transfer-Encoding", "chunked"),), 411),
        ((("Transfer-Encoding", "gzip, chunked"), ("Content-Length", "4")), 411),
        ((("Transfer-Encoding", "identity"), ("Content-Length", "4")), 411),
        ((("Content-Length", "-1"),), 400),
        ((("Content-Length", "+4"),), 400),
        ((("Content-Length", "0x4"),), 400),
        ((("Content-Length", "1_0"),), 400),
        ((("Content-Length", "4, 4"),), 400),
        ((("Content-Length", "\u0664".encode().decode("latin-1")),), 400),
        ((("Content-Length", "9" * 30),), 400),
        ((("Content-Length", "5"),), 400),
        ((("Content-Length", str(MAX_BODY + 1)),), 413),
    ],
)
def test_a_body_of_unknown_or_excessive_length_is_refused(headers: tuple[tuple[str, str], ...], status: int) -> None:
    """Chunked, malformed, truncated and too large bodies; what lies beyond the stated length is not read."""
    assert refusal_of(replace(PLAIN, headers=headers).environ()).status == status
    assert replace(PLAIN, headers=(("Content-Length", "2"),)).read().body == b"bo"


def test_without_a_content_length_there_is_no_body() -> None:
    """As HTTP has it; a signature then covers an empty body."""
    environ = PLAIN.environ()
    del environ["CONTENT_LENGTH"]

    assert HttpRequest.from_environ(environ, max_body=MAX_BODY).body == b""
    assert HttpRequest.from_environ(environ | {"CONTENT_LENGTH": ""}, max_body=MAX_BODY).body == b""


def test_a_body_of_the_greatest_length_is_read() -> None:
    """The bound is inclusive, and a refusal reads nothing."""
    stream = io.BytesIO(b"x" * 11)

    assert HttpRequest.from_environ(PLAIN.environ() | {"wsgi.input": stream}, max_body=4).body == b"xxxx"
    with pytest.raises(RequestError, match="RequestEntityTooLarge"):
        HttpRequest.from_environ(PLAIN.environ() | {"wsgi.input": stream, "CONTENT_LENGTH": "5"}, max_body=4)
    assert stream.tell() == 4


def test_a_connection_that_breaks_is_a_truncated_body() -> None:
    """An error of the stream is the client's; it becomes a refusal."""

    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise ConnectionResetError(size)

    assert refusal_of(PLAIN.environ() | {"wsgi.input": Broken()}).code == "IncompleteBody"


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "post", "FOO", ""])
def test_methods_that_no_service_has_are_refused(method: str) -> None:
    """Also in lower case: SigV4 would sign the name in upper case."""
    assert refusal_of(PLAIN.environ() | {"REQUEST_METHOD": method}).status == 405


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\0b", "a\u20ac"])
def test_header_values_that_http_cannot_carry_are_refused(value: str) -> None:
    """A server should not let them through; the gate does not rely on it."""
    error = refusal_of(PLAIN.environ() | {"HTTP_X_THING": value})

    assert error.code == "InvalidRequest"
    assert str(error) == "InvalidRequest (400): Header 'x-thing' is not valid."


def test_a_request_smuggled_behind_the_first_is_not_read() -> None:
    """Bytes after the stated length belong to nobody: the server closes the connection after each answer."""
    data = PLAIN.to_bytes() + b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n"

    assert HttpRequest.from_environ(environ_of(data), max_body=MAX_BODY).body == b"body"
