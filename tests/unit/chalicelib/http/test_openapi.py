"""The OpenAPI document against routes of each sort, the application's own among them.

Whether the API keeps to it is tested in tests/local.
"""

from __future__ import annotations

import functools
import inspect
import json
import re
import typing
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from chalice.app import Chalice
from openapi_spec_validator import OpenAPIV31SpecValidator

from app import app
from chalicelib.errors import AppError
from chalicelib.http.openapi import document
from chalicelib.http.operations import operation_of
from tests.support.bodies import accepted_by_document, is_accepted
from tests.support.errors import derived_from
from tests.support.routes import described_routes, routes_of
from tests.support.samples import SampleBody, SamplePatch, sample_app

if TYPE_CHECKING:
    from chalice.app import RouteEntry

    from chalicelib.http.requests import Body
    from tests.support.fresh_python import RunPython
    from tests.support.requests import MakeRequest

SAMPLES = sample_app()
#: The application's own routes, and samples: what holds for every route must hold with no entity and with any.
ROUTES: dict[tuple[str, str], RouteEntry] = {**described_routes(app), **routes_of(SAMPLES)}
each_route = pytest.mark.parametrize(("method", "path"), list(ROUTES), ids=" ".join)

#: Asks for the document as Lambda does, and prints what that loads and whether it is made anew the second time.
ASK = """
import json, sys
from chalice.app import Chalice
from chalicelib.http.openapi import openapi
from tests.support.samples import blueprint
app = Chalice("samples")
app.register_blueprint(openapi)
app.register_blueprint(blueprint)
event = {"requestContext": {"httpMethod": "GET", "resourcePath": "/openapi.json", "path": "/openapi.json"},
         "headers": {}, "multiValueQueryStringParameters": None, "pathParameters": None, "body": None,
         "isBase64Encoded": False, "stageVariables": None}
loaded = "pydantic.type_adapter" in sys.modules
first = app(event, None)
import pydantic
del pydantic.TypeAdapter.json_schemas
print(json.dumps({"loaded": loaded, "first": first, "same": app(event, None)["body"] == first["body"]}))
"""


@functools.cache
def whole_document() -> dict[str, Any]:
    """Return the document of all those routes."""
    routes: dict[str, dict[str, RouteEntry]] = {}
    for (method, path), route in ROUTES.items():
        routes.setdefault(path, {})[method] = route
    made: dict[str, Any] = json.loads(json.dumps(document(routes)))
    return made


def described(method: str, path: str) -> Any:
    """Return what the document says of a route."""
    return whole_document()["paths"][path][method.lower()]


def parameters(method: str, path: str, place: str) -> dict[str, Any]:
    """Return the parameters that the document puts into a place."""
    return {each["name"]: each for each in described(method, path).get("parameters", []) if each["in"] == place}


def source_of(view: Any) -> str:
    """Return the source of a view, and of the functions of its file to which it hands the request."""
    source = inspect.getsource(view)
    helpers = [view.__globals__.get(name) for name in re.findall(r"\b(_\w+)\(request\)", source)]
    return source + "".join(map(inspect.getsource, filter(inspect.isfunction, helpers)))


def test_the_document_is_valid_openapi() -> None:
    """Judged by the specification's own schema, every JSON schema in it included."""
    OpenAPIV31SpecValidator(whole_document()).validate()
    assert whole_document()["openapi"].startswith("3.1.")


def test_an_application_without_an_entity_has_a_valid_document() -> None:
    """Its own routes alone, none of which takes a body."""
    own = {path: app.routes[path] for path in ("/health", "/me", "/openapi.json")}
    OpenAPIV31SpecValidator(json.loads(json.dumps(document(own)))).validate()


def test_an_invalid_document_would_be_noticed() -> None:
    """The canary of the test above."""
    broken = json.loads(json.dumps(whole_document()))
    broken["paths"]["/samples/{sample_id}"]["put"]["parameters"].clear()
    assert list(OpenAPIV31SpecValidator(broken).iter_errors())


def test_the_document_lists_the_real_routes_and_no_others() -> None:
    """Path by path, method by method."""
    listed = {(method.upper(), path) for path, methods in whole_document()["paths"].items() for method in methods}
    assert listed == set(ROUTES)


def test_a_route_that_says_nothing_about_itself_would_be_noticed() -> None:
    """The canary: a view without the decorator cannot be described, so every test here would fail."""
    undocumented = Chalice("undocumented")

    @undocumented.route("/secret")
    def get_secret() -> dict[str, str]:
        return {}

    with pytest.raises(TypeError, match="get_secret lacks an @Operation"):
        document(undocumented.routes)


@each_route
def test_a_token_is_required_exactly_where_there_is_an_authorizer(method: str, path: str) -> None:
    """By the one scheme there is; the refusals of the authorizer go with it."""
    operation = described(method, path)
    authorized = ROUTES[method, path].authorizer is not None

    assert operation.get("security") == ([{"idToken": []}] if authorized else None)
    assert {"401", "403", "503"} & operation["responses"].keys() == ({"401", "403", "503"} if authorized else set())
    assert whole_document()["components"]["securitySchemes"]["idToken"]["scheme"] == "bearer"
    assert "security" not in whole_document()


@each_route
def test_the_path_parameters_are_those_of_the_route(method: str, path: str) -> None:
    """Each with the form that the route checks, and a 400 for another."""
    found = parameters(method, path, "path")

    assert list(found) == ROUTES[method, path].view_args
    for parameter in found.values():
        assert parameter["required"]
        assert parameter["schema"]["pattern"].startswith("^(?:")
        assert "400" in described(method, path)["responses"]


@each_route
def test_body_query_and_preconditions_are_those_that_the_view_reads(method: str, path: str) -> None:
    """The view's own source tells."""
    view = ROUTES[method, path].view_function
    source = source_of(view)
    operation, body = described(method, path), operation_of(view).body
    if_match = parameters(method, path, "header").get("If-Match")

    assert re.findall(r"parse_body\(request, (\w+)\)", source) == ([body.__name__] if body else [])
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    assert schema == ({"$ref": f"#/components/schemas/{body.__name__}"} if body else None)
    read = set(re.findall(r"parse_(limit|cursor)\(", source)) | set(re.findall(r'parameter\(request, "(\w+)"', source))
    assert parameters(method, path, "query").keys() == read
    assert (if_match is not None) == ("versions(request)" in source)
    assert if_match is None or if_match["required"] == ("required_versions" in source)


@each_route
def test_an_answer_is_described_by_the_type_that_the_view_returns(method: str, path: str) -> None:
    """Or, beside a view that returns a Response, by that of the function that makes its body: mypy checks both."""
    view = ROUTES[method, path].view_function
    bodies = {answer.body for answer in operation_of(view).answers.values()} - {None, dict[str, Any]}
    names = {each.__name__ for body in bodies for each in typing.get_args(body) or [body]}
    returned = view.__annotations__["return"]

    if returned == "Response" and bodies:
        inside = set(re.findall(r"answer: (\w+) =", inspect.getsource(view)))
        assert names == {view.__globals__["_answer"].__annotations__["return"], *inside}
    else:
        assert names == {returned} - {"Response"}


@each_route
def test_every_answer_says_what_its_code_can_be(method: str, path: str) -> None:
    """By the status of the error's class; 503 says when to try again, and each answer names its request."""
    own = {error.__name__: getattr(error, "STATUS_CODE", None) for error in derived_from(AppError)}
    chalices = {"UnauthorizedError": 401, "ForbiddenError": 403, "UnsupportedMediaType": 415}

    for status, answer in described(method, path)["responses"].items():
        assert answer["headers"]["X-Request-Id"] == {"$ref": "#/components/headers/X-Request-Id"}
        assert ("Retry-After" in answer["headers"]) == (status == "503")
        assert ("content" in answer) == (status != "204")
        if int(status) >= 400:
            codes = answer["content"]["application/json"]["schema"]["properties"]["Code"]["enum"]
            assert codes
            assert all((own | chalices)[code] == int(status) for code in codes)


@each_route
def test_a_parameters_example_is_one_that_its_form_admits(method: str, path: str) -> None:
    """In the path, the query and the headers of the request; a cursor has one, since nobody could make it up."""
    for parameter in described(method, path).get("parameters", []):
        if "example" in parameter:
            assert jsonschema_rs.is_valid(parameter["schema"], parameter["example"]), parameter
        assert "example" in parameter or parameter["name"] not in {"cursor", "If-Match"}


@each_route
def test_every_operation_has_a_summary(method: str, path: str) -> None:
    """The first line of the docstring, and a name that no other has."""
    operation = described(method, path)
    assert operation["summary"].endswith(".")
    assert operation["operationId"] == ROUTES[method, path].view_function.__name__
    lines = json.dumps(whole_document(), indent=1).splitlines()
    assert sum(f'"{operation["operationId"]}"' in line for line in lines) == 1


BODIES: list[tuple[type[Body], str, bool]] = [
    (SampleBody, '{"name": "anvil", "price": 1.10, "count": 1}', True),
    (SampleBody, '{"name": "anvil", "price": "1.10", "count": 1000}', True),
    (SampleBody, '{"name": "anvil", "price": 1}', False),
    (SampleBody, '{"name": "anvil", "price": 1, "count": 1, "pk": "x"}', False),
    (SampleBody, '{"name": "", "price": 1, "count": 1}', False),
    (SampleBody, json.dumps({"name": "x" * 200, "price": 1, "count": 1}), True),
    (SampleBody, json.dumps({"name": "x" * 201, "price": 1, "count": 1}), False),
    (SampleBody, '{"name": "a\\u0000", "price": 1, "count": 1}', False),
    (SampleBody, '{"name": "a", "price": -1, "count": 1}', False),
    (SampleBody, '{"name": "a", "price": "007", "count": 1}', False),
    (SampleBody, '{"name": "a", "price": 1000000000000, "count": 1}', False),
    (SampleBody, '{"name": "a", "price": 1, "count": 0}', False),
    (SampleBody, '{"name": "a", "price": 1, "count": 1001}', False),
    (SampleBody, '{"name": "a", "price": 1, "count": "1"}', False),
    (SamplePatch, '{"name": "anvil"}', True),
    (SamplePatch, "{}", False),
    (SamplePatch, '{"price": null}', False),
    (SamplePatch, '{"count": true}', False),
]


@pytest.mark.parametrize(("model", "body", "accepted"), BODIES)
def test_a_body_is_accepted_exactly_when_the_document_says_so(
    make_request: MakeRequest, model: type[Body], body: str, *, accepted: bool
) -> None:
    """Lengths, patterns, limits, unknown fields and nulls."""
    assert accepted_by_document(SAMPLES, model, body) is accepted

    assert is_accepted(make_request, model, body) is accepted


def test_the_page_size_has_its_limits_in_the_document() -> None:
    """1 to 100, 50 when it is left out."""
    schema = parameters("GET", "/samples", "query")["limit"]["schema"]
    assert schema == {"type": "integer", "minimum": 1, "maximum": 100, "default": 50}


def test_the_document_is_made_on_the_first_request_and_kept(run_python: RunPython) -> None:
    """No cold start pays for it, and no second request; it needs no setting."""
    done = run_python(ASK)

    assert (done["loaded"], done["same"]) == (False, True)
    assert done["first"]["statusCode"] == 200
    assert done["first"]["headers"]["Content-Type"] == "application/json"
    paths = json.loads(done["first"]["body"])["paths"]
    assert paths == {path: whole_document()["paths"][path] for path in ("/openapi.json", *SAMPLES.routes)}
