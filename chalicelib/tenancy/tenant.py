"""The tenant context and the tenant id grammar."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from chalicelib.errors import InvalidTenantError

_TENANT_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,30}[a-z0-9])")

#: Follows the tenant's id in partition keys. It occurs neither in tenant ids nor in any STS tag value, so that no
#: tenant's prefix is a prefix of another's: `acme#` and `acme-eu#` share no key.
DELIMITER = "#"


def is_tenant_id(text: str) -> bool:
    """Return whether the text is a tenant id: it holds no key delimiter, wildcard or quote."""
    # fullmatch: `$` would let a trailing newline through.
    return bool(_TENANT_ID.fullmatch(text))


class Role(StrEnum):
    """What a user may do within the own tenant."""

    VIEWER = "viewer"
    MEMBER = "member"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class TenantContext:
    """Who is calling, for which tenant, in which role: the only source of the tenant anywhere in the application.

    An instance with a tenant id outside the grammar or an unknown role cannot exist.

    Raises:
        InvalidTenantError: a field is not what its name says.
    """

    tenant_id: str
    role: Role
    user_id: str
    email: str

    def __post_init__(self) -> None:
        if not is_tenant_id(self.tenant_id):
            raise InvalidTenantError("the tenant id is outside the grammar")
        if not isinstance(self.role, Role):  # the annotation alone stops nobody at run time
            raise InvalidTenantError("the role is unknown")

    @classmethod
    def from_claims(cls, claims: dict[str, Any]) -> Self:
        """Read the claims of a *verified* Cognito id token."""
        return cls(
            tenant_id=_text(claims, "custom:tenantID"),
            role=_role(_text(claims, "custom:role")),
            user_id=_text(claims, "sub"),
            email=_text(claims, "email"),
        )

    @classmethod
    def from_authorizer_context(cls, context: dict[str, Any]) -> Self:
        """Read back what `to_authorizer_context` handed to API Gateway."""
        return cls(
            tenant_id=_text(context, "tenant"),
            role=_role(_text(context, "role")),
            user_id=_text(context, "user_id"),
            email=_text(context, "email"),
        )

    def to_authorizer_context(self) -> dict[str, str]:
        """Return the flat string map that API Gateway passes from the authorizer to the handler."""
        return {"tenant": self.tenant_id, "role": self.role.value, "user_id": self.user_id, "email": self.email}


def _text(source: dict[str, Any], name: str) -> str:
    value = source.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidTenantError(f"{name} is missing")
    return value


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        raise InvalidTenantError("the role is unknown") from None


def leading_keys(tenant_id: str) -> str:
    """Return the IAM pattern that all partition keys of the tenant match, and none of another's."""
    return f"{tenant_id}{DELIMITER}*"
