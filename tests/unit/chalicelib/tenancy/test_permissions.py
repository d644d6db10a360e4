"""The one table behind the authorizer's policy and Terraform's."""

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
from tests.support.routes import missing_permissions, routes_of
from tests.support.samples import sample_app

ROUTES = {Permission.of(method, path): route for (method, path), route in routes_of(app).items()}
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


def test_a_route_without_a_row_and_a_row_without_a_route_would_be_noticed() -> None:
    """The canary of the test that holds the table against the application: each is named with what to do."""
    missing = missing_permissions(sample_app())
    line = '"PUT /samples/*": "write"'
    assert f"PUT /samples/*: needs a line in chalicelib/permissions.json, such as {line}" in missing
    assert "GET /me: is a row in chalicelib/permissions.json of no authorized route" in missing
    assert len(missing) == len(
        {*TABLE["routes"], "GET /samples", *(f"{m} /samples/*" for m in ("PUT", "PATCH", "DELETE"))}
    )


def test_the_table_has_a_row_for_every_role() -> None:
    """A role without a row would make the authorizer fail."""
    assert PERMISSIONS.keys() == set(Role)


def test_a_viewer_only_reads() -> None:
    """No method that writes is open to a viewer."""
    assert {permission.method for permission in PERMISSIONS[Role.VIEWER]} == {"GET"}


def test_each_role_may_do_what_the_lesser_one_may() -> None:
    """Viewer, member, admin."""
    assert set(PERMISSIONS[Role.VIEWER]) <= set(PERMISSIONS[Role.MEMBER]) <= set(PERMISSIONS[Role.ADMIN])


def test_every_role_reads() -> None:
    """A route that only reads is open to all, and to write is a right of its own."""
    reading = {route for route, right in TABLE["routes"].items() if right == Right.READ}
    assert reading == {route for route in TABLE["routes"] if route.startswith("GET ")}


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
