"""Which call of S3 a request is, and which requests nobody should guess at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.loaders import Loader

from bulkhead_localaws.protocol.calls import Call
from bulkhead_localaws.protocol.checks import UnmappableRequestError
from bulkhead_localaws.protocol.requests import HttpRequest
from bulkhead_localaws.services.s3.calls import OPERATIONS, read_s3_call
from bulkhead_localaws.services.s3.mapping import ACTIONS
from localaws_testing.account import NOW
from localaws_testing.s3_requests import request
from localaws_testing.signed_requests import USER, captured, client, environ_of

if TYPE_CHECKING:
    from collections.abc import Mapping

ETAG = '"9e3669d19b675bd57058fd4664205d2a"'


def read(
    method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b"", *, host: str = "localhost"
) -> Call:
    """Read a signed request, as the server receives it."""
    wire = request(method, target, headers, body, host=host).signed(USER, NOW)
    return read_s3_call(
        HttpRequest.from_environ(environ_of(wire), max_body=1000), region="eu-west-1", account="123456789012"
    )


def refusal(*arguments: Any, **named: Any) -> str:
    """Return why a request is not read."""
    with pytest.raises(UnmappableRequestError, match="cannot map a call of s3: ") as caught:
        read(*arguments, **named)
    return str(caught.value)


def modelled(operation: str) -> dict[str, dict[str, str]]:
    """Return the members of an operation by place and wire name, as the installed SDK knows them."""
    model = Loader().load_service_model("s3", "service-2")
    members = model["shapes"][model["operations"][operation]["input"]["shape"]]["members"]
    places: dict[str, dict[str, str]] = {"querystring": {}, "header": {}}
    for name, member in members.items():
        place = member.get("location")
        if place in places:
            places[place][member["locationName"].lower() if place == "header" else member["locationName"]] = name
    return places


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_every_member_that_is_read_is_one_of_the_api(operation: str) -> None:
    """A misspelled one would not be read; what an SDK gains is the matter of `make drift`."""
    model, members = modelled(operation), OPERATIONS[operation]

    assert members.query.items() <= model["querystring"].items()
    assert members.headers.items() <= model["header"].items()


def test_every_operation_that_is_read_is_mapped() -> None:
    """And no other."""
    assert OPERATIONS.keys() == ACTIONS.keys()


@pytest.mark.parametrize(
    ("operation", "method", "parameters"),
    [
        ("PutObject", "put_object", {"Key": "exports/a b+ü*", "Body": b"x", "Metadata": {"my_key": "v"}}),
        ("PutObject", "put_object", {"Key": "k", "IfNoneMatch": "*", "StorageClass": "STANDARD_IA"}),
        ("PutObject", "put_object", {"Key": "k", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/aws/s3"}),
        ("PutObject", "put_object", {"Key": "folder/", "ContentType": "text/html", "CacheControl": "no-store"}),
        ("GetObject", "get_object", {"Key": "k", "Range": "bytes=0-1", "ResponseContentType": "text/html"}),
        ("GetObject", "get_object", {"Key": "a/b", "VersionId": "v", "IfMatch": ETAG}),
        ("HeadObject", "head_object", {"Key": "k", "VersionId": "v", "ExpectedBucketOwner": "123456789012"}),
        ("DeleteObject", "delete_object", {"Key": "k", "VersionId": "v"}),
        ("ListObjectsV2", "list_objects_v2", {"Prefix": "a b/", "Delimiter": "/", "StartAfter": "a"}),
        ("ListObjectsV2", "list_objects_v2", {"Prefix": "", "FetchOwner": True}),
        ("ListObjectVersions", "list_object_versions", {"Prefix": "a", "KeyMarker": "k", "VersionIdMarker": "v"}),
        ("HeadBucket", "head_bucket", {}),
    ],
)
def test_what_boto3_calls_is_read_with_its_members(operation: str, method: str, parameters: dict[str, Any]) -> None:
    """Over plain HTTP, with what boto3 adds of its own."""
    wire = captured(client("s3"), method, Bucket="bucket", **parameters)

    call = read_s3_call(wire.read(), region="eu-west-1", account="123456789012")

    assert (call.service, call.operation, call.parameters["Bucket"]) == ("s3", operation, "bucket")
    described = {"Body", "CacheControl", "ContentType", "Metadata", "Range"}  # the content, not the permission
    expected = {name: str(value).lower() if value is True else value for name, value in parameters.items()}
    assert {name: value for name, value in expected.items() if name not in described}.items() <= call.parameters.items()
    assert call.parameters["AuthType"] == "REST-HEADER"
    assert call.parameters["ContentSHA256"] == wire.header("x-amz-content-sha256")


def test_a_presigned_call_is_read_without_what_presigns_it() -> None:
    """Of its members only the operation's own."""
    s3 = client("s3", signature_version="s3v4")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "a b", "VersionId": "v"})
    target = url.removeprefix("http://127.0.0.1:4566")
    read_back = request("GET", target).signed(USER, NOW)
    wire = HttpRequest.from_environ(environ_of(read_back), max_body=10)
    without = {name: value for name, value in wire.headers.items() if name not in {"authorization", "x-amz-date"}}
    headers = type(wire.headers)((name, value) for name, value in without.items() if name != "x-amz-content-sha256")

    call = read_s3_call(replace(wire, headers=headers), region="eu-west-1", account="1")

    assert call == Call(
        "s3",
        "GetObject",
        {"Bucket": "bucket", "Key": "a b", "VersionId": "v", "AuthType": "REST-QUERY-STRING"},
        "eu-west-1",
        "1",
    )


@pytest.mark.parametrize("target", ["/bucket", "/bucket/"])
def test_a_bucket_is_the_same_with_and_without_a_slash_behind_it(target: str) -> None:
    """There is no object without a key."""
    assert read("HEAD", target).operation == "HeadBucket"
    assert read("GET", f"{target}?list-type=2").operation == "ListObjectsV2"
    assert read("GET", f"{target}?versions").operation == "ListObjectVersions"
    for method in ("PUT", "DELETE", "POST"):
        assert f"{method} of a bucket" in refusal(method, target)


NOT_READ = {
    "GET /bucket?": "acl policy uploads location versioning object-lock list-type list-type=1 list-type=2&versions "
    "versions=x list-type=2&list-type=1 list-type=2&x-id=1",
    "GET /bucket?list-type=2&": "acl uploads Prefix=a prefix=a&prefix=b & x-amz-acl=a X-Amz-Date=a",
    "GET /bucket?versions&": "acl list-type=2 versions start-after=a id",
    "HEAD /bucket?": "acl prefix=a list-type=2 versions",
    "POST /bucket?": "delete",
    "GET /bucket/k?": "acl tagging attributes torrent legal-hold uploadId=u partNumber=1 versionId versionId= "
    "versionId=a&versionId=b versionid=a X-Amz-Date=x X-Amz-Content-Sha256=x =x",
    "PUT /bucket/k?": "acl %61cl acl=&acl tagging retention legal-hold partNumber=1&uploadId=u versionId=v "
    "x-amz-acl=public-read x-amz-meta-a=b",
    "DELETE /bucket/k?": "tagging uploadId=u versionId=v&tagging",
    "POST /bucket/k?": "uploads uploadId=u restore select&select-type=2",
}


@pytest.mark.parametrize(
    "asked",
    [
        *("GET /", "GET /bucket", "POST /bucket/k", "PATCH /bucket/k"),
        *(f"{target}{query}" for target, queries in NOT_READ.items() for query in queries.split()),
    ],
)
def test_what_is_not_one_of_the_operations_is_not_read(asked: str) -> None:
    """Whatever the sub-resource, an unknown, a second or a respelled one."""
    refusal(*asked.split(" "))


FOREIGN_HEADERS = {
    "DELETE": "x-amz-bypass-governance-retention x-amz-mfa if-none-match",
    "GET": "x-amz-meta-a x-amz-acl x-amz-server-side-encryption-customer-key if-range",
    "HEAD": "x-amz-request-payer x-amz-storage-class",
    "PUT": "x-amz-acl x-amz-copy-source x-amz-copy-source-range x-amz-tagging x-amz-website-redirect-location "
    "x-amz-grant-read x-amz-grant-write x-amz-grant-read-acp x-amz-grant-write-acp x-amz-grant-full-control "
    "x-amz-object-lock-mode x-amz-object-lock-retain-until-date x-amz-object-lock-legal-hold "
    "x-amz-server-side-encryption-customer-algorithm x-amz-server-side-encryption-customer-key "
    "x-amz-server-side-encryption-context x-amz-write-offset-bytes x-amz-request-payer x-amz-trailer "
    "x-amz-decoded-content-length x-amz-anything-new if-modified-since",
}


@pytest.mark.parametrize(
    ("method", "name"), [(method, name) for method, names in FOREIGN_HEADERS.items() for name in names.split()]
)
def test_a_header_that_is_not_the_operations_is_not_read(method: str, name: str) -> None:
    """It could ask for another permission, or make another operation of it; its twin without the header is read."""
    assert f"with the header '{name}'" in refusal(method, "/bucket/k", {name: "x"})
    assert read(method, "/bucket/k").parameters["Key"] == "k"


@pytest.mark.parametrize(
    "target",
    [
        "/bucket/exports//x",
        "/bucket//exports/x",
        "/bucket/exports/x//",
        "/bucket/%65xports/x",
        "/bucket/exports%2Fx",
        "/bucket/a%2f",
        "/bucket/a+b",
        "/bucket/a;b",
        "/bucket;b",
        "/bucket;b/k",
        "/bucket/a:b",
        "/bucket/a*",
        "/bucket/%c3%bc",
        "/bucket/%7E",
        "/bucket/a%0Ab",
        "/bucket/a%00",
        "/bucket/%7F",
        "/%62ucket/k",
        "/Bucket/k",
        "/my_bucket/k",
        "/bu/k",
        "/bucket-/k",
        "/bucket%20/k",
        "/arn%3Aaws%3As3%3Aeu-west-1%3A123456789012%3Aaccesspoint%2Fmine/k",
        f"/{'b' * 64}/k",
    ],
)
def test_a_path_in_another_spelling_is_not_read(target: str) -> None:
    """It would have to be decoded as moto does, or names no bucket."""
    refusal("GET", target)


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("exports/a%20b%2B%2A", "exports/a b+*"),
        ("%C3%BC/~", "ü/~"),
        ("a/", "a/"),
        ("a%3Bb%3A%23", "a;b:#"),
        ("exports%252Fx", "exports%2Fx"),
        ("exports/%252e%252e/x", "exports/%2e%2e/x"),
        ("-._~", "-._~"),
    ],
)
def test_a_key_is_what_the_path_decodes_to_once(path: str, key: str) -> None:
    """In SigV4's spelling, which is that of every SDK."""
    assert read("PUT", f"/bucket/{path}").parameters["Key"] == key


@pytest.mark.parametrize("host", ["127.0.0.1:4566", "127.0.0.1", "localhost:4566", "localaws", "[::1]:4566"])
def test_a_host_without_a_bucket_is_read(host: str) -> None:
    """Addresses, and names without a dot."""
    assert read("HEAD", "/bucket", host=host).parameters["Bucket"] == "bucket"


@pytest.mark.parametrize(
    "host",
    [
        "other.localhost:4566",
        "other.127.0.0.1:4566",
        "127.0.0.1.other:4566",
        "999.0.0.1:4566",
        "127.0.0.1:",
        "localhost.localdomain",
        "other.s3.amazonaws.com",
        "s3.eu-west-1.amazonaws.com",
        "mine-123456789012.s3-accesspoint.eu-west-1.amazonaws.com",
        "www.example.com",
    ],
)
def test_a_host_that_could_name_a_bucket_is_not_read(host: str) -> None:
    """The path would then hold nothing but a key."""
    assert "path-style" in refusal("HEAD", "/bucket", host=host)


@pytest.mark.parametrize(
    "where", ["/bucket/x.s3.cn-north-1.amazonaws.com", "/bucket?list-type=2&prefix=.amazonaws.com"]
)
def test_a_url_with_a_host_of_aws_anywhere_is_not_read(where: str) -> None:
    """Moto looks for a region in the whole URL, and takes the bucket from that region's partition."""
    assert "could name a region" in refusal("GET", where)


def test_a_fragment_is_not_read() -> None:
    """Servers cut it off; where one did not, moto would read a shorter query string."""
    wire = HttpRequest.from_environ(environ_of(request("GET", "/bucket?versions").signed(USER, NOW)), max_body=10)

    with pytest.raises(UnmappableRequestError, match="end at a fragment"):
        read_s3_call(replace(wire, raw_query="versions#"), region="eu-west-1", account="1")


@pytest.mark.parametrize("method", ["DELETE", "GET", "HEAD"])
def test_a_body_where_s3_has_none_is_not_read(method: str) -> None:
    """Moto takes a `versionId` from it."""
    assert "has no body" in refusal(method, "/bucket/k", body=b'{"versionId": "null"}')
    assert read(method, "/bucket/k").parameters["Key"] == "k"


@pytest.mark.parametrize(
    ("method", "name", "member"),
    [
        ("PUT", "if-match", "IfMatch"),
        ("PUT", "x-amz-server-side-encryption", "ServerSideEncryption"),
        ("DELETE", "if-match", "IfMatch"),
        ("GET", "x-amz-expected-bucket-owner", "ExpectedBucketOwner"),
    ],
)
def test_an_empty_header_is_not_read(method: str, name: str, member: str) -> None:
    """Moto would take it for an absent one, a policy for one that is there."""
    assert refusal(method, "/bucket/k", {name: ""}).endswith(f"an empty {member}")
    assert read(method, "/bucket/k", {name: "x"}).parameters[member] == "x"
