"""The OpenAPI document of the running application, made of its own routes, views and models.

Source: OpenAPI Specification 3.1.1 (https://spec.openapis.org/oas/v3.1.1.html).
"""

from __future__ import annotations

import functools
import inspect
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from chalice.app import Blueprint, Response

from chalicelib import PRODUCT_TITLE, __version__
from chalicelib.errors import HandleClosedError, InvalidTokenError, SigningKeysUnavailableError, UnavailableError
from chalicelib.http.answers import CORS, REQUEST_ID_HEADER
from chalicelib.http.operations import DescribedResponse, Operation, operation_of
from chalicelib.http.parameters import Parameter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from chalice.app import Chalice, RouteEntry

    Routes = Mapping[str, Mapping[str, RouteEntry]]

openapi = Blueprint(__name__)

_DESCRIPTION = (
    "The caller's tenant is the one in the id token; nothing else in a request names one. "
    "A path that is not listed is answered with 404 `NotFoundError`, another method of a listed path with 405 "
    "`MethodNotAllowedError` and the header `Allow`, or with 404 by API Gateway; all look like `Error`."
)
_SCHEME = "idToken"
_SCHEMAS = "#/components/schemas/"
_ERROR = {
    "type": "object",
    "description": "A refusal: what it is and, for people, why.",
    "properties": {"Code": {"type": "string"}, "Message": {"type": "string"}},
    "required": ["Code", "Message"],
}
_REQUEST_ID = Parameter(REQUEST_ID_HEADER, "Names the request in the log.", {"type": "string"})
_RETRY_AFTER = Parameter("Retry-After", "Seconds after which trying again can help.", {"type": "integer", "minimum": 1})


class _Refusal(NamedTuple):
    status: int
    code: str
    meaning: str


_OTHER_CONTENT_TYPE = _Refusal(415, "UnsupportedMediaType", "The Content-Type is another than application/json.")
_WITHOUT_TOKEN = _Refusal(401, "UnauthorizedError", "There is no id token that proves who is calling.")
_WITHOUT_PERMISSION = _Refusal(403, "ForbiddenError", "The role in the id token does not open this route.")


@openapi.route("/openapi.json", cors=CORS)
@Operation(answers={200: DescribedResponse("This document.", dict[str, Any])})
def get_document() -> Response:
    """Return this document."""
    return Response(_text(openapi.current_app), {"Content-Type": "application/json"})


@functools.cache
def _text(app: Chalice) -> str:
    return json.dumps(document(app.routes))


def document(routes: Routes) -> dict[str, Any]:
    """Return the OpenAPI document of the routes.

    Raises:
        TypeError: a view does not say what it takes and answers.
    """
    described = {
        path: {method.lower(): (entry, operation_of(entry.view_function)) for method, entry in methods.items()}
        for path, methods in routes.items()
    }
    schemas, components = _schemas(one for methods in described.values() for _, one in methods.values())
    return {
        "openapi": "3.1.1",
        "info": {"title": PRODUCT_TITLE, "version": __version__, "description": _DESCRIPTION},
        "servers": [{"url": ".", "description": "Where this document lies."}],
        "paths": {
            path: {method: _operation(entry, one, schemas) for method, (entry, one) in methods.items()}
            for path, methods in described.items()
        },
        "components": {
            "schemas": {"Error": _ERROR, **components},
            "headers": {each.name: _parameter(each) for each in (_REQUEST_ID, _RETRY_AFTER)},
            "securitySchemes": {_SCHEME: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _schemas(operations: Iterable[Operation]) -> tuple[dict[Any, Any], dict[str, Any]]:
    """Return the JSON schema of every type in use, and those that they share."""
    # No cold start but this document's pays for it.
    from pydantic import TypeAdapter  # noqa: PLC0415
    from pydantic.json_schema import GenerateJsonSchema  # noqa: PLC0415

    class Untitled(GenerateJsonSchema):
        def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
            return False

    types: dict[Any, None] = {}
    for one in operations:
        types |= dict.fromkeys(each for each in (one.body, *(each.body for each in one.answers.values())) if each)
    schemas, shared = TypeAdapter.json_schemas(
        [(each, "validation", TypeAdapter(each)) for each in types],
        ref_template=f"{_SCHEMAS}{{model}}",
        schema_generator=Untitled,
    )
    return {each: schema for (each, _), schema in schemas.items()}, shared.get("$defs", {})


def _operation(entry: RouteEntry, one: Operation, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    summary, _, description = inspect.cleandoc(entry.view_function.__doc__ or "").partition("\n\n")
    parameters = [("path", one.path), ("query", one.query), ("header", one.headers)]
    described: dict[str, Any] = {
        "operationId": entry.view_name,
        "summary": summary,
        "description": description,
        "parameters": [
            {"name": each.name, "in": place, **_parameter(each)} for place, found in parameters for each in found
        ],
        "requestBody": {"required": True, **_json(schemas[one.body])} if one.body else None,
        "security": [{_SCHEME: []}] if entry.authorizer else None,
        "responses": {
            **{str(status): _answer(answer, schemas) for status, answer in one.answers.items()},
            **_refused(_refusals(entry, one)),
        },
    }
    return {name: value for name, value in described.items() if value}


def _answer(answer: DescribedResponse, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    content = _json(schemas[answer.body]) if answer.body else {}
    return {"description": answer.description, **_headers(*answer.headers), **content}


def _refusals(entry: RouteEntry, one: Operation) -> Iterator[_Refusal]:
    yield _OTHER_CONTENT_TYPE
    errors = one.errors
    if entry.authorizer:
        yield from (_WITHOUT_TOKEN, _WITHOUT_PERMISSION)
        errors = (*errors, InvalidTokenError, HandleClosedError, SigningKeysUnavailableError)
    for error in errors:
        yield _Refusal(error.STATUS_CODE, error.__name__, inspect.cleandoc(error.__doc__ or "").split("\n")[0])


def _refused(refusals: Iterable[_Refusal]) -> dict[str, Any]:
    """Return the answers to what is refused, by status."""
    by_status: dict[int, list[_Refusal]] = {}
    for refusal in refusals:
        by_status.setdefault(refusal.status, []).append(refusal)
    return {
        str(status): {
            "description": "\n".join(f"- `{each.code}`: {each.meaning}" for each in found),
            **_headers(*([_RETRY_AFTER] if status == UnavailableError.STATUS_CODE else [])),
            **_json({"$ref": f"{_SCHEMAS}Error", "properties": {"Code": {"enum": [each.code for each in found]}}}),
        }
        for status, found in sorted(by_status.items())
    }


def _headers(*headers: Parameter) -> dict[str, Any]:
    shared = {each.name: {"$ref": f"#/components/headers/{each.name}"} for each in (_REQUEST_ID, _RETRY_AFTER)}
    return {"headers": {each.name: shared.get(each.name) or _parameter(each) for each in (_REQUEST_ID, *headers)}}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    example = {"example": parameter.example} if parameter.example is not None else {}
    return {
        "description": parameter.description,
        "required": parameter.required,
        "schema": parameter.schema,
        **example,
    }


def _json(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}
