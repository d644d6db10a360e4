"""The OpenAPI document against the application's real routes; whether the API keeps to it is tested in tests/local."""

from __future__ import annotations

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
from chalicelib import errors
from chalicelib.entities.cart import routes as carts
from chalicelib.entities.items import routes as items
from chalicelib.entities.users import routes as users
from chalicelib.errors import InvalidRequestError
from chalicelib.http.openapi import document
from chalicelib.http.operations import operation_of
from chalicelib.http.requests import Body, parse_body

if TYPE_CHECKING:
    from tests.support.fresh_python import RunPython
    from tests.support.requests import MakeRequest

DOCUMENT = document(app.routes)
ROUTES = {(path, method): route for path, methods in app.routes.items() for method, route in methods.items()}
NAMES = [f"{method} {path}" for path, method in ROUTES]
each_route = pytest.mark.parametrize(("path", "method"), list(ROUTES), ids=NAMES)

#: Asks for the document as Lambda does, and prints what that loads and whether it is made anew the second time.
ASK = """
import json, sys
from app import app
event = {"requestContext": {"httpMethod": "GET", "resourcePath": "/openapi.json", "path": "/openapi.json"},
         "headers": {}, "multiValueQueryStringParameters": None, "pathParameters": None, "body": None,
         "isBase64Encoded": False, "stageVariables": None}
loaded = "pydantic.type_adapter" in sys.modules
first = app(event, None)
import pydantic
del pydantic.TypeAdapter.json_schemas
print(json.dumps({"loaded": loaded, "first": first, "same": app(event, None)["body"] == first["body"]}))
"""


def described(path: str, method: str) -> Any:
    """Return what the document says of a route."""
    return DOCUMENT["paths"][path][method.lower()]


def parameters(path: str, method: str, place: str) -> dict[str, Any]:
    """Return the parameters that the document puts into a place."""
    return {each["name"]: each for each in described(path, method).get("parameters", []) if each["in"] == place}


def test_the_document_is_valid_openapi() -> None:
    """Judged by the specification's own schema, every JSON schema in it included."""
    OpenAPIV31SpecValidator(json.loads(json.dumps(DOCUMENT))).validate()
    assert DOCUMENT["openapi"].startswith("3.1.")


def test_an_invalid_document_would_be_noticed() -> None:
    """The canary of the test above."""
    broken = json.loads(json.dumps(DOCUMENT))
    broken["paths"]["/cart/{item_id}"]["put"]["parameters"].clear()
    assert list(OpenAPIV31SpecValidator(broken).iter_errors())


def test_the_document_lists_the_real_routes_and_no_others() -> None:
    """Path by path, method by method."""
    assert {(path, method.upper()) for path, methods in DOCUMENT["paths"].items() for method in methods} == set(ROUTES)


def test_a_route_that_says_nothing_about_itself_would_be_noticed() -> None:
    """The canary: a view without the decorator cannot be described, so every test here would fail."""
    undocumented = Chalice("undocumented")

    @undocumented.route("/secret")
    def get_secret() -> dict[str, str]:
        return {}

    with pytest.raises(TypeError, match="get_secret lacks an @Operation"):
        document(undocumented.routes)


@each_route
def test_a_token_is_required_exactly_where_there_is_an_authorizer(path: str, method: str) -> None:
    """By the one scheme there is; the refusals of the authorizer go with it."""
    operation = described(path, method)
    authorized = ROUTES[path, method].authorizer is not None

    assert operation.get("security") == ([{"idToken": []}] if authorized else None)
    assert {"401", "403", "503"} & operation["responses"].keys() == ({"401", "403", "503"} if authorized else set())
    assert DOCUMENT["components"]["securitySchemes"]["idToken"]["scheme"] == "bearer"
    assert "security" not in DOCUMENT


@each_route
def test_the_path_parameters_are_those_of_the_route(path: str, method: str) -> None:
    """Each with the form that the route checks, and a 400 for another."""
    found = parameters(path, method, "path")

    assert list(found) == ROUTES[path, method].view_args
    for parameter in found.values():
        assert parameter["required"]
        assert parameter["schema"]["pattern"].startswith("^(?:")
        assert "400" in described(path, method)["responses"]


@each_route
def test_body_query_and_preconditions_are_those_that_the_view_reads(path: str, method: str) -> None:
    """The view's own source tells."""
    view = ROUTES[path, method].view_function
    source = inspect.getsource(view) + (inspect.getsource(items._primary_key) if view is items.list_items else "")
    operation, body = described(path, method), operation_of(view).body
    if_match = parameters(path, method, "header").get("If-Match")

    assert re.findall(r"parse_body\(request, (\w+)\)", source) == ([body.__name__] if body else [])
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    assert schema == ({"$ref": f"#/components/schemas/{body.__name__}"} if body else None)
    read = set(re.findall(r"parse_(limit|cursor)\(", source)) | set(re.findall(r'parameter\(request, "(\w+)"', source))
    assert parameters(path, method, "query").keys() == read
    assert (if_match is not None) == ("versions(request)" in source)
    assert if_match is None or if_match["required"] == ("required_versions" in source)


@each_route
def test_an_answer_is_described_by_the_type_that_the_view_returns(path: str, method: str) -> None:
    """Or, beside a view that returns a Response, by that of the function that makes its body: mypy checks both."""
    view = ROUTES[path, method].view_function
    bodies = {answer.body for answer in operation_of(view).answers.values()} - {None, dict[str, Any]}
    names = {each.__name__ for body in bodies for each in typing.get_args(body) or [body]}
    returned = view.__annotations__["return"]

    if returned == "Response" and bodies:
        inside = set(re.findall(r"answer: (\w+) =", inspect.getsource(view)))
        assert names == {view.__globals__["_answer"].__annotations__["return"], *inside}
    else:
        assert names == {returned} - {"Response"}


@each_route
def test_every_answer_says_what_its_code_can_be(path: str, method: str) -> None:
    """By the status of the error's class; 503 says when to try again, and each answer names its request."""
    own = {name: error.STATUS_CODE for name, error in vars(errors).items() if hasattr(error, "STATUS_CODE")}
    chalices = {"UnauthorizedError": 401, "ForbiddenError": 403, "UnsupportedMediaType": 415}

    for status, answer in described(path, method)["responses"].items():
        assert answer["headers"]["X-Request-Id"] == {"$ref": "#/components/headers/X-Request-Id"}
        assert ("Retry-After" in answer["headers"]) == (status == "503")
        assert ("content" in answer) == (status != "204")
        if int(status) >= 400:
            codes = answer["content"]["application/json"]["schema"]["properties"]["Code"]["enum"]
            assert codes
            assert all((own | chalices)[code] == int(status) for code in codes)


@each_route
def test_every_operation_has_a_summary(path: str, method: str) -> None:
    """The first line of the docstring, and a name that no other has."""
    operation = described(path, method)
    assert operation["summary"].endswith(".")
    assert operation["operationId"] == ROUTES[path, method].view_function.__name__
    assert sum(f'"{operation["operationId"]}"' in line for line in json.dumps(DOCUMENT, indent=1).splitlines()) == 1


BODIES: list[tuple[type[Body], str, bool]] = [
    (items.NewItemBody, '{"name": "anvil", "price": 1.10, "attributes": {"kg": 7.5, "new": true, "of": "iron"}}', True),
    (items.NewItemBody, '{"name": "anvil", "price": "1.10", "attributes": {}}', True),
    (items.NewItemBody, '{"name": "anvil", "price": 1, "attributes": {}, "pk": "x"}', False),
    (items.NewItemBody, '{"name": "", "price": 1, "attributes": {}}', False),
    (items.NewItemBody, json.dumps({"name": "x" * 200, "price": 1, "attributes": {}}), True),
    (items.NewItemBody, json.dumps({"name": "x" * 201, "price": 1, "attributes": {}}), False),
    (items.NewItemBody, '{"name": "a\\u0000", "price": 1, "attributes": {}}', False),
    (items.NewItemBody, '{"name": "a", "price": -1, "attributes": {}}', False),
    (items.NewItemBody, '{"name": "a", "price": "007", "attributes": {}}', False),
    (items.NewItemBody, '{"name": "a", "price": 1000000000000, "attributes": {}}', False),
    (items.NewItemBody, '{"name": "a", "price": 1, "attributes": {"": 1}}', False),
    (items.NewItemBody, '{"name": "a", "price": 1, "attributes": {"a\\n": 1}}', False),
    (items.NewItemBody, '{"name": "a", "price": 1, "attributes": {"a": null}}', False),
    (items.NewItemBody, '{"name": "a", "price": 1, "attributes": {"a": []}}', False),
    (items.NewItemBody, '{"name": "a", "price": 1, "attributes": {"a": 1e126}}', False),
    (items.NewItemBody, '{"name": "a", "price": 1, "attributes": {"a": 1e-131}}', False),
    (items.NewItemBody, '{"name": "a", "price": 1, "attributes": {"a": -0.0}}', True),
    (items.NewItemBody, json.dumps({"name": "a", "price": 1, "attributes": {f"a{n}": n for n in range(50)}}), True),
    (items.NewItemBody, json.dumps({"name": "a", "price": 1, "attributes": {f"a{n}": n for n in range(51)}}), False),
    (items.ItemPatch, '{"name": "anvil"}', True),
    (items.ItemPatch, "{}", False),
    (items.ItemPatch, '{"price": null}', False),
    (carts.CartLineBody, '{"description": "anvil", "price": "0", "quantity": 1000000}', True),
    (carts.CartLineBody, '{"description": "anvil", "price": "0", "quantity": 2.0}', True),
    (carts.CartLineBody, '{"description": "anvil", "price": "0", "quantity": 1000001}', False),
    (carts.CartLineBody, '{"description": "anvil", "price": "0", "quantity": 0}', False),
    (carts.CartLinePatch, '{"quantity": true}', False),
    (users.NewUserBody, '{"email": "ann@example.com", "display_name": "Ann"}', True),
    (users.NewUserBody, '{"email": "ann@example.com"}', False),
    (users.UserPatch, '{"display_name": "\\u00c4nn"}', True),
    (users.UserPatch, '{"display_name": null}', False),
]


@pytest.mark.parametrize(("model", "body", "accepted"), BODIES)
def test_a_body_is_accepted_exactly_when_the_document_says_so(
    make_request: MakeRequest, model: type[Body], body: str, *, accepted: bool
) -> None:
    """Lengths, patterns, limits, unknown fields and nulls."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}", "components": DOCUMENT["components"]}
    assert jsonschema_rs.validator_for(schema).is_valid(json.loads(body)) is accepted

    if accepted:
        parse_body(make_request(body), model)
    else:
        with pytest.raises(InvalidRequestError):
            parse_body(make_request(body), model)


def test_the_page_size_has_its_limits_in_the_document() -> None:
    """1 to 100, 50 when it is left out."""
    for path in ("/items", "/cart", "/users"):
        schema = parameters(path, "GET", "query")["limit"]["schema"]
        assert schema == {"type": "integer", "minimum": 1, "maximum": 100, "default": 50}


def test_the_document_is_made_on_the_first_request_and_kept(run_python: RunPython) -> None:
    """No cold start pays for it, and no second request; it needs no setting."""
    done = run_python(ASK)

    assert (done["loaded"], done["same"]) == (False, True)
    assert done["first"]["statusCode"] == 200
    assert done["first"]["headers"]["Content-Type"] == "application/json"
    assert json.loads(done["first"]["body"]) == json.loads(json.dumps(DOCUMENT))
