"""Requests as API Gateway hands them to the application."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from chalice.app import Request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class MakeRequest(Protocol):
    """Makes a request from the parts that a test is about."""

    def __call__(  # noqa: D102
        self,
        body: str | bytes | None = None,
        *,
        query: Mapping[str, Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        authorizer: Any = None,
        lambda_context: Any = None,
    ) -> Request: ...


@pytest.fixture
def make_request() -> MakeRequest:
    """Make a request out of an API Gateway proxy event; a body of bytes travels as base64."""

    def make(
        body: str | bytes | None = None,
        *,
        query: Mapping[str, Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        authorizer: Any = None,
        lambda_context: Any = None,
    ) -> Request:
        context: dict[str, Any] = {"httpMethod": "PUT", "resourcePath": "/samples/{row_id}", "requestId": "gateway-1"}
        if authorizer is not None:
            context["authorizer"] = authorizer
        event = {
            "multiValueQueryStringParameters": None if query is None else dict(query),
            "headers": {"content-type": "application/json", "x-tenant": "globex", **(headers or {})},
            "pathParameters": {"row_id": "a", "tenant": "globex"},
            "requestContext": context,
            "body": base64.b64encode(body).decode() if isinstance(body, bytes) else body,
            "isBase64Encoded": isinstance(body, bytes),
            "stageVariables": {"tenant": "globex"},
        }
        return Request(event, lambda_context)

    return make
