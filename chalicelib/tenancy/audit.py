"""The audit log: one structured JSON line for each action of the control plane and each refused data access.

A line holds tenant, actor, action, outcome and request id, and never a token, key, secret or password.
"""

from __future__ import annotations

import functools
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger


class Outcome(StrEnum):
    """What came of an action."""

    SUCCEEDED = "succeeded"
    IN_PROGRESS = "in progress"
    REFUSED = "refused"
    FAILED = "failed"


def record(  # noqa: PLR0913 -- the line has so many fields, each named at the call
    action: str, outcome: Outcome, *, tenant: str, actor: str, request_id: str, reason: str = ""
) -> None:
    """Write the line; `reason` names a class of errors, since messages may hold what callers sent."""
    line = {
        "action": action,
        "outcome": outcome.value,
        "tenant": tenant,
        "actor": actor,
        "request_id": request_id,
        **({"reason": reason} if reason else {}),
    }
    _logger().info("audit", extra=line)


@functools.cache
def _logger() -> Logger:
    from aws_lambda_powertools import Logger  # noqa: PLC0415 -- 70 ms, which a request that is not recorded does not need

    # The level is set here, so that Powertools' variables do not switch the audit off. The service names the logger
    # as well, and must not be the app's: Chalice's own logger of that name would write each line once more.
    return Logger(service="audit", level="INFO", location=None)
