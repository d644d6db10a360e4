"""From a request to the operation that it calls."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead_localaws.gate.calling import read_call, read_json
from bulkhead_localaws.protocol.calls import Call
from bulkhead_localaws.protocol.checks import MalformedRequestError, UnmappableRequestError
from localaws_testing.signed_requests import get_item, signed

if TYPE_CHECKING:
    from localaws_testing.signed_requests import WireRequest

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def called(wire: WireRequest, service: str) -> Call:
    """Read a request."""
    return read_call(wire.read(), service, region="eu-west-1", account="123456789012")


def test_a_json_call_is_its_target_and_its_body() -> None:
    """With the service, region and account that it was read for."""
    call = called(get_item(body=b'{"TableName": "t"}'), "dynamodb")
    assert call == Call("dynamodb", "GetItem", {"TableName": "t"}, "eu-west-1", "123456789012")


def test_a_query_call_is_its_form_without_action_and_version() -> None:
    """In the body or in the URL."""
    body = b"Action=GetRole&Version=2010-05-08&RoleName=a%26b"
    in_body = called(signed("iam", headers=FORM, body=body), "iam")
    in_url = called(signed("iam", method="GET", path=f"/?{body.decode()}"), "iam")

    assert in_body == in_url
    assert (in_body.operation, in_body.parameters) == ("GetRole", {"RoleName": "a&b"})


def test_a_query_call_without_an_action_is_malformed() -> None:
    """AWS says MissingAction."""
    for body in (b"", b"Version=2010-05-08", b"Action=&Version=2010-05-08", b"action=GetRole"):
        with pytest.raises(MalformedRequestError) as refused:
            called(signed("iam", headers=FORM, body=body), "iam")
        assert refused.value.code == "MissingAction"


@pytest.mark.parametrize("service", ["s3", "lambda", "ec2", "route53", "monitoring", "apigateway"])
def test_a_service_whose_protocol_nobody_reads_cannot_be_called(service: str) -> None:
    """So what it means is unknown."""
    with pytest.raises(UnmappableRequestError, match=service):
        called(signed(service, method="GET", path="/?Action=x"), service)


@pytest.mark.parametrize("body", [b"", b"{}", b" {} ", b"{\n}"])
def test_an_empty_body_is_an_empty_object(body: bytes) -> None:
    """Some calls have no parameters, and some clients then send nothing."""
    assert read_json(body) == {}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b'"a"', id="a string"),
        pytest.param(b"1", id="a number"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b"{}{}", id="two documents"),
        pytest.param(b"{'a': 1}", id="single quotes"),
        pytest.param(b'{"a": 1,}', id="a comma too many"),
        pytest.param(b'{"a": 1, "a": 2}', id="a name twice"),
        pytest.param(b'{"a": 1, "\\u0061": 2}', id="a name twice in two spellings"),
        pytest.param(b'{"b": [{"a": 1, "a": 1}]}', id="a name twice further down"),
        pytest.param(b'{"a": NaN}', id="NaN"),
        pytest.param(b'{"a": -Infinity}', id="infinity"),
        pytest.param(b"\xef\xbb\xbf{}", id="a byte order mark"),
        pytest.param("{}".encode("utf-16"), id="UTF-16"),
        pytest.param("{}".encode("utf-32-le"), id="UTF-32"),
        pytest.param(b'{"a": "\xff"}', id="no UTF-8"),
        pytest.param(b'{"a": "\xed\xa0\x80"}', id="a surrogate in UTF-8"),
        pytest.param(b"{}\0", id="a NUL behind it"),
        pytest.param(b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="nested too deeply"),
        pytest.param(b'{"a": ' + b"1" * 10_000 + b"}", id="more digits than Python reads"),
    ],
)
def test_whatever_is_not_one_json_object_in_utf8_is_refused(body: bytes) -> None:
    """With SerializationException, as JSON services answer."""
    with pytest.raises(MalformedRequestError) as refused:
        read_json(body)
    assert refused.value.code == "SerializationException"


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(max_size=8),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=8), values, max_size=3),
    max_leaves=8,
)


@given(document=st.dictionaries(st.text(max_size=8), JSON_VALUES, max_size=4), escaped=st.booleans())
def test_a_json_object_is_read_as_it_is(document: dict[str, Any], escaped: bool) -> None:  # noqa: FBT001
    """However it was written."""
    body = json.dumps(document, ensure_ascii=escaped).encode(errors="surrogatepass")
    if escaped or not any(0xD800 <= ord(character) < 0xE000 for character in json.dumps(document, ensure_ascii=False)):
        assert read_json(body) == document


@given(body=st.binary(max_size=40))
def test_no_bytes_make_the_reader_fail(body: bytes) -> None:
    """They are an object or refused."""
    with suppress(MalformedRequestError):
        assert isinstance(read_json(body), dict)
