"""What stops a command, in words for the person who typed it."""

from __future__ import annotations

#: The exit code of a command that Ctrl-C ended, as shells have it.
INTERRUPTED = 130


class CommandError(Exception):
    """Something a person must put right; the message is one sentence that says what to do."""
