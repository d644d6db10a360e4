"""The same app as somebody would have it who keeps tenants apart by nothing: one static client for all.

For the pooled table; the database stays as it is, and the static clients have none of its secrets. Metering is no
isolation: the static client asks what each call consumed and adds it up, as the clients for tenants do.
"""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from botocore.session import Session

from chalicelib import entities, wiring
from chalicelib.http import answers
from chalicelib.tenancy.tenant import Role, TenantContext

if TYPE_CHECKING:
    from chalice.app import Chalice
    from mypy_boto3_dynamodb import DynamoDBClient

#: Stands for every handle: its tenant is always the same, it has no session, and nothing closes it.
ANYBODY = SimpleNamespace(tenant=TenantContext("acme", Role.ADMIN, "1", "bench@example.com"))


class _StaticClients:
    """Stands where the token vending machine's clients do, and has the same one for everybody."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client

    def dynamodb(self, _: object) -> DynamoDBClient:
        return self._client


def remove_isolation(app: Chalice, *, metered: bool = True) -> None:
    """Take the authorizer, the tokens, the tenant context, the handles and their sessions out of the running app."""
    client = cast(
        "DynamoDBClient",
        Session().create_client("dynamodb", region_name=wiring.config().region, config=wiring.client_config()),
    )
    if metered:
        client.meta.events.register("provide-client-params", _ask_for_capacity)
        client.meta.events.register("after-call", _add_up_capacity)
    clients = _StaticClients(client)
    _replace(wiring.__name__, "scoped_clients", lambda: clients)
    _replace(answers.__name__, "request_scope", nullcontext)
    for entity in entities.ENTITIES:
        _replace(f"{entities.__name__}.{entity.name}.routes", "opened", partial(_always, ANYBODY))
    for methods in app.routes.values():
        for route in methods.values():
            route.authorizer = None


def _ask_for_capacity(params: dict[str, Any], **_: object) -> None:
    params["ReturnConsumedCapacity"] = "TOTAL"


def _add_up_capacity(parsed: dict[str, Any], **_: object) -> None:
    units = parsed.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
    wiring.usage().add(ANYBODY.tenant.tenant_id, read=units)


def _replace(module_name: str, name: str, replacement: object) -> None:
    module = import_module(module_name)
    assert callable(getattr(module, name)), f"{module_name}.{name}"
    setattr(module, name, replacement)


def _always(value: object, _: object) -> object:
    return value
