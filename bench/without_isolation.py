"""The same app as somebody would have it who keeps tenants apart by nothing: one static client for all.

For the pooled table; the database stays as it is, and the static clients have none of its secrets.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, cast

from botocore.session import Session

from chalicelib import entities, wiring
from chalicelib.tenancy.tenant import Role, TenantContext

if TYPE_CHECKING:
    from chalice.app import Chalice
    from mypy_boto3_dynamodb import DynamoDBClient

ANYBODY = TenantContext("acme", Role.ADMIN, "1", "bench@example.com")


class _StaticClients:
    """Stands where the token vending machine's clients do, and has the same one for everybody."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client

    def dynamodb(self, _: TenantContext) -> DynamoDBClient:
        return self._client


def remove_isolation(app: Chalice) -> None:
    """Take the authorizer, the tenant context and the vended credentials out of the running app."""
    client = cast(
        "DynamoDBClient",
        Session().create_client("dynamodb", region_name=wiring.config().region, config=wiring.client_config()),
    )
    clients = _StaticClients(client)
    _replace(wiring.__name__, "scoped_clients", lambda: clients)
    for entity in entities.ENTITIES:
        _replace(f"{entities.__name__}.{entity.name}.routes", "current_tenant", partial(_always, ANYBODY))
    for methods in app.routes.values():
        for route in methods.values():
            route.authorizer = None


def _replace(module_name: str, name: str, replacement: object) -> None:
    module = import_module(module_name)
    assert callable(getattr(module, name)), f"{module_name}.{name}"
    setattr(module, name, replacement)


def _always(value: object, _: object) -> object:
    return value
