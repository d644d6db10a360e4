"""The one table behind the authorizer's policy and Terraform's, against the application's real routes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app import app
from chalicelib.http.answers import CORS
from chalicelib.tenancy import permissions
from chalicelib.tenancy.permissions import PERMISSIONS, RIGHTS, Permission, Right
from chalicelib.tenancy.tenant import Role

ROUTES = {
    Permission(method, re.sub(r"\{[^/]+\}", "*", path)): route
    for path, methods in app.routes.items()
    for method, route in methods.items()
}
AUTHORIZED = {permission for permission, route in ROUTES.items() if route.authorizer is not None}
OPEN = {Permission("GET", "/health"), Permission("GET", "/openapi.json")}
TABLE = json.loads((Path(permissions.__file__).parents[1] / "permissions.json").read_text())


def test_the_tables_rights_are_exactly_those_that_the_code_knows() -> None:
    """Terraform takes each by its name."""
    assert list(TABLE) == ["rights", "routes"]
    assert list(TABLE["rights"]) == [right.value for right in Right]


def test_the_tables_roles_are_exactly_the_values_of_role() -> None:
    """A role that only one of the two knows would get no policy, or a policy that no token can claim."""
    assert {role for roles in TABLE["rights"].values() for role in roles} == {role.value for role in Role}
    assert all(len(roles) == len(set(roles)) for roles in TABLE["rights"].values())


def test_rights_nest() -> None:
    """Whoever administers also writes, and whoever writes also reads; everybody reads."""
    assert RIGHTS[Right.ADMINISTER] < RIGHTS[Right.WRITE] < RIGHTS[Right.READ] == set(Role)


def test_every_route_of_the_table_needs_one_of_the_rights() -> None:
    """And is written as a method, a space and a path whose parameters are stars."""
    assert set(TABLE["routes"].values()) <= set(TABLE["rights"])
    assert all(re.fullmatch(r"[A-Z]+ (/([a-z.]+|\*))+", route) for route in TABLE["routes"])


def test_a_role_may_call_the_routes_of_its_rights_and_no_others() -> None:
    """What the authorizer's policy is made of says the same as the file."""
    for role in Role:
        routes = {route for route, right in TABLE["routes"].items() if role in TABLE["rights"][right]}
        assert {" ".join(permission) for permission in PERMISSIONS[role]} == routes


def test_every_route_has_a_row_unless_it_is_open() -> None:
    """Neither a forgotten route nor a row of none."""
    assert {Permission(*route.split(" ")) for route in TABLE["routes"]} == set(ROUTES) - OPEN == AUTHORIZED


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


def test_a_member_writes_items_and_the_cart_and_nothing_else() -> None:
    """A route that writes is open to members only when it is meant to be."""
    writes = {" ".join(permission) for permission in PERMISSIONS[Role.MEMBER] if permission.method != "GET"}
    cart = {"PUT /cart/*", "PATCH /cart/*", "DELETE /cart/*"}
    assert writes == cart | {"POST /items", "PATCH /items/*", "DELETE /items/*"}


def test_only_an_admin_writes_users() -> None:
    """The directory is the one thing that members only read."""
    more = set(PERMISSIONS[Role.ADMIN]) - set(PERMISSIONS[Role.MEMBER])
    assert {" ".join(permission) for permission in more} == {"POST /users", "PATCH /users/*", "DELETE /users/*"}


def test_each_role_may_do_what_the_lesser_one_may() -> None:
    """Viewer, member, admin."""
    assert set(PERMISSIONS[Role.VIEWER]) < set(PERMISSIONS[Role.MEMBER]) < set(PERMISSIONS[Role.ADMIN])


def test_a_viewer_may_call_every_reading_route() -> None:
    """All roles read."""
    assert set(PERMISSIONS[Role.VIEWER]) == {route for route in AUTHORIZED if route.method == "GET"}


@pytest.mark.parametrize("route", sorted(ROUTES), ids=" ".join)
def test_every_route_but_two_carries_the_tenant_authorizer(route: Permission) -> None:
    """A route without an authorizer is open to the world: liveness and the API's description, which hold no data."""
    authorizer = ROUTES[route].authorizer
    name = authorizer.name if authorizer is not None else None
    assert name == (None if route in OPEN else "tenant_authorizer")


@pytest.mark.parametrize("route", sorted(ROUTES), ids=" ".join)
def test_every_route_carries_the_stages_cors(route: Permission) -> None:
    """`cors=True` would answer with a wildcard instead of the stage's origin."""
    assert ROUTES[route].cors is CORS
