"""What a mapped request has to be allowed, and the three ways in which one is refused before that is decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

# A string is a single-valued condition key, a tuple a multivalued one (the same type as in bulkhead_iam).
ContextValue: TypeAlias = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuthorizationCheck:
    """One question to IAM: may the caller use `action` on `resource`, given `context`?

    Args:
        action: as policies name it, such as `dynamodb:GetItem`.
        resource: an ARN, or `*` for actions without resource-level permissions.
        context: the condition keys that come from the request itself. A key that is absent is absent; it is
            never present and empty. Keys of the principal and of the connection are added by the gate.
        resource_policy: the JSON document of the policy that is attached to the resource, if any.
    """

    action: str
    resource: str
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    resource_policy: str | None = None


class UnmappableRequestError(Exception):
    """The request cannot be mapped to IAM with certainty, so it is refused; the message says why."""


class UnkeptRequestError(Exception):
    """The emulator would forget a policy, boundary or trigger that the request sets, so nobody may make it.

    Args:
        action: what is called, such as `iam:CreateUser`.
        member: the parameter that would be forgotten.
        does_not: what the emulator does not do with it.
    """

    def __init__(self, action: str, member: str, *, does_not: str = "store") -> None:
        super().__init__(
            f"This local AWS cannot keep the {member} of {action}: the emulator behind it does not {does_not} it, "
            "so nothing would enforce it"
        )
        self.action = action


class MalformedRequestError(Exception):
    """The service itself would refuse the request with status 400.

    Args:
        message: what is wrong, in a sentence for the caller.
        code: the service's error code: `ValidationException`, or `SerializationException` when a member has
            another JSON type than the service's protocol says.
    """

    def __init__(self, message: str, *, code: str = "ValidationException") -> None:
        super().__init__(message)
        self.code = code
