"""The local API with a weakened control: its session policies do not confine the leading keys."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from chalicelib.vending import strategies as vending
from stage.local.api import main

if TYPE_CHECKING:
    from chalicelib.vending.strategies import Subject, TenantResources

_confined = vending.session_policy


def unconfined(tenant: Subject, resources: TenantResources) -> dict[str, Any]:
    """Return the session policy without the condition on leading keys."""
    policy = _confined(tenant, resources)
    del policy["Statement"][0]["Condition"]
    return policy


if __name__ == "__main__":
    vending.session_policy = unconfined
    sys.exit(main())
