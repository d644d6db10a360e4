"""What the local AWS decided, read from the outside."""

from __future__ import annotations

import json
import urllib.request
from typing import Any


def read_decisions(endpoint_url: str) -> list[dict[str, Any]]:
    """Return the last decisions of a local AWS, oldest first.

    Raises:
        OSError: it cannot be reached.
    """
    with urllib.request.urlopen(f"{endpoint_url}/_localaws/decisions") as answer:  # noqa: S310 -- on loopback
        decisions: list[dict[str, Any]] = json.load(answer)["decisions"]
        return decisions
