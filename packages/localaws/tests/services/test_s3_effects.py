"""What moto does with calls of S3: that it is what was authorized, and what it would do with those that are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from moto.s3.models import s3_backends
from moto.utilities.utils import get_partition

from bulkhead_localaws.moto.catalogs import MotoBucketCatalog
from bulkhead_localaws.moto.emulator import ACCOUNT_ID, PARTITION
from bulkhead_localaws.protocol.checks import UnmappableRequestError
from bulkhead_localaws.services.arns import partition_of
from localaws_testing.account import Account, policy, statement, text
from localaws_testing.s3_requests import ARN, BUCKET, Caller, administrator, session_of
from localaws_testing.signed_requests import REGION

if TYPE_CHECKING:
    from collections.abc import Mapping

CATALOG = MotoBucketCatalog(ACCOUNT_ID, REGION)
EVERYTHING_OF_S3 = policy(statement("s3:*"))
KEYS = ("exports/a", "exports/", "exports/a b+ü~*?", "exports/a;b:#", "exports%2Fa", "exports/%2e%2e/a", "x/exports/a")
PATHS = (
    "exports/a",
    "exports/",
    "exports/a%20b%2B%C3%BC~%2A%3F",
    "exports/a%3Bb%3A%23",
    "exports%252Fa",
    "exports/%252e%252e/a",
    "x/exports/a",
)


def stored(bucket: str = BUCKET) -> dict[str, list[bytes | None]]:
    """Return the versions of every object: their content, None for a delete marker."""
    keys = s3_backends[ACCOUNT_ID][PARTITION].buckets[bucket].keys
    return {key: [getattr(version, "value", None) for version in keys.getlist(key)] for key in dict.keys(keys)}


def version_of(key: str, number: int) -> str:
    """Return the id of a version."""
    return str(s3_backends[ACCOUNT_ID][PARTITION].buckets[BUCKET].keys.getlist(key)[number].version_id)


def set_versioning(admin: Caller, status: str) -> None:
    """Enable or suspend versioning."""
    document = f"<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>"
    assert admin.ask("PUT", f"/{BUCKET}?versioning", body=document.encode()).status == 200


def narrow(account: Account) -> Caller:
    """Return a caller who may do everything with S3, and so only what is mapped."""
    return session_of(account, "s3-user", EVERYTHING_OF_S3)


def resource(account: Account, answer: Any) -> str:
    """Return the resource of the one decision about a call."""
    (decision,) = account.decisions(answer)
    assert decision["decision"] == "Allowed"
    return str(decision["resource"])


@pytest.mark.parametrize(("path", "key"), list(zip(PATHS, KEYS, strict=True)))
def test_the_object_that_is_authorized_is_the_one_that_moto_writes_reads_and_deletes(
    account: Account, path: str, key: str
) -> None:
    """In every spelling of a path that is read."""
    administrator(account, BUCKET)
    caller = narrow(account)

    written = caller.put(path, b"it")
    assert resource(account, written) == f"{ARN}/{key}"
    assert stored() == {key: [b"it"]}
    read, head = caller.ask("GET", f"/{BUCKET}/{path}"), caller.ask("HEAD", f"/{BUCKET}/{path}")
    assert (read.body, head.headers["content-length"]) == (b"it", "2")
    assert resource(account, read) == resource(account, head) == f"{ARN}/{key}"
    deleted = caller.ask("DELETE", f"/{BUCKET}/{path}")
    assert (resource(account, deleted), stored()) == (f"{ARN}/{key}", {})


def test_a_version_that_is_authorized_is_the_one_that_moto_reads_and_deletes(account: Account) -> None:
    """And a delete without one leaves all of them."""
    admin, caller = administrator(account, BUCKET), narrow(account)
    set_versioning(admin, "Enabled")
    for content in (b"1", b"2"):
        caller.put("k", content)
    first = version_of("k", 0)

    read = caller.ask("GET", f"/{BUCKET}/k?versionId={first}")
    assert (read.body, account.decisions(read)[0]["action"]) == (b"1", "s3:GetObjectVersion")
    marked = caller.ask("DELETE", f"/{BUCKET}/k")
    assert (marked.status, stored()) == (204, {"k": [b"1", b"2", None]})
    deleted = caller.ask("DELETE", f"/{BUCKET}/k?versionId={first}")
    assert account.decisions(deleted)[0]["action"] == "s3:DeleteObjectVersion"
    assert stored() == {"k": [b"2", None]}


def test_a_body_does_not_turn_a_delete_into_one_of_a_version(account: Account) -> None:
    """In moto it does: whoever may only mark an object as deleted could destroy what it was."""
    admin, caller = administrator(account, BUCKET), narrow(account)
    set_versioning(admin, "Enabled")
    caller.put("k", b"1")
    body = f'{{"versionId": "{version_of("k", 0)}"}}'.encode()

    assert "has no body" in caller.refused(caller.ask("DELETE", f"/{BUCKET}/k", body=body))
    assert stored() == {"k": [b"1"]}
    assert admin.ask("DELETE", f"/{BUCKET}/k", body=body).status == 204
    assert stored() == {}


def test_where_nothing_is_versioned_no_version_is_deleted(account: Account) -> None:
    """Moto deletes the object, whatever version is named; `null` is what S3 calls the only one."""
    admin, caller = administrator(account, BUCKET), narrow(account)
    caller.put("k", b"1")
    caller.put("l", b"2")

    assert "nothing is versioned" in caller.refused(caller.ask("DELETE", f"/{BUCKET}/k?versionId=other"))
    assert caller.ask("DELETE", f"/{BUCKET}/l?versionId=null").status == 204
    assert stored() == {"k": [b"1"]}
    assert admin.ask("DELETE", f"/{BUCKET}/k?versionId=other").status == 204
    assert stored() == {}


def test_where_versioning_is_suspended_nothing_is_written(account: Account) -> None:
    """S3 keeps the versions that there are, and moto does not."""
    admin, caller = administrator(account, BUCKET), narrow(account)
    set_versioning(admin, "Enabled")
    for content in (b"1", b"2"):
        caller.put("k", content)
    set_versioning(admin, "Suspended")

    for answer in (caller.put("k"), caller.ask("DELETE", f"/{BUCKET}/k")):
        assert "versioning is suspended" in caller.refused(answer)
    assert stored() == {"k": [b"1", b"2"]}
    assert admin.put("k", b"3").status == 200
    assert stored() == {"k": [b"3"]}


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"If-None-Match": '"other"'}, id="an ETag that must not match"),
        pytest.param({"If-Match": ""}, id="an empty condition"),
        pytest.param({"X-Amz-Expected-Bucket-Owner": "999988887777"}, id="another owner"),
    ],
)
def test_a_condition_that_moto_does_not_heed_is_refused(account: Account, headers: Mapping[str, str]) -> None:
    """Moto would write; S3 would not."""
    admin, caller = administrator(account, BUCKET), narrow(account)
    caller.put("k", b"1")

    assert caller.ask("PUT", f"/{BUCKET}/k", headers, b"2").status == 403
    assert stored() == {"k": [b"1"]}
    assert admin.ask("PUT", f"/{BUCKET}/k", headers, b"2").status == 200
    assert stored() == {"k": [b"2"]}


def test_a_condition_that_moto_heeds_is_heeded(account: Account) -> None:
    """The twins of those above."""
    administrator(account, BUCKET)
    caller = narrow(account)
    etag = caller.put("k", b"1").headers["etag"]

    assert caller.ask("PUT", f"/{BUCKET}/k", {"If-None-Match": "*"}, b"2").status == 412
    assert caller.ask("PUT", f"/{BUCKET}/k", {"If-Match": '"other"'}, b"2").status == 412
    assert caller.ask("DELETE", f"/{BUCKET}/k", {"If-Match": '"other"'}).status == 412
    assert stored() == {"k": [b"1"]}
    own = {"X-Amz-Expected-Bucket-Owner": ACCOUNT_ID, "If-Match": etag}
    assert caller.ask("PUT", f"/{BUCKET}/k", own, b"2").status == 200
    assert stored() == {"k": [b"2"]}


def test_a_bucket_in_the_host_and_one_cut_short_are_refused(account: Account) -> None:
    """Moto reads another bucket, or another key, than the path says."""
    admin, caller = administrator(account, BUCKET, "other-bucket"), narrow(account)
    caller.put("k", b"1")

    def ask(who: Caller) -> tuple[Any, Any]:
        return (
            who.ask("PUT", "/other-bucket/k", body=b"2", host=f"{BUCKET}.localhost:4566"),
            who.ask("GET", f"/{BUCKET};x?list-type=2"),
        )

    for answer in ask(caller):
        assert answer.status == 403
    assert stored() == {"k": [b"1"]}
    _, listed = ask(admin)
    assert stored() == {"k": [b"1"], "other-bucket/k": [b"2"]}
    assert f"<Name>{BUCKET}</Name>" in listed.text


def test_a_listing_holds_nothing_but_the_prefix_that_was_authorized(account: Account) -> None:
    """On every page, for objects and versions alike."""
    admin, caller = administrator(account, BUCKET), narrow(account)
    set_versioning(admin, "Enabled")
    for number in range(3):
        caller.put(f"exports/{number}")
        caller.put(f"other/{number}")

    query, seen = "list-type=2&prefix=exports%2F&max-keys=2", []
    page = caller.ask("GET", f"/{BUCKET}?{query}")
    seen.append(page.text)
    seen.append(caller.ask("GET", f"/{BUCKET}?{query}&continuation-token={page.element('NextContinuationToken')}").text)
    seen.append(caller.ask("GET", f"/{BUCKET}?versions&prefix=exports%2F").text)
    assert [text.count("<Key>exports/") for text in seen] == [2, 1, 3]
    assert "other/" not in "".join(seen)
    assert account.decisions(page)[0]["context"]["s3:prefix"] == "exports/"


def test_the_catalog_sees_what_policies_can_know_of_a_bucket_and_its_objects(account: Account) -> None:
    """As they are at the moment of the call."""
    admin = administrator(account, BUCKET)
    document = text(policy({"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{ARN}/no"}))
    encryption = (
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms"
        "</SSEAlgorithm><KMSMasterKeyID>{}</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule>"
        "</ServerSideEncryptionConfiguration>"
    )
    admin.put("plain", x_amz_tagging="class=public")
    admin.ask("PUT", f"/{BUCKET}?policy", body=document.encode())
    admin.ask("PUT", f"/{BUCKET}?encryption", body=encryption.format("mine").encode())
    admin.put("secret")
    set_versioning(admin, "Enabled")

    bucket = CATALOG.bucket(BUCKET)
    assert bucket is not None
    assert (bucket.account, bucket.policy) == (ACCOUNT_ID, document)
    assert (bucket.versioning, bucket.kms_key) == ("Enabled", "mine")
    plain, secret = (CATALOG.stored(BUCKET, key, None) for key in ("plain", "secret"))
    assert plain is not None
    assert secret is not None
    assert (plain.tags, plain.kms_key, secret.tags, secret.kms_key) == ({"class": "public"}, None, {}, "mine")
    assert CATALOG.stored(BUCKET, "plain", "null") == plain
    assert CATALOG.stored(BUCKET, "plain", "other") is None
    assert (CATALOG.bucket("absent"), CATALOG.stored("absent", "k", None)) == (None, None)
    for managed in ("alias/aws/s3", f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:alias/aws/s3"):
        admin.ask("PUT", f"/{BUCKET}?encryption", body=encryption.format(managed).encode())
        found = CATALOG.bucket(BUCKET)
        assert found is not None
        assert found.kms_key is None
    admin.ask("DELETE", f"/{BUCKET}/plain")
    assert CATALOG.stored(BUCKET, "plain", None) is None


def test_the_storage_of_a_table_bucket_is_no_bucket(account: Account) -> None:
    """Moto finds it by the name of a bucket."""
    administrator(account)
    s3_backends[ACCOUNT_ID][PARTITION].create_table_storage_bucket(region_name=REGION)
    (name,) = s3_backends[ACCOUNT_ID][PARTITION].table_buckets

    with pytest.raises(UnmappableRequestError, match="table bucket"):
        CATALOG.bucket(name)


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "mars-1"])
def test_moto_looks_in_the_partition_of_the_arn(region: str) -> None:
    """Or the region is refused."""
    try:
        partition = partition_of(region)
    except UnmappableRequestError:
        partition = ""
    assert partition in {"", get_partition(region)}
