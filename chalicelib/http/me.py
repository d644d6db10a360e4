"""Who the caller is, as the backend sees it."""

from __future__ import annotations

from chalice.app import Blueprint
from typing_extensions import TypedDict

from chalicelib.http.answers import CORS
from chalicelib.http.authorization import current_tenant, tenant_authorizer
from chalicelib.http.operations import DescribedResponse, Operation
from chalicelib.tenancy.tenant import Role  # noqa: TC001 -- pydantic reads the annotation

me = Blueprint(__name__)


class MeAnswer(TypedDict):
    """Who is calling, for which tenant, in which role."""

    tenant: str
    role: Role
    user_id: str
    email: str


@me.route("/me", authorizer=tenant_authorizer, cors=CORS)
@Operation(answers={200: DescribedResponse("The caller.", MeAnswer)})
def get_me() -> MeAnswer:
    """Return the caller's tenant context."""
    tenant = current_tenant(me.current_request)
    return {"tenant": tenant.tenant_id, "role": tenant.role, "user_id": tenant.user_id, "email": tenant.email}
