"""Ids that the application gives to rows: UUIDs, in lower case."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import WithJsonSchema

from chalicelib.http.parameters import Parameter, cursor_after, text_of_form

ROW_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
#: As an answer gives it.
RowId = Annotated[str, WithJsonSchema(text_of_form(ROW_ID))]
#: Of a list by row id.
CURSOR = cursor_after("4f6c1f0e-5c1b-4f43-9d2b-6a8f8f1d2c3b")
#: Of the answer to a POST.
LOCATION = Parameter("Location", "The path of the new one.", {"type": "string", "format": "uri-reference"})


def row_id(name: str, of: str) -> Parameter:
    """Return the path parameter `name` that names one of these."""
    return Parameter(name, f"Names the {of}.", text_of_form(ROW_ID))
