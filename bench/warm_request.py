"""The request that is measured: `GET /NAME/{id}` of the first entity that has one and lies in the pooled table.

Its row is made through its own route before, as the entity's probe says, so that nothing here knows the stored form.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from bench.harness import NothingToMeasureError
from chalicelib.data.storage import Kind
from chalicelib.entities import ENTITIES
from chalicelib.tenancy.tenant import Role
from stage.rows import Creation, is_read_alone

if TYPE_CHECKING:
    from chalice.app import Chalice

    from chalicelib.entities.entity import Entity

#: A process with the app that makes the row, and prints what is then asked for.
PLANTING = "from bench.warm_request import plant; plant()"
_CONTEXT = SimpleNamespace(aws_request_id="00000000-0000-4000-8000-000000000000")


def measured_entity() -> Entity:
    """Return the entity whose request is measured.

    Raises:
        NothingToMeasureError: there is none.
    """
    for entity in ENTITIES:
        if isinstance(entity.storage, Kind) and is_read_alone(entity):
            return entity
    raise NothingToMeasureError("no entity of the pooled table has a GET /NAME/{id}")


@dataclass(frozen=True, slots=True)
class WarmRequest:
    """`GET` of a row that is there: its route and what stands for the route's parameter."""

    route: str
    parameters: dict[str, str]

    @property
    def path(self) -> str:
        """The path that a client sends."""
        return self.route.format(**self.parameters)

    def event(self, tenant_id: str | None, token: str) -> dict[str, Any]:
        """Return what API Gateway sends of a tenant's user; of no tenant where nobody authorizes."""
        return _event("GET", self.route, self.parameters, tenant_id, token)

    def send(self, app: Chalice, tenant_id: str | None, token: str) -> None:
        """Make one request; the metrics, which Lambda takes from standard output, go nowhere."""
        answer = _answer(app, self.event(tenant_id, token))
        assert answer["statusCode"] == 200, answer


def plant() -> None:
    """Make the row of acme, whose token is read, and print the route and the parameters of its request, as JSON."""
    from app import app  # noqa: PLC0415 -- here only: the parent measures, and does not hold the app

    entity = measured_entity()
    route = route_of_one(app, entity)
    [name] = app.routes[route]["GET"].view_args
    creation = Creation.of(entity, "bench")
    parameters = {name: creation.path.rpartition("/")[2]} if creation.method == "PUT" else {}
    path, token, body = route if parameters else creation.path, sys.stdin.read(), json.dumps(creation.body)
    event = _event(creation.method, path, parameters, "acme", token, body=body)
    answer = _answer(app, event)
    assert answer["statusCode"] == 201, answer
    row = creation.row(answer["headers"].get("Location"))
    json.dump({"route": route, "parameters": {name: row.rpartition("/")[2]}}, sys.stdout)


def route_of_one(app: Chalice, entity: Entity) -> str:
    """Return the route of `GET /NAME/{id}` with the parameter's own name."""
    [route] = [
        route
        for route, methods in app.routes.items()
        if route.startswith(f"/{entity.name}/{{") and route.endswith("}") and "/" not in route[len(entity.name) + 2 :]
        if "GET" in methods
    ]
    return str(route)


def _event(  # noqa: PLR0913 -- what requests differ in
    method: str,
    route: str,
    parameters: dict[str, str],
    tenant_id: str | None,
    token: str,
    *,
    body: str | None = None,
) -> dict[str, Any]:
    context = {"tenant": tenant_id, "role": Role.ADMIN.value, "user_id": "1", "email": "bench@example.com"}
    return {
        "httpMethod": method,
        "path": route.format(**parameters),
        "headers": {
            "accept": "*/*",
            "authorization": f"Bearer {token}",
            "origin": "https://app.example.com",
            **({} if body is None else {"content-type": "application/json"}),
        },
        "multiValueQueryStringParameters": None,
        "pathParameters": parameters or None,
        "stageVariables": None,
        "body": body,
        "isBase64Encoded": False,
        "requestContext": {
            "httpMethod": method,
            "resourcePath": route,
            "identity": {"sourceIp": "192.0.2.1"},
            **({} if tenant_id is None else {"authorizer": context}),
        },
    }


def _answer(app: Chalice, event: dict[str, Any]) -> Any:
    with contextlib.redirect_stdout(io.StringIO()):
        return app(event, _CONTEXT)
