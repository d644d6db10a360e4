"""Error answers, read back by botocore's own parsers and raised by its clients."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.exceptions import ClientError
from botocore.parsers import create_parser
from hypothesis import given
from hypothesis import strategies as st

from bulkhead_localaws.protocol.requests import Headers
from bulkhead_localaws.protocol.wire import ErrorAnswer, Protocol, claimed_service, error_response, protocol_of
from localaws_testing.signed_requests import captured, client

MESSAGE = 'User: arn:aws:iam::1:user/"a" is <not> authorized & that\'s it \u2014 \U0001f512'
REQUEST_ID = "5JQ1TSC7WJQ3H"
PARSERS = {
    Protocol.JSON_1_0: "json",
    Protocol.JSON_1_1: "json",
    Protocol.REST_JSON: "rest-json",
    Protocol.CBOR: "smithy-rpc-v2-cbor",
    Protocol.QUERY: "query",
    Protocol.EC2: "ec2",
    Protocol.REST_XML: "rest-xml",
    Protocol.S3: "rest-xml",
}
CLIENTS: list[tuple[str, str, Protocol, dict[str, Any]]] = [
    ("dynamodb", "list_tables", Protocol.JSON_1_0, {}),
    ("secretsmanager", "list_secrets", Protocol.JSON_1_1, {}),
    ("cognito-idp", "list_user_pools", Protocol.JSON_1_1, {"MaxResults": 1}),
    ("sqs", "list_queues", Protocol.JSON_1_0, {}),
    ("sts", "get_caller_identity", Protocol.QUERY, {}),
    ("iam", "list_users", Protocol.QUERY, {}),
    ("ec2", "describe_vpcs", Protocol.EC2, {}),
    ("lambda", "list_functions", Protocol.REST_JSON, {}),
    ("apigateway", "get_rest_apis", Protocol.REST_JSON, {}),
    ("route53", "list_hosted_zones", Protocol.REST_XML, {}),
    ("s3", "list_buckets", Protocol.S3, {}),
    ("s3", "get_object", Protocol.S3, {"Bucket": "bucket", "Key": "k"}),
]


def parsed(protocol: Protocol, answer: ErrorAnswer) -> dict[str, Any]:
    """Let botocore parse an answer."""
    headers = HeadersDict(answer.headers)
    response = {"status_code": int(answer.status[:3]), "headers": headers, "body": answer.body}
    parser: Any = create_parser(PARSERS[protocol])
    result: dict[str, Any] = parser.parse(response, None)
    return result


class Raw:
    """The body of an answer, as urllib3 would give it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> list[bytes]:
        """Return the body in pieces."""
        return [self._body]


def answered(service: str, operation: str, answer: ErrorAnswer, **parameters: Any) -> ClientError:
    """Return what a real client raises when it gets that answer."""
    called = client(service, retries={"total_max_attempts": 1})

    def answer_instead(**_: Any) -> AWSResponse:
        headers: Any = HeadersDict(answer.headers)
        return AWSResponse("http://x", int(answer.status[:3]), headers, Raw(answer.body))

    called.meta.events.register("before-send", answer_instead)
    with pytest.raises(ClientError) as caught:
        getattr(called, operation)(**parameters)
    return caught.value


@pytest.mark.parametrize("protocol", Protocol)
def test_botocore_parses_code_message_and_request_id(protocol: Protocol) -> None:
    """Markup, quotes and characters beyond the basic plane arrive as they were written."""
    answer = error_response(protocol, 403, "AccessDeniedException", MESSAGE, REQUEST_ID)

    result = parsed(protocol, answer)

    assert result["Error"]["Code"] == "AccessDeniedException"
    assert result["Error"]["Message"] == MESSAGE
    assert result["ResponseMetadata"]["RequestId"] == REQUEST_ID
    assert answer.status == "403 Forbidden"
    assert dict(answer.headers)["Content-Length"] == str(len(answer.body))


@pytest.mark.parametrize("protocol", Protocol)
@given(message=st.text(st.characters(), max_size=40))
def test_any_message_can_be_parsed(protocol: Protocol, message: str) -> None:
    """Control characters, which XML cannot carry, and lone surrogates are replaced, not sent."""
    result = parsed(protocol, error_response(protocol, 400, "ValidationException", message, REQUEST_ID))

    assert result["Error"]["Code"] == "ValidationException"
    assert (result["Error"]["Message"] or "").isprintable() or not message.isprintable()


@pytest.mark.parametrize(("service", "operation", "protocol", "parameters"), CLIENTS)
def test_a_client_raises_the_error_that_was_meant(
    service: str, operation: str, protocol: Protocol, parameters: dict[str, Any]
) -> None:
    """The protocol is chosen from what the client sent, and its answer becomes the right ClientError."""
    sent = captured(client(service), operation, **parameters).read()
    chosen = protocol_of(sent.headers, sent.raw_query)

    error = answered(service, operation, error_response(chosen, 403, "AccessDenied", MESSAGE, REQUEST_ID), **parameters)

    assert chosen is protocol
    assert error.response["Error"] == error.response["Error"] | {"Code": "AccessDenied", "Message": MESSAGE}
    assert error.response["ResponseMetadata"]["RequestId"] == REQUEST_ID
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_modelled_error_becomes_its_own_class() -> None:
    """DynamoDB's namespaces are cut off by SDKs."""
    answer = error_response(Protocol.JSON_1_0, 400, "ResourceNotFoundException", "none", REQUEST_ID)

    error = answered("dynamodb", "list_tables", answer)

    assert type(error).__name__ == "ResourceNotFoundException"
    assert b'"com.amazon.coral.service#ResourceNotFoundException"' in answer.body


def test_a_head_request_gets_no_body() -> None:
    """The client then knows the status and the request id only, as from AWS."""
    answer = error_response(Protocol.S3, 403, "AccessDenied", MESSAGE, REQUEST_ID, method="HEAD")

    error = answered("s3", "head_object", answer, Bucket="bucket", Key="k")

    assert answer.body == b""
    assert error.response["Error"]["Code"] == "403"
    assert error.response["ResponseMetadata"]["RequestId"] == REQUEST_ID


@pytest.mark.parametrize(
    ("headers", "query", "protocol"),
    [
        ({}, "", Protocol.S3),
        ({}, "Action=ListUsers", Protocol.QUERY),
        ({"content-type": "application/x-www-form-urlencoded; charset=utf-8"}, "", Protocol.QUERY),
        ({"content-type": "Application/X-Amz-Json-1.0"}, "", Protocol.JSON_1_0),
        ({"x-amz-target": "A.B"}, "", Protocol.JSON_1_1),
        ({"smithy-protocol": "rpc-v2-cbor"}, "", Protocol.CBOR),
        ({"authorization": "AWS4-HMAC-SHA256 Credential=A/1/r/ec2/aws4_request"}, "", Protocol.EC2),
        ({"authorization": "Credential=A/1/r/lambda/aws4_request, x"}, "", Protocol.REST_JSON),
        ({"authorization": "Credential=A/1/r/LAMBDA/aws4_request"}, "", Protocol.S3),
        ({"authorization": "\xff" * 200}, "", Protocol.S3),
        ({}, "X-Amz-Credential=A%2F1%2Fr%2Fsts%2Faws4_request&X-Amz-Date=1", Protocol.QUERY),
    ],
)
def test_the_protocol_is_guessed_from_what_there_is(headers: dict[str, str], query: str, protocol: Protocol) -> None:
    """Also of requests that are refused because they make no sense."""
    assert protocol_of(Headers(headers.items()), query) is protocol


@given(text=st.text(st.sampled_from("Credential=/%2F,&aws4_request é"), max_size=300))
def test_guessing_never_fails(text: str) -> None:
    """The claimed service is a plain name or nothing, whatever the header holds."""
    service = claimed_service(Headers([("authorization", text)]), text)

    assert service is None or service.replace("-", "").isalnum()
    assert protocol_of(Headers([("authorization", text), ("content-type", text)]), text) in Protocol
