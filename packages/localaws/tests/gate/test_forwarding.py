"""What moto executes is what the gate has authenticated: shown by effect, with the attack next to its remedy."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.auth import SigV4QueryAuth
from hypothesis import given
from hypothesis import strategies as st
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from bulkhead_localaws.gate.authentication import authenticate
from bulkhead_localaws.gate.forwarding import forwarded
from bulkhead_localaws.protocol.requests import HttpRequest
from localaws_testing.signed_requests import (
    BOTH_KEYS,
    MAX_BODY,
    WireRequest,
    captured,
    client,
    get_item,
    signed,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Emulator = Callable[[dict[str, Any]], tuple[int, bytes]]
SMUGGLED = b'{"TableName":"t","Key":{"pk":{"S":"acme#1&Action=Scan&x=1"}}}'


@pytest.fixture(scope="module")
def moto() -> Iterator[Emulator]:
    """A moto server with a table that holds another tenant's item."""
    application = DomainDispatcherApplication(create_backend_app)

    def call(environ: dict[str, Any]) -> tuple[int, bytes]:
        statuses: list[str] = []
        body = b"".join(application(environ, lambda status, *_: statuses.append(status)))
        return int(statuses[0][:3]), body

    table = client("dynamodb")
    schema = {"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}
    schema |= {"AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}]}
    create = captured(table, "create_table", TableName="t", BillingMode="PAY_PER_REQUEST", **schema)
    put = captured(table, "put_item", TableName="t", Item={"pk": {"S": "globex#1"}})
    for wire in (create, put):
        assert call(wire.environ())[0] == 200
    yield call
    assert call(captured(table, "delete_table", TableName="t").environ())[0] == 200


def through_the_gate(wire: WireRequest, environ: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what is forwarded of an authenticated request."""
    environ = environ or wire.environ()
    request = HttpRequest.from_environ(environ, max_body=MAX_BODY)
    caller = authenticate(request, BOTH_KEYS, wire.signed_at)
    return forwarded(environ, request, service=caller.service, authorization=caller.authorization)


def test_an_action_hidden_in_json_is_not_executed(moto: Emulator) -> None:
    """Moto alone executes GetItem of such a key as Scan and gives away another tenant's item."""
    wire = get_item(body=SMUGGLED)

    assert b"globex" in moto(wire.environ())[1]
    assert moto(through_the_gate(wire)) == (200, b"{}")


def test_values_with_ampersands_arrive_unchanged(moto: Emulator) -> None:
    """The allowed twin: what is escaped on the way means the same."""
    item = {"pk": {"S": "acme#a&b=c&Action=Scan"}, "\u00e9&=": {"S": 'a\\"&=\\u0026'}}
    table = client("dynamodb")

    assert moto(through_the_gate(captured(table, "put_item", TableName="t", Item=item)))[0] == 200
    status, body = moto(through_the_gate(captured(table, "get_item", TableName="t", Key={"pk": item["pk"]})))
    assert (status, json.loads(body)) == (200, {"Item": item})


def test_an_action_among_the_headers_is_not_executed(moto: Emulator) -> None:
    """Without body and query string, moto takes the headers for parameters."""
    wire = get_item(body=b"").with_header("Action", "ListTables")

    assert moto(wire.environ()) == (200, b'{"TableNames": ["t"]}')
    assert "HTTP_ACTION" not in through_the_gate(wire)
    assert through_the_gate(wire)["wsgi.input"].read() == b"{}"


@pytest.mark.parametrize(("name", "value"), [("User-Agent", "region/us-east-2"), ("X-Moto-Account-Id", "999999999999")])
def test_region_and_account_are_those_of_the_credential(moto: Emulator, name: str, value: str) -> None:
    """Moto lets unsigned headers choose both."""
    wire = captured(client("dynamodb"), "list_tables").without_header("User-Agent").with_header(name, value)

    assert moto(wire.environ()) == (200, b'{"TableNames": []}')
    assert moto(through_the_gate(wire)) == (200, b'{"TableNames": ["t"]}')


def test_a_presigned_call_reaches_the_service_that_it_was_signed_for(moto: Emulator) -> None:
    """Moto alone, without an Authorization header, takes any presigned call for one of S3."""
    wire = signed("sts", method="GET", path="/?Action=GetCallerIdentity&Version=2011-06-15", signer=SigV4QueryAuth)

    assert b"ListAllMyBucketsResult" in moto(wire.environ())[1]
    assert b"GetCallerIdentityResult" in moto(through_the_gate(wire))[1]


def test_only_what_was_read_is_passed_on() -> None:
    """The body is the authenticated one, whatever the stream holds now; other headers and credentials are gone."""
    wire = get_item().with_header("X-Forwarded-Host", "evil").with_header("Cookie", "a=b")
    environ = wire.environ()
    request = HttpRequest.from_environ(environ, max_body=MAX_BODY)

    kept = forwarded(environ, request, service="dynamodb", authorization=None)

    assert kept["wsgi.input"].read() == wire.body
    assert kept["CONTENT_LENGTH"] == str(len(wire.body))
    headers = {key for key in kept if key.startswith("HTTP_")}
    assert headers == {"HTTP_HOST", "HTTP_X_AMZ_TARGET", "HTTP_X_AMZ_DATE"}
    assert "HTTP_COOKIE" in environ


def test_objects_of_s3_are_passed_on_byte_for_byte() -> None:
    """JSON is an object's content there, not its parameters."""
    body = b'{"a": "b&c=d"}'
    wire = captured(client("s3"), "put_object", Bucket="bucket", Key="k", Body=body, ContentType="application/json")
    metadata = captured(client("s3"), "put_object", Bucket="bucket", Key="k", Metadata={"my_key": "v"})

    assert through_the_gate(wire)["wsgi.input"].read() == body
    assert through_the_gate(metadata)["HTTP_X_AMZ_META_MY_KEY"] == "v"


def test_json_without_a_content_type_is_passed_on_without_forms() -> None:
    """A Lambda payload has no type; other bytes without a type stay as they are."""
    invoke = captured(client("lambda"), "invoke", FunctionName="f", Payload=b'{"a": "b&c"}')
    other = captured(client("lambda"), "invoke", FunctionName="f", Payload=b"b&c")

    assert "Content-Type" not in dict(invoke.headers)
    assert through_the_gate(invoke)["wsgi.input"].read() == b'{"a": "b\\u0026c"}'
    assert through_the_gate(other)["wsgi.input"].read() == b"b&c"
    deep = replace(invoke, body=b"[" * 100_000)
    request = deep.read()
    assert forwarded(deep.environ(), request, service="lambda", authorization=None)["wsgi.input"].read() == deep.body


SCALARS = st.none() | st.booleans() | st.text(max_size=8)
JSON_VALUES = st.recursive(SCALARS, lambda values: st.lists(values, max_size=3), max_leaves=5)
GET_ITEM = get_item()


@given(document=st.dictionaries(st.text(max_size=8), JSON_VALUES, max_size=3), escaped=st.booleans())
def test_json_keeps_its_value_and_loses_its_ampersands(document: dict[str, Any], escaped: bool) -> None:  # noqa: FBT001
    """For any document, however it was written."""
    body = json.dumps(document, ensure_ascii=escaped).encode(errors="surrogatepass")
    request = replace(GET_ITEM, body=body).read()

    passed_on = forwarded({}, request, service="dynamodb", authorization=None)["wsgi.input"].read()

    assert json.loads(passed_on.decode(errors="surrogatepass")) == document
    assert not set(b"&=") & set(passed_on)
