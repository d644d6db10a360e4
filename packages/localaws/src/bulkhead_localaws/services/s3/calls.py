"""S3's calls: which operation on which bucket and object a request is, where it can be read in one way only.

No member of the request names the operation: the method, the path, and the names in the query string and among the
headers decide together, and an addition to them makes another operation of it (`?acl`, `x-amz-copy-source`) or asks for
another permission (`x-amz-tagging`). So only what is listed here is read, and everything else is refused. Refused are
also the requests that moto (5.2) reads otherwise than S3 or in two ways:

- a bucket in the host, and a host that moto takes for one with a bucket; a region in the path or query string;
- a path in any other spelling than SigV4's (moto takes a bucket's name only up to an unescaped `;`), with an empty
  segment (which readers of paths like to merge) or with control characters (for which moto has no route);
- a body where S3 has none (moto reads `versionId` of a DELETE from it when it is JSON);
- an empty header or version (moto takes it for an absent one).

Source: "REST API" and the pages of the operations in the Amazon S3 API Reference
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html).
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from bulkhead_localaws.protocol.calls import Call
from bulkhead_localaws.protocol.canonical import SIGNATURE_PARAMETER
from bulkhead_localaws.protocol.checks import UnmappableRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bulkhead_localaws.protocol.requests import HttpRequest


class Members(NamedTuple):
    """The members that an operation may have, by their names in the query string and by their headers."""

    query: Mapping[str, str]
    headers: Mapping[str, str]


_OWNER = {"x-amz-expected-bucket-owner": "ExpectedBucketOwner"}
_READING = {
    **_OWNER,
    "if-match": "IfMatch",
    "if-modified-since": "IfModifiedSince",
    "if-none-match": "IfNoneMatch",
    "if-unmodified-since": "IfUnmodifiedSince",
    "x-amz-checksum-mode": "ChecksumMode",
}
_LISTING = {
    "delimiter": "Delimiter",
    "encoding-type": "EncodingType",
    "max-keys": "MaxKeys",
    "prefix": "Prefix",
}
_VERSION = {"versionId": "VersionId"}
_WRITING = {
    **_OWNER,
    "if-match": "IfMatch",
    "if-none-match": "IfNoneMatch",
    "x-amz-checksum-crc32": "ChecksumCRC32",
    "x-amz-checksum-crc32c": "ChecksumCRC32C",
    "x-amz-checksum-crc64nvme": "ChecksumCRC64NVME",
    "x-amz-checksum-sha1": "ChecksumSHA1",
    "x-amz-checksum-sha256": "ChecksumSHA256",
    "x-amz-sdk-checksum-algorithm": "ChecksumAlgorithm",
    "x-amz-server-side-encryption": "ServerSideEncryption",
    "x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "x-amz-server-side-encryption-bucket-key-enabled": "BucketKeyEnabled",
    "x-amz-storage-class": "StorageClass",
}

OPERATIONS: dict[str, Members] = {
    "DeleteObject": Members(_VERSION, {**_OWNER, "if-match": "IfMatch"}),
    "GetObject": Members(
        {
            **_VERSION,
            "response-cache-control": "ResponseCacheControl",
            "response-content-disposition": "ResponseContentDisposition",
            "response-content-encoding": "ResponseContentEncoding",
            "response-content-language": "ResponseContentLanguage",
            "response-content-type": "ResponseContentType",
            "response-expires": "ResponseExpires",
        },
        _READING,
    ),
    "HeadBucket": Members({}, _OWNER),
    "HeadObject": Members(_VERSION, _READING),
    "ListObjectVersions": Members(
        {**_LISTING, "key-marker": "KeyMarker", "version-id-marker": "VersionIdMarker"}, _OWNER
    ),
    "ListObjectsV2": Members(
        {
            **_LISTING,
            "continuation-token": "ContinuationToken",
            "fetch-owner": "FetchOwner",
            "start-after": "StartAfter",
        },
        _OWNER,
    ),
    "PutObject": Members({}, _WRITING),
}
"""Every operation that is read."""

_ON_OBJECTS = {"DELETE": "DeleteObject", "GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject"}
_MARKS = {"ListObjectVersions": {"versions": ""}, "ListObjectsV2": {"list-type": "2"}}
"""What tells the two listings from each other, and from the other things that a GET of a bucket can be."""

_SIGNED_WITH = frozenset({"x-amz-content-sha256", "x-amz-date", "x-amz-security-token"})
_PRESIGNED_WITH = frozenset(
    {
        *("X-Amz-Algorithm", "X-Amz-Content-Sha256", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires"),
        *("X-Amz-Security-Token", "X-Amz-SignedHeaders", SIGNATURE_PARAMETER),
    }
)
_METADATA = "x-amz-meta-"
_DECIDING = ("if-", "x-amz-")
"""What the names of headers begin with that decide anything; all others describe content or connection."""

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PORT = re.compile(r":[0-9]{1,5}$")


def read_s3_call(request: HttpRequest, *, region: str, account: str) -> Call:
    """Return the call of S3 that a request makes.

    Its parameters are the members as S3's API names them; no member is an empty text but those of a listing. Beside
    them stand `AuthType` (where the signature is) and, if there is such a header, `ContentSHA256`.

    Raises:
        UnmappableRequestError: it is not one of `OPERATIONS`, or can be read in two ways.
    """
    bucket, key = _bucket_and_key(request)
    query = _query(request)
    operation = _operation(request.method, key, query)
    members = OPERATIONS[operation]
    if request.body and operation != "PutObject":
        raise _refused(f"{operation} has no body")
    parameters = {"Bucket": bucket, **({"Key": key} if key else {})}
    for name, value in query.items():
        if name in _MARKS.get(operation, {}):
            continue
        if name not in members.query:
            raise _refused(f"{operation} with {name[:64]!r} in the query string")
        parameters[members.query[name]] = value
    for name, value in request.headers.items():
        if name in members.headers:
            parameters[members.headers[name]] = value.strip()
        elif name.startswith(_DECIDING) and name not in _SIGNED_WITH and not _is_metadata(operation, name):
            raise _refused(f"{operation} with the header {name[:64]!r}")
    empty = [member for member, value in parameters.items() if not value and member not in _LISTING.values()]
    if empty:
        raise _refused(f"an empty {empty[0]}")
    parameters["AuthType"] = "REST-HEADER" if "authorization" in request.headers else "REST-QUERY-STRING"
    if "x-amz-content-sha256" in request.headers:
        parameters["ContentSHA256"] = request.headers["x-amz-content-sha256"]
    return Call("s3", operation, parameters, region, account)


def _bucket_and_key(request: HttpRequest) -> tuple[str, str]:
    """Return the two halves of the path; the key is empty for a bucket itself."""
    if not _has_no_bucket(request.headers.get("host", "")):
        raise _refused("only path-style addresses (host/bucket/key) are read")
    if "amazonaws.com" in f"{request.raw_path}?{request.raw_query}".lower() or "#" in request.raw_query:
        raise _refused("the URL could name a region or end at a fragment")
    if request.raw_path != quote(request.path, safe="/~") or "//" in request.path or _CONTROL.search(request.path):
        raise _refused("the path is not spelled as SigV4 does, or has an empty segment or control characters")
    _, bucket, *rest = request.path.split("/", 2)
    if not _BUCKET.fullmatch(bucket):
        raise _refused("the path does not begin with the name of a bucket")
    return bucket, "".join(rest)


def _has_no_bucket(host: str) -> bool:
    """Whether moto takes the bucket from the path: hosts without a dot, and IPv4 addresses."""
    if "." not in host:
        return True
    try:
        IPv4Address(_PORT.sub("", host))
    except AddressValueError:
        return False
    return True


def _query(request: HttpRequest) -> dict[str, str]:
    """Return the query string without what presigns the request, no name of it twice."""
    presigned = any(p.name == SIGNATURE_PARAMETER for p in request.query)
    given = [p for p in request.query if not (presigned and p.name in _PRESIGNED_WITH)]
    query = {p.name: p.value for p in given}
    if len(query) != len(given):
        raise _refused("a name occurs twice in the query string")
    return query


def _operation(method: str, key: str, query: Mapping[str, str]) -> str:
    if key and method in _ON_OBJECTS:
        return _ON_OBJECTS[method]
    if not key and method == "HEAD":
        return "HeadBucket"
    if not key and method == "GET":
        for operation, mark in _MARKS.items():
            if mark.items() <= query.items():
                return operation
    names = ", ".join(sorted(query))[:128] or "no query string"
    raise _refused(f"{method} of {'an object' if key else 'a bucket'} with {names}")


def _is_metadata(operation: str, name: str) -> bool:
    return operation == "PutObject" and name.startswith(_METADATA)


def _refused(what: str) -> UnmappableRequestError:
    return UnmappableRequestError(f"This gate cannot map a call of s3: {what}")
