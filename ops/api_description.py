"""Says what Chalice knows of the app's routes and functions in the form that the modules of infra/ take.

The Terraform that Chalice writes is for versions long gone, and hides the API in one text; `describe` keeps what it
says and leaves the resources to the modules, so that a plan shows a change of a route as that route.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stage.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stage.page import PageEntity

_ORIGIN = "Access-Control-Allow-Origin"
_METHODS = "Access-Control-Allow-Methods"
_RESPONSE_HEADER = "method.response.header."


def describe(template: Mapping[str, Any], runtime: str, entities: Sequence[PageEntity]) -> dict[str, Any]:
    """Return routes, functions and headers from Chalice's `chalice.tf.json`; no stage, ARN or origin is in it.

    Args:
        template: what Chalice wrote; the runtime in it is that of the Python which ran Chalice.
        runtime: Lambda's, for which the dependencies were taken.
        entities: what the page's navigation lists.

    Raises:
        CommandError: the app has something that the modules cannot make.
    """
    functions = template["resource"]["aws_lambda_function"]
    swagger = json.loads(template["locals"]["chalice_api_swagger"])
    preflights = {
        path: _preflight(methods["options"]) for path, methods in swagger["paths"].items() if "options" in methods
    }
    return {
        "runtime": runtime,
        "architecture": _only({function["architectures"][0] for function in functions.values()}, "processor"),
        "functions": {name: function["handler"] for name, function in functions.items()},
        "entities": list(entities),
        "authorizer": _authorizer(swagger),
        "cors_headers": _cors_headers(preflights.values()),
        "binary_media_types": swagger["x-amazon-apigateway-binary-media-types"],
        "routes": {
            path: {
                "allow_methods": preflights[path][_METHODS] if path in preflights else None,
                "methods": {
                    method.upper(): {"authorized": bool(operation.get("security"))}
                    for method, operation in methods.items()
                    if method != "options"
                },
            }
            for path, methods in swagger["paths"].items()
        },
    }


def _preflight(operation: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers that a preflight answers with, in Swagger's quotes no longer."""
    parameters = operation["x-amazon-apigateway-integration"]["responses"]["default"]["responseParameters"]
    return {name.removeprefix(_RESPONSE_HEADER): value.strip("'") for name, value in parameters.items()}


def _cors_headers(preflights: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return what is the same in every preflight: all but the route's methods, and the origin, which is the stage's."""
    headers = [{name: value for name, value in one.items() if name not in {_ORIGIN, _METHODS}} for one in preflights]
    return dict(_only({tuple(sorted(one.items())) for one in headers}, "CORS configuration of the routes"))


def _authorizer(swagger: Mapping[str, Any]) -> str:
    """Return the function behind every authorized route, which must judge the header `Authorization`."""
    definitions = swagger.get("securityDefinitions", {})
    name: str = _only(definitions, "authorizer")
    judged = definitions[name].get("name"), definitions[name].get("x-amazon-apigateway-authorizer", {}).get("type")
    if judged != ("Authorization", "token"):
        raise CommandError(
            f"{name} must be a Lambda authorizer of the header Authorization: infra/modules/api makes no other"
        )
    return name


def _only(values: Iterable[Any], what: str) -> Any:
    """Return the one value there is."""
    found = list(values)
    if len(found) != 1:
        raise CommandError(
            f"there must be one {what}, not {len(found)}: infra/modules/api knows no difference between routes"
        )
    return found[0]
