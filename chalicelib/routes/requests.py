"""Bodies, query parameters and cursors: parsed strictly, refused with a 400 that names the field."""

from __future__ import annotations

import base64
import binascii
import json
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from chalicelib.errors import InvalidRequestError
from chalicelib.routes.operations import Parameter

if TYPE_CHECKING:
    from chalice.app import Request

_LIMIT = re.compile(r"[1-9][0-9]{0,2}")
_DEFAULT_LIMIT, _MAX_LIMIT = 50, 100
_MAX_NUMBER_LENGTH = 400  # DynamoDB's smallest number, written out with 38 digits, has 170
_MAX_INTEGER_DIGITS = 18  # longer ones become decimals, which no integer field takes
LIMIT = Parameter(
    "limit",
    "How many to return at most.",
    {"type": "integer", "minimum": 1, "maximum": _MAX_LIMIT, "default": _DEFAULT_LIMIT},
    required=False,
)
_MAX_PROBLEMS, _MAX_NAME_LENGTH = 10, 64  # a refusal must not send a large body back


class Body(BaseModel):
    """Base of every request body: unknown fields are refused, and nothing is coerced silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _without_defaults(schema: dict[str, Any]) -> None:
    schema["minProperties"] = 1
    for field in schema["properties"].values():
        del field["default"]


class Patch(Body):
    """Base of the bodies that name some fields of a resource; those that are left out stay as they are.

    Each field's default None only ever stands for "left out": the types do not admit a null in the body.
    """

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    @model_validator(mode="after")
    def _names_a_field(self) -> Self:
        if not self.model_fields_set:
            raise ValueError(f"name at least one of {', '.join(type(self).model_fields)}")
        return self


AnyBody = TypeVar("AnyBody", bound=Body)


def parse_body(request: Request, model: type[AnyBody]) -> AnyBody:
    """Read the raw body: Chalice's own `json_body` makes floats of decimals and takes NaN.

    Raises:
        InvalidRequestError: it is not JSON, or not what the model says; the message names the fields concerned,
            the first ten when there are more.
    """
    try:
        document = json.loads(
            request.raw_body,
            parse_float=_exact,
            parse_int=_integer,
            parse_constant=_exact,
            object_pairs_hook=_without_duplicates,
        )
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError("The body is not a JSON document.") from error
    if not isinstance(document, dict):
        raise InvalidRequestError("The body must be a JSON object.")
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise InvalidRequestError(_sentence(error)) from error


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


def _integer(literal: str) -> int | Decimal:
    # An int would forget the sign of -0.
    return _exact(literal) if len(literal) > _MAX_INTEGER_DIGITS or literal == "-0" else int(literal)


def _exact(literal: str) -> Decimal:
    if len(literal) > _MAX_NUMBER_LENGTH:
        return Decimal("Infinity")  # which no field takes; its digits are not worth looking at
    try:
        return Decimal(literal)
    except InvalidOperation:  # an exponent beyond what a decimal can hold; the field's own check will name it
        return Decimal("Infinity")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name occurs twice")
    return names


def _sentence(error: ValidationError) -> str:
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(
        f"{'.'.join(map(str, problem['loc']))[:_MAX_NAME_LENGTH] or 'body'}: "
        f"{problem['msg'].removeprefix('Value error, ')}"
        for problem in problems[:_MAX_PROBLEMS]
    )
