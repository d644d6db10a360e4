"""The cart: query, put, update and delete its lines."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

from chalice.app import Blueprint, Response
from pydantic import BeforeValidator, Field, model_validator

from chalicelib import wiring
from chalicelib.routes.answers import CORS
from chalicelib.routes.authorization import current_tenant, tenant_authorizer
from chalicelib.routes.prices import exact_price
from chalicelib.routes.requests import (
    Body,
    encode_cursor,
    parse_body,
    parse_cursor,
    parse_limit,
    parse_path_parameter,
)
from chalicelib.stores.carts import CartLine

carts = Blueprint(__name__)

ITEM_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

Description = Annotated[str, Field(min_length=1, max_length=1000)]
Price = Annotated[Decimal, BeforeValidator(exact_price)]
Quantity = Annotated[int, Field(ge=1, le=1_000_000)]


class CartLineBody(Body):
    """A whole cart line."""

    description: Description
    price: Price
    quantity: Quantity


class CartLinePatch(Body):
    """Some fields of a cart line; those that are left out stay as they are."""

    # None only ever stands for "left out": the types do not admit a null in the body.
    description: Description = Field(default=None)  # type: ignore[assignment]
    price: Price = Field(default=None)  # type: ignore[assignment]
    quantity: Quantity = Field(default=None)  # type: ignore[assignment]

    @model_validator(mode="after")
    def _names_a_field(self) -> CartLinePatch:
        if not self.model_fields_set:
            raise ValueError("name at least one of description, price, quantity")
        return self


@carts.route("/cart", authorizer=tenant_authorizer, cors=CORS)
def list_lines() -> dict[str, Any]:
    """Return a page of the caller's cart, ordered by item id."""
    request = carts.current_request
    limit, after = parse_limit(request), parse_cursor(request, ITEM_ID)
    lines, last = wiring.cart_store(current_tenant(request)).page(limit=limit, after=after)
    return {"items": [_answer(line) for line in lines], "next_cursor": encode_cursor(last)}


@carts.route("/cart/{item_id}", methods=["PUT"], authorizer=tenant_authorizer, cors=CORS)
def put_line(item_id: str) -> Response:
    """Write a line: 201 when it is new, 200 when it replaced one."""
    request = carts.current_request
    item_id = parse_path_parameter("item_id", item_id, ITEM_ID)
    body = parse_body(request, CartLineBody)
    line = CartLine(item_id, body.description, body.price, body.quantity)
    created = wiring.cart_store(current_tenant(request)).put(line)
    return Response(_answer(line), status_code=201 if created else 200)


@carts.route("/cart/{item_id}", methods=["PATCH"], authorizer=tenant_authorizer, cors=CORS)
def patch_line(item_id: str) -> dict[str, Any]:
    """Change some fields of a line in the caller's cart."""
    request = carts.current_request
    item_id = parse_path_parameter("item_id", item_id, ITEM_ID)
    changes = parse_body(request, CartLinePatch).model_dump(exclude_unset=True)
    return _answer(wiring.cart_store(current_tenant(request)).change(item_id, **changes))


@carts.route("/cart/{item_id}", methods=["DELETE"], authorizer=tenant_authorizer, cors=CORS)
def delete_line(item_id: str) -> Response:
    """Delete a line from the caller's cart."""
    request = carts.current_request
    item_id = parse_path_parameter("item_id", item_id, ITEM_ID)
    wiring.cart_store(current_tenant(request)).delete(item_id)
    return Response("", status_code=204)


def _answer(line: CartLine) -> dict[str, Any]:
    return {
        "item_id": line.item_id,
        "description": line.description,
        "price": format(line.price, "f"),  # str() would write 0.00000001 as 1E-8
        "quantity": line.quantity,
    }
