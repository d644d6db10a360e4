"""What the tests of the gate and of the services share."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from localaws_testing.account import Account
from localaws_testing.mapper_calls import Emulator

# A busy machine is no failure, and fixtures that make stateless things may be shared between examples.
settings.register_profile(
    "localaws", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("localaws")


@pytest.fixture
def account() -> Account:
    """Return an emptied account behind a gate."""
    return Account()


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    """An empty moto of this module's own."""
    return Emulator()
