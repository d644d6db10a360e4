"""Functions that tests register, each a little different from what a user would write."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

CALLS: list[str] = []


def tag(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tag the id token with the tenant, as for sessions of AWS; and show in it what the function was given."""
    CALLS.append(context.aws_request_id)
    attributes = event["request"]["userAttributes"]
    seen = {
        "event": {key: value for key, value in event.items() if key != "response"},
        "response": event["response"],
        "arn": context.invoked_function_arn,
        "calls": len(CALLS),
        "pid": os.getpid(),
        "cwd": str(Path.cwd()),
        "environment": {key: value for key, value in os.environ.items() if key.startswith("AWS_")},
    }
    added = {"https://aws.amazon.com/tags": {"principal_tags": {"tenant": [attributes["custom:tenantID"]]}}}
    event["response"] = {
        "claimsAndScopeOverrideDetails": {"idTokenGeneration": {"claimsToAddOrOverride": {**added, "seen": seen}}}
    }
    print("a function prints")  # noqa: T201 -- it shall appear in the log
    return event


def as_told(event: dict[str, Any], _: Any) -> Any:
    """Do what the user's attribute `nickname` says."""
    told = event["request"]["userAttributes"]["nickname"]
    if told == "raise":
        raise ValueError("not today")
    if told == "exit":
        sys.exit(3)
    if told == "sleep":
        time.sleep(60)
    if told == "set":
        return {1}
    answer = json.loads(told)
    return answer.get("whole", {**event, "response": answer})
