"""Which role may call which route: the one table behind the authorizer's policy."""

from __future__ import annotations

from typing import NamedTuple

from chalicelib.tenant import Role


class Permission(NamedTuple):
    """One HTTP method on one path; `*` in a path stands for a path parameter."""

    method: str
    path: str


_READ = (
    Permission("GET", "/me"),
    Permission("GET", "/cart"),
    Permission("GET", "/users"),
    Permission("GET", "/users/*"),
)
_WRITE = (
    Permission("PUT", "/cart/*"),
    Permission("PATCH", "/cart/*"),
    Permission("DELETE", "/cart/*"),
)

_ADMINISTER = (
    Permission("POST", "/users"),
    Permission("PATCH", "/users/*"),
    Permission("DELETE", "/users/*"),
)

PERMISSIONS: dict[Role, tuple[Permission, ...]] = {
    Role.VIEWER: _READ,
    Role.MEMBER: _READ + _WRITE,
    Role.ADMIN: _READ + _WRITE + _ADMINISTER,
}
