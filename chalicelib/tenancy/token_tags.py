"""The tags that a user's id token carries to STS: put there by the pre-token trigger, read wherever a token is judged.

STS verifies the token itself and takes the session's tags from it, so that nobody passes tags. Source: AWS, "Passing
session tags using AssumeRoleWithWebIdentity" (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from chalicelib.config import SessionPer, trigger_session_per
from chalicelib.errors import InvalidTenantError
from chalicelib.tenancy.tenant import Role, is_tenant_id

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The claims from which STS takes a session's tags and its source identity.
TAGS, SOURCE_IDENTITY = "https://aws.amazon.com/tags", "https://aws.amazon.com/source_identity"
_TENANT, _ROLE = "custom:tenantID", "custom:role"


def tag_id_token(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 -- Lambda's signature
    """Add the tags to the id token that Cognito is about to sign; the pre-token trigger, in version V2_0.

    It reads the user's attributes, which users cannot write, and nothing else of the event: `clientMetadata` is what
    the caller says. Where sessions are kept per user, the source identity is added; a session that several users share
    would name the wrong one.

    Source: AWS, "Pre token generation Lambda trigger" (https://docs.aws.amazon.com/cognito/latest/developerguide/
    user-pool-lambda-pre-token-generation.html).

    Raises:
        InvalidTenantError: the user belongs to no tenant or has no role; Cognito then refuses the sign-in.
        ConfigError: SESSION_PER is unset or unknown.
    """
    attributes = event["request"]["userAttributes"]
    tenant, role = attributes.get(_TENANT, ""), attributes.get(_ROLE, "")
    if not is_tenant_id(tenant) or role not in list(Role):
        raise InvalidTenantError("this user belongs to no tenant, or has no role in it")
    claims: dict[str, Any] = {TAGS: {"principal_tags": {"tenant": [tenant], "role": [role]}}}
    if trigger_session_per(os.environ) is SessionPer.USER:
        claims[SOURCE_IDENTITY] = attributes["sub"]
    event["response"]["claimsAndScopeOverrideDetails"] = {"idTokenGeneration": {"claimsToAddOrOverride": claims}}
    return event


def tagged(claims: Mapping[str, Any]) -> tuple[str, Role]:
    """Return the tenant id and the role that STS will tag a session of this token with.

    Raises:
        InvalidTenantError: there are not exactly these two tags, each with one value, equal to the attributes from
            which the trigger took them.
    """
    tenant, role = claims.get(_TENANT), claims.get(_ROLE, "")
    if claims.get(TAGS) != {"principal_tags": {"tenant": [tenant], "role": [role]}}:
        raise InvalidTenantError("the token's tags are missing, or are not its user's tenant and role")
    if not isinstance(tenant, str) or not is_tenant_id(tenant):
        raise InvalidTenantError("the tenant id is outside the grammar")
    try:
        return tenant, Role(str(role))
    except ValueError:
        raise InvalidTenantError("the role is unknown") from None


def check_source_identity(claims: Mapping[str, Any], per: SessionPer) -> None:
    """Refuse a token whose source identity is not the one that this stage's sessions have.

    It was issued before SESSION_PER was changed, and STS would refuse it; a refresh makes it right.

    Raises:
        InvalidTenantError: it is not the user's, or it is there although a tenant's users share a session.
    """
    if claims.get(SOURCE_IDENTITY) != (claims.get("sub") if per is SessionPer.USER else None):
        raise InvalidTenantError("the token's source identity is not the one that this stage's sessions have")
