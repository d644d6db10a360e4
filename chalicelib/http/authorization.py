"""The Lambda authorizer, and the only way from a request to its tenant."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from chalice.app import AuthResponse, Blueprint

from chalicelib import wiring
from chalicelib.errors import AppError, ConfigError, InvalidTokenError
from chalicelib.tenancy.authorizer import authorize
from chalicelib.tenancy.tenant import TenantContext
from chalicelib.vending.handles import Handle

if TYPE_CHECKING:
    from chalice.app import AuthRequest, Request

#: How long API Gateway may go on with the policy it got for a token, unless Terraform says otherwise, as `infra/live`
#: does: half of AUTHORIZER_CACHE_SECONDS. The other half the authorizer may go on with a tenant's status.
CACHE_SECONDS = 30

log = logging.getLogger(__name__)
authorization = Blueprint(__name__)


@authorization.authorizer(ttl_seconds=CACHE_SECONDS)
def tenant_authorizer(request: AuthRequest) -> AuthResponse:
    """Verify the id token and return the routes it opens, or refuse.

    Raises:
        InvalidTokenError: API Gateway answers 401.
        SigningKeysUnavailableError: no token can be judged now; API Gateway answers 500 unless a gateway response
            says otherwise.
    """
    try:
        # The registry's client is made for a token that was verified, not for any that somebody sends.
        return authorize(
            request.token, wiring.token_manager(), lambda tenant: wiring.tenant_statuses().is_active(tenant)
        )
    except (AppError, ConfigError) as error:
        log.warning("token refused: %s", error.reason if isinstance(error, InvalidTokenError) else error)
        if wiring.refuses_by_policy():
            return AuthResponse(routes=[], principal_id="refused")
        raise


def current_tenant(request: Request) -> TenantContext:
    """Return the tenant context that the authorizer verified; nothing else in a request names a tenant."""
    return TenantContext.from_authorizer_context(request.context.get("authorizer", {}))


def opened(request: Request) -> Handle:
    """Return the request's way to its tenant's data, which ends with the answer.

    The session is that of the token with which the present request came, whatever request is given here.
    """
    return Handle(current_tenant(request))
