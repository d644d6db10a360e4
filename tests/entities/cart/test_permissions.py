"""Who may do what with the cart."""

from __future__ import annotations

from chalicelib.tenancy.tenant import Role
from tests.support.routes import roles_by_route

WRITERS = {Role.MEMBER, Role.ADMIN}


def test_everybody_reads_the_cart_and_a_viewer_does_not_write_it() -> None:
    """A member's daily work."""
    assert (
        roles_by_route("/cart").items()
        >= {
            "GET /cart": set(Role),
            "PUT /cart/*": WRITERS,
            "PATCH /cart/*": WRITERS,
            "DELETE /cart/*": WRITERS,
        }.items()
    )
