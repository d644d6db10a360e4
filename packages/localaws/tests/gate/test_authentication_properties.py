"""Any request that botocore signs is accepted; with any byte of it changed, it is not."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bulkhead_localaws.gate.authentication import authenticate
from bulkhead_localaws.protocol.requests import HttpRequest, RequestError
from localaws_testing.signed_requests import (
    BOTH_KEYS,
    MAX_BODY,
    SESSION,
    USER,
    UnreadableError,
    WireRequest,
    authenticated,
    get_item,
    signed,
)

if TYPE_CHECKING:
    from bulkhead_localaws.gate.authentication import AccessKey

KEYS = st.sampled_from([USER, SESSION])
TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
HEADER_TEXT = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12)
DOTS = {".", ".."}
OBJECT_KEYS = st.lists(TEXT.filter(lambda text: not DOTS & set(text.split("/"))), min_size=1, max_size=3).map("/".join)
TARGETS = [
    ("dynamodb", "DynamoDB_20120810.PutItem", "1.0"),
    ("secretsmanager", "secretsmanager.GetSecretValue", "1.1"),
    ("cognito-idp", "AWSCognitoIdentityProviderService.AdminGetUser", "1.1"),
]


def encoded(parameters: dict[str, str]) -> str:
    """Encode parameters as SDKs do."""
    return "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in parameters.items())


@given(
    call=st.sampled_from(TARGETS),
    body=st.binary(max_size=200),
    key=KEYS,
    extra=st.dictionaries(HEADER_TEXT, HEADER_TEXT),
)
@settings(deadline=None)
def test_every_json_call_signed_by_botocore_is_accepted(
    call: tuple[str, str, str], body: bytes, key: AccessKey, extra: dict[str, str]
) -> None:
    """Whatever the body is: the gate's mapping judges that, not authentication."""
    service, target, version = call
    headers = {f"X-Amz-Extra-{i}": f"{name}  {value}" for i, (name, value) in enumerate(extra.items())}
    headers |= {"X-Amz-Target": target, "Content-Type": f"application/x-amz-json-{version}"}

    caller = authenticated(signed(service, headers=headers, body=body, key=key))

    assert (caller.access_key, caller.service) == (key, service)


@given(parameters=st.dictionaries(TEXT, TEXT, max_size=4), service=st.sampled_from(["sts", "iam"]), key=KEYS)
@settings(deadline=None)
def test_every_query_call_signed_by_botocore_is_accepted(
    parameters: dict[str, str], service: str, key: AccessKey
) -> None:
    """In the form and, presigned, in the query string."""
    assume(not any(name.lower().startswith(("x-amz-", "aws")) for name in parameters))
    form = encoded({"Action": "GetCallerIdentity"} | parameters)
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}

    assert authenticated(signed(service, headers=headers, body=form.encode(), key=key)).access_key is key
    presigned = signed(service, method="GET", path=f"/?{form}", key=key, signer=SigV4QueryAuth)
    assert authenticated(presigned).access_key is key


@given(
    name=OBJECT_KEYS,
    parameters=st.dictionaries(TEXT, TEXT, max_size=3),
    body=st.binary(max_size=50),
    key=KEYS,
    signer=st.sampled_from([S3SigV4Auth, S3SigV4QueryAuth]),
)
@settings(deadline=None)
def test_every_call_of_s3_signed_by_botocore_is_accepted(
    name: str, parameters: dict[str, str], body: bytes, key: AccessKey, signer: type[SigV4Auth]
) -> None:
    """Object keys and parameters may hold any text but dot segments, which the gate refuses."""
    assume(not any(p == "Action" or p.lower().startswith(("x-amz-", "aws")) for p in parameters))
    path = f"/bucket/{quote(name, safe='/~')}?{encoded(parameters)}".rstrip("?")

    presigned = signer is S3SigV4QueryAuth  # which covers no body
    wire = signed("s3", method="PUT", path=path, body=b"" if presigned else body, key=key, signer=signer)

    assert authenticated(replace(wire, body=body)).access_key is key
    assert wire.read().path == f"/bucket/{name}".encode().decode()


def changed(text: bytes, index: int, byte: int, edit: str) -> bytes:
    """Return the bytes with one replaced, inserted or deleted."""
    index %= len(text) + 1
    after = text[index:] if edit == "insert" else text[index + 1 :]
    return text[:index] + (b"" if edit == "delete" else bytes([byte])) + after


def changed_text(text: str, index: int, byte: int, edit: str) -> str:
    """Return text of Latin-1 with one character changed."""
    return changed(text.encode("latin-1"), index, byte, edit).decode("latin-1")


def essence(wire: WireRequest) -> tuple[object, ...]:
    """Return what a signature covers: all but what SigV4 and HTTP let a sender write in several ways.

    White space around and within header values, the case of header names, the order of headers of different names and
    of query parameters, the `=` of an empty parameter, and the space after a comma of the Authorization header. The
    HTTP server takes away, before anyone looks, white space around the parts of the request line and repeated leading
    slashes.
    """
    method, target = wire.method.strip(), wire.target.strip()
    path, _, query = target.partition("?")
    pairs = sorted(pair.partition("=")[::2] for pair in query.split("&"))
    headers = sorted((name.lower(), " ".join(value.split())) for name, value in wire.headers)
    headers = [(name, re.sub(", ?", ",", value) if name == "authorization" else value) for name, value in headers]
    return method, re.sub("^/+", "/", path), pairs, headers, wire.body


ORIGINALS = {
    "json": get_item(SESSION),
    "form": signed(
        "sts",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=b"Action=GetCallerIdentity&Version=2011-06-15",
        key=SESSION,
    ),
    "s3": signed("s3", method="GET", path="/bucket/a%20b/c?acl=&prefix=a%2Fb", key=SESSION, signer=S3SigV4Auth),
    "rest": signed("lambda", method="GET", path="/2017-03-31/tags/arn%3Aaws?a=b", key=SESSION),
    "presigned": signed("s3", method="GET", path="/bucket/key?versionId=1", key=SESSION, signer=S3SigV4QueryAuth),
}


def decides(header: tuple[str, str]) -> bool:
    """Whether it is one of the headers that a signature covers, or the one that holds it."""
    name = header[0].lower()
    return name in {"host", "authorization", "content-type"} or name.startswith("x-amz-")


@st.composite
def mutants(draw: st.DrawFn, wire: WireRequest) -> WireRequest:
    """Draw a request that differs in one byte of a part that a signature covers."""
    index, byte = draw(st.integers(0, 2000)), draw(st.integers(0, 255))
    edit = draw(st.sampled_from(["replace", "insert", "delete"]))
    part = draw(st.sampled_from(["method", "target", "body", "header name", "header value"]))
    header = draw(st.sampled_from([header for header in wire.headers if decides(header)]))
    name, value = header
    match part:
        case "method":
            return replace(wire, method=changed_text(wire.method, index, byte, edit))
        case "target":
            return replace(wire, target=changed_text(wire.target, index, byte, edit))
        case "body":
            return replace(wire, body=changed(wire.body, index, byte, edit))
        case "header name":
            name = changed_text(name, index, byte, edit)
        case _:
            value = changed_text(value, index, byte, edit)
    return replace(wire, headers=tuple((name, value) if header == old else old for old in wire.headers))


@pytest.mark.parametrize("kind", ORIGINALS)
@given(data=st.data())
@settings(deadline=None, max_examples=250)
def test_a_request_with_one_byte_changed_is_refused(kind: str, data: st.DataObject) -> None:
    """In the method, path, query string, any signed header (name or value), the Authorization header or the body."""
    wire = ORIGINALS[kind]
    mutant = data.draw(mutants(wire))
    assume(essence(mutant) != essence(wire))
    assume(kind != "presigned" or mutant.body == wire.body)  # the holder of a presigned URL may send any body

    with pytest.raises((RequestError, UnreadableError)):
        authenticated(mutant, now=wire.signed_at)


@pytest.mark.parametrize("kind", ORIGINALS)
def test_the_unchanged_request_is_accepted(kind: str) -> None:
    """The allowed twin of every mutant."""
    assert authenticated(ORIGINALS[kind]).access_key is SESSION


def test_other_spellings_of_the_same_request_are_accepted() -> None:
    """What `essence` leaves out is accepted, and nothing behind the gate reads it differently."""
    wire = ORIGINALS["s3"]
    path, _, query = wire.target.partition("?")
    respelled = replace(
        wire,
        target=f"{path}?{'&'.join(reversed(query.split('&')))}".replace("acl=", "acl"),
        headers=tuple((name.upper(), f"  {value}") for name, value in reversed(wire.headers)),
    )

    assert authenticated(respelled, now=wire.signed_at).access_key is SESSION


@given(
    header=st.text(st.characters(max_codepoint=0xFF), max_size=80),
    target=st.text(max_size=40),
    body=st.binary(max_size=40),
)
@settings(deadline=None)
def test_garbage_is_refused_in_good_order(header: str, target: str, body: bytes) -> None:
    """Whatever arrives in the request line and the headers, the answer is a refusal, never another exception."""
    wire = replace(get_item(), body=body).with_header("X-Amz-Garbage", header)
    environ = get_item().environ() | {"HTTP_AUTHORIZATION": header, "RAW_URI": target, "PATH_INFO": target}
    environ |= {"HTTP_X_AMZ_DATE": header, "HTTP_X_AMZ_TARGET": header, "HTTP_HOST": header}

    with pytest.raises((RequestError, UnreadableError)):
        authenticated(wire)
    with pytest.raises((RequestError, UnreadableError)):
        authenticated(replace(get_item(), target="/x" + quote(target, safe="/?&=%#")))
    with pytest.raises(RequestError):
        authenticate(HttpRequest.from_environ(environ, max_body=MAX_BODY), BOTH_KEYS, datetime.now(UTC))
