"""An application's routes, and what is missing beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.http.openapi import document
from chalicelib.http.operations import operation_of
from chalicelib.tenancy import permissions
from chalicelib.tenancy.permissions import PERMISSIONS, Permission, Right
from chalicelib.tenancy.tenant import Role

if TYPE_CHECKING:
    from chalice.app import Chalice, RouteEntry

_TABLE = Path(permissions.__file__).parents[1] / "permissions.json"


def routes_of(app: Chalice) -> dict[tuple[str, str], RouteEntry]:
    """Return every route by method and path."""
    return {(method, path): route for path, methods in app.routes.items() for method, route in methods.items()}


def described_routes(app: Chalice) -> dict[tuple[str, str], RouteEntry]:
    """Return the routes whose views say what they take and answer; `undescribed_routes` tells of the others."""
    return {one: route for one, route in routes_of(app).items() if _is_described(route)}


def described_document(app: Chalice) -> dict[str, Any]:
    """Return the OpenAPI document of the routes that say what they take and answer."""
    described: dict[str, dict[str, RouteEntry]] = {}
    for (method, path), route in described_routes(app).items():
        described.setdefault(path, {})[method] = route
    return document(described)


def undescribed_routes(app: Chalice) -> list[str]:
    """Return a sentence for each route whose view lacks its `@Operation`."""
    return [
        f"{method} {path}: its view {route.view_name} lacks an @Operation, in {_file_of(route)} under its route"
        for (method, path), route in routes_of(app).items()
        if not _is_described(route)
    ]


def missing_permissions(app: Chalice) -> list[str]:
    """Return a sentence for each authorized route without a row in permissions.json, and each row of no such route."""
    rows = set(json.loads(_TABLE.read_text())["routes"])
    authorized = {
        " ".join(Permission.of(method, path)) for (method, path), route in routes_of(app).items() if route.authorizer
    }
    return [
        *(
            f'{route}: needs a line in chalicelib/permissions.json, such as "{route}": "{_right(route)}"'
            for route in sorted(authorized - rows)
        ),
        *(
            f"{row}: is a row in chalicelib/permissions.json of no authorized route"
            for row in sorted(rows - authorized)
        ),
    ]


def _file_of(route: RouteEntry) -> str:
    return f"{route.view_function.__module__.replace('.', '/')}.py"


def _right(route: str) -> Right:
    return Right.READ if route.startswith("GET ") else Right.WRITE


def roles_by_route(prefix: str) -> dict[str, set[Role]]:
    """Return who may call each route on this path and below it, by its row in permissions.json."""
    found: dict[str, set[Role]] = {}
    for role in Role:
        for permission in PERMISSIONS[role]:
            if permission.path == prefix or permission.path.startswith(f"{prefix}/"):
                found.setdefault(" ".join(permission), set()).add(role)
    return found


def _is_described(route: RouteEntry) -> bool:
    try:
        operation_of(route.view_function)
    except TypeError:
        return False
    return True
