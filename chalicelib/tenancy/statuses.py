"""Where a tenant is in its life, and whether it is active as the authorizer knows it: for a bounded time."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_CAPACITY = 10_000


class Status(StrEnum):
    """Where a tenant is in its life. It only ever goes forward, but for being suspended and resumed."""

    ONBOARDING = "onboarding"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    OFFBOARDING = "offboarding"
    OFFBOARDED = "offboarded"


class TenantStatuses:
    """Remembers each tenant's status for so many seconds; a failure is not remembered."""

    def __init__(
        self,
        status: Callable[[str], Status | None],
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._status = status
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, bool]] = OrderedDict()

    def is_active(self, tenant_id: str) -> bool:
        """Return whether the registry has the tenant as active, or had so at most that many seconds ago.

        Raises:
            StoreUnavailableError: the registry cannot be asked.
        """
        now = self._clock()
        known = self._known.get(tenant_id)
        if known is not None and now < known[0]:
            return known[1]
        active = self._status(tenant_id) is Status.ACTIVE
        with self._lock:
            self._known[tenant_id] = now + self._seconds, active  # from before the question: the answer may be as old
            self._known.move_to_end(tenant_id)
            if len(self._known) > _CAPACITY:
                self._known.popitem(last=False)
        return active
