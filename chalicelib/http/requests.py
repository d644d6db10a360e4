"""Bodies: parsed strictly, refused with a 400 that names the field."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from chalicelib.errors import InvalidRequestError

if TYPE_CHECKING:
    from chalice.app import Request

_MAX_NUMBER_LENGTH = 400  # DynamoDB's smallest number, written out with 38 digits, has 170
_MAX_INTEGER_DIGITS = 18  # longer ones become decimals, which no integer field takes
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
