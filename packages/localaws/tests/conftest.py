"""What the tests of the gate and of the services share."""

from __future__ import annotations

import pytest

from localaws_testing.account import Account
from localaws_testing.mapper_calls import Emulator


@pytest.fixture
def account() -> Account:
    """Return an emptied account behind a gate."""
    return Account()


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    """An empty moto of this module's own."""
    return Emulator()
