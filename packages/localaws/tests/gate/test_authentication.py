"""The header form of SigV4: who signed a request, and what is refused."""

from __future__ import annotations

import traceback
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth

from bulkhead_localaws.gate.refusals import Refusal
from localaws_testing.signed_requests import (
    SESSION,
    SESSION_ENDS,
    USER,
    Keys,
    authenticated,
    get_item,
    refusal_of,
    signed,
)

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("offset", [15 * MINUTE, -15 * MINUTE])
def test_clocks_may_differ_by_fifteen_minutes_and_no_more(offset: timedelta) -> None:
    """Either way, to the second."""
    wire = get_item()
    further = offset + (SECOND if offset > timedelta() else -SECOND)

    assert authenticated(wire, now=wire.signed_at + offset).service == "dynamodb"
    error = refusal_of(wire, now=wire.signed_at + further)
    assert error.refusal is Refusal.SKEWED
    assert error.code == "InvalidSignatureException"
    assert ("Signature expired" in error.message) is (offset > timedelta())


def test_an_unknown_key_is_refused() -> None:
    """The allowed twin: the same request with a store that knows the key."""
    wire = get_item()

    error = refusal_of(wire, Keys(SESSION))

    assert (error.code, error.status) == ("UnrecognizedClientException", 400)
    assert authenticated(wire, Keys(USER)).access_key is USER


def test_a_wrong_secret_is_refused_without_telling_anything() -> None:
    """Neither the secret, nor the expected or the given signature, nor the canonical request is in the message."""
    wire = get_item()
    forged = replace(USER, secret_access_key="another-secret")
    signature = wire.header("Authorization")[-64:]

    error = refusal_of(wire, Keys(forged))

    assert error.code == "InvalidSignatureException"
    shown = "".join(traceback.format_exception(error)) + error.message
    for secret in (USER.secret_access_key, forged.secret_access_key, signature, "x-amz-date"):
        assert secret not in shown


def test_objects_that_hold_secrets_do_not_print_them() -> None:
    """Keys, callers, requests and headers are logged by their ids and names."""
    wire = get_item(SESSION)
    caller = authenticated(wire)

    shown = repr((caller, caller.access_key, wire.read()))

    assert SESSION.access_key_id in shown
    for secret in (SESSION.secret_access_key, SESSION.session_token, wire.header("Authorization")[-64:]):
        assert str(secret) not in shown


def test_a_session_needs_its_own_token() -> None:
    """Without a token, with another, or with the token of a key that has none, the request is refused."""
    without = replace(SESSION, session_token=None)
    other = replace(SESSION, session_token="another token")
    added = replace(USER, session_token=SESSION.session_token)

    for key in (without, other, added):
        error = refusal_of(get_item(key))
        assert (error.refusal, error.code) == (Refusal.INVALID_TOKEN, "UnrecognizedClientException")
    assert authenticated(get_item(SESSION)).access_key is SESSION


def test_an_expired_session_is_told_so_and_only_to_its_holder() -> None:
    """Expiry is reported after the signature and the token have proved the caller."""
    wire = get_item(SESSION)
    ended = replace(SESSION, expires_at=wire.signed_at)
    guessed = get_item(replace(SESSION, secret_access_key="guess"))

    assert refusal_of(wire, Keys(ended)).code == "ExpiredTokenException"
    assert refusal_of(guessed, Keys(ended)).code == "InvalidSignatureException"
    assert wire.signed_at < SESSION_ENDS
    assert authenticated(wire).access_key is SESSION


@pytest.mark.parametrize(
    ("edit", "refusal"),
    [
        (lambda w: w.without_header("Authorization"), Refusal.MISSING),
        (lambda w: w.with_header("Authorization", w.header("Authorization")), Refusal.INCOMPLETE),
        (lambda w: w.with_header("Authorization", "AWS4-HMAC-SHA256 x"), Refusal.INCOMPLETE),
        (lambda w: w.replacing("Authorization", "AWS4-HMAC-SHA256 Credential=x"), Refusal.INCOMPLETE),
        (lambda w: w.replacing("Authorization", ""), Refusal.UNSUPPORTED),
        (lambda w: w.replacing("Authorization", "AWS AKIA:abc="), Refusal.UNSUPPORTED),
        (lambda w: w.replacing("Authorization", "Basic YTpi"), Refusal.UNSUPPORTED),
        (
            lambda w: w.replacing("Authorization", "AWS4-ECDSA-P256-SHA256 Credential=x"),
            Refusal.UNSUPPORTED,
        ),
        (
            lambda w: w.replacing("Authorization", reordered(w.header("Authorization"))),
            Refusal.INCOMPLETE,
        ),
        (lambda w: w.without_header("X-Amz-Date"), Refusal.INCOMPLETE),
        (lambda w: w.with_header("X-Amz-Date", w.header("X-Amz-Date")), Refusal.INCOMPLETE),
        (lambda w: w.replacing("X-Amz-Date", "20150230T000000Z"), Refusal.SIGNATURE),
        (lambda w: w.with_header("X-Amz-Target", "DynamoDB_20120810.Scan"), Refusal.SIGNATURE),
        (lambda w: w.without_header("X-Amz-Target"), Refusal.SIGNATURE),
        (lambda w: w.without_header("Content-Type"), Refusal.SIGNATURE),
        (lambda w: w.with_header("X-Amz-Extra", "1"), Refusal.UNSIGNED_HEADER),
        (lambda w: w.with_header("X-Amz-Security-Token", "t"), Refusal.UNSIGNED_HEADER),
        (lambda w: w.with_header("Host", "other"), Refusal.INCOMPLETE),
        (lambda w: w.replacing("Host", "localhost:4566"), Refusal.SIGNATURE),
        (lambda w: replace(w, target="/?X-Amz-Signature=x"), Refusal.TWO_MECHANISMS),
        (lambda w: replace(w, target="/?x-amz-credential=x"), Refusal.TWO_MECHANISMS),
        (lambda w: replace(w, target="/?AWSAccessKeyId=x"), Refusal.TWO_MECHANISMS),
        (lambda w: replace(w, target="/?a=b"), Refusal.SIGNATURE),
        (lambda w: replace(w, target="/a//b"), Refusal.AMBIGUOUS),
        (lambda w: replace(w, method="PUT"), Refusal.SIGNATURE),
        (lambda w: replace(w, body=w.body + b" "), Refusal.SIGNATURE),
    ],
)  # fmt: skip
def test_a_request_that_differs_from_what_was_signed_is_refused(edit: Any, refusal: Refusal) -> None:
    """Header tricks, doubled headers, other mechanisms and changed parts; unedited it is accepted."""
    wire = get_item()
    assert authenticated(wire).access_key is USER

    assert refusal_of(edit(wire), now=wire.signed_at).refusal is refusal


def reordered(authorization: str) -> str:
    """Put the credential second, where moto does not look for it."""
    algorithm, _, parts = authorization.partition(" ")
    credential, headers, signature = parts.split(", ")
    return f"{algorithm} {headers}, {credential}, {signature}"


class SomeHeadersOnly(SigV4Auth):
    """A signer that leaves out what it is told to."""

    left_out = ""

    def headers_to_sign(self, request: Any) -> Any:
        """Return the headers that are signed."""
        headers = super().headers_to_sign(request)
        del headers[self.left_out]
        return headers


@pytest.mark.parametrize(
    ("left_out", "refusal"),
    [
        ("host", Refusal.INCOMPLETE),
        ("x-amz-target", Refusal.UNSIGNED_HEADER),
        ("x-amz-date", Refusal.UNSIGNED_HEADER),
        ("x-amz-security-token", Refusal.UNSIGNED_HEADER),
        ("content-type", Refusal.UNSIGNED_HEADER),
    ],
)
def test_headers_that_decide_must_be_signed(left_out: str, refusal: Refusal) -> None:
    """A valid signature over fewer headers would leave those to whoever stands in between."""
    signer = type("Signer", (SomeHeadersOnly,), {"left_out": left_out})
    headers = {"X-Amz-Target": "DynamoDB_20120810.GetItem", "Content-Type": "application/x-amz-json-1.0"}

    error = refusal_of(signed("dynamodb", headers=headers, body=b"{}", key=SESSION, signer=signer))

    assert error.refusal is refusal
    assert left_out in error.message


def test_signed_headers_must_be_sorted_and_unique() -> None:
    """Another order or a repetition has no canonical request."""
    wire = get_item()
    authorization = wire.header("Authorization")
    names = authorization.partition("SignedHeaders=")[2].partition(",")[0]

    for wrong in (";".join(reversed(names.split(";"))), f"{names};x-amz-target", f"{names};"):
        error = refusal_of(wire.replacing("Authorization", authorization.replace(names, wrong)))
        assert error.refusal is Refusal.INCOMPLETE


def test_the_credential_scope_must_fit_the_date_of_the_request() -> None:
    """A signature made for another day's key is refused before it is computed."""
    wire = get_item()
    date = wire.header("X-Amz-Date")[:8]

    error = refusal_of(wire.replacing("Authorization", wire.header("Authorization").replace(date, "20150830")))

    assert error.code == "InvalidSignatureException"
    assert "Credential scope" in error.message


@pytest.mark.parametrize("part", ["eu-west-1", "dynamodb"])
def test_region_and_service_of_the_scope_are_signed(part: str) -> None:
    """Another scope derives another key."""
    wire = get_item()

    error = refusal_of(wire.replacing("Authorization", wire.header("Authorization").replace(part, "kms")))

    assert error.refusal is Refusal.SIGNATURE


def test_headers_with_latin_1_or_utf_8_bytes_are_verified_as_bytes() -> None:
    """A signed header may hold any bytes; they are compared as they were sent."""
    utf_8 = "caf\u00e9 \u00a0"
    wire = signed("s3", method="GET", path="/bucket", headers={"X-Amz-Meta-A": utf_8}, signer=S3SigV4Auth)
    on_the_wire = wire.replacing("X-Amz-Meta-A", "caf\u00e9".encode().decode("latin-1"))

    assert authenticated(on_the_wire).service == "s3"
    assert refusal_of(wire.replacing("X-Amz-Meta-A", "caf\u00e9")).refusal is Refusal.SIGNATURE
