"""What needs no signature, and nothing beside it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from bulkhead_localaws.gate.public import is_public, is_web_identity_call, preflight_headers, regional_scope
from bulkhead_localaws.protocol.requests import RequestError
from bulkhead_localaws.services.cognito_idp.mapping import PUBLIC_OPERATIONS
from localaws_testing.signed_requests import HOST, WireRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localaws_testing.account import Account

POOL = "eu-west-1_AbC123xyz"
JSON = "application/x-amz-json-1.1"
COGNITO = "AWSCognitoIdentityProviderService"


def call(
    target: str = f"{COGNITO}.GetUser",
    *,
    method: str = "POST",
    path: str = "/",
    body: bytes = b"{}",
    more: Mapping[str, str] | None = None,
) -> WireRequest:
    """Return a call that nobody signed."""
    headers = {"Host": HOST, "X-Amz-Target": target, "Content-Type": JSON, **(more or {})}
    return WireRequest(method, path, tuple((name, value) for name, value in headers.items() if value), body)


def published(
    path: str, *, method: str = "GET", body: bytes = b"", more: Mapping[str, str] | None = None
) -> WireRequest:
    """Return a request of a document."""
    return WireRequest(method, path, (("Host", HOST), *(more or {}).items()), body)


@pytest.mark.parametrize("operation", ["GetUser", "GlobalSignOut", "RevokeToken", "ChangePassword", "ForgotPassword"])
@pytest.mark.parametrize("content_type", [JSON, "application/x-amz-json-1.0", f"{JSON}; charset=utf-8"])
def test_a_public_call_of_cognito_needs_no_signature(operation: str, content_type: str) -> None:
    """Cognito evaluates no policies for it."""
    assert operation in PUBLIC_OPERATIONS
    assert is_public(call(f"{COGNITO}.{operation}", more={"Content-Type": content_type}).read())


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(call(f"{COGNITO}.AdminGetUser"), id="an administrator's call"),
        pytest.param(call(f"{COGNITO}.ListUsers"), id="a list"),
        pytest.param(call(f"{COGNITO}.getUser"), id="another case"),
        pytest.param(call(f"{COGNITO}.GetUser.AdminGetUser"), id="two operations"),
        pytest.param(call(f"{COGNITO}.AdminGetUser.GetUser"), id="two operations, the public one last"),
        pytest.param(call("AWSCognitoIdentityService.GetUser"), id="another service of Cognito"),
        pytest.param(call("DynamoDB_20120810.GetUser"), id="another service"),
        pytest.param(call("GetUser"), id="no service"),
        pytest.param(call(""), id="no target"),
        pytest.param(call(path="/x"), id="another path"),
        pytest.param(call(path=f"/{POOL}/.well-known/jwks.json"), id="a document's path"),
        pytest.param(call(method="PUT"), id="another method"),
        pytest.param(call(method="HEAD"), id="no method for a call"),
        pytest.param(call(more={"Authorization": "Bearer x"}), id="with another authorization"),
        pytest.param(call(more={"X-Amz-Security-Token": "x"}), id="with a session token"),
    ],
)
def test_any_other_call_needs_one(request_: WireRequest) -> None:
    """And gets MissingAuthenticationToken without it."""
    assert not is_public(request_.read())


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(call(path="/?Action=AdminGetUser"), id="an action in the query"),
        pytest.param(call(path="/?x=1"), id="a query"),
        pytest.param(call(more={"Content-Type": "application/x-www-form-urlencoded"}), id="a form"),
        pytest.param(call(more={"Content-Type": "multipart/form-data; boundary=x"}), id="a multipart form"),
        pytest.param(call(more={"Content-Type": ""}), id="no type"),
        pytest.param(call(more={"Content-Encoding": "gzip"}), id="compressed"),
        pytest.param(call(more={"Host": "iam.amazonaws.com"}), id="another service's host"),
        pytest.param(call(more={"Host": "cognito-idp.us-east-1.amazonaws.com"}), id="a region in the host"),
    ],
)
def test_a_public_call_that_can_be_read_as_another_one_is_refused(request_: WireRequest) -> None:
    """Before the emulator reads it in its own way."""
    with pytest.raises(RequestError):
        is_public(request_.read())


@pytest.mark.parametrize("document", ["jwks.json", "openid-configuration"])
@pytest.mark.parametrize("pool", [POOL, "us-gov-west-1_a", "ap-southeast-2_" + "a" * 54])
def test_the_published_documents_of_a_user_pool_are_open(document: str, pool: str) -> None:
    """Whoever verifies a token needs them."""
    assert is_public(published(f"/{pool}/.well-known/{document}").read())


@pytest.mark.parametrize(
    "request_",
    [
        *(
            published(path)
            for path in (
                "/",
                f"/{POOL}",
                f"/{POOL}/.well-known/",
                f"/{POOL}/.well-known/jwks.json/",
                f"/{POOL}/.well-known/jwks.jsonx",
                f"/{POOL}/.well-known/other",
                f"/{POOL}/x/.well-known/jwks.json",
                f"/{POOL}%2Fx/.well-known/jwks.json",
                f"/{POOL}/%2ewell-known/jwks.json",
                "/.well-known/jwks.json",
                "/s3_bucket/.well-known/jwks.json",
                "/bucket/.well-known/jwks.json",
                "/iam_us-east-1/.well-known/jwks.json",
                "/moto-api/.well-known/jwks.json",
                f"/{POOL}_x/.well-known/jwks.json",
                f"/{POOL}/.well-known/jwks.json?Action=ListUsers",
                f"/{POOL}/.well-known/jwks.json?versionId=1",
            )
        ),
        published(f"/{POOL}/.well-known/jwks.json", body=b"{}"),
        published(f"/{POOL}/.well-known/jwks.json", more={"X-Amz-Target": f"{COGNITO}.ListUsers"}),
        published(f"/{POOL}/.well-known/jwks.json", more={"X-Amz-Target": "x"}),
        published(f"/{POOL}/.well-known/jwks.json", method="HEAD"),
        published(f"/{POOL}/.well-known/jwks.json", method="DELETE"),
    ],
    ids=lambda wire: f"{wire.method} {wire.target} {len(wire.headers)}",
)
def test_nothing_but_exactly_these_documents_is_open(request_: WireRequest) -> None:
    """Neither a path like theirs nor anything that could make a call of it."""
    assert not is_public(request_.read())


def test_a_public_call_reaches_the_emulator_as_it_is_and_a_document_too(account: Account) -> None:
    """With a request id of the gate's; nothing is recorded, since nothing was decided."""
    document = account.answer(published(f"/{POOL}/.well-known/jwks.json").environ())
    answer = account.answer(call(body=b'{"AccessToken": "x"}').environ())

    assert document.status == 200
    assert document.json()["keys"][0]["kty"] == "RSA"
    assert answer.code == "NotAuthorizedException"
    assert len({document.request_id, answer.request_id, ""}) == 3
    assert account.decisions(answer) == []


@pytest.mark.parametrize("body", [b"", b"{}", b'{"AccessToken": "x", "AccessToken": "y"}', b"[]", b"\xff", b"x=1"])
def test_the_body_of_a_public_call_is_read_before_it_is_passed_on(account: Account, body: bytes) -> None:
    """One that two readers could read differently is refused."""
    answer = account.answer(call(body=body).environ())

    assert (answer.code == "SerializationException") is (body not in {b"", b"{}"})
    assert bool(account.emulator.reached) is (body in {b"", b"{}"})


def test_a_preflight_is_answered_for_any_origin() -> None:
    """With the headers that the browser asks about, if they are header names."""
    answered = dict(preflight_headers("authorization,content-type, x-amz-target"))

    assert answered["Access-Control-Allow-Origin"] == "*"
    assert answered["Access-Control-Allow-Headers"] == "authorization,content-type, x-amz-target"
    assert "POST" in answered["Access-Control-Allow-Methods"]
    assert answered["Content-Length"] == "0"


@pytest.mark.parametrize("requested", ["", "a\r\nb: c", "a;b", "a,,b", ",".join(["a"] * 60), "\u00e9", " a"])
def test_what_is_no_list_of_header_names_is_not_echoed(requested: str) -> None:
    """It would become a header of the answer."""
    assert dict(preflight_headers(requested))["Access-Control-Allow-Headers"] == ""


def test_what_needs_a_signature_says_so(account: Account) -> None:
    """MissingAuthenticationToken, in the protocol of the call."""
    answer = account.answer(call(f"{COGNITO}.ListUsers", body=json.dumps({"UserPoolId": POOL}).encode()).environ())

    assert (answer.status, answer.code) == (400, "MissingAuthenticationTokenException")
    assert account.emulator.reached == []


def _token(issuer: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps({"iss": issuer}).encode()).rstrip(b"=").decode()
    return f"e30.{payload}.c2ln"


@pytest.mark.parametrize(
    ("body", "region"),
    [
        ({"AccessToken": _token(f"https://cognito-idp.eu-west-1.amazonaws.com/{POOL}")}, "eu-west-1"),
        ({"AccessToken": _token(f"https://cognito-idp.eu-west-1.example.com/{POOL}")}, None),
        ({"AccessToken": _token("https://cognito-idp.a/b, Credential=x/y/z.amazonaws.com/p")}, None),
        ({"AccessToken": _token(7)}, None),
        ({"AccessToken": "e30"}, None),
        ({"AccessToken": f"e30.{base64.urlsafe_b64encode(b'[' * 100_000).decode()}.c2ln"}, None),
        ({"AccessToken": "a.b.c"}, None),
        ({"AccessToken": 7}, None),
        ({"ClientId": "c"}, None),
        ([], None),
    ],
)
def test_an_access_token_says_in_which_region_its_pool_is(body: object, region: str | None) -> None:
    """As a scope that nobody's key signed; anything else says nothing."""
    scope = regional_scope(call(body=json.dumps(body).encode()).read())
    assert scope == (region and f"AWS4-HMAC-SHA256 Credential=anyone/19700101/{region}/cognito-idp/aws4_request")


FORM = "application/x-www-form-urlencoded"
WEB_IDENTITY = b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&WebIdentityToken=x"


def form(
    body: bytes = WEB_IDENTITY, *, method: str = "POST", path: str = "/", more: Mapping[str, str] | None = None
) -> WireRequest:
    """Return a form that nobody signed."""
    headers = {"Host": HOST, "Content-Type": FORM, **(more or {})}
    return WireRequest(method, path, tuple((name, value) for name, value in headers.items() if value), body)


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(form(), id="a form"),
        pytest.param(form(more={"Content-Type": f"{FORM}; charset=utf-8"}), id="a form with a charset"),
        pytest.param(form(b"", method="GET", path=f"/?{WEB_IDENTITY.decode()}", more={"Content-Type": ""}), id="a URL"),
        pytest.param(
            form(b"", path=f"/?{WEB_IDENTITY.decode()}", more={"Content-Type": ""}), id="a URL that is posted"
        ),
        pytest.param(form(more={"Host": "sts.amazonaws.com"}), id="the global host"),
    ],
)
def test_a_call_with_a_web_identity_token_needs_no_signature(request_: WireRequest) -> None:
    """STS verifies the token."""
    assert is_web_identity_call(request_.read())


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(form(b"Action=AssumeRole"), id="another operation"),
        pytest.param(form(b"Action=assumerolewithwebidentity"), id="another case"),
        pytest.param(form(b"action=AssumeRoleWithWebIdentity"), id="another name of the field"),
        pytest.param(form(b"Version=2011-06-15"), id="no operation"),
        pytest.param(form(b"%zz"), id="no form"),
        pytest.param(form(more={"Content-Type": "application/json"}), id="no form by its type"),
        pytest.param(form(method="PUT"), id="another method"),
        pytest.param(form(more={"Authorization": "AWS4-HMAC-SHA256 x"}), id="signed"),
        pytest.param(form(more={"Authorization": "Bearer x"}), id="with another authorization"),
        pytest.param(form(path="/?X-Amz-Signature=x"), id="presigned"),
        pytest.param(form(path="/?AWSAccessKeyId=x"), id="presigned in the old way"),
    ],
)
def test_any_other_call_of_sts_needs_one(request_: WireRequest) -> None:
    """It is judged as a signed one, and refused for want of a signature."""
    assert not is_web_identity_call(request_.read())


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(form(WEB_IDENTITY + b"&Action=AssumeRole"), id="two operations"),
        pytest.param(form(WEB_IDENTITY + b"&WebIdentityToken=y"), id="two tokens"),
        pytest.param(form(path="/?Action=AssumeRoleWithWebIdentity"), id="one of them in the URL"),
        pytest.param(form(path="/x"), id="another path"),
        pytest.param(form(path="/moto-api/reset"), id="a path of the emulator"),
        pytest.param(form(more={"X-Amz-Target": f"{COGNITO}.ListUsers"}), id="a target"),
        pytest.param(form(more={"X-Amz-Security-Token": "x"}), id="a session's token"),
        pytest.param(form(more={"Content-Encoding": "gzip"}), id="compressed"),
        pytest.param(form(more={"Host": "iam.amazonaws.com"}), id="another service's host"),
        pytest.param(form(more={"Host": "sts.us-east-1.amazonaws.com"}), id="a region in the host"),
    ],
)
def test_a_call_with_a_token_that_can_be_read_as_another_one_is_refused(request_: WireRequest) -> None:
    """Nobody behind the gate sees it at all, and nobody in front reads it in a second way."""
    with pytest.raises(RequestError):
        is_web_identity_call(request_.read())


def test_a_call_with_a_token_never_reaches_the_emulator(account: Account) -> None:
    """It would open a session for whatever is in it."""
    account.emulator.reached.clear()

    answer = account.answer(form().environ())

    assert (answer.status, answer.code) == (400, "ValidationError")
    assert account.emulator.reached == []
