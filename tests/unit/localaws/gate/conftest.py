"""What the tests of the whole gate share."""

from __future__ import annotations

import pytest

from tests.unit.localaws.gate.account import Account


@pytest.fixture
def account() -> Account:
    """Return an emptied account behind a gate."""
    return Account()
