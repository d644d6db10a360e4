"""What stops a command, in words for the person who typed it."""

from __future__ import annotations


class CommandError(Exception):
    """Something a person must put right; the message is one sentence that says what to do."""
