"""Requests for the fuzz loop over the whole gate: proper ones of DynamoDB, and what an attacker makes of them.

`hypothesis` chooses; the operations and bodies start from `dynamodb.generated_requests`. Everything is signed as the
attacker would sign it, who holds a session of `acme` and wants something of somebody else.
"""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from localaws_testing.generated_requests import RequestMaker
from localaws_testing.raw_requests import RawRequest
from localaws_testing.signed_requests import HOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hypothesis.strategies import DrawFn, SearchStrategy

_FOREIGN = ("globex#a", "acme-eu#a", "acme1#a")
_PREFIXES = ("DynamoDB_20120810", "DynamoDB_20120810", "DynamoDBStreams_20120810", "DynamoDB_20111205", "IAM", "")
_OPERATIONS = ("Scan", "GetItem", "Query", "BatchGetItem", "ExecuteStatement", "DescribeTable", "DeleteTable")
_MORE_OPERATIONS = (
    *("UpdateTable", "ListTables", "CreateBackup", "RestoreTableFromBackup", "GetResourcePolicy", "PutResourcePolicy"),
    *("TagResource", "UpdateTimeToLive", "ListTagsOfResource", "ListStreams", "GetRecords", "ExportTableToPointInTime"),
    *("CreateTable", "UpdateContinuousBackups", "EnableKinesisStreamingDestination", "scan", "SCAN", "get_item"),
)
_CONTENT_TYPES = (
    *("application/x-amz-json-1.0", "application/x-amz-json-1.1", "application/json", "application/cbor", "text/xml"),
    *("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", ""),
    *(
        "application/x-amz-json-1.0; charset=utf-16",
        "Application/X-AMZ-JSON-1.0",
        "application/x-amz-json-1.0,text/plain",
    ),
)
_FORMS = (
    b"Action=Scan&TableName=items&Version=2012-08-10",
    b'{"TableName":"items","x":"&Action=Scan&TableName=items&"}',
    b'{"TableName":"items"}&Action=Scan&TableName=items',
    (
        b"Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2FTenantRole"
        b"&RoleSessionName=globex&Tags.member.1.Key=tenant&Tags.member.1.Value=globex"
    ),
    b"Action=GetCallerIdentity&Version=2011-06-15",
    b"Action=CreateAccessKey&Version=2010-05-08&UserName=operator",
    b"",
)
_TARGETS = (
    *("/", "//", "/?", "/?Action=Scan", "/?Action=Scan&TableName=items&Version=2012-08-10", "/items", "/%2e%2e/"),
    *("/moto-api/reset", "/moto-api/data.json", "/%6doto-api/reset", "/iam_us-east-1/", "/?X-Amz-Target=x", "/?a=b#c"),
    *(
        "/us-east-1_a/.well-known/jwks.json",
        "/service/DynamoDB/operation/Scan",
        "http://dynamodb.us-east-1.amazonaws.com/",
    ),
    *(
        "/?x=.us-east-1.amazonaws.com",
        "/?TableName=vault",
        "/\\",
        "/;a=b",
        "/?Action=Scan&Action=GetItem",
        "*",
        "/\xff",
    ),
    *("/_localaws/decisions", "/_localaws/execution-credentials/TenantRole", "/latest/meta-data/", "/favicon.ico"),
)
_HOSTS = (
    *("dynamodb.us-east-1.amazonaws.com", "streams.dynamodb.eu-west-1.amazonaws.com", "s3.amazonaws.com", "moto_api"),
    *("dynamodb", "iam.amazonaws.com", "x.ddb.eu-west-1.amazonaws.com", "127.0.0.1:4566,evil", "", "instance_metadata"),
)
_HEADERS: tuple[tuple[str, str], ...] = (
    ("Action", "Scan"),
    ("X-Amz-Action", "Scan"),
    ("X-Moto-Account-Id", "999999999999"),
    ("User-Agent", "aws-sdk region/us-east-2"),
    ("User-Agent", "region/us-east-1 x"),
    ("X-Forwarded-Host", "dynamodb.us-east-1.amazonaws.com"),
    ("X-HTTP-Method-Override", "GET"),
    ("Content-Encoding", "gzip"),
    ("Content-Encoding", "identity"),
    ("Content-Encoding", "aws-chunked"),
    ("Transfer-Encoding", "chunked"),
    ("Transfer-Encoding", "identity"),
    ("Content-Length", "0"),
    ("Content-Length", "2"),
    ("Content-Length", "99999"),
    ("Smithy-Protocol", "rpc-v2-cbor"),
    ("X-Amz-Meta-A_B", "c"),
    ("X-Amz_Target", "DynamoDB_20120810.Scan"),
    ("X_Amz_Target", "DynamoDB_20120810.Scan"),
    ("X-Amzn-Query-Mode", "true"),
    ("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"),
    ("X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
    ("X-Amz-Security-Token", "other"),
    ("X-Amz-Date", "20260101T000000Z"),
    ("Expect", "100-continue"),
    ("Cookie", "a=b"),
    ("Origin", "null"),
    ("Range", "bytes=0-1"),
    ("Authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request"),
    ("TableName", "vault"),
    ("Connection", "keep-alive, x-amz-target"),
)
_SERVICES = ("sts", "iam", "s3", "execute-api", "cognito-idp", "secretsmanager", "dynamodbstreams", "lambda", "events")
_REGIONS = ("us-east-1", "eu-central-1", "aws", "global", "s3", "x", "cn-north-1")


def _swapped(text: bytes) -> bytes:
    return text.replace(b"acme#", b"globex#", 1)


def _last(text: bytes, member: bytes) -> bytes:
    return text[:-1] + b"," + member + b"}" if text.endswith(b"}") else text + member


BODIES: tuple[Callable[[bytes], bytes], ...] = (
    lambda text: b'{"TableName":"vault",' + text[1:],
    lambda text: _last(text, b'"TableName":"vault"'),
    lambda text: _last(text, b'"Key":{"pk":{"S":"globex#a"},"sk":{"S":"a"}}'),
    lambda text: text.replace(b'{"S": "acme#', b'{"S": "globex#a", "S": "acme#', 1),
    lambda text: text.replace(b'{"S": "acme#', b'{"N": "1", "S": "acme#', 1),
    lambda text: text.replace(b'"Key"', b'"\\u004bey"'),
    lambda text: text.replace(b'"TableName"', b'"tableName"', 1),
    lambda text: text.replace(b'"pk"', b'"PK"', 1),
    lambda text: text.replace(b'"pk"', b'"pk", "pk"', 1),
    lambda text: text.replace(b'"acme#', b'"acme#&Action=Scan&TableName=items&', 1),
    lambda text: text.replace(b'"acme#', b'"acme#\\u0026Action=Scan\\u0026', 1),
    lambda text: text.replace(b"acme#", b"acme\\u0023", 1),
    lambda text: text.replace(b"acme#", b"acme#\\ud800", 1),
    lambda text: text.replace(b"acme#", b"acme#\\u0000", 1),
    lambda text: text.replace(b"acme#", b"acme#\xff", 1),
    lambda text: text.replace(b"acme#", "ａcme#".encode(), 1),  # noqa: RUF001 -- a full-width letter is the point
    lambda text: text.replace(b"acme#a", b"acme#a' OR pk = 'globex#a", 1),
    lambda text: text.replace(b"acme#a", b"acme#a'' OR pk = ''globex#a", 1),
    lambda text: text.replace(b"'acme#a'", b"'acme#a' OR pk = 'globex#a'", 1),
    lambda text: text.replace(b"'acme#a'", b"'acme#a'--", 1),
    lambda text: text.replace(b"pk =", b"pk >=", 1),
    lambda text: text.replace(b" AND ", b" OR ", 1),
    lambda text: text.replace(b'"EQ"', b'"GE"', 1),
    _swapped,
    lambda text: _swapped(_swapped(text)),
    lambda text: text.replace(b"items", b"vault", 1),
    lambda text: text.replace(b'"items"', b'"arn:aws:dynamodb:eu-west-1:123456789012:table/items"', 1),
    lambda text: text.replace(b'"items"', b'"items.by_owner"', 1),
    lambda text: text.replace(b'"items"', b'"items/index/by_owner"', 1),
    lambda text: b"\xef\xbb\xbf" + text,
    lambda text: text.decode(errors="replace").encode("utf-16"),
    lambda text: text.decode(errors="replace").encode("utf-32"),
    lambda text: text + b"\0",
    lambda text: text + b"&Action=Scan",
    lambda text: b" \n\t" + text + b"\r\n",
    lambda text: b"[" + text + b"]",
    lambda _: b"[" * 3000 + b"]" * 3000,
    lambda _: b'{"a":' * 500 + b"1" + b"}" * 500,
    lambda text: b"x=" + text,
    lambda text: text[: len(text) // 2],
    lambda text: text.replace(b"1", b"NaN", 1),
    lambda text: text.replace(b'"1"', b"1", 1),
    lambda text: text.replace(b'"1"', b'"1E400"', 1),
    lambda text: text.replace(b": true", b': "true"', 1),
    lambda text: text.replace(b'{"S"', b'{"s"', 1),
)

# Forms of PartiQL beyond those that `RequestMaker` makes.
STATEMENTS = (
    "SELECT * FROM items WHERE pk = 'acme#a' OR pk = 'globex#a'",
    "SELECT * FROM \"items\" WHERE pk IN ['acme#a', 'globex#a']",
    "SELECT * FROM items WHERE (pk = 'acme#a' AND sk = 'a') OR v = 'x'",
    "SELECT * FROM items WHERE NOT pk = 'acme#a'",
    "SELECT * FROM items WHERE pk = 'acme#a' AND pk = 'globex#a'",
    "SELECT * FROM items WHERE pk = 'acme#a' AND sk = '?' AND v = ?",
    "SELECT * FROM items WHERE pk = ? AND v = '?'",
    "SELECT * FROM items WHERE pk = 'acme#a' AND v <> 'it''s'",
    "SELECT * FROM items WHERE pk = '''acme#a'",
    "SELECT * FROM items WHERE v = ' WHERE pk = acme#a'",
    "SELECT * FROM items WHERE v = 'x' -- AND pk = 'acme#a'",
    "SELECT * FROM vault WHERE pk = 'acme#a'",
    'SELECT * FROM "items"."by_owner" WHERE owner = \'acme#a\'',
    "SELECT * FROM items.by_owner WHERE \"owner\" = 'acme#a'",
    "SELECT * FROM items WHERE \"pk\" = 'acme#a' AND contains(v, 'mark')",
    "SELECT pk, v FROM items WHERE pk='acme#a'",
    "SELECT * FROM items WHERE pk = 'acme#a' AND (v = 'x' OR pk = 'globex#a')",
    "SELECT * FROM items WHERE (v = 'x' OR pk = 'globex#a') AND pk = 'acme#a'",
    "SELECT * FROM items WHERE pk = 'acme#a' AND v IN ['x', 'y'] OR pk = 'globex#a'",
    "SELECT * FROM items WHERE pk = 'acme#a' AND sk BETWEEN 'a' AND 'b'",
    "SELECT * FROM items WHERE pk = 'acme#a' AND v = 'x'' OR pk = ''globex#a'",
    "SELECT * FROM items WHERE v = 'x'' OR pk = ''globex#a' AND pk = 'acme#a'",
    "SELECT * FROM items WHERE pk = 'acme#a' AND v = ' OR pk = globex#a'",
    "SELECT * FROM items WHERE pk = 'acme#a' AND NOT (v = 'x' AND sk = 'a')",
    'SELECT * FROM items WHERE pk = \'acme#a\' AND "v" = "pk"',
    "SELECT * FROM items WHERE pk = 'acme#a'AND v <> 'x'",
    "SELECT * FROM items WHERE pk = 'acme#a' OR\npk = 'globex#a'",
    "SELECT * FROM items WHERE pk\n=\n'acme#a'",
    "SELECT * FROM items WHERE pk = 'acme#a' AND v = '\u2019 OR pk = \u2019globex#a'",
    "SELECT \" FROM vault WHERE \" FROM items WHERE pk = 'acme#a'",
    "SELECT \" FROM plain WHERE \" FROM items WHERE pk = 'acme#a'",
    "SELECT v FROM items WHERE pk = 'acme#a' AND v = ' FROM vault WHERE '",
    "SELECT v FROM items WHERE v = ' FROM plain WHERE pk = globex#a' AND pk = 'acme#a'",
    "SELECT * FROM\tvault WHERE pk = 'acme#a'",
    "UPDATE \"items\" SET v = ' WHERE pk = ' WHERE pk = 'acme#a' AND sk = 'a'",
    "UPDATE items SET v = 'x', l = ['a', 'WHERE'] WHERE pk = 'acme#a' AND sk = 'a'",
    "DELETE FROM items WHERE pk = 'acme#a' AND sk = 'a' AND (v = 'x' OR pk = 'globex#a')",
    "INSERT INTO items VALUE {'pk': 'acme#a', 'sk': 'z', 'v': ', ''pk'': ''globex#a'}",
    "INSERT INTO items VALUE {'pk': 'acme#a', 'sk': 'z', 'v': 'x'', ''pk'': ''globex#a'}",
    "INSERT INTO items VALUE {'v': {'pk': 'globex#a'}, 'pk': 'acme#a', 'sk': 'z'}",
    "SELECT pk FROM items, plain WHERE pk = 'acme#a'",
    "SELECT * FROM (SELECT * FROM items) WHERE pk = 'acme#a'",
    "SELECT * FROM items WHERE EXISTS(SELECT * FROM plain WHERE pk = 'globex#a')",
    "EXISTS(SELECT * FROM items WHERE pk = 'globex#a' AND sk = 'a' AND v = 'x')",
    "UPDATE items SET pk = 'globex#a' WHERE pk = 'acme#a' AND sk = 'a'",
    "UPDATE items SET v = 'x' SET l = [] WHERE pk = 'acme#a' AND sk = 'a'",
    "UPDATE items SET v = 'x' WHERE pk = 'acme#a' AND sk = 'a' OR pk = 'globex#a'",
    "UPDATE items REMOVE v WHERE pk IN ['acme#a', 'globex#a']",
    "DELETE FROM items WHERE pk = 'acme#a' AND sk = 'a' AND v = 'x' OR pk = 'globex#a'",
    "DELETE FROM items WHERE pk = 'globex#a' AND sk = 'a' AND pk = 'acme#a'",
    "INSERT INTO items VALUE {'pk': 'acme#a', 'sk': 'z', 'pk': 'globex#a'}",
    "INSERT INTO items VALUE {'pk': 'acme#a', 'sk': 'z', 'PK': 'globex#a'}",
    "INSERT INTO items VALUE {'pk': 'globex#a', 'sk': 'z', 'x': {'pk': 'acme#a'}}",
    "INSERT INTO items VALUE {'pk' : ?, 'sk' : 'z'}",
    "insert into \"items\" value {'pk':'acme#a','sk':'z'}",
)


_KEY = {"pk": {"S": "acme#a"}, "sk": {"S": "a"}}
_SETS_V = {"UpdateExpression": "SET v = :v", "ExpressionAttributeValues": {":v": {"S": "1"}}}
PROPER: dict[str, dict[str, Any]] = {
    "GetItem": {"TableName": "items", "Key": _KEY},
    "PutItem": {"TableName": "items", "Item": _KEY, "ReturnValues": "ALL_OLD"},
    "UpdateItem": {"TableName": "items", "Key": _KEY, "ReturnValues": "ALL_NEW", **_SETS_V},
    "DeleteItem": {"TableName": "items", "Key": _KEY, "ReturnValues": "ALL_OLD"},
    "Query": {
        "TableName": "items",
        "KeyConditionExpression": "pk = :p AND sk >= :s",
        "ExpressionAttributeValues": {":p": {"S": "acme#a"}, ":s": {"S": "a"}},
    },
    "BatchGetItem": {"RequestItems": {"items": {"Keys": [_KEY]}, "plain": {"Keys": [{"pk": {"S": "acme#b"}}]}}},
    "BatchWriteItem": {"RequestItems": {"items": [{"DeleteRequest": {"Key": _KEY}}, {"PutRequest": {"Item": _KEY}}]}},
    "TransactGetItems": {"TransactItems": [{"Get": {"TableName": "items", "Key": _KEY}}]},
    "TransactWriteItems": {"TransactItems": [{"Update": {"TableName": "items", "Key": _KEY, **_SETS_V}}]},
    "ExecuteStatement": {"Statement": "SELECT * FROM items WHERE pk = 'acme#a' AND sk = 'a'"},
    "BatchExecuteStatement": {"Statements": [{"Statement": "DELETE FROM items WHERE pk = 'acme#a' AND sk = 'a'"}]},
    "ExecuteTransaction": {
        "TransactStatements": [{"Statement": "UPDATE items SET v = 'x' WHERE pk = 'acme#a' AND sk = 'a'"}]
    },
}
"""Of each operation a request that is allowed a tenant and that moto carries out."""


def call(operation: str, body: bytes) -> RawRequest:
    """Return a call of DynamoDB without tricks."""
    headers = (
        ("Host", HOST),
        ("X-Amz-Target", f"DynamoDB_20120810.{operation}"),
        ("Content-Type", "application/x-amz-json-1.0"),
    )
    return RawRequest("POST", "/", headers, body)


def proper_calls() -> Iterator[RawRequest]:
    """Yield the proper requests."""
    for operation, document in PROPER.items():
        yield call(operation, json.dumps(document).encode())


def bodies(request: RawRequest) -> Iterator[RawRequest]:
    """Yield a request with its body changed in each way that is known here."""
    for change in BODIES:
        yield replace(request, body=change(request.body))


def tricks(request: RawRequest) -> Iterator[RawRequest]:
    """Yield a request with each trick around its body, one at a time."""
    for header in (*_HEADERS, ("X-Amz-Target", "DynamoDB_20120810.Scan")):
        yield replace(request, headers=(*request.headers, header))
        yield replace(request, headers=(header, *request.headers))
        yield replace(request, unsigned=(header,))
    for target in _TARGETS:
        yield replace(request, target=target)
    for host in _HOSTS:
        yield replace(request, headers=(("Host", host), *request.headers[1:]))
    for content_type in _CONTENT_TYPES:
        yield replace(request, headers=(*request.headers[:2], ("Content-Type", content_type)))
        for form in _FORMS:
            yield replace(request, headers=(*request.headers[:2], ("Content-Type", content_type)), body=form)
            yield replace(request, headers=(request.headers[0], ("Content-Type", content_type)), body=form)
    for method in ("GET", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "get", "TRACE"):
        yield replace(request, method=method)
    for service in _SERVICES:
        yield replace(request, service=service)
    for region in _REGIONS:
        yield replace(request, region=region)


@st.composite
def _operations(draw: DrawFn) -> tuple[str, bytes]:
    """A body that is mostly right, and the operation that it is for."""
    seed = draw(st.binary(min_size=8, max_size=8))  # of integers, hypothesis prefers few
    operation, document = RequestMaker(Random(seed)).request()  # noqa: S311 -- reproducible, not secret
    kind = draw(st.sampled_from((*["made"] * 8, *["legacy"] * 2, "statement", "foreign")))
    if kind == "statement":
        operation, document = "ExecuteStatement", {"Statement": draw(st.sampled_from(STATEMENTS))}
        if "?" in document["Statement"]:
            document["Parameters"] = [{"S": draw(st.sampled_from(("acme#a", *_FOREIGN)))}]
    elif kind == "legacy":
        operation, document = draw(_legacy())
    elif kind == "foreign":
        operation = draw(st.sampled_from((*_OPERATIONS, *_MORE_OPERATIONS)))
    return operation, json.dumps(document).encode()


@st.composite
def _legacy(draw: DrawFn) -> tuple[str, dict[str, Any]]:
    """The parameters that expressions replaced."""
    partition = draw(st.sampled_from(("acme#a", "acme#b", *_FOREIGN)))
    compared = {
        "ComparisonOperator": draw(st.sampled_from(("EQ", "EQ", "NE", "GT", "IN", "BEGINS_WITH", "NOT_NULL"))),
        "AttributeValueList": [{"S": draw(st.sampled_from(("acme#a", "globex#a", "a")))}],
    }
    attribute = draw(st.sampled_from(("pk", "sk", "owner", "v", "age")))
    key = {"pk": {"S": partition}, "sk": {"S": "a"}}
    both = {"ConditionalOperator": draw(st.sampled_from(("AND", "OR")))} if draw(st.booleans()) else {}
    own = {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": partition}]}}
    made: dict[str, dict[str, Any]] = {
        "Query": {"KeyConditions": own | {attribute: compared}, **both},
        "Scan": {"ScanFilter": {attribute: compared}, **both},
        "GetItem": {"Key": key, "AttributesToGet": [attribute]},
        "PutItem": {"Item": key, "Expected": {attribute: compared}, "ReturnValues": "ALL_OLD", **both},
        "DeleteItem": {"Key": key, "Expected": {attribute: {"Value": {"S": "a"}}}, "ReturnValues": "ALL_OLD"},
        "UpdateItem": {
            "Key": key,
            "AttributeUpdates": {attribute: {"Action": "PUT", "Value": {"S": "globex#a"}}},
            "ReturnValues": draw(st.sampled_from(("ALL_NEW", "ALL_OLD", "UPDATED_NEW"))),
        },
    }
    operation = draw(st.sampled_from(sorted(made)))
    if operation == "Query" and draw(st.booleans()):
        made["Query"] = {"KeyConditions": own, "QueryFilter": {attribute: compared}, **both}
    index = {"IndexName": draw(st.sampled_from(("by_owner", "by_age")))} if draw(st.booleans()) else {}
    return operation, {"TableName": "items", **made[operation], **(index if operation in {"Query", "Scan"} else {})}


def _tricked(draw: DrawFn, request: RawRequest) -> RawRequest:
    trick = draw(st.sampled_from(("header", "unsigned header", "target", "type", "host", "place", "method", "form")))
    headers, unsigned = list(request.headers), list(request.unsigned)
    method, target, body, service, region = (
        request.method,
        request.target,
        request.body,
        request.service,
        request.region,
    )
    if trick == "header":
        headers.append(draw(st.sampled_from(_HEADERS)))
    elif trick == "unsigned header":
        unsigned.append(draw(st.sampled_from((*_HEADERS, ("X-Amz-Target", "DynamoDB_20120810.Scan")))))
    elif trick == "target":
        named = f"{draw(st.sampled_from(_PREFIXES))}.{draw(st.sampled_from((*_OPERATIONS, *_MORE_OPERATIONS)))}"
        place = draw(st.integers(0, len(headers)))
        if draw(st.booleans()):
            headers = [pair for pair in headers if pair[0] != "X-Amz-Target"]
        headers.insert(place, (draw(st.sampled_from(("X-Amz-Target", "x-amz-target", "X-AMZ-Target"))), named))
    elif trick == "type":
        headers = [pair for pair in headers if pair[0] != "Content-Type"]
        headers += [("Content-Type", draw(st.sampled_from(_CONTENT_TYPES))) for _ in range(draw(st.integers(0, 2)))]
    elif trick == "host":
        headers = [("Host", draw(st.sampled_from(_HOSTS))), *(pair for pair in headers if pair[0] != "Host")]
    elif trick == "place":
        target = draw(st.sampled_from(_TARGETS))
    elif trick == "method":
        method = draw(st.sampled_from(("GET", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "get", "TRACE")))
    else:
        body = draw(st.sampled_from(_FORMS))
        service = draw(st.sampled_from(("dynamodb", "dynamodb", *_SERVICES)))
        region = draw(st.sampled_from((request.region, request.region, *_REGIONS)))
        if draw(st.booleans()):
            headers = [pair for pair in headers if pair[0] not in {"X-Amz-Target", "Content-Type"}]
            headers.append(("Content-Type", draw(st.sampled_from(_CONTENT_TYPES))))
    return RawRequest(method, target, tuple(headers), body, service, region, tuple(unsigned))


@st.composite
def requests(draw: DrawFn) -> RawRequest:
    """A request of an attacker."""
    operation, body = draw(_operations())
    for _ in range(draw(st.sampled_from((*[0] * 6, 1, 1, 2)))):
        body = draw(st.sampled_from(BODIES))(body)
    request = call(operation, body)
    for _ in range(draw(st.sampled_from((*[0] * 6, 1, 2)))):
        request = _tricked(draw, request)
    return request


REQUESTS: SearchStrategy[RawRequest] = requests()
