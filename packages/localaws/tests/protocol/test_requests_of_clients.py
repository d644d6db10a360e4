"""What real clients send is accepted, and refused in codes that they know."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from localaws_testing.signed_requests import SESSION, USER, Keys, authenticated, captured, client, refusal_of

if TYPE_CHECKING:
    from bulkhead_localaws.gate.authentication import AccessKey

ARN = "arn:aws:apigateway:eu-west-1::/restapis/abc"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:f"
ROLE = "arn:aws:iam::123456789012:role/r"
TAG = {"Key": "k", "Value": "ü +"}
AWKWARD_KEY = "a b+c/ü~(1)//x=&%"

CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("dynamodb", "get_item", {"TableName": "t", "Key": {"pk": {"S": "acmé & co = 1"}}}),
    ("dynamodb", "list_tables", {}),
    ("dynamodbstreams", "list_streams", {}),
    ("sts", "get_caller_identity", {}),
    ("sts", "assume_role", {"RoleArn": ROLE, "RoleSessionName": "session", "Tags": [TAG]}),
    ("iam", "create_role", {"RoleName": "r", "AssumeRolePolicyDocument": '{"a": "b c&d=e"}'}),
    ("iam", "list_users", {}),
    ("s3", "list_buckets", {}),
    ("s3", "create_bucket", {"Bucket": "bucket", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}),
    ("s3", "put_object", {"Bucket": "bucket", "Key": AWKWARD_KEY, "Body": b"\x00\xff"}),
    ("s3", "put_object", {"Bucket": "bucket", "Key": "k", "Metadata": {"my_key": "v  w", "b-c": "d"}}),
    ("s3", "get_object", {"Bucket": "bucket", "Key": "k", "VersionId": "a b", "ResponseCacheControl": "a; x=1"}),
    ("s3", "head_object", {"Bucket": "bucket", "Key": "k"}),
    ("s3", "list_objects_v2", {"Bucket": "bucket", "Prefix": "a b/+ü", "Delimiter": "/", "MaxKeys": 1}),
    ("s3", "delete_objects", {"Bucket": "bucket", "Delete": {"Objects": [{"Key": "k"}]}}),
    ("s3", "get_bucket_policy", {"Bucket": "bucket"}),
    ("s3", "upload_part", {"Bucket": "bucket", "Key": "k", "PartNumber": 1, "UploadId": "u/+=", "Body": b"x"}),
    ("secretsmanager", "get_secret_value", {"SecretId": "s"}),
    ("cognito-idp", "admin_get_user", {"UserPoolId": "eu-west-1_x", "Username": "acme/a@example.com"}),
    ("kms", "list_keys", {}),
    ("logs", "describe_log_groups", {}),
    ("ssm", "get_parameter", {"Name": "/a/b"}),
    ("sqs", "list_queues", {}),
    ("sns", "list_topics", {}),
    ("ec2", "describe_vpcs", {"Filters": [{"Name": "tag:a", "Values": ["b c"]}]}),
    ("rds", "describe_db_instances", {}),
    ("lambda", "list_tags", {"Resource": FUNCTION}),
    ("lambda", "invoke", {"FunctionName": "f", "Payload": b'{"a": 1}'}),
    ("apigateway", "get_tags", {"resourceArn": ARN}),
    ("route53", "list_hosted_zones", {}),
    ("cloudwatch", "list_metrics", {}),
]  # fmt: skip


@pytest.mark.parametrize("key", [USER, SESSION], ids=["user", "session"])
@pytest.mark.parametrize(("service", "operation", "parameters"), CALLS, ids=[f"{c[0]}-{c[1]}" for c in CALLS])
def test_what_a_client_signs_is_accepted(
    service: str, operation: str, parameters: dict[str, Any], key: AccessKey
) -> None:
    """Requests of real clients, in every protocol and with awkward characters, are their signers'."""
    wire = captured(client(service, key), operation, **parameters)

    caller = authenticated(wire)

    assert caller.access_key is key
    assert caller.region == "eu-west-1"
    assert caller.addressed == service.replace("cloudwatch", "monitoring")
    assert not caller.presigned


QUERY_CODES = ("InvalidClientTokenId", "SignatureDoesNotMatch", "SignatureDoesNotMatch", "ExpiredToken")
JSON_CODES = (
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "InvalidSignatureException",
    "ExpiredTokenException",
)
EC2_CODES = ("AuthFailure", "AuthFailure", "RequestExpired", "RequestExpired")
S3_CODES = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "RequestTimeTooSkewed", "ExpiredToken")


@pytest.mark.parametrize(
    ("service", "operation", "codes", "status"),
    [
        ("sts", "get_caller_identity", QUERY_CODES, 403),
        ("route53", "list_hosted_zones", QUERY_CODES, 403),
        ("s3", "list_buckets", S3_CODES, 403),
        ("ec2", "describe_vpcs", EC2_CODES, 401),
        ("lambda", "list_functions", JSON_CODES, 403),
        ("dynamodb", "list_tables", JSON_CODES, 400),
        ("secretsmanager", "list_secrets", JSON_CODES, 400),
    ],
)
def test_each_protocol_has_its_own_codes(service: str, operation: str, codes: tuple[str, ...], status: int) -> None:
    """An unknown key, a wrong secret, a wrong clock and an expired key are told as AWS tells them, for SDKs to know."""
    wire = captured(client(service), operation)
    unknown = refusal_of(wire, Keys())
    forged = refusal_of(wire, Keys(replace(USER, secret_access_key="x")))
    late = refusal_of(wire, now=wire.signed_at + timedelta(minutes=20))
    expired = refusal_of(wire, Keys(replace(USER, expires_at=wire.signed_at)))

    assert (unknown.code, forged.code, late.code, expired.code) == codes
    assert unknown.status == status
