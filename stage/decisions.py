"""What the local AWS decided, read from the outside."""

from __future__ import annotations

from typing import Any

from stage.http_api import get_json


def read_decisions(endpoint_url: str) -> list[dict[str, Any]]:
    """Return the last decisions of a local AWS, oldest first.

    Raises:
        OSError: it cannot be reached.
    """
    decisions: list[dict[str, Any]] = get_json(f"{endpoint_url}/_localaws/decisions")["decisions"]
    return decisions
