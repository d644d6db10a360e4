"""What the random policies and requests are made of; what is likely stands there several times."""

from __future__ import annotations

from typing import Any

ACCOUNT = "123456789012"
ARN = f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/app"
#: Ids that begin with one another, and some that STS takes though no grammar of ids would.
TENANTS = ("a", "a-b", "acme", "acme-eu", "b", "a", "a-b", "acme", "acme-eu", "b", "acme/eu", "acme:eu", "-", "á")
LEADING_KEYS = "dynamodb:LeadingKeys"
TENANT_TAG = "aws:PrincipalTag/tenant"

#: Each of them carries the partition keys of the items that it touches.
ITEM_ACTIONS = tuple(
    f"dynamodb:{name}"
    for name in (
        *("GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchGetItem", "BatchWriteItem"),
        "ConditionCheckItem",
    )
)
KEYED_STATEMENTS = tuple(f"dynamodb:PartiQL{name}" for name in ("Insert", "Update", "Delete"))
#: These can come without.
OTHER_DATA_ACTIONS = tuple(
    f"dynamodb:{name}"
    for name in (
        *("Scan", "PartiQLSelect", "GetRecords", "CreateBackup", "DeleteTable"),
        *("ExportTableToPointInTime", "UpdateTable", "RestoreTableFromBackup"),
    )
)

_TENANT = f"${{{TENANT_TAG}}}"
SOUND_PATTERN = f"{_TENANT}#*"
VERSIONS = ("2012-10-17",) * 10 + ("2008-10-17", None)
ACTIONS = (
    *("*", "*:*", "dynamodb:*", "dynamodb:Get*", "dynamodb:?etItem", "DynamoDB:query", "dynamodb:*Item", "dynamodb:"),
    *("dynamodb:Scan", "dynamodb:PartiQL*", "dynamodb:Put*Item*", "*:GetItem", "s3:*", "s3:GetObject"),
    *("sts:AssumeRole", "dynamodb:Describe*", "dynamodb:??????*", *ITEM_ACTIONS),
)
#: The segments of ARNs. A service can hold no wildcard, and no variable stands but in the last two.
PARTITIONS = ("aws",) * 6 + ("*", "a?s", "aws*", "*s")
SERVICES = ("dynamodb",) * 8 + ("s3",)
REGIONS = ("eu-central-1",) * 6 + ("*", "eu-*", "*-1", "eu?central-1", "", "eu*1", "us-east-1")
ACCOUNTS = (ACCOUNT,) * 6 + ("*", "1*2", "12345678901?", "", "999999999999", "${aws:PrincipalAccount}", "1234*")
PARTS = (
    *("table/app",) * 6,
    *("*", "table/*", "table/app*", "table/a?p", "table/app/*", "table/app/index/*", "table/app/stream/*", "table"),
    *("table/app-eu", "table/other", "table/*:*", "table/${*}", "table/app${$}", "table/${aws:PrincipalTag/org}"),
    *(f"table/{_TENANT}", f"table/app-{_TENANT}", f"table/${{{TENANT_TAG}, 'app'}}", f"*/{_TENANT}*"),
)
#: Six segments are an ARN; fewer are completed.
LENGTHS = (6,) * 12 + (5, 4, 3)

PLAIN_ARNS = ("*", ARN, f"{ARN}*", ARN.replace("app", "*"))

PATTERNS = (
    *(SOUND_PATTERN,) * 6,
    *(f"{_TENANT}*", _TENANT, f"{_TENANT}-*", f"{_TENANT}#?*", f"?*{_TENANT}#*", f"*#{_TENANT}", f"{_TENANT}/*"),
    *("*", "?*", "acme#*", "acme*", "ACME#*", "*#*", "a?me#*", "", "${*}#*", "a${?}#*", "${$}*", "TENANT#*", "a#own"),
    *(f"TENANT#{_TENANT}#*", f"{_TENANT}{_TENANT}#*", f"{_TENANT}#${{aws:PrincipalTag/org}}#*", "${aws:username}#*"),
    *(f"${{{TENANT_TAG}, 'acme'}}#*",) * 3,
    *("${aws:principaltag/Tenant, ''}#*", "${aws:principaltag/Tenant, ''}#*", "${AWS:PRINCIPALTAG/TENANT}#*"),
)
KEYS = ("dynamodb:LeadingKeys",) * 8 + (
    *("dynamodb:leadingkeys", "DYNAMODB:LeadingKeys", "dynamodb:FirstPartitionKeyValues"),
    *("dynamodb:Attributes", "dynamodb:LeadingKey", "dynamodb:Leading\u212aeys"),
)
TAG_KEYS = (TENANT_TAG,) * 4 + ("aws:principaltag/Tenant", "AWS:PrincipalTag/TENANT")
TAG_VALUES = (*TENANTS, "", "*", "?*", "a*", "acme*", "*-*", "a?me", "${*}", _TENANT, "${aws:PrincipalTag/org}", "ACME")
GUARDS: tuple[Any, ...] = ("false",) * 8 + (False, ["false"], "true", True, ["true", "false"], [])
QUANTIFIERS = ("ForAllValues:",) * 4 + ("ForAnyValue:", "", "")
STRINGS = ("StringLike",) * 5 + ("StringEquals", "StringEquals", "StringEqualsIgnoreCase")
NEGATED = ("StringNotEquals", "StringNotLike", "StringNotEqualsIgnoreCase")
#: How many conditions a statement without a model has.
ROWS = (1,) * 20 + (2,) * 10 + (3, 3, 0)
#: Conditions on other keys.
OTHER_ROWS: tuple[tuple[str, str, Any], ...] = (
    ("Bool", "aws:SecureTransport", "true"),
    ("BoolIfExists", "aws:SecureTransport", ["false"]),
    ("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
    ("NotIpAddress", "aws:SourceIp", ["10.0.0.0/9", "::1"]),
    ("NumericLessThan", "dynamodb:PageSize", 10),
    ("DateGreaterThan", "aws:CurrentTime", "2026-01-01T00:00:00Z"),
    ("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/*"),
    ("StringEquals", "dynamodb:Select", ["SPECIFIC_ATTRIBUTES", "COUNT"]),
    ("StringEquals", "aws:PrincipalTag/org", "o1"),
    ("ForAllValues:StringEquals", "dynamodb:Attributes", ["pk", "sk"]),
    ("StringLike", "dynamodb:EnclosingOperation", "Transact*"),
)
#: What a request may say of them: pairs of a key and its value.
OTHER_CONTEXTS: tuple[tuple[tuple[str, str | tuple[str, ...]], ...], ...] = (
    (
        *(("aws:SecureTransport", "true"), ("aws:SourceIp", "10.200.0.1"), ("dynamodb:PageSize", "5")),
        ("aws:PrincipalTag/org", "o1"),
    ),
    (
        *(("aws:SecureTransport", "true"), ("aws:username", "acme"), ("dynamodb:Select", "COUNT")),
        ("dynamodb:PageSize", "5"),
    ),
    (
        *(("aws:SecureTransport", "false"), ("aws:CurrentTime", "2026-06-01T00:00:00Z")),
        ("dynamodb:Attributes", ("pk", "sk")),
    ),
    (
        *(("aws:SecureTransport", "true"), ("aws:CurrentTime", "2026-06-01T00:00:00Z")),
        *(("aws:SourceIp", "192.168.1.1"), ("aws:PrincipalTag/org", "acme")),
        ("aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/app-TenantRole"),
    ),
    (),
)

#: What requests are made of.
ASKED_ACTIONS = (
    *ITEM_ACTIONS,
    *KEYED_STATEMENTS,
    *OTHER_DATA_ACTIONS,
    "s3:GetObject",
    "sts:AssumeRole",
    "dynamodb:DescribeTable",
)
ASKED_RESOURCES = (
    *(ARN,) * 4,
    *(f"{ARN}/index/by-date", f"{ARN}/stream/2026-01-01T00:00:00.000", f"{ARN}/backup/01", "*"),
    *(f"{ARN}-eu", ARN.replace("app", "other"), ARN.replace("eu-central-1", "us-east-1")),
    *(ARN.replace(ACCOUNT, "999999999999"), "arn:aws:s3:::bucket/a#1", "arn:aws-cn:dynamodb:::table/app:x"),
)
TAGS = (*TENANTS, *TENANTS, None, "")
#: How many keys a request has.
COUNTS = (1,) * 14 + (2, 2, 2, 3, 0)
BEHIND = ("#1", "#1", "#own", "#", "", "-1", "x#1", "/x#1", "#o1#1", "é#1")
FILLINGS = ("", "x", "app", "a:b", "#", "acme", "1")
KEYS_OF_ITEMS = frozenset(("dynamodb:leadingkeys", "dynamodb:firstpartitionkeyvalues"))
