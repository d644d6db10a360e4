"""Who may do what with items."""

from __future__ import annotations

from chalicelib.tenancy.tenant import Role
from tests.support.routes import roles_by_route

WRITERS = {Role.MEMBER, Role.ADMIN}


def test_everybody_reads_items_and_a_viewer_does_not_write_them() -> None:
    """A member's daily work."""
    assert (
        roles_by_route("/items").items()
        >= {
            "GET /items": set(Role),
            "POST /items": WRITERS,
            "GET /items/*": set(Role),
            "PATCH /items/*": WRITERS,
            "DELETE /items/*": WRITERS,
        }.items()
    )
