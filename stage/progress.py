"""Says what long work is doing and how long each step took."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterator


class Progress:
    """Prints a line for each finished step; on a terminal the running one is shown with a spinner."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, stderr=True)

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Show a step while it runs and its duration in seconds once it is done."""
        started = time.monotonic()
        if not self._console.is_terminal:
            self._console.print(f"… {what}", soft_wrap=True)
        with self._console.status(what):
            yield
        self._console.print(f"✓ {what} [dim]{time.monotonic() - started:.1f} s[/dim]", soft_wrap=True)

    def skip(self, what: str, why: str) -> None:
        """Show a step that is left out, so that nobody takes it for done."""
        self._console.print(f"[yellow]-[/yellow] {what}: SKIPPED, {why}", soft_wrap=True)
