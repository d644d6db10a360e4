"""Calls an AWS service and tells how that ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import ScopedCredentialsError
from isolation.attack.outcomes import Kind, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

#: What a service says only after IAM let the request pass: an attacker learns from it, or was stopped by chance.
_PASSED = frozenset(
    {
        "404",
        "ConditionalCheckFailedException",
        "NoSuchKey",
        "NoSuchVersion",
        "ResourceNotFoundException",
        "TransactionCanceledException",
    }
)
_SERVER_ERROR = 500


def call_aws(call: Callable[[], Any]) -> Outcome:
    """Call, and return how it ended, with all that came back."""
    try:
        answer = call()
    except ClientError as error:
        return _of_error(error.response)
    except (BotoCoreError, ScopedCredentialsError, OSError) as error:
        return Outcome(Kind.FAILED, type(error).__name__, str(error))
    metadata = answer["ResponseMetadata"]
    if "Body" in answer:
        answer = answer | {"Body": answer["Body"].read()}
    content = repr({name: value for name, value in answer.items() if name != "ResponseMetadata"})
    return Outcome(Kind.ALLOWED, request_id=metadata.get("RequestId", ""), content=content)


def _of_error(response: Any) -> Outcome:
    code, message = response["Error"]["Code"], response["Error"].get("Message", "")
    metadata = response["ResponseMetadata"]
    kind = Kind.REFUSED
    if code in _PASSED:
        kind = Kind.ALLOWED
    elif metadata["HTTPStatusCode"] >= _SERVER_ERROR:
        kind = Kind.FAILED
    # An error can carry an item, such as ReturnValuesOnConditionCheckFailure.
    return Outcome(kind, code, message, metadata.get("RequestId", ""), content=repr(response))
