"""What DynamoDB's refusals and failures mean to the application."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from chalicelib.data.dynamodb import ConditionFailedError, application_errors
from chalicelib.errors import StoreUnavailableError, TenantAccessDeniedError

SECRET = "arn:aws:sts::123456789012:assumed-role/TenantRole/acme.member"
URL = "https://dynamodb.invalid"


def client_error(code: str, status: int = 400) -> ClientError:
    """Make the error that botocore makes of such an answer."""
    return ClientError(
        {
            "Error": {"Code": code, "Message": f"{SECRET} said no"},
            "ResponseMetadata": {
                "HTTPStatusCode": status,
                "RequestId": "r",
                "HostId": "",
                "HTTPHeaders": {},
                "RetryAttempts": 0,
            },
        },
        "Query",
    )


def test_a_refusal_by_iam_is_access_denied() -> None:
    """The caller gets a 403 that names no ARN, and the cause stays for the log."""
    refused = client_error("AccessDeniedException")
    with pytest.raises(TenantAccessDeniedError) as denied, application_errors():
        raise refused
    assert denied.value.STATUS_CODE == 403
    assert denied.value.__cause__ is refused
    assert SECRET not in str(denied.value)


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(client_error("ThrottlingException"), id="throttled"),
        pytest.param(client_error("ProvisionedThroughputExceededException"), id="throughput exceeded"),
        pytest.param(client_error("RequestLimitExceeded"), id="limit exceeded"),
        pytest.param(client_error("InternalServerError", 500), id="internal error"),
        pytest.param(client_error("ServiceUnavailable", 503), id="unavailable"),
        pytest.param(client_error("SomethingNew", 502), id="any other error of the server"),
        pytest.param(client_error("500", 500), id="error without a code"),
        pytest.param(client_error("ExpiredTokenException"), id="credentials expired under way"),
        pytest.param(client_error("UnrecognizedClientException"), id="credentials unknown"),
        pytest.param(EndpointConnectionError(endpoint_url=URL), id="unreachable"),
        pytest.param(ConnectTimeoutError(endpoint_url=URL), id="connect timeout"),
        pytest.param(ReadTimeoutError(endpoint_url=URL), id="read timeout"),
        pytest.param(ConnectionClosedError(endpoint_url=URL), id="connection closed"),
        pytest.param(SSLError(endpoint_url=URL, error=OSError("handshake")), id="no TLS"),
        pytest.param(ResponseParserError("not JSON"), id="an answer that is none of DynamoDB"),
    ],
)
def test_a_failure_that_may_pass_is_store_unavailable(failure: Exception) -> None:
    """The caller gets a 503, which carries `Retry-After`, and learns nothing of what is behind."""
    with pytest.raises(StoreUnavailableError) as unavailable, application_errors():
        raise failure
    assert unavailable.value.STATUS_CODE == 503
    assert unavailable.value.__cause__ is failure
    assert SECRET not in str(unavailable.value)
    assert URL not in str(unavailable.value)


def test_a_condition_that_does_not_hold_is_the_stores_to_read() -> None:
    """With the item that is there, if the write asked for it."""
    error = client_error("ConditionalCheckFailedException")
    error.response["Item"] = {"pk": {"S": "a"}}  # type: ignore[typeddict-unknown-key]
    with pytest.raises(ConditionFailedError) as failed, application_errors():
        raise error
    assert failed.value.found == {"pk": {"S": "a"}}


def test_after_a_lost_answer_a_condition_that_does_not_hold_says_nothing() -> None:
    """The first try may have been carried out, and have made it false: the caller must look, not give up."""
    error = client_error("ConditionalCheckFailedException")
    error.response["ResponseMetadata"]["RetryAttempts"] = 1
    with pytest.raises(StoreUnavailableError, match="not known whether this was done"), application_errors():
        raise error


@pytest.mark.parametrize("code", ["ValidationException", "ResourceNotFoundException"])
def test_other_errors_stay_what_they_are(code: str) -> None:
    """They are bugs and must become an opaque 500."""
    error = client_error(code)
    with pytest.raises(ClientError) as raised, application_errors():
        raise error
    assert raised.value is error


@pytest.mark.parametrize("bug", [ParamValidationError(report="TableName is missing"), NoCredentialsError()])
def test_a_wrong_call_is_a_bug_and_no_unavailable_store(bug: Exception) -> None:
    """Trying again would not help: it becomes an opaque 500."""
    with pytest.raises(type(bug)), application_errors():
        raise bug


def test_what_is_no_error_of_dynamodb_passes_through() -> None:
    """A bug in the block is not disguised as an unavailable store."""
    with pytest.raises(KeyError), application_errors():
        raise KeyError("Items")


def test_nothing_is_raised_when_all_is_well() -> None:
    """The twin of the failures above."""
    with application_errors():
        done = True
    assert done
