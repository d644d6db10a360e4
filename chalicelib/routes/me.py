"""Who the caller is, as the backend sees it."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.routes.answers import CORS
from chalicelib.routes.authorization import current_tenant, tenant_authorizer

me = Blueprint(__name__)


@me.route("/me", authorizer=tenant_authorizer, cors=CORS)
def get_me() -> dict[str, str]:
    """Return the caller's tenant context."""
    return current_tenant(me.current_request).to_authorizer_context()
