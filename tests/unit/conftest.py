"""What the unit tests share."""

from __future__ import annotations

import pytest

from tests.unit.user_pool import UserPool


@pytest.fixture(scope="session")
def user_pool() -> UserPool:
    """The application's user pool."""
    return UserPool()


@pytest.fixture(scope="session")
def foreign_pool() -> UserPool:
    """Somebody else's user pool that uses the same key id."""
    return UserPool()
