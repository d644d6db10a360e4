"""From a long counterexample to a short one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def smallest(value: Any, fails: Callable[[Any], bool]) -> Any:
    """Return JSON of which nothing more can be left out so that it still fails."""
    while (smaller := next(filter(fails, _smaller(value)), None)) is not None:
        value = smaller
    return value


def _smaller(value: Any) -> Iterator[Any]:
    """Yield what is left without one member or item, and with one that is itself smaller."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield {name: each for name, each in value.items() if name != key}
            yield from ({**value, key: less} for less in _smaller(member))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield value[:index] + value[index + 1 :]
            yield from ([*value[:index], less, *value[index + 1 :]] for less in _smaller(item))
