"""Request bodies as a caller writes them, why they are refused, and what the OpenAPI document says of them."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from chalicelib.errors import InvalidRequestError
from chalicelib.http.requests import parse_body
from tests.support.routes import described_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice.app import Chalice

    from chalicelib.http.requests import Body
    from tests.support.requests import MakeRequest


def written(literals: Mapping[str, str | None]) -> str:
    """Write a body of JSON literals, without those that are None."""
    return "{" + ", ".join(f'"{name}": {literal}' for name, literal in literals.items() if literal is not None) + "}"


def refusal(make_request: MakeRequest, text: str, model: type[Body]) -> str:
    """Return why the body is refused."""
    with pytest.raises(InvalidRequestError) as refused:
        parse_body(make_request(text), model)
    assert len(str(refused.value)) < 500, "a refusal does not echo the body"
    return str(refused.value)


def accepted_by_document(app: Chalice, model: type[Body], text: str) -> bool:
    """Return whether the OpenAPI document of this application admits the body."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}", "components": _components(app)}
    return jsonschema_rs.validator_for(schema).is_valid(json.loads(text))


def is_accepted(make_request: MakeRequest, model: type[Body], text: str) -> bool:
    """Return whether the application accepts the body."""
    try:
        parse_body(make_request(text), model)
    except InvalidRequestError:
        return False
    return True


@functools.cache
def _components(app: Chalice) -> Any:
    return described_document(app)["components"]
