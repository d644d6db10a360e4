"""What all partition keys of a tenant begin with, and none of another's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.tenancy.tenant import TenantContext

#: Occurs neither in the grammar of tenant ids nor in any STS tag value, so that no tenant's prefix is a prefix of
#: another's: `acme#` and `acme-eu#` share no key.
DELIMITER = "#"


def leading_keys(tenant: TenantContext) -> str:
    """Return the IAM pattern that all partition keys of the tenant match, and none of another's."""
    return f"{tenant.tenant_id}{DELIMITER}*"
