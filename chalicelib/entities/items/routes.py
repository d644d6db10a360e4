"""The items of the caller's tenant, spread over the shards of the pooled table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from chalice.app import Blueprint, Response
from pydantic import Field
from typing_extensions import TypedDict

from chalicelib import wiring
from chalicelib.data.partitions import PartitionKey
from chalicelib.entities.items import KIND, ItemNotFoundError
from chalicelib.entities.items.attributes import Attributes, StoredAttributes
from chalicelib.errors import (
    InvalidKeyError,
    InvalidRequestError,
    PreconditionFailedError,
    PreconditionRequiredError,
    ScopedCredentialsError,
    StoreUnavailableError,
    TenantAccessDeniedError,
)
from chalicelib.http.answers import CORS, exact_json
from chalicelib.http.authorization import opened, tenant_authorizer
from chalicelib.http.fields import Instant, Text
from chalicelib.http.operations import DescribedResponse, Operation
from chalicelib.http.parameters import (
    LIMIT,
    Parameter,
    encode_cursor,
    parse_cursor,
    parse_limit,
    parse_parameter,
    parse_path_parameter,
)
from chalicelib.http.preconditions import ETAG, IF_MATCH, entity_tag, required_versions, versions
from chalicelib.http.prices import Price, PriceText, price_text
from chalicelib.http.requests import Body, Patch, parse_body
from chalicelib.http.row_ids import CURSOR, LOCATION, ROW_ID, RowId, row_id

if TYPE_CHECKING:
    from chalice.app import Request

    from chalicelib.entities.items.store import Item, ItemStore
    from chalicelib.vending.handles import Handle

blueprint = Blueprint(__name__)

_SORT_KEY_BYTES = 1024  # Source: AWS, "Quotas in Amazon DynamoDB", sort keys


class NewItemBody(Body):
    """An item to add."""

    name: Text
    price: Price
    attributes: Attributes


class ItemPatch(Patch):
    """Some fields of an item; `attributes` replaces all attributes."""

    name: Text = Field(default=None)  # type: ignore[assignment]
    price: Price = Field(default=None)  # type: ignore[assignment]
    attributes: Attributes = Field(default=None)  # type: ignore[arg-type]


class ItemAnswer(TypedDict):
    """An item of the caller's tenant; `shard_id` and `product_id` are its primary key."""

    product_id: RowId
    shard_id: str
    name: Text
    price: PriceText
    attributes: StoredAttributes
    version: Annotated[int, Field(ge=1)]
    created_at: Instant


class ItemsAnswer(TypedDict):
    """A page of the tenant's items."""

    items: list[ItemAnswer]
    next_cursor: str | None


_ID = row_id("product_id", of="item")
_ETAG_OF_ONE = replace(ETAG, required=False)
_KEY = (
    Parameter(
        "shard_id",
        "With `product_id`, and without `limit` and `cursor`: the `shard_id` of one item.",
        {"type": "string", "minLength": 1},
        required=False,
    ),
    Parameter(
        "product_id",
        f"With `shard_id`: the sort key of one item, up to {_SORT_KEY_BYTES} bytes as UTF-8.",
        {"type": "string", "minLength": 1, "maxLength": _SORT_KEY_BYTES},
        required=False,
    ),
)
_ERRORS = (InvalidRequestError, TenantAccessDeniedError, ScopedCredentialsError, StoreUnavailableError)


@blueprint.route("/items", authorizer=tenant_authorizer, cors=CORS)
@Operation(
    query=(LIMIT, CURSOR, *_KEY),
    answers={
        200: DescribedResponse("A page of the items, or the one item.", ItemsAnswer | ItemAnswer, (_ETAG_OF_ONE,))
    },
    errors=(*_ERRORS, ItemNotFoundError),
)
def list_items() -> Response:
    """Return a page of the tenant's items by id, or the one item with the primary key that the query names."""
    request = blueprint.current_request
    key = _primary_key(request)
    if key is not None:
        return _one(store_of(opened(request)).get_by_key(*key))
    limit, after = parse_limit(request), parse_cursor(request, ROW_ID)
    page, last = store_of(opened(request)).page(limit=limit, after=after)
    answer: ItemsAnswer = {"items": [_answer(item) for item in page], "next_cursor": encode_cursor(last)}
    return exact_json(answer)


@blueprint.route("/items", methods=["POST"], authorizer=tenant_authorizer, cors=CORS)
@Operation(
    body=NewItemBody,
    answers={201: DescribedResponse("The new item.", ItemAnswer, (ETAG, LOCATION))},
    errors=_ERRORS,
)
def create_item() -> Response:
    """Add an item."""
    request = blueprint.current_request
    body = parse_body(request, NewItemBody)
    item = store_of(opened(request)).create(name=body.name, price=body.price, attributes=body.attributes)
    return _one(item, status_code=201, headers={"Location": f"/items/{item.product_id}"})


@blueprint.route("/items/{product_id}", authorizer=tenant_authorizer, cors=CORS)
@Operation(
    path=(_ID,),
    answers={200: DescribedResponse("The item.", ItemAnswer, (ETAG,))},
    errors=(*_ERRORS, ItemNotFoundError),
)
def get_item(product_id: str) -> Response:
    """Return one of the tenant's items."""
    product_id = parse_path_parameter("product_id", product_id, ROW_ID)
    return _one(store_of(opened(blueprint.current_request)).get(product_id))


@blueprint.route("/items/{product_id}", methods=["PATCH"], authorizer=tenant_authorizer, cors=CORS)
@Operation(
    path=(_ID,),
    headers=(IF_MATCH,),
    body=ItemPatch,
    answers={200: DescribedResponse("The item as it is now.", ItemAnswer, (ETAG,))},
    errors=(*_ERRORS, ItemNotFoundError, PreconditionFailedError, PreconditionRequiredError),
)
def patch_item(product_id: str) -> Response:
    """Change some fields of the version of an item that the caller has seen."""
    request = blueprint.current_request
    product_id = parse_path_parameter("product_id", product_id, ROW_ID)
    expected = required_versions(request)
    body = parse_body(request, ItemPatch)
    fields = {name: getattr(body, name) for name in body.model_fields_set}
    return _one(store_of(opened(request)).change(product_id, expected, **fields))


@blueprint.route("/items/{product_id}", methods=["DELETE"], authorizer=tenant_authorizer, cors=CORS)
@Operation(
    path=(_ID,),
    headers=(replace(IF_MATCH, required=False),),
    answers={204: DescribedResponse("The item is gone.")},
    errors=(*_ERRORS, ItemNotFoundError, PreconditionFailedError),
)
def delete_item(product_id: str) -> Response:
    """Delete an item; with If-Match, only the version that the caller has seen."""
    request = blueprint.current_request
    product_id = parse_path_parameter("product_id", product_id, ROW_ID)
    store_of(opened(request)).delete(product_id, versions(request))
    return Response("", status_code=204)


def _primary_key(request: Request) -> tuple[PartitionKey, str] | None:
    shard_id, product_id = parse_parameter(request, "shard_id"), parse_parameter(request, "product_id")
    if shard_id is None and product_id is None:
        return None
    if shard_id is None or product_id is None:
        raise InvalidRequestError("shard_id, product_id: must be given together")
    for name in ("limit", "cursor"):
        if parse_parameter(request, name) is not None:
            raise InvalidRequestError(f"{name}: does not go with shard_id and product_id")
    if not 1 <= len(product_id.encode()) <= _SORT_KEY_BYTES:
        raise InvalidRequestError(f"product_id: must have 1 to {_SORT_KEY_BYTES} bytes")
    try:
        return PartitionKey.parse(shard_id), product_id
    except InvalidKeyError as error:
        raise InvalidRequestError(f"shard_id: {error}") from error


def _one(item: Item, status_code: int = 200, headers: dict[str, str] | None = None) -> Response:
    return exact_json(_answer(item), status_code, {"ETag": entity_tag(item.version), **(headers or {})})


def _answer(item: Item) -> ItemAnswer:
    return {
        "product_id": item.product_id,
        "shard_id": item.shard_id,
        "name": item.name,
        "price": price_text(item.price),
        "attributes": item.attributes,
        "version": item.version,
        "created_at": item.created_at.isoformat(),
    }


def store_of(handle: Handle) -> ItemStore:
    """Return the tenant's items, reached with the session of the handle."""
    from chalicelib.entities.items.store import ItemStore

    return ItemStore(wiring.table(handle, KIND, versioned=True), lambda: datetime.now(UTC))
