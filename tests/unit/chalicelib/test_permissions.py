"""The one table behind the authorizer's policy, against the application's real routes."""

from __future__ import annotations

import re

import pytest

from app import app
from chalicelib.permissions import PERMISSIONS, Permission
from chalicelib.routes.answers import CORS
from chalicelib.tenant import Role

ROUTES = {
    Permission(method, re.sub(r"\{[^/]+\}", "*", path)): route
    for path, methods in app.routes.items()
    for method, route in methods.items()
}
AUTHORIZED = {permission for permission, route in ROUTES.items() if route.authorizer is not None}


def test_the_table_has_a_row_for_every_role() -> None:
    """A role without a row would make the authorizer fail."""
    assert PERMISSIONS.keys() == set(Role)


@pytest.mark.parametrize("route", sorted(AUTHORIZED), ids=" ".join)
def test_every_authorized_route_is_open_to_an_administrator(route: Permission) -> None:
    """A route that nobody may call was forgotten in the table."""
    assert route in PERMISSIONS[Role.ADMIN]


@pytest.mark.parametrize("role", list(Role))
def test_every_permission_is_one_of_a_real_route(role: Role) -> None:
    """A wildcard or a stale row would open routes that do not exist yet."""
    assert set(PERMISSIONS[role]) <= AUTHORIZED


def test_a_viewer_only_reads() -> None:
    """No method that writes is open to a viewer."""
    assert {permission.method for permission in PERMISSIONS[Role.VIEWER]} == {"GET"}


def test_a_member_writes_the_cart_and_nothing_else() -> None:
    """A route that writes is open to members only when it is meant to be."""
    writes = {" ".join(permission) for permission in PERMISSIONS[Role.MEMBER] if permission.method != "GET"}
    assert writes == {"PUT /cart/*", "PATCH /cart/*", "DELETE /cart/*"}


def test_each_role_may_do_what_the_lesser_one_may() -> None:
    """Viewer, member, admin."""
    assert set(PERMISSIONS[Role.VIEWER]) < set(PERMISSIONS[Role.MEMBER]) <= set(PERMISSIONS[Role.ADMIN])


def test_a_viewer_may_call_every_reading_route() -> None:
    """All roles read."""
    assert set(PERMISSIONS[Role.VIEWER]) == {route for route in AUTHORIZED if route.method == "GET"}


@pytest.mark.parametrize("route", sorted(ROUTES), ids=" ".join)
def test_every_route_but_health_carries_the_tenant_authorizer(route: Permission) -> None:
    """A route without an authorizer would be open to the world."""
    authorizer = ROUTES[route].authorizer
    name = authorizer.name if authorizer is not None else None
    assert name == (None if route == Permission("GET", "/health") else "tenant_authorizer")


@pytest.mark.parametrize("route", sorted(ROUTES), ids=" ".join)
def test_every_route_carries_the_stages_cors(route: Permission) -> None:
    """`cors=True` would answer with a wildcard instead of the stage's origin."""
    assert ROUTES[route].cors is CORS
