"""The application's errors, as far as the modules that define them are loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def derived_from(base: type[Exception]) -> Iterator[type[Exception]]:
    """Yield every error that derives from this one, at any depth."""
    for error in base.__subclasses__():
        yield error
        yield from derived_from(error)
