"""Who may do what with users."""

from __future__ import annotations

from chalicelib.tenancy.tenant import Role
from tests.support.routes import roles_by_route


def test_everybody_reads_users_and_only_an_administrator_writes_them() -> None:
    """As IAM has it: the writer's login is the admins'."""
    assert (
        roles_by_route("/users").items()
        >= {
            "GET /users": set(Role),
            "POST /users": {Role.ADMIN},
            "GET /users/*": set(Role),
            "PATCH /users/*": {Role.ADMIN},
            "DELETE /users/*": {Role.ADMIN},
        }.items()
    )
