"""Samples: what the tests have instead of an entity, with a route of each sort over one partition of a tenant."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Annotated

from chalice.app import Blueprint, Chalice, Response
from pydantic import AfterValidator, Field, WithJsonSchema
from typing_extensions import TypedDict

from chalicelib import wiring
from chalicelib.data.dynamodb import attributes_of
from chalicelib.data.storage import Kind, Sharding
from chalicelib.errors import (
    InvalidRequestError,
    PreconditionFailedError,
    PreconditionRequiredError,
    RowNotFoundError,
    ScopedCredentialsError,
    StoreUnavailableError,
    TenantAccessDeniedError,
)
from chalicelib.http.answers import CORS
from chalicelib.http.authorization import opened, tenant_authorizer
from chalicelib.http.operations import DescribedResponse, Operation
from chalicelib.http.parameters import (
    LIMIT,
    Parameter,
    cursor_after,
    encode_cursor,
    parse_cursor,
    parse_limit,
    parse_parameter,
    parse_path_parameter,
    text_of_form,
)
from chalicelib.http.preconditions import ETAG, IF_MATCH, entity_tag, required_versions
from chalicelib.http.prices import Price, PriceText
from chalicelib.http.requests import Body, Patch, parse_body
from chalicelib.http.texts import PRINTABLE, printable
from chalicelib.tenancy.permissions import PERMISSIONS, Permission
from chalicelib.tenancy.tenant import Role

if TYPE_CHECKING:
    from chalice.app import Request

    from chalicelib.data.table import Row, Table

KIND = Kind("sample", Sharding(1))
READS = (Permission("GET", "/samples"),)
WRITES = tuple(Permission(method, "/samples/*") for method in ("PUT", "PATCH", "DELETE"))
blueprint = Blueprint(__name__)

_SAMPLE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(printable), PRINTABLE]
Count = Annotated[int, Field(ge=1, le=1000)]


class SampleNotFoundError(RowNotFoundError):
    """The caller's tenant has no such sample."""


class SampleBody(Body):
    """A whole sample."""

    name: Name
    price: Price
    count: Count


class SamplePatch(Patch):
    """Some fields of a sample."""

    name: Name = Field(default=None)  # type: ignore[assignment]
    price: Price = Field(default=None)  # type: ignore[assignment]
    count: Count = Field(default=None)  # type: ignore[assignment]


class SampleAnswer(TypedDict):
    """A sample of the caller's tenant."""

    sample_id: Annotated[str, WithJsonSchema(text_of_form(_SAMPLE_ID))]
    name: Name
    price: PriceText
    count: Count


class SamplesAnswer(TypedDict):
    """A page of the tenant's samples."""

    samples: list[SampleAnswer]
    next_cursor: str | None


_ID = Parameter("sample_id", "Names the sample; the caller chooses it.", text_of_form(_SAMPLE_ID))
_COLOUR = Parameter("colour", "Of which colour.", {"type": "string", "minLength": 1}, required=False, example="red")
_ERRORS = (InvalidRequestError, TenantAccessDeniedError, ScopedCredentialsError, StoreUnavailableError)


@blueprint.route("/samples", authorizer=tenant_authorizer, cors=CORS)
@Operation(
    query=(LIMIT, cursor_after("1732286400000"), _COLOUR),
    answers={200: DescribedResponse("A page of the samples.", SamplesAnswer)},
    errors=_ERRORS,
)
def list_samples() -> SamplesAnswer:
    """Return a page of the tenant's samples, ordered by id."""
    request = blueprint.current_request
    limit, after = parse_limit(request), parse_cursor(request, _SAMPLE_ID)
    _colour(request)
    rows, last = _table(request).page(limit=limit, after=after)
    return {"samples": [_answer(row) for row in rows], "next_cursor": encode_cursor(last)}


@blueprint.route("/samples/{sample_id}", methods=["PUT"], authorizer=tenant_authorizer, cors=CORS)
@Operation(
    path=(_ID,),
    body=SampleBody,
    answers={
        200: DescribedResponse("The sample that replaced another.", SampleAnswer),
        201: DescribedResponse("The new sample.", SampleAnswer),
    },
    errors=_ERRORS,
)
def put_sample(sample_id: str) -> Response:
    """Write a sample: 201 when it is new, 200 when it replaced one."""
    request = blueprint.current_request
    sample_id = parse_path_parameter("sample_id", sample_id, _SAMPLE_ID)
    fields = attributes_of(parse_body(request, SampleBody).model_dump())
    table = _table(request)
    created = table.get(sample_id) is None
    table.add(sample_id, fields)
    return Response(_answer({"sk": {"S": sample_id}, **fields}), status_code=201 if created else 200)


@blueprint.route("/samples/{sample_id}", methods=["PATCH"], authorizer=tenant_authorizer, cors=CORS)
@Operation(
    path=(_ID,),
    headers=(IF_MATCH,),
    body=SamplePatch,
    answers={200: DescribedResponse("The sample as it is now.", SampleAnswer, (ETAG,))},
    errors=(*_ERRORS, SampleNotFoundError, PreconditionFailedError, PreconditionRequiredError),
)
def patch_sample(sample_id: str) -> Response:
    """Change some fields of the version of a sample that the caller has seen."""
    request = blueprint.current_request
    sample_id = parse_path_parameter("sample_id", sample_id, _SAMPLE_ID)
    expected = required_versions(request)
    changes = parse_body(request, SamplePatch).model_dump(exclude_unset=True)
    row = _table(request).change(sample_id, attributes_of(changes), expected)
    if row is None:
        raise SampleNotFoundError("There is no such sample.")
    return Response(_answer(row), {"ETag": entity_tag(int(row["version"]["N"]))})


@blueprint.route("/samples/{sample_id}", methods=["DELETE"], authorizer=tenant_authorizer, cors=CORS)
@Operation(path=(_ID,), answers={204: DescribedResponse("The sample is gone.")}, errors=(*_ERRORS, SampleNotFoundError))
def delete_sample(sample_id: str) -> Response:
    """Delete a sample."""
    request = blueprint.current_request
    sample_id = parse_path_parameter("sample_id", sample_id, _SAMPLE_ID)
    if not _table(request).delete(sample_id):
        raise SampleNotFoundError("There is no such sample.")
    return Response("", status_code=204)


def _colour(request: Request) -> str | None:
    return parse_parameter(request, "colour")


def _table(request: Request) -> Table:
    return wiring.table(opened(request), KIND, versioned=True)


def _answer(row: Row) -> SampleAnswer:
    return {
        "sample_id": row["sk"]["S"],
        "name": row["name"]["S"],
        "price": row["price"]["S"],
        "count": int(row["count"]["N"]),
    }


@functools.cache  # Chalice forgets a blueprint's methods once it is registered
def sample_app() -> Chalice:
    """Return the one application of these routes alone."""
    app = Chalice("samples")
    app.register_blueprint(blueprint)
    return app


def add_samples(app: Chalice) -> None:
    """Add these routes to an application, with what each role may do: not in a process of several tests."""
    app.register_blueprint(blueprint)
    for role in Role:
        PERMISSIONS[role] += READS if role is Role.VIEWER else READS + WRITES
