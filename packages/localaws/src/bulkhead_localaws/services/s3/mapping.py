"""S3 requests → everything that IAM must allow for them.

After "Actions, resources, and condition keys for Amazon S3" in the Service Authorization Reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html).

Refused, unless the caller is an unrestricted administrator: whatever `s3.calls` does not read; a bucket
of another account; a customer's KMS key, since KMS's own permissions and key policies would have to be checked as well;
and what destroys more versions in moto (5.2) than in S3: writes to a bucket whose versioning is suspended (moto keeps
no other version), and the deletion of a version where nothing is versioned (moto deletes the object, whatever version
is named).

Condition keys that this local AWS has no value for are absent: `s3:signatureAge`, `s3:TlsVersion`, and those of access
points.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bulkhead_localaws.protocol.checks import AuthorizationCheck, MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services import tags
from bulkhead_localaws.services.arns import partition_of

if TYPE_CHECKING:
    from bulkhead_localaws.protocol.calls import Call
    from bulkhead_localaws.protocol.checks import ContextValue
    from bulkhead_localaws.services.s3.buckets import Bucket, BucketCatalog, StoredObject

ACTIONS = {
    "DeleteObject": "s3:DeleteObject",
    "GetObject": "s3:GetObject",
    "HeadBucket": "s3:ListBucket",
    "HeadObject": "s3:GetObject",
    "ListObjectVersions": "s3:ListBucketVersions",
    "ListObjectsV2": "s3:ListBucket",
    "PutObject": "s3:PutObject",
}
"""Every operation that is mapped; on a version that is named, the action's name ends in `Version`."""

_KEYS = {
    "AuthType": "s3:authType",
    "ContentSHA256": "s3:x-amz-content-sha256",
    "Delimiter": "s3:delimiter",
    "MaxKeys": "s3:max-keys",
    "Prefix": "s3:prefix",
    "SSEKMSKeyId": "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "ServerSideEncryption": "s3:x-amz-server-side-encryption",
    "StorageClass": "s3:x-amz-storage-class",
    "VersionId": "s3:VersionId",
}
_KEYS_OF_WRITES = {"IfMatch": "s3:if-match", "IfNoneMatch": "s3:if-none-match"}
_READS = frozenset({"GetObject", "HeadObject"})
_WRITES = frozenset({"DeleteObject", "PutObject"})
_ENCRYPTIONS = frozenset({"AES256", "aws:kms", "aws:kms:dsse"})
_STORAGE_CLASS = re.compile(r"[A-Z_]{1,32}")
_MAX_KEYS = re.compile(r"[0-9]{1,9}", re.ASCII)
_LONGEST_KEY = 1024  # bytes of UTF-8: "Object key names" in the S3 User Guide


def checks(call: Call, catalog: BucketCatalog) -> tuple[AuthorizationCheck, ...]:
    """Return everything that must be allowed for a call; `catalog` is that of its region's partition.

    Buckets of all regions have one namespace, so that a bucket's ARN names neither region nor account.

    Raises:
        UnmappableRequestError: it cannot be known, see above.
        MalformedRequestError: S3 would refuse the call.
    """
    action = ACTIONS.get(call.operation)
    if action is None:
        raise UnmappableRequestError(f"This gate cannot map the S3 operation {call.operation[:64]!r}")
    _check_values(call)
    arn = f"arn:{partition_of(call.region)}:s3:::{call.parameters['Bucket']}"
    bucket = catalog.bucket(call.parameters["Bucket"])
    _check_owner(call, bucket)
    policy = None if bucket is None else bucket.policy
    context = _context(call)
    if "Key" not in call.parameters:
        return (AuthorizationCheck(action, arn, context, policy),)
    arn += f"/{call.parameters['Key']}"
    if call.operation in _WRITES:
        _check_write(call, bucket)
        found = [AuthorizationCheck(_of_version(call, action), arn, context, policy)]
        if call.parameters.get("IfMatch", "*") != "*":
            # Who names an ETag learns whether it is the object's: S3 User Guide, "Enforce conditional deletes on Amazon
            # S3 buckets"; conditional writes are taken alike.
            current = _tags(catalog.stored(call.parameters["Bucket"], call.parameters["Key"], None))
            found.append(AuthorizationCheck("s3:GetObject", arn, {**_common(call), **current}, policy))
        return tuple(found)
    stored = catalog.stored(call.parameters["Bucket"], call.parameters["Key"], call.parameters.get("VersionId"))
    if stored is not None and stored.kms_key is not None:
        raise UnmappableRequestError("This gate cannot map the use of the customer's KMS key that encrypts the object")
    return (AuthorizationCheck(_of_version(call, action), arn, {**context, **_tags(stored)}, policy),)


def _of_version(call: Call, action: str) -> str:
    return f"{action}Version" if "VersionId" in call.parameters else action


def _context(call: Call) -> dict[str, ContextValue]:
    """Return the condition keys that a request gives; members that it leaves out have none."""
    keys = _KEYS | _KEYS_OF_WRITES if call.operation in _WRITES else _KEYS
    context: dict[str, ContextValue] = {
        key: call.parameters[member] for member, key in keys.items() if member in call.parameters
    }
    if call.operation == "PutObject":
        context["s3:ObjectCreationOperation"] = "true"  # as opposed to a part of an upload
    return {**_common(call), **context}


def _common(call: Call) -> dict[str, ContextValue]:
    return {
        "s3:authType": call.parameters["AuthType"],
        "s3:ResourceAccount": call.account,
        "s3:signatureversion": "AWS4-HMAC-SHA256",
    }


def _tags(stored: StoredObject | None) -> dict[str, ContextValue]:
    """Return `s3:ExistingObjectTag/…` of an object.

    Raises:
        UnmappableRequestError: it has tags whose keys differ in case only.
    """
    attached = tags.attached({} if stored is None else stored.tags, "s3")
    return {key.replace("s3:ResourceTag/", "s3:ExistingObjectTag/", 1): value for key, value in attached.items()}


def _check_values(call: Call) -> None:
    """Refuse values that S3 refuses and moto takes for others."""
    given = call.parameters
    if len(given.get("Key", "").encode()) > _LONGEST_KEY:
        raise MalformedRequestError("Your key is too long", code="KeyTooLongError")
    if "MaxKeys" in given and not _MAX_KEYS.fullmatch(given["MaxKeys"]):
        raise MalformedRequestError("Argument max-keys must be an integer of up to nine digits", code="InvalidArgument")
    if given.get("ServerSideEncryption", "AES256") not in _ENCRYPTIONS:
        raise MalformedRequestError("The encryption method specified is not supported", code="InvalidArgument")
    if not _STORAGE_CLASS.fullmatch(given.get("StorageClass", "STANDARD")):
        raise MalformedRequestError("The storage class you specified is not valid", code="InvalidStorageClass")
    if call.operation == "PutObject" and given.get("IfNoneMatch", "*") != "*":
        raise UnmappableRequestError("If-None-Match of PutObject can only be '*': moto would write whatever it says")


def _check_owner(call: Call, bucket: Bucket | None) -> None:
    if bucket is not None and bucket.account != call.account:
        raise UnmappableRequestError("The bucket is in another account")
    if call.parameters.get("ExpectedBucketOwner", call.account) != call.account:
        # S3 refuses; moto does not compare.
        raise UnmappableRequestError("The bucket's owner is not the one that the request expects")


def _check_write(call: Call, bucket: Bucket | None) -> None:
    given = call.parameters
    managed = f"arn:{partition_of(call.region)}:kms:{call.region}:{call.account}:alias/aws/s3"
    if given.get("SSEKMSKeyId", managed) not in {managed, "alias/aws/s3"}:
        raise UnmappableRequestError("This gate cannot map the use of a customer's KMS key")
    if bucket is None:
        return
    if call.operation == "PutObject" and bucket.kms_key is not None and given.get("ServerSideEncryption") != "AES256":
        raise UnmappableRequestError("This gate cannot map the use of the customer's KMS key that encrypts the bucket")
    if bucket.versioning == "Suspended":
        raise UnmappableRequestError("moto would delete all versions of an object, since versioning is suspended")
    if bucket.versioning is None and given.get("VersionId", "null") != "null":
        raise UnmappableRequestError("moto would delete the object, whatever version is named: nothing is versioned")
