"""Parameters of path and query, and cursors: parsed strictly, refused with a 400 that names the parameter."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from chalicelib.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice.app import Request

_LIMIT = re.compile(r"[1-9][0-9]{0,2}")
_DEFAULT_LIMIT, _MAX_LIMIT = 50, 100


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named text beside the body: in the path, in the query, or a header of a request or an answer."""

    name: str
    description: str
    schema: Mapping[str, Any]
    required: bool = True
    example: str | None = None


LIMIT = Parameter(
    "limit",
    "How many to return at most.",
    {"type": "integer", "minimum": 1, "maximum": _MAX_LIMIT, "default": _DEFAULT_LIMIT},
    required=False,
)


def parse_limit(request: Request) -> int:
    """Return the page size that the query asks for, 50 when it does not.

    Raises:
        InvalidRequestError: it is not an integer from 1 to 100.
    """
    given = parse_parameter(request, "limit")
    if given is None:
        return _DEFAULT_LIMIT
    if not _LIMIT.fullmatch(given) or int(given) > _MAX_LIMIT:
        raise InvalidRequestError(f"limit: must be an integer from 1 to {_MAX_LIMIT}")
    return int(given)


def parse_cursor(request: Request, position: re.Pattern[str]) -> str | None:
    """Return the position within the caller's own list that the query's cursor stands for.

    Raises:
        InvalidRequestError: it is no cursor of this list.
    """
    given = parse_parameter(request, "cursor")
    if given is None:
        return None
    try:
        decoded = base64.b64decode(given, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        decoded = ""
    if not position.fullmatch(decoded) or encode_cursor(decoded) != given:
        raise InvalidRequestError("cursor: is not one that this list returned")
    return decoded


def cursor_after(position: str) -> Parameter:
    """Return the query parameter `cursor` of a list that may hold something at this position."""
    return Parameter(
        "cursor",
        "Where to go on: the `next_cursor` of the page before. Any other text is refused.",
        {"type": "string", "pattern": "^[A-Za-z0-9_-]+={0,2}$"},
        required=False,
        example=encode_cursor(position),
    )


def encode_cursor(position: str | None) -> str | None:
    """Return the opaque cursor for a position; it holds no partition key and so can lead to no other tenant's list."""
    return base64.urlsafe_b64encode(position.encode()).decode() if position is not None else None


def parse_path_parameter(name: str, value: str, form: re.Pattern[str]) -> str:
    """Return the value, decoded: whether API Gateway has decoded it already is documented nowhere.

    Raises:
        InvalidRequestError: it does not have the form.
    """
    decoded = unquote(value)
    if not form.fullmatch(decoded):
        raise InvalidRequestError(f"{name}: must match {form.pattern}")
    return decoded


def parse_parameter(request: Request, name: str) -> str | None:
    """Return a query parameter, None when it is absent.

    Raises:
        InvalidRequestError: it is given more than once.
    """
    parameters = request.query_params
    values: list[str] = parameters.getlist(name) if parameters is not None and name in parameters else []
    if len(values) > 1:
        raise InvalidRequestError(f"{name}: must be given once")
    return values[0] if values else None


def text_of_form(form: re.Pattern[str]) -> dict[str, Any]:
    """Return the JSON schema of the texts that match the whole form."""
    return {"type": "string", "pattern": f"^(?:{form.pattern})$"}
