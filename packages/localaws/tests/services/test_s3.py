"""S3 calls: actions, resources and condition keys, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from bulkhead_iam import Policy, PolicySet, Principal, Request, evaluate
from bulkhead_localaws.protocol.calls import Call
from bulkhead_localaws.protocol.checks import AuthorizationCheck, MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services.s3.buckets import Bucket, StoredObject
from bulkhead_localaws.services.s3.mapping import ACTIONS, checks
from localaws_testing.mapper_examples import ACCOUNT, REGION, Buckets, call

POLICY = '{"Version": "2012-10-17", "Statement": []}'
ARN = "arn:aws:s3:::plain"
CUSTOMERS = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/mine"
MANAGED = f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/aws/s3"
CATALOG = Buckets(
    {
        "plain": Bucket(ACCOUNT, policy=POLICY),
        "versioned": Bucket(ACCOUNT, versioning="Enabled"),
        "suspended": Bucket(ACCOUNT, versioning="Suspended"),
        "encrypted": Bucket(ACCOUNT, kms_key=CUSTOMERS),
        "foreign": Bucket("999988887777"),
    },
    {
        ("plain", "k", None): StoredObject({"class": "public"}),
        ("plain", "k", "v"): StoredObject({"class": "secret"}),
        ("plain", "encrypted", None): StoredObject(kms_key=CUSTOMERS),
        ("plain", "respelled", None): StoredObject({"class": "a", "Class": "b"}),
    },
)
COMMON = {"s3:authType": "REST-HEADER", "s3:ResourceAccount": ACCOUNT, "s3:signatureversion": "AWS4-HMAC-SHA256"}
ON_OBJECTS = ("DeleteObject", "GetObject", "HeadObject", "PutObject")


def asked(operation: str, **parameters: Any) -> Call:
    """Return a call of the example account."""
    parameters = {"Bucket": "plain", "AuthType": "REST-HEADER", **parameters}
    if operation in ON_OBJECTS:
        parameters.setdefault("Key", "k")
    return call("s3", operation, parameters)


def mapped(operation: str, **parameters: Any) -> tuple[AuthorizationCheck, ...]:
    """Map a call of the example account."""
    return checks(asked(operation, **parameters), CATALOG)


def only(operation: str, **parameters: Any) -> AuthorizationCheck:
    """Map a call that needs one permission."""
    (check,) = mapped(operation, **parameters)
    return check


@pytest.mark.parametrize(
    ("operation", "parameters", "action", "resource"),
    [
        ("PutObject", {"Key": "a/b"}, "PutObject", f"{ARN}/a/b"),
        ("GetObject", {}, "GetObject", f"{ARN}/k"),
        ("GetObject", {"VersionId": "v"}, "GetObjectVersion", f"{ARN}/k"),
        ("HeadObject", {}, "GetObject", f"{ARN}/k"),
        ("HeadObject", {"VersionId": "null"}, "GetObjectVersion", f"{ARN}/k"),
        ("DeleteObject", {}, "DeleteObject", f"{ARN}/k"),
        ("DeleteObject", {"VersionId": "null"}, "DeleteObjectVersion", f"{ARN}/k"),
        ("DeleteObject", {"Bucket": "versioned", "VersionId": "v"}, "DeleteObjectVersion", "arn:aws:s3:::versioned/k"),
        ("ListObjectsV2", {}, "ListBucket", ARN),
        ("ListObjectVersions", {}, "ListBucketVersions", ARN),
        ("HeadBucket", {}, "ListBucket", ARN),
        ("HeadBucket", {"Bucket": "absent"}, "ListBucket", "arn:aws:s3:::absent"),
        ("PutObject", {"Bucket": "absent"}, "PutObject", "arn:aws:s3:::absent/k"),
    ],
)
def test_an_operation_is_authorized_on_its_object_or_bucket(
    operation: str, parameters: dict[str, str], action: str, resource: str
) -> None:
    """Whether or not there is such a bucket; a named version is an action of its own."""
    check = only(operation, **parameters)
    assert (check.action, check.resource) == (f"s3:{action}", resource)
    assert check.context.items() >= COMMON.items()


@pytest.mark.parametrize("operation", sorted(ACTIONS))
def test_the_policy_of_the_bucket_has_a_say(operation: str) -> None:
    """About the bucket and its objects alike; a bucket without one has none."""
    assert only(operation).resource_policy == POLICY
    assert only(operation, Bucket="versioned").resource_policy is None
    assert only(operation, Bucket="absent").resource_policy is None


def test_the_arn_of_a_bucket_is_that_of_its_partition() -> None:
    """And names no region."""
    china = Call("s3", "HeadBucket", {"Bucket": "b", "AuthType": "REST-HEADER"}, "cn-north-1", ACCOUNT)
    nowhere = Call("s3", "HeadBucket", {"Bucket": "b", "AuthType": "REST-HEADER"}, "s3", ACCOUNT)

    assert checks(china, CATALOG)[0].resource == "arn:aws-cn:s3:::b"
    with pytest.raises(UnmappableRequestError, match="not the name of a region"):
        checks(nowhere, CATALOG)


@pytest.mark.parametrize(
    ("operation", "parameters", "context"),
    [
        ("ListObjectsV2", {"Prefix": "a/", "Delimiter": "/"}, {"s3:prefix": "a/", "s3:delimiter": "/"}),
        ("ListObjectsV2", {"Prefix": "", "MaxKeys": "7"}, {"s3:prefix": "", "s3:max-keys": "7"}),
        ("ListObjectsV2", {"ContinuationToken": "t", "StartAfter": "a", "EncodingType": "url"}, {}),
        ("ListObjectVersions", {"Prefix": "a/", "KeyMarker": "k"}, {"s3:prefix": "a/"}),
        ("GetObject", {"VersionId": "w"}, {"s3:VersionId": "w"}),
        ("GetObject", {"Key": "untagged", "IfMatch": "e", "IfNoneMatch": "f"}, {}),
        ("DeleteObject", {"Bucket": "versioned", "VersionId": "w"}, {"s3:VersionId": "w"}),
        ("DeleteObject", {"IfMatch": "*"}, {"s3:if-match": "*"}),
        ("HeadBucket", {"ContentSHA256": "UNSIGNED-PAYLOAD"}, {"s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD"}),
        ("HeadBucket", {"ExpectedBucketOwner": ACCOUNT}, {}),
        ("HeadBucket", {"AuthType": "REST-QUERY-STRING"}, {"s3:authType": "REST-QUERY-STRING"}),
    ],
)
def test_the_condition_keys_are_what_the_request_says(
    operation: str, parameters: dict[str, str], context: dict[str, str]
) -> None:
    """An absent member is an absent key; an empty prefix is one that was asked for."""
    assert only(operation, **{"Key": "untagged", **parameters}).context == {**COMMON, **context}


@pytest.mark.parametrize(
    ("parameters", "context"),
    [
        ({}, {}),
        ({"IfNoneMatch": "*"}, {"s3:if-none-match": "*"}),
        ({"StorageClass": "GLACIER_IR"}, {"s3:x-amz-storage-class": "GLACIER_IR"}),
        ({"ServerSideEncryption": "AES256"}, {"s3:x-amz-server-side-encryption": "AES256"}),
        *(
            (
                {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key, "BucketKeyEnabled": "true"},
                {"s3:x-amz-server-side-encryption": "aws:kms", "s3:x-amz-server-side-encryption-aws-kms-key-id": key},
            )
            for key in ("alias/aws/s3", MANAGED)
        ),
    ],
)
def test_the_condition_keys_of_an_upload(parameters: dict[str, str], context: dict[str, str]) -> None:
    """`s3:ObjectCreationOperation` tells it from a part of an upload."""
    expected = {**COMMON, "s3:ObjectCreationOperation": "true", **context}
    assert only("PutObject", **parameters).context == expected


def test_the_tags_of_an_object_are_keys_of_reading_it() -> None:
    """Those of the version that is read; tags that no policy can tell apart are refused."""
    for operation in ("GetObject", "HeadObject"):
        assert only(operation).context["s3:ExistingObjectTag/class"] == "public"
        assert only(operation, VersionId="v").context["s3:ExistingObjectTag/class"] == "secret"
        with pytest.raises(UnmappableRequestError, match="differ in case only"):
            mapped(operation, Key="respelled")
    assert only("DeleteObject").context == COMMON


@pytest.mark.parametrize("operation", ["PutObject", "DeleteObject"])
def test_whoever_writes_on_condition_of_an_etag_must_be_allowed_to_read(operation: str) -> None:
    """The answer says whether the object has it."""
    write, read = mapped(operation, IfMatch='"e"')

    assert (write.action, write.context["s3:if-match"]) == (f"s3:{operation}", '"e"')
    assert read == AuthorizationCheck(
        "s3:GetObject", write.resource, {**COMMON, "s3:ExistingObjectTag/class": "public"}, POLICY
    )
    assert only(operation, IfMatch="*").action == f"s3:{operation}"


@pytest.mark.parametrize(
    ("operation", "parameters", "reason"),
    [
        ("PutObject", {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": CUSTOMERS}, "customer's KMS key"),
        ("PutObject", {"SSEKMSKeyId": "alias/mine"}, "customer's KMS key"),
        ("PutObject", {"SSEKMSKeyId": f"{MANAGED}x"}, "customer's KMS key"),
        ("PutObject", {"Bucket": "encrypted"}, "KMS key that encrypts the bucket"),
        ("PutObject", {"Bucket": "encrypted", "ServerSideEncryption": "aws:kms"}, "KMS key that encrypts the bucket"),
        ("GetObject", {"Key": "encrypted"}, "KMS key that encrypts the object"),
        ("HeadObject", {"Key": "encrypted"}, "KMS key that encrypts the object"),
        ("PutObject", {"IfNoneMatch": '"e"'}, "If-None-Match"),
        ("PutObject", {"Bucket": "suspended"}, "versioning is suspended"),
        ("DeleteObject", {"Bucket": "suspended"}, "versioning is suspended"),
        ("DeleteObject", {"Bucket": "suspended", "VersionId": "null"}, "versioning is suspended"),
        ("DeleteObject", {"VersionId": "v"}, "nothing is versioned"),
        *((operation, {"Bucket": "foreign"}, "another account") for operation in sorted(ACTIONS)),
        *((operation, {"ExpectedBucketOwner": "999988887777"}, "owner") for operation in sorted(ACTIONS)),
        *((operation, {"Bucket": "b", "ExpectedBucketOwner": "x"}, "owner") for operation in sorted(ACTIONS)),
        *((operation, {}, "cannot map the S3 operation") for operation in ("ListObjects", "CopyObject", "putobject")),
    ],
)
def test_what_cannot_be_mapped_with_certainty_is_refused(
    operation: str, parameters: dict[str, str], reason: str
) -> None:
    """With the reason."""
    with pytest.raises(UnmappableRequestError, match=reason):
        mapped(operation, **parameters)


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("PutObject", {"Bucket": "encrypted", "ServerSideEncryption": "AES256"}),
        ("DeleteObject", {"Bucket": "encrypted"}),
        ("DeleteObject", {"Key": "encrypted"}),
        ("ListObjectsV2", {"Bucket": "suspended"}),
        ("GetObject", {"Bucket": "suspended"}),
        ("GetObject", {"Key": "encrypted", "VersionId": "other"}),
    ],
)
def test_the_twins_of_what_is_refused_are_mapped(operation: str, parameters: dict[str, str]) -> None:
    """Without the customer's key, and where nothing is destroyed."""
    only(operation, **parameters)


@pytest.mark.parametrize(
    ("operation", "parameters", "code"),
    [
        *(("ListObjectsV2", {"MaxKeys": given}, "InvalidArgument") for given in ("", "-1", "x", "1_0", "٣", "1" * 10)),
        *(("PutObject", {"ServerSideEncryption": given}, "InvalidArgument") for given in ("aes256", "AES256,aws:kms")),
        *(("PutObject", {"StorageClass": given}, "InvalidStorageClass") for given in ("standard", "STANDARD,GLACIER")),
        *((operation, {"Key": "ü" * 513}, "KeyTooLongError") for operation in ON_OBJECTS),
    ],
)
def test_what_s3_would_refuse_is_malformed(operation: str, parameters: dict[str, str], code: str) -> None:
    """With its error code."""
    with pytest.raises(MalformedRequestError) as refused:
        mapped(operation, **parameters)
    assert refused.value.code == code


def test_a_key_of_1024_bytes_is_the_longest() -> None:
    """Of UTF-8."""
    assert only("GetObject", Key="ü" * 512).resource == f"{ARN}/{'ü' * 512}"


def test_a_policy_about_a_prefix_is_about_the_keys_below_it() -> None:
    """Wildcards count in the policy only, and a key that looks like a way out of the prefix is none."""
    writes = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{ARN}/exports/*"}
    policies = PolicySet((Policy.parse({"Version": "2012-10-17", "Statement": [writes]}),), None, None, None, ACCOUNT)

    def allowed(key: str) -> bool:
        check = only("PutObject", Key=key)
        principal = Principal(f"arn:aws:iam::{ACCOUNT}:user/writer", ACCOUNT)
        return evaluate(Request(principal, check.action, check.resource, check.context), policies).allowed

    for key in ("exports/a", "exports/", "exports/a/b:c*?${aws:userid}", "exports/%2e%2e/a"):
        assert allowed(key), key
    for key in ("exports", "export/a", "*", "Exports/a", "exports%2Fa", "x/exports/a", "?xports/a", " exports/a"):
        assert not allowed(key), key
