"""A narrow role and its bucket: it may use it as its policy says, and nothing else of S3."""

from __future__ import annotations

from typing import Any

import pytest
from moto.s3.models import s3_backends

from bulkhead_localaws.moto.emulator import ACCOUNT_ID, PARTITION
from localaws_testing.account import Account, policy, session_arn, statement, text
from localaws_testing.s3_requests import ARN, BUCKET, EXPORTER, Caller, administrator, session_of

OTHER = "other-bucket"
LIST = f"/{BUCKET}?list-type=2"
FORM = (
    b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nexports/a\r\n'
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nposted\r\n--x--\r\n'
)


@pytest.fixture
def admin(account: Account) -> Caller:
    """The administrator, with two buckets that each hold an object outside and one inside `exports/`."""
    admin = administrator(account, BUCKET, OTHER)
    for bucket in (BUCKET, OTHER):
        for key in ("exports/earlier", "private"):
            assert admin.ask("PUT", f"/{bucket}/{key}", body=key.encode()).status == 200
    return admin


@pytest.fixture
def exporter(admin: Caller) -> Caller:
    """The narrow role."""
    return session_of(admin.account, "exporter", EXPORTER)


def objects() -> dict[str, Any]:
    """Return the content of all objects."""
    buckets = s3_backends[ACCOUNT_ID][PARTITION].buckets
    return {
        f"{name}/{key.name}": key.value
        for name, bucket in buckets.items()
        for key in dict(bucket.keys.items()).values()
    }


def attach(admin: Caller, *statements: dict[str, Any]) -> None:
    """Set the policy of the bucket."""
    answer = admin.ask("PUT", f"/{BUCKET}?policy", body=text(policy(*statements)).encode())
    assert answer.status in {200, 204}


def test_the_role_writes_and_lists_its_exports(exporter: Caller) -> None:
    """The twins of everything that is refused below."""
    for path in ("exports/a", "exports/2026/a%20b", "exports/", "exports/%2A"):
        assert exporter.put(path).status == 200, path
    listed = exporter.ask("GET", f"{LIST}&prefix=exports%2F")

    assert listed.status == 200
    assert listed.text.count("<Key>") == 5
    assert "private" not in listed.text
    assert objects()[f"{BUCKET}/exports/2026/a b"] == b"content"


@pytest.mark.parametrize(
    ("asked", "action"),
    [
        ("PUT /tenant-exports/private", "s3:PutObject"),
        ("PUT /tenant-exports/exports", "s3:PutObject"),
        ("PUT /tenant-exports/exportsx/a", "s3:PutObject"),
        ("PUT /tenant-exports/Exports/a", "s3:PutObject"),
        ("PUT /tenant-exports/x/exports/a", "s3:PutObject"),
        ("PUT /tenant-exports/exports%252Fa", "s3:PutObject"),
        ("PUT /tenant-exports/%2A", "s3:PutObject"),
        ("PUT /other-bucket/exports/a", "s3:PutObject"),
        ("PUT /absent-bucket/exports/a", "s3:PutObject"),
        ("GET /tenant-exports/exports/earlier", "s3:GetObject"),
        ("GET /tenant-exports/exports/earlier?versionId=null", "s3:GetObjectVersion"),
        ("HEAD /tenant-exports/exports/earlier", "s3:GetObject"),
        ("DELETE /tenant-exports/exports/earlier", "s3:DeleteObject"),
        ("DELETE /tenant-exports/exports/earlier?versionId=null", "s3:DeleteObjectVersion"),
        ("GET /tenant-exports?list-type=2", "s3:ListBucket"),
        ("GET /tenant-exports?list-type=2&prefix=", "s3:ListBucket"),
        ("GET /tenant-exports?list-type=2&prefix=exports", "s3:ListBucket"),
        ("GET /tenant-exports?list-type=2&prefix=exports%2F..%2F", "s3:ListBucket"),
        ("GET /tenant-exports?list-type=2&prefix=exports%252F", "s3:ListBucket"),
        ("GET /other-bucket?list-type=2&prefix=exports%2F", "s3:ListBucket"),
        ("GET /tenant-exports?versions&prefix=exports%2F", "s3:ListBucketVersions"),
        ("HEAD /tenant-exports", "s3:ListBucket"),
    ],
)
def test_the_policy_refuses_everything_else_that_is_mapped(exporter: Caller, asked: str, action: str) -> None:
    """For lack of a permission of exactly that name; nothing reaches the emulator, and nothing changes."""
    method, target = asked.split()
    before = objects()
    exporter.account.emulator.reached.clear()

    answer = exporter.ask(method, target, body=b"content" if method == "PUT" else b"")

    assert exporter.refused(answer) == action
    assert (exporter.account.emulator.reached, objects()) == ([], before)
    assert answer.code == ("" if method == "HEAD" else "AccessDenied")


@pytest.mark.parametrize(
    ("asked", "headers"),
    [
        ("PUT /tenant-exports/exports/a", {"X-Amz-Acl": "public-read"}),
        ("PUT /tenant-exports/exports/a", {"X-Amz-Grant-Read": 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'}),
        ("PUT /tenant-exports/exports/a", {"X-Amz-Tagging": "class=public"}),
        ("PUT /tenant-exports/exports/a", {"X-Amz-Copy-Source": "/tenant-exports/private"}),
        ("PUT /tenant-exports/exports/a", {"X-Amz-Website-Redirect-Location": "https://evil.example"}),
        ("PUT /tenant-exports/exports/a", {"X-Amz-Object-Lock-Legal-Hold": "ON"}),
        ("PUT /tenant-exports/exports/a?acl", {"X-Amz-Acl": "public-read"}),
        ("PUT /tenant-exports/exports/a?tagging", {}),
        ("PUT /tenant-exports/exports/a?partNumber=1&uploadId=x", {}),
        ("POST /tenant-exports/exports/a?uploads", {}),
        ("PUT /tenant-exports/exports//a", {}),
        ("PUT /tenant-exports//exports/a", {}),
        ("PUT /tenant-exports/%65xports/a", {}),
        ("PUT /tenant-exports/exports/a;x", {}),
        ("PUT /tenant-exports/exports/a%0A", {}),
        ("GET /tenant-exports?list-type=2&prefix=exports%2F&prefix=", {}),
        ("GET /tenant-exports?list-type=2&prefix=exports%2F&acl", {}),
        ("GET /tenant-exports?prefix=exports%2F", {}),
        ("GET /tenant-exports?policy", {}),
        ("PUT /tenant-exports?policy", {}),
        ("PUT /tenant-exports", {}),
        ("POST /tenant-exports?delete", {}),
        ("GET /", {}),
    ],
)  # fmt: skip
def test_what_cannot_be_mapped_is_refused(exporter: Caller, asked: str, headers: dict[str, str]) -> None:
    """Also below the role's own prefix, and although its policy would allow the call without the addition."""
    method, target = asked.split()
    before = objects()
    exporter.account.emulator.reached.clear()

    answer = exporter.ask(method, target, headers, b"" if method == "GET" else b"content")

    assert exporter.refused(answer).startswith("This gate cannot map a call of s3: ")
    assert (exporter.account.emulator.reached, objects()) == ([], before)


@pytest.mark.parametrize(
    ("asked", "headers", "code"),
    [
        ("PUT /tenant-exports/exports/../private", {}, "InvalidURI"),
        ("PUT /tenant-exports/exports/%2e%2e/private", {}, "InvalidURI"),
        ("PUT /tenant-exports/exports/./a", {}, "InvalidURI"),
        ("PUT /tenant-exports/exports/%ff", {}, "InvalidURI"),
        ("PUT /tenant-exports/exports/a#?acl", {}, "InvalidURI"),
        ("PUT //tenant-exports/exports/a", {}, "SignatureDoesNotMatch"),
        ("PUT /tenant-exports/exports%2Fa", {}, "InvalidRequest"),
        ("PUT /tenant-exports/exports/..%2fprivate", {}, "InvalidURI"),
        ("POST /tenant-exports", {"Content-Type": "multipart/form-data; boundary=x"}, "InvalidRequest"),
        ("PUT /tenant-exports/exports/a", {"Content-Type": "multipart/form-data; boundary=x"}, "InvalidRequest"),
        (
            "PUT /tenant-exports/exports/a",
            {"X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
            "NotImplemented",
        ),
        (
            "PUT /tenant-exports/exports/a",
            {"X-Amz-Content-Sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"},
            "NotImplemented",
        ),
        ("PUT /tenant-exports/exports/a", {"X-Amz-Content-Sha256": "0" * 64}, "XAmzContentSHA256Mismatch"),
    ],
)
def test_what_has_two_readings_is_refused_to_everybody(
    exporter: Caller, admin: Caller, asked: str, headers: dict[str, str], code: str
) -> None:
    """Before anybody asks who may do it: dots, escaped slashes, forms, and bodies that are not those signed."""
    method, target = asked.split()
    before = objects()
    for caller in (exporter, admin):
        answer = caller.ask(method, target, headers, FORM)
        assert answer.code == code
        assert answer.status >= 400
    assert objects() == before


def test_who_did_not_sign_is_refused(exporter: Caller) -> None:
    """There is no anonymous access, whatever the bucket's policy says."""
    attach(administrator(exporter.account), {**statement("s3:*", [ARN, f"{ARN}/*"]), "Principal": "*"})
    environ = {
        "REQUEST_METHOD": "GET",
        "RAW_URI": f"/{BUCKET}/private",
        "QUERY_STRING": "",
        "PATH_INFO": f"/{BUCKET}/private",
    }

    answer = exporter.account.answer({**environ, "HTTP_HOST": "127.0.0.1:4566"})

    assert answer.status == 403
    assert b"private" not in answer.body


def test_the_buckets_policy_gives_what_the_roles_own_does_not(exporter: Caller, admin: Caller) -> None:
    """To whom it names, on what it names."""
    assert exporter.ask("GET", f"/{BUCKET}/private").status == 403
    attach(
        admin,
        {**statement("s3:GetObject", f"{ARN}/private"), "Principal": {"AWS": session_arn("exporter")}},
    )
    other = session_of(admin.account, "other")

    assert exporter.ask("GET", f"/{BUCKET}/private").body == b"private"
    assert exporter.ask("HEAD", f"/{BUCKET}/private").status == 200
    assert exporter.refused(exporter.ask("GET", f"/{BUCKET}/exports/earlier")) == "s3:GetObject"
    assert exporter.refused(exporter.ask("DELETE", f"/{BUCKET}/private")) == "s3:DeleteObject"
    assert other.refused(other.ask("GET", f"/{BUCKET}/private")) == "s3:GetObject"
    assert admin.ask("DELETE", f"/{BUCKET}?policy").status == 204
    assert exporter.ask("GET", f"/{BUCKET}/private").status == 403


def test_a_deny_in_the_buckets_policy_is_for_whom_it_is_meant(exporter: Caller, admin: Caller) -> None:
    """The administrator included where it says so; and with its conditions, which moto would not look at."""
    plain = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}
    attach(
        admin,
        {**statement("s3:PutObject", f"{ARN}/*", effect="Deny", Condition=plain), "Principal": "*"},
        {**statement("s3:GetObject", f"{ARN}/private", effect="Deny"), "Principal": {"AWS": session_arn("exporter")}},
    )

    for caller in (exporter, admin):
        refused = caller.put("exports/a")
        assert "with an explicit deny in a resource-based policy" in refused.message
        assert caller.put("exports/a", x_amz_server_side_encryption="aws:kms").status == 200
    assert admin.ask("GET", f"/{BUCKET}/private").body == b"private"


def test_a_buckets_policy_for_tls_only_is_about_this_plain_connection(exporter: Caller, admin: Caller) -> None:
    """Which is not encrypted, and says so: nobody gets through."""
    assert admin.ask("HEAD", f"/{BUCKET}").status == 200
    tls = {"Bool": {"aws:SecureTransport": "false"}}
    attach(admin, {**statement("s3:*", [ARN, f"{ARN}/*"], effect="Deny", Condition=tls), "Principal": "*"})

    for caller in (exporter, admin):
        assert "explicit deny in a resource-based policy" in caller.put("exports/a").message
        assert caller.ask("HEAD", f"/{BUCKET}").status == 403


def test_a_buckets_policy_that_cannot_be_understood_refuses_everybody(exporter: Caller, admin: Caller) -> None:
    """Moto stores any text."""
    assert exporter.put("exports/a").status == 200
    admin.ask("PUT", f"/{BUCKET}?policy", body=b"\xff no policy")

    for caller in (exporter, admin):
        assert caller.put("exports/a").message.startswith("A policy that applies cannot be understood")


def test_the_tags_of_an_object_decide_who_reads_it(admin: Caller) -> None:
    """From the next request on."""
    secret = {"StringEquals": {"s3:ExistingObjectTag/class": "secret"}}
    reader = session_of(
        admin.account,
        "reader",
        policy(statement("s3:GetObject"), statement("s3:GetObject", effect="Deny", Condition=secret)),
    )
    assert reader.ask("GET", f"/{BUCKET}/private").status == 200

    document = "<Tagging><TagSet><Tag><Key>class</Key><Value>secret</Value></Tag></TagSet></Tagging>"
    assert admin.ask("PUT", f"/{BUCKET}/private?tagging", body=document.encode()).status == 200

    assert "with an explicit deny" in reader.ask("GET", f"/{BUCKET}/private").message
    assert reader.ask("GET", f"/{BUCKET}/exports/earlier").status == 200


def test_the_administrator_still_does_what_cannot_be_mapped(admin: Caller) -> None:
    """As Terraform does: it configures buckets."""
    for asked in ("GET /tenant-exports?acl", "GET /tenant-exports", "GET /", "GET /tenant-exports/private?acl"):
        method, target = asked.split()
        assert admin.ask(method, target).status == 200, asked
    copied = admin.ask("PUT", f"/{OTHER}/copy", {"X-Amz-Copy-Source": f"/{BUCKET}/private"})
    assert (copied.status, objects()[f"{OTHER}/copy"]) == (200, b"private")
