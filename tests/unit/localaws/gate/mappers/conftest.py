"""What the mappers' tests share."""

from __future__ import annotations

import pytest

from tests.unit.localaws.gate.mappers.emulator import Emulator


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    """An empty moto of this module's own."""
    return Emulator()
