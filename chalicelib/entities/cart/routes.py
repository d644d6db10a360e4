"""The cart: query, put, update and delete its lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from chalice.app import Blueprint, Response
from pydantic import BeforeValidator, Field, WithJsonSchema
from typing_extensions import TypedDict

from chalicelib import wiring
from chalicelib.entities.cart import KIND, CartLineNotFoundError
from chalicelib.errors import (
    InvalidRequestError,
    ScopedCredentialsError,
    StoreUnavailableError,
    TenantAccessDeniedError,
)
from chalicelib.http.answers import CORS
from chalicelib.http.authorization import opened, tenant_authorizer
from chalicelib.http.fields import whole_number
from chalicelib.http.operations import DescribedResponse, Operation
from chalicelib.http.parameters import (
    LIMIT,
    Parameter,
    cursor_after,
    encode_cursor,
    parse_cursor,
    parse_limit,
    parse_path_parameter,
    text_of_form,
)
from chalicelib.http.prices import Price, PriceText, price_text
from chalicelib.http.requests import Body, Patch, parse_body

if TYPE_CHECKING:
    from chalicelib.entities.cart.store import CartLine, CartStore
    from chalicelib.vending.handles import Handle

blueprint = Blueprint(__name__)

ITEM_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

Description = Annotated[str, Field(min_length=1, max_length=1000)]
Quantity = Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(whole_number)]


class CartLineBody(Body):
    """A whole cart line."""

    description: Description
    price: Price
    quantity: Quantity


class CartLinePatch(Patch):
    """Some fields of a cart line."""

    description: Description = Field(default=None)  # type: ignore[assignment]
    price: Price = Field(default=None)  # type: ignore[assignment]
    quantity: Quantity = Field(default=None)  # type: ignore[assignment]


class CartLineAnswer(TypedDict):
    """A line of the caller's cart."""

    item_id: Annotated[str, WithJsonSchema(text_of_form(ITEM_ID))]
    description: Description
    price: PriceText
    quantity: Quantity


class CartAnswer(TypedDict):
    """A page of the caller's cart."""

    lines: list[CartLineAnswer]
    next_cursor: str | None


_ITEM_ID = Parameter("item_id", "Names the line within the cart; the caller chooses it.", text_of_form(ITEM_ID))
_ERRORS = (InvalidRequestError, TenantAccessDeniedError, ScopedCredentialsError, StoreUnavailableError)


@blueprint.route("/cart", authorizer=tenant_authorizer, cors=CORS)
@Operation(
    query=(LIMIT, cursor_after("1732286400000")),
    answers={200: DescribedResponse("A page of the cart.", CartAnswer)},
    errors=_ERRORS,
)
def list_lines() -> CartAnswer:
    """Return a page of the caller's cart, ordered by item id."""
    request = blueprint.current_request
    limit, after = parse_limit(request), parse_cursor(request, ITEM_ID)
    lines, last = store_of(opened(request)).page(limit=limit, after=after)
    return {"lines": [_answer(line) for line in lines], "next_cursor": encode_cursor(last)}


@blueprint.route("/cart/{item_id}", methods=["PUT"], authorizer=tenant_authorizer, cors=CORS)
@Operation(
    path=(_ITEM_ID,),
    body=CartLineBody,
    answers={
        200: DescribedResponse("The line that replaced another.", CartLineAnswer),
        201: DescribedResponse("The new line.", CartLineAnswer),
    },
    errors=_ERRORS,
)
def put_line(item_id: str) -> Response:
    """Write a line: 201 when it is new, 200 when it replaced one."""
    request = blueprint.current_request
    item_id = parse_path_parameter("item_id", item_id, ITEM_ID)
    body = parse_body(request, CartLineBody)
    line, created = store_of(opened(request)).put(item_id, **body.model_dump())
    return Response(_answer(line), status_code=201 if created else 200)


@blueprint.route("/cart/{item_id}", methods=["PATCH"], authorizer=tenant_authorizer, cors=CORS)
@Operation(
    path=(_ITEM_ID,),
    body=CartLinePatch,
    answers={200: DescribedResponse("The line as it is now.", CartLineAnswer)},
    errors=(*_ERRORS, CartLineNotFoundError),
)
def patch_line(item_id: str) -> CartLineAnswer:
    """Change some fields of a line in the caller's cart."""
    request = blueprint.current_request
    item_id = parse_path_parameter("item_id", item_id, ITEM_ID)
    changes = parse_body(request, CartLinePatch).model_dump(exclude_unset=True)
    return _answer(store_of(opened(request)).change(item_id, **changes))


@blueprint.route("/cart/{item_id}", methods=["DELETE"], authorizer=tenant_authorizer, cors=CORS)
@Operation(
    path=(_ITEM_ID,),
    answers={204: DescribedResponse("The line is gone.")},
    errors=(*_ERRORS, CartLineNotFoundError),
)
def delete_line(item_id: str) -> Response:
    """Delete a line from the caller's cart."""
    request = blueprint.current_request
    item_id = parse_path_parameter("item_id", item_id, ITEM_ID)
    store_of(opened(request)).delete(item_id)
    return Response("", status_code=204)


def _answer(line: CartLine) -> CartLineAnswer:
    return {
        "item_id": line.item_id,
        "description": line.description,
        "price": price_text(line.price),
        "quantity": line.quantity,
    }


def store_of(handle: Handle) -> CartStore:
    """Return the tenant's cart, reached with the session of the handle."""
    from chalicelib.entities.cart.store import CartStore

    return CartStore(wiring.table(handle, KIND))
