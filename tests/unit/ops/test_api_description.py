"""What Terraform reads of the app: made of what Chalice says, and refused where the modules make nothing of it."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.http.answers import RETRY_AFTER_SECONDS
from ops.api_description import describe
from stage.errors import CommandError
from stage.local import api as local_api

if TYPE_CHECKING:
    from pathlib import Path

    from stage.page import PageEntity

INTEGRATION = "x-amazon-apigateway-integration"


def preflight(methods: str, origin: str = "https://origin.invalid", **headers: str) -> dict[str, Any]:
    """Return Chalice's operation for a preflight."""
    answered = {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Methods": methods, "Vary": "Origin"}
    parameters = {f"method.response.header.{name}": f"'{value}'" for name, value in {**answered, **headers}.items()}
    return {INTEGRATION: {"responses": {"default": {"responseParameters": parameters}}}}


AUTHORIZED: dict[str, Any] = {"security": [{"tenant_authorizer": []}]}
RUNTIME = "python3.13"
ENTITIES: list[PageEntity] = [{"name": "orders", "title": "Orders", "writers": ["admin"]}]
SWAGGER: dict[str, Any] = {
    "x-amazon-apigateway-binary-media-types": ["image/png"],
    "securityDefinitions": {
        "tenant_authorizer": {"name": "Authorization", "x-amazon-apigateway-authorizer": {"type": "token"}}
    },
    "paths": {
        "/health": {"get": {}, "options": preflight("GET,OPTIONS")},
        "/samples/{sample_id}": {
            "get": AUTHORIZED,
            "delete": AUTHORIZED,
            "options": preflight("GET,DELETE,OPTIONS"),
        },
        "/hook": {"post": AUTHORIZED},
    },
}


def template(swagger: dict[str, Any] = SWAGGER, **other: Any) -> dict[str, Any]:
    """Return what Chalice writes, with two functions of which one has other properties when they are given."""
    function = {"handler": "app.app", "runtime": "python3.11", "architectures": ["x86_64"], "role": "arn:…"}
    functions = {"api_handler": function, "tenant_authorizer": {**function, "handler": "auth.judge", **other}}
    return {
        "resource": {"aws_lambda_function": functions},
        "locals": {"chalice_api_swagger": json.dumps(swagger)},
    }


def test_routes_functions_and_headers_are_described() -> None:
    """The whole document, in which nothing belongs to a stage; the runtime is not that of whoever ran Chalice."""
    assert describe(template(), RUNTIME, ENTITIES) == {
        "runtime": RUNTIME,
        "architecture": "x86_64",
        "functions": {"api_handler": "app.app", "tenant_authorizer": "auth.judge"},
        "entities": ENTITIES,
        "authorizer": "tenant_authorizer",
        "cors_headers": {"Vary": "Origin"},
        "binary_media_types": ["image/png"],
        "routes": {
            "/health": {"allow_methods": "GET,OPTIONS", "methods": {"GET": {"authorized": False}}},
            "/samples/{sample_id}": {
                "allow_methods": "GET,DELETE,OPTIONS",
                "methods": {"GET": {"authorized": True}, "DELETE": {"authorized": True}},
            },
            "/hook": {"allow_methods": None, "methods": {"POST": {"authorized": True}}},
        },
    }


def test_the_origin_is_left_out() -> None:
    """It is the stage's: a package that was made with one in the shell must not carry it into another stage."""
    swagger = copy.deepcopy(SWAGGER)
    swagger["paths"]["/health"]["options"] = preflight("GET,OPTIONS", origin="https://mine.example.com")

    assert describe(template(swagger), RUNTIME, ENTITIES) == describe(template(), RUNTIME, ENTITIES)


def test_routes_with_other_cors_headers_are_refused() -> None:
    """The module gives every route the same ones; a difference must not be lost."""
    swagger = copy.deepcopy(SWAGGER)
    swagger["paths"]["/health"]["options"] = preflight("GET,OPTIONS", **{"Access-Control-Max-Age": "600"})

    with pytest.raises(CommandError, match="one CORS configuration of the routes, not 2"):
        describe(template(swagger), RUNTIME, ENTITIES)


def test_a_second_authorizer_is_refused() -> None:
    """Its routes would be judged by the first one."""
    swagger = copy.deepcopy(SWAGGER)
    swagger["securityDefinitions"]["another"] = swagger["securityDefinitions"]["tenant_authorizer"]

    with pytest.raises(CommandError, match="one authorizer, not 2"):
        describe(template(swagger), RUNTIME, ENTITIES)


@pytest.mark.parametrize(
    "definition",
    [
        pytest.param({"name": "Authorization", "x-amazon-apigateway-authorizer": {"type": "request"}}, id="request"),
        pytest.param({"name": "X-Token", "x-amazon-apigateway-authorizer": {"type": "token"}}, id="another header"),
        pytest.param({"name": "x-api-key", "type": "apiKey"}, id="an API key, which is no authorizer"),
    ],
)
def test_an_authorizer_of_another_kind_is_refused(definition: dict[str, Any]) -> None:
    """The module would make it one of the header Authorization, and every token would be refused or, worse, none."""
    swagger = copy.deepcopy(SWAGGER)
    swagger["securityDefinitions"] = {"tenant_authorizer": definition}

    with pytest.raises(CommandError, match="tenant_authorizer must be a Lambda authorizer of the header Authorization"):
        describe(template(swagger), RUNTIME, ENTITIES)


def test_functions_of_several_kinds_are_refused() -> None:
    """One package serves them all, and its compiled modules are for one processor."""
    with pytest.raises(CommandError, match="not 2"):
        describe(template(architectures=["arm64"]), RUNTIME, ENTITIES)


def test_api_gateway_refuses_in_the_words_of_make_dev(project: Path) -> None:
    """A page that was written against `make dev` must find the same code and message on AWS.

    405 is missing there: API Gateway cannot tell another method of a path from a path that does not exist.
    """
    module = (project / "infra" / "modules" / "api" / "main.tf").read_text()

    for status, (error, message) in local_api._REFUSALS.items():
        said = f'status = "{status}", code = "{error.__name__}", message = "{message}"'
        assert (said in module) == (status != 405), said
    assert 'code = "InternalServerError", message = "An internal error occurred."' in module
    assert 'code = "BadRequestError", message = "The body may hold 6 MiB."' in module


def test_api_gateway_says_as_the_api_when_to_try_again(project: Path) -> None:
    """One number of seconds, whoever answers 503."""
    module = (project / "infra" / "modules" / "api" / "main.tf").read_text()

    assert f'"gatewayresponse.header.Retry-After" = "\'{RETRY_AFTER_SECONDS}\'"' in module
