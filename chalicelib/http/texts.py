"""Texts that people write and read."""

from __future__ import annotations

import re

from pydantic import Field

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def printable(value: str) -> str:
    """Return the text, of any script.

    Raises:
        ValueError: it holds control characters.
    """
    if _CONTROL.search(value):
        raise ValueError("must not hold control characters")
    return value


#: Beside `printable` in an annotation, for its JSON schema.
PRINTABLE = Field(json_schema_extra={"pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$"})
