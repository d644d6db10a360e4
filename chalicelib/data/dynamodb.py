"""What DynamoDB's refusals and failures mean to the application."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotocoreConnectionError
from botocore.parsers import ResponseParserError

from chalicelib.errors import StoreUnavailableError, TenantAccessDeniedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

# Source: AWS, "Error handling with DynamoDB" (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/
# Programming.Errors.html). Credentials that STS no longer knows are dropped by ScopedClients and vended anew.
_TRY_AGAIN = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "ExpiredTokenException",
        "UnrecognizedClientException",
    }
)
_SERVER_ERROR = 500
log = logging.getLogger(__name__)


class ConditionFailedError(Exception):
    """The condition of a write does not hold, and nothing was written: for the stores, which know what that means.

    `found` is the item that is there, if the write asked for it.
    """

    def __init__(self, found: object) -> None:
        super().__init__("the condition does not hold")
        self.found = found


def assignments(changed: Mapping[str, Any]) -> tuple[str, dict[str, str], dict[str, Any]]:
    """Return the clause of an update that sets these attributes, and the names and values that it refers to.

    They are numbered, so that no attribute's name can be one that the rest of a statement uses.
    """
    return (
        ", ".join(f"#set{number} = :set{number}" for number in range(len(changed))),
        {f"#set{number}": name for number, name in enumerate(changed)},
        {f":set{number}": value for number, value in enumerate(changed.values())},
    )


def attribute_of(value: str | Decimal | date | int) -> dict[str, Any]:
    """Return a field's value as DynamoDB stores it: a price as text, since a number would forget the zero of 1.10."""
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, Decimal):
        return {"S": format(value, "f")}
    return {"S": value if isinstance(value, str) else value.isoformat()}


def attributes_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row's fields as DynamoDB stores them."""
    return {name: attribute_of(value) for name, value in fields.items()}


@contextmanager
def application_errors() -> Iterator[None]:
    """Raise DynamoDB's refusals and failures as the application's errors.

    Raises:
        TenantAccessDeniedError: IAM refused.
        StoreUnavailableError: DynamoDB is unreachable, throttling or failing; or a conditional write was tried again
            because its answer was lost, and it may have been its own first try that made the condition false.
        ConditionFailedError: the condition of a write does not hold.
    """
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ConditionalCheckFailedException":
            if error.response["ResponseMetadata"].get("RetryAttempts"):
                raise StoreUnavailableError("It is not known whether this was done: look, and try again.") from error
            raise ConditionFailedError(error.response.get("Item")) from error
        log.warning("DynamoDB refused: %s", error)
        if code == "AccessDeniedException":
            raise TenantAccessDeniedError("IAM does not let this tenant do that.") from error
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if code in _TRY_AGAIN or status >= _SERVER_ERROR:
            raise StoreUnavailableError(
                "The data store cannot take this request right now; try again shortly."
            ) from error
        raise
    except (BotocoreConnectionError, HTTPClientError, ResponseParserError) as error:
        log.warning("DynamoDB cannot be reached: %s", error)
        raise StoreUnavailableError("The data store cannot be reached; try again shortly.") from error
