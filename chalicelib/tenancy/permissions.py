"""Which role may do what: the one table behind the authorizer's policy and the conditions on the `role` session tag.

`permissions.json` names three rights and the roles that have them. The authorizer's policy opens the routes of a role's
rights; Terraform reads the same file and puts the roles into TenantRole's policies.
"""

from __future__ import annotations

import json
import re
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Self

from chalicelib.tenancy.tenant import Role

_TABLE = json.loads((Path(__file__).parents[1] / "permissions.json").read_text())


class Right(StrEnum):
    """What a role may do with its tenant's data."""

    READ = "read"
    WRITE = "write"
    ADMINISTER = "administer"


class Permission(NamedTuple):
    """One HTTP method on one path; `*` in a path stands for a path parameter."""

    method: str
    path: str

    @classmethod
    def of(cls, method: str, path: str) -> Self:
        """Return the permission to call a route whose path names its parameters, such as `/things/{id}`."""
        return cls(method, re.sub(r"\{[^/]+\}", "*", path))


#: Roles by right.
RIGHTS = {Right(right): frozenset(map(Role, roles)) for right, roles in _TABLE["rights"].items()}

#: Routes by role.
PERMISSIONS = {
    role: tuple(
        Permission(*route.split(" ", 1)) for route, right in _TABLE["routes"].items() if role in RIGHTS[Right(right)]
    )
    for role in Role
}
