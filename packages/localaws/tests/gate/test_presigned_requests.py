"""The query form of SigV4: presigned URLs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from botocore.auth import S3SigV4QueryAuth, SigV4QueryAuth

from bulkhead_localaws.gate.refusals import Refusal
from localaws_testing.signed_requests import (
    HOST,
    SESSION,
    SESSION_ENDS,
    USER,
    WireRequest,
    authenticated,
    client,
    refusal_of,
    signed,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulkhead_localaws.gate.authentication import AccessKey

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("key", [USER, SESSION], ids=["user", "session"])
def test_presigned_urls_are_accepted_until_they_expire(key: AccessKey) -> None:
    """A presigned URL carries its own validity, to the second; no clock skew is added at its end."""
    s3 = client("s3", key, signature_version="s3v4")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "a b"}, ExpiresIn=60)
    wire = WireRequest("GET", url.partition(HOST)[2], (("Host", HOST),))

    assert authenticated(wire, now=wire.signed_at + 59 * SECOND).presigned
    assert refusal_of(wire, now=wire.signed_at + 60 * SECOND).refusal is Refusal.EXPIRED_URL
    assert authenticated(wire, now=wire.signed_at - 15 * MINUTE).presigned
    assert refusal_of(wire, now=wire.signed_at - 15 * MINUTE - SECOND).refusal is Refusal.SKEWED


def test_a_presigned_call_of_another_service_is_accepted() -> None:
    """STS's GetCallerIdentity is commonly presigned to prove who one is."""
    url = client("sts", SESSION).generate_presigned_url("get_caller_identity", HttpMethod="GET")
    wire = WireRequest("GET", url.partition(HOST)[2], (("Host", HOST),))

    caller = authenticated(wire)

    assert (caller.service, caller.access_key) == ("sts", SESSION)
    assert caller.authorization.startswith(f"AWS4-HMAC-SHA256 Credential={SESSION.access_key_id}/")
    assert "/eu-west-1/sts/aws4_request, SignedHeaders=host, Signature=" in caller.authorization


@pytest.mark.parametrize(("seconds", "valid"), [(0, False), (1, True), (604800, True), (604801, False)])
def test_a_presigned_url_lives_for_a_week_at_most(seconds: int, valid: bool) -> None:  # noqa: FBT001
    """X-Amz-Expires outside of 1 to 604800 seconds is refused, however it was signed."""
    signer = partial(S3SigV4QueryAuth, expires=seconds)
    wire = signed("s3", method="GET", path="/bucket/key", signer=signer)
    if valid:
        assert authenticated(wire).presigned
    else:
        assert refusal_of(wire).refusal is Refusal.INCOMPLETE_QUERY


def edited(old: str, new: str) -> Callable[[WireRequest], WireRequest]:
    """Return an edit that replaces text of the URL."""
    return lambda wire: replace(wire, target=wire.target.replace(old, new))


def appended(text: str) -> Callable[[WireRequest], WireRequest]:
    """Return an edit that appends text to the URL."""
    return lambda wire: replace(wire, target=wire.target + text)


def given(name: str, value: str) -> Callable[[WireRequest], WireRequest]:
    """Return an edit that adds a header."""
    return lambda wire: wire.with_header(name, value)


@pytest.mark.parametrize(
    ("edit", "refusal"),
    [
        (given("X-Amz-Date", "20150830T123600Z"), Refusal.TWO_MECHANISMS),
        (given("X-Amz-Security-Token", "t"), Refusal.TWO_MECHANISMS),
        (given("Authorization", "AWS4-HMAC-SHA256 x"), Refusal.TWO_MECHANISMS),
        (given("X-Amz-Acl", "public-read"), Refusal.UNSIGNED_HEADER),
        (given("Content-Type", "application/x-www-form-urlencoded"), Refusal.UNSIGNED_HEADER),
        (edited("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), Refusal.INCOMPLETE_QUERY),
        (edited("X-Amz-Expires", "X-Amz-Expired"), Refusal.INCOMPLETE_QUERY),
        (edited("X-Amz-Expires", "x-amz-expires"), Refusal.INCOMPLETE_QUERY),
        (edited("X-Amz-Signature", "X-Amz-Unsigned"), Refusal.INCOMPLETE_QUERY),
        (appended("&X-Amz-Expires=60"), Refusal.INCOMPLETE_QUERY),
        (appended("&X-Amz-Security-Token=t"), Refusal.SIGNATURE),
        (appended("&AWSAccessKeyId=t"), Refusal.UNSUPPORTED),
        (appended("&acl"), Refusal.SIGNATURE),
        (lambda wire: replace(wire, method="PUT"), Refusal.SIGNATURE),
        (lambda wire: wire.replacing("Host", "other"), Refusal.SIGNATURE),
    ],
)
def test_a_changed_presigned_url_is_refused(edit: Callable[[WireRequest], WireRequest], refusal: Refusal) -> None:
    """The URL is all that its holder has; the method, host and parameters are its signer's."""
    wire = signed("s3", method="GET", path="/bucket/key", signer=S3SigV4QueryAuth)
    assert authenticated(wire).presigned

    assert refusal_of(edit(wire), now=wire.signed_at).refusal is refusal


def test_the_holder_of_a_presigned_url_chooses_body_and_content_type() -> None:
    """Browsers upload with presigned URLs: S3 leaves the body and its type to them."""
    wire = signed("s3", method="PUT", path="/bucket/key", signer=S3SigV4QueryAuth)

    assert authenticated(replace(wire, body=b"picture").with_header("Content-Type", "image/png")).presigned


def test_a_presigned_call_of_another_service_covers_its_body() -> None:
    """Elsewhere than in S3 the (usually empty) body is part of the signature."""
    path = "/?Action=GetCallerIdentity&Version=2011-06-15"
    wire = signed("sts", method="GET", path=path, signer=SigV4QueryAuth)

    assert authenticated(wire).service == "sts"
    assert refusal_of(replace(wire, body=b"Action=AssumeRole")).refusal is Refusal.SIGNATURE


def test_signature_version_2_is_refused_with_advice() -> None:
    """boto3 presigns S3 URLs with version 2 unless told otherwise."""
    url = client("s3", signature_version="s3").generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})

    error = refusal_of(WireRequest("GET", url.partition(HOST)[2], (("Host", HOST),)), now=SESSION_ENDS)

    assert (error.code, error.status) == ("InvalidRequest", 400)
    assert "s3v4" in error.message
