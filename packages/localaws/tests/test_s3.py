"""S3 over the wire: what a Lambda function's role does with boto3, and what it may not."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from localaws_testing.running import Served

if TYPE_CHECKING:
    from collections.abc import Iterator

BUCKET = "tenant-exports"
ARN = f"arn:aws:s3:::{BUCKET}"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}
    ],
}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:GetObjectVersion"],
            "Resource": f"{ARN}/exports/*",
        },
        {
            "Effect": "Allow",
            "Action": ["s3:ListBucket", "s3:ListBucketVersions"],
            "Resource": ARN,
            "Condition": {"StringLike": {"s3:prefix": "exports/*"}},
        },
    ],
}


class Clients(Served):
    """A local AWS that makes roles."""

    def role(self, name: str, policy: Any) -> Any:
        """Return an S3 client in a session of a new role."""
        iam, sts = self.operator("iam"), self.operator("sts")
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(policy))
        session = sts.assume_role(RoleArn=arn, RoleSessionName="function")["Credentials"]
        return self.session("s3", session, signature_version="s3v4", retries={"total_max_attempts": 1})


@pytest.fixture
def clients() -> Iterator[Clients]:
    """Return the clients of a server with one versioned bucket."""
    clients = Clients()
    s3 = clients.operator("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=BUCKET, Key="private", Body=b"private")
    yield clients
    clients.stop()


def status_of(call: Any, **parameters: Any) -> int:
    """Return the HTTP status with which a call is refused."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return int(caught.value.response["ResponseMetadata"]["HTTPStatusCode"])


def fetched(url: str, method: str = "GET", body: bytes | None = None) -> tuple[int, bytes]:
    """Ask as whoever was given a presigned URL does."""
    headers = {"Content-Type": "text/plain"} if body else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method)) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_a_role_uses_its_part_of_a_bucket(clients: Clients) -> None:
    """Every mapped operation, as boto3 sends it over plain HTTP: bodies of bytes and of files, pages and versions."""
    s3 = clients.role("exporter", POLICY)
    own = {"Bucket": BUCKET, "Key": "exports/a b+ü"}

    first = s3.put_object(**own, Body=b"1", ContentType="application/json", Metadata={"rows": "1"})["VersionId"]
    s3.put_object(**own, Body=io.BytesIO(b"22"), ChecksumAlgorithm="SHA256", ServerSideEncryption="AES256")
    s3.upload_fileobj(io.BytesIO(b"333"), BUCKET, "exports/b")

    assert s3.get_object(**own)["Body"].read() == b"22"
    assert s3.get_object(**own, VersionId=first)["Metadata"] == {"rows": "1"}
    assert s3.head_object(**own)["ContentLength"] == 2
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=BUCKET, Prefix="exports/", PaginationConfig={"PageSize": 1}
    )
    assert [found["Key"] for page in pages for found in page["Contents"]] == [own["Key"], "exports/b"]
    versions = s3.list_object_versions(Bucket=BUCKET, Prefix="exports/a")["Versions"]
    assert len(versions) == 2
    assert s3.delete_object(**own)["DeleteMarker"]
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix="exports/")["KeyCount"] == 1


def test_a_role_uses_nothing_else(clients: Clients) -> None:
    """Each with its twin in the test above."""
    s3 = clients.role("exporter", POLICY)
    own, other = {"Bucket": BUCKET, "Key": "exports/a"}, {"Bucket": BUCKET, "Key": "private"}
    version = s3.put_object(**own, Body=b"1")["VersionId"]

    refused = [
        status_of(s3.put_object, **other, Body=b"x"),
        status_of(s3.get_object, **other),
        status_of(s3.head_object, **other),
        status_of(s3.delete_object, **other),
        status_of(s3.delete_object, **own, VersionId=version),
        status_of(s3.head_bucket, Bucket=BUCKET),
        status_of(s3.list_objects_v2, Bucket=BUCKET),
        status_of(s3.list_objects, Bucket=BUCKET, Prefix="exports/"),
        status_of(s3.list_object_versions, Bucket=BUCKET, Prefix="private"),
        status_of(s3.put_object, **own, Body=b"x", ACL="public-read"),
        status_of(s3.put_object, **own, Body=b"x", Tagging="a=b"),
        status_of(s3.put_object_acl, **own, ACL="public-read"),
        status_of(s3.copy_object, **own, CopySource={"Bucket": BUCKET, "Key": "private"}),
        status_of(s3.create_multipart_upload, **own),
        status_of(s3.delete_objects, Bucket=BUCKET, Delete={"Objects": [{"Key": "private"}]}),
        status_of(s3.get_bucket_policy, Bucket=BUCKET),
        status_of(s3.create_bucket, Bucket="mine", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}),
        status_of(s3.list_buckets),
    ]

    assert set(refused) == {403}
    assert clients.operator("s3").get_object(**other)["Body"].read() == b"private"
    assert s3.get_object(**own)["Body"].read() == b"1"


def test_a_presigned_url_is_worth_what_its_signer_may_do(clients: Clients) -> None:
    """It reads and writes below the role's prefix; for another key it was signed in vain."""
    s3 = clients.role("exporter", POLICY)

    def url(operation: str, key: str) -> str:
        return str(s3.generate_presigned_url(operation, Params={"Bucket": BUCKET, "Key": key}))

    assert fetched(url("put_object", "exports/a"), "PUT", b"presigned")[0] == 200
    assert fetched(url("put_object", "private"), "PUT", b"presigned")[0] == 403
    assert fetched(url("get_object", "exports/a")) == (200, b"presigned")
    assert fetched(url("get_object", "private"))[0] == 403
    assert fetched(url("get_object", "exports/a").replace("exports/a", "private"))[0] == 403
    assert fetched(url("get_object", "exports/a") + "&acl")[0] == 403
