"""The local API with a bug and without the control that contains it: see the two modules of which it is made."""

from __future__ import annotations

import sys

from chalicelib import wiring
from chalicelib.vending import strategies as vending
from stage.local.api import main
from tests.support.unconfined_session_policy_api import unconfined
from tests.support.wrong_tenant_api import table_of_acme

if __name__ == "__main__":
    wiring.table = table_of_acme
    vending.session_policy = unconfined
    sys.exit(main())
