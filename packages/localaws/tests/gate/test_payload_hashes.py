"""The body against the hash of it that was signed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from botocore.auth import S3SigV4Auth

from bulkhead_localaws.gate.refusals import Refusal
from localaws_testing.signed_requests import authenticated, captured, client, refusal_of, signed


def test_the_payload_hash_of_s3_is_checked_against_the_body() -> None:
    """A header that states another hash than the body's has its own error in S3."""
    wire = captured(client("s3"), "put_object", Bucket="bucket", Key="k", Body=b"body")

    error = refusal_of(replace(wire, body=b"bodY"))

    assert (error.code, error.status) == ("XAmzContentSHA256Mismatch", 400)
    assert refusal_of(wire.without_header("X-Amz-Content-SHA256")).refusal is Refusal.SIGNATURE


def test_s3_requires_the_payload_hash() -> None:
    """A signature that is valid but made without the header is no signature for S3."""
    error = refusal_of(signed("s3", method="GET", path="/bucket"))

    assert (error.code, error.refusal) == ("InvalidRequest", Refusal.UNSUPPORTED)
    assert authenticated(signed("s3", method="GET", path="/bucket", signer=S3SigV4Auth)).service == "s3"


def test_only_s3_may_leave_the_body_unsigned() -> None:
    """UNSIGNED-PAYLOAD is a statement that only S3 understands."""
    unsigned = client("s3", s3={"payload_signing_enabled": False})
    wire = captured(unsigned, "put_object", Bucket="bucket", Key="k", Body=b"body")
    headers = {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD", "X-Amz-Target": "DynamoDB_20120810.GetItem"}
    headers["Content-Type"] = "application/x-amz-json-1.0"

    assert wire.header("X-Amz-Content-SHA256") == "UNSIGNED-PAYLOAD"
    assert authenticated(replace(wire, body=b"any")).service == "s3"
    assert refusal_of(signed("dynamodb", headers=headers)).refusal is Refusal.UNSUPPORTED_PAYLOAD


@pytest.mark.parametrize(
    "kind", ["AWS4-HMAC-SHA256-PAYLOAD", "UNSIGNED-PAYLOAD-TRAILER", "AWS4-ECDSA-P256-SHA256-PAYLOAD"]
)
def test_chunked_signatures_are_refused_clearly(kind: str) -> None:
    """No client uses them over plain HTTP by default; what cannot be verified is not accepted."""
    wire = signed("s3", method="PUT", path="/bucket/k", headers={"X-Amz-Content-SHA256": f"STREAMING-{kind}"})

    error = refusal_of(wire)

    assert (error.code, error.status) == ("NotImplemented", 501)
    assert "STREAMING" in error.message


def test_a_body_hash_that_is_stated_must_be_true_for_every_service() -> None:
    """Other services than S3 compute the hash themselves, but a wrong statement is refused."""
    headers = {"X-Amz-Content-SHA256": "0" * 64, "X-Amz-Target": "secretsmanager.ListSecrets"}
    headers["Content-Type"] = "application/x-amz-json-1.1"

    assert refusal_of(signed("secretsmanager", headers=headers, body=b"{}")).refusal is Refusal.PAYLOAD
