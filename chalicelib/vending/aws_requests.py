"""Which calls of AWS an answer rests on, by the ids that AWS gave them; for development stages only."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.session import Session

#: Holds the ids of AWS's answers, separated by commas, in the order in which they came.
HEADER = "X-Aws-Requests"
_collected: ContextVar[list[str] | None] = ContextVar("collected", default=None)


def watch(session: Session) -> None:
    """Note the answers to all clients that the session creates from now on."""
    session.register("after-call", _note)


@contextmanager
def collecting() -> Iterator[list[str]]:
    """Yield a list to which the ids of the calls that are made in the block's context are added."""
    ids: list[str] = []
    token = _collected.set(ids)
    try:
        yield ids
    finally:
        _collected.reset(token)


def _note(**event: Any) -> None:
    ids, request_id = _collected.get(), event["parsed"].get("ResponseMetadata", {}).get("RequestId")
    if ids is not None and request_id:
        ids.append(str(request_id))
