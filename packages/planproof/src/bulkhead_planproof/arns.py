"""What an ARN says of itself."""

from __future__ import annotations

import re

_ACCOUNT = re.compile(r"arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}):", re.ASCII)


def account_of(arn: str) -> str | None:
    """Return the account in an ARN, None if there is none."""
    found = _ACCOUNT.match(arn)
    return None if found is None else found[1]
