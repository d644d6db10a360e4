"""What the tests of all distributions share."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A busy machine is no failure, and fixtures that make stateless things may be shared between examples.
settings.register_profile(
    "packages", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("packages")
