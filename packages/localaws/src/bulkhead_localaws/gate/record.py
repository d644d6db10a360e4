"""What the gate decided, for people who want to know why."""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bulkhead_iam import Decision
    from bulkhead_localaws.gate.callers import Caller
    from bulkhead_localaws.protocol.checks import AuthorizationCheck, ContextValue

log = logging.getLogger("localaws")

_MOST_VALUES, _LONGEST_VALUE, _LONGEST_LINE = 100, 2048, 4096  # what one request can make this process remember


@dataclass(frozen=True, slots=True)
class Recorded:
    """One decision about one action on one resource.

    `context` holds the condition keys that came from the request itself, long values cut short; `tags` are the
    principal's.
    """

    request_id: str
    time: datetime
    principal: str
    tags: Mapping[str, str]
    action: str
    resource: str
    context: Mapping[str, ContextValue]
    decision: Decision

    def as_document(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return {
            "request_id": self.request_id,
            "time": self.time.isoformat(),
            "principal": self.principal,
            "tags": dict(self.tags),
            "action": self.action,
            "resource": self.resource,
            "context": {key: list(value) if isinstance(value, tuple) else value for key, value in self.context.items()},
            "decision": self.decision.effect.value,
            "policy_kind": self.decision.kind,
            "statement": self.decision.statement,
            "unmet": [asdict(condition) for condition in self.decision.unmet],
            "message": self.decision.message,
        }


class DecisionRecord:
    """The last decisions, newest last."""

    def __init__(self, capacity: int = 1_000) -> None:
        self._lock = threading.Lock()
        self._last: deque[Recorded] = deque(maxlen=capacity)

    def add(
        self, request_id: str, time: datetime, caller: Caller, check: AuthorizationCheck, decision: Decision
    ) -> None:
        """Keep a decision, and log it when it is a refusal."""
        recorded = Recorded(
            request_id=request_id,
            time=time,
            principal=caller.principal.arn,
            tags=caller.tags,
            action=check.action,
            resource=check.resource,
            context={key: _shortened(value) for key, value in check.context.items()},
            decision=_without_long_values(decision),
        )
        with self._lock:
            self._last.append(recorded)
        if not decision.allowed:
            log_refusal(request_id, str(recorded.decision))

    def as_documents(self) -> list[dict[str, Any]]:
        """Return all that is kept, oldest first, as JSON-ready data."""
        with self._lock:
            kept = list(self._last)
        return [each.as_document() for each in kept]


def log_refusal(request_id: str, reason: str) -> None:
    """Log why a request was refused: one line, whatever names from the request are in it."""
    line = "".join(character if character.isprintable() else repr(character)[1:-1] for character in reason)
    log.warning("%s refused: %s", request_id, _cut(line, _LONGEST_LINE))


def _without_long_values(decision: Decision) -> Decision:
    if not decision.unmet:
        return decision
    unmet = [each if each.actual is None else replace(each, actual=_shortened(each.actual)) for each in decision.unmet]
    return replace(decision, unmet=tuple(unmet))


def _shortened(value: ContextValue) -> ContextValue:
    if isinstance(value, str):
        return _cut(value, _LONGEST_VALUE)
    kept = tuple(_cut(each, _LONGEST_VALUE) for each in value[:_MOST_VALUES])
    return kept if len(value) <= _MOST_VALUES else (*kept, f"… and {len(value) - _MOST_VALUES} more")


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
