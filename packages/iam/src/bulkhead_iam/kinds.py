"""The kinds of policies that take part in a decision."""

from __future__ import annotations

import enum


class PolicyKind(enum.StrEnum):
    """Where a policy is attached, which decides what may stand in it and how it counts."""

    IDENTITY = "identity"
    RESOURCE = "resource"
    TRUST = "trust"
    SESSION = "session"
    BOUNDARY = "boundary"

    @property
    def is_resource_based(self) -> bool:
        """Whether the policy names principals."""
        return self in {PolicyKind.RESOURCE, PolicyKind.TRUST}

    @property
    def noun(self) -> str:
        """The words for it in AWS's access denied messages."""
        return _NOUNS[self]

    @property
    def phrase(self) -> str:
        """The noun with its article."""
        return f"an {self.noun}" if self.noun[0] in "aeiou" else f"a {self.noun}"


_NOUNS = {
    PolicyKind.IDENTITY: "identity-based policy",
    PolicyKind.RESOURCE: "resource-based policy",
    PolicyKind.TRUST: "role trust policy",
    PolicyKind.SESSION: "session policy",
    PolicyKind.BOUNDARY: "permissions boundary",
}
