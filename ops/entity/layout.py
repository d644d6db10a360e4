"""Lines of what no formatter formats: the page's JavaScript, and SQL inside a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH = 120


def inside(parts: Sequence[str], *, beside: int, margin: int, step: int, end: str = "") -> str:
    """Return the parts between two brackets: on one line when they fit, else each on its own.

    Args:
        parts: what is separated by commas.
        beside: how many characters the line has outside of the brackets.
        margin: how far the line stands from the left.
        step: how much further each part does where it has a line.
        end: what then follows the last one.
    """
    line = ", ".join(parts)
    if len(line) + beside <= _WIDTH:
        return line
    each = ",".join(f"\n{' ' * (margin + step)}{part}" for part in parts)
    return f"{each}{end}\n{' ' * margin}"
