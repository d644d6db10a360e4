"""What an evaluation is asked and what it answers, in AWS's own words."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkhead_iam.kinds import PolicyKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bulkhead_iam.conditions import UnmetCondition
    from bulkhead_iam.policy import Policy
    from bulkhead_iam.principals import Principal
    from bulkhead_iam.variables import ContextValue


@dataclass(frozen=True, slots=True)
class Request:
    """One action on one resource.

    `action` is such as "dynamodb:GetItem"; `resource` an ARN, or "*" for an action without resource-level
    permissions. `context` holds the condition keys of the request, compared without regard to case (`keys` tells
    what that means beyond ASCII): a string for a single-valued key, a tuple for a multivalued one; a key that is not
    there is absent, and "" is present but empty, which AWS treats as null.
    """

    principal: Principal
    action: str
    resource: str
    context: Mapping[str, ContextValue]


@dataclass(frozen=True, slots=True)
class PolicySet:
    """The policies that apply to a request.

    None for `session` means that no session policy was passed, None for `boundary` that none is set; an empty
    tuple allows nothing. `resource` is the resource's own policy, for a role its trust policy.
    `resource_account` owns the resource; None stands for the caller's own account.

    Raises ValueError when a policy stands where one of its kind cannot.
    """

    identity: tuple[Policy, ...] = ()
    resource: Policy | None = None
    session: tuple[Policy, ...] | None = None
    boundary: tuple[Policy, ...] | None = None
    resource_account: str | None = None

    def __post_init__(self) -> None:
        """Check the kinds: without principals, a statement would be about everybody."""
        if self.resource is not None and not self.resource.kind.is_resource_based:
            raise ValueError(f"{self.resource.kind.phrase} cannot be a resource's policy")
        for policy in (*self.identity, *(self.session or ()), *(self.boundary or ())):
            if policy.kind.is_resource_based:
                raise ValueError(f"{policy.kind.phrase} cannot be attached to a caller")


class Effect(enum.StrEnum):
    """The three outcomes, in the words of IAM's policy simulator."""

    ALLOWED = "Allowed"
    IMPLICITLY_DENIED = "ImplicitlyDenied"
    EXPLICITLY_DENIED = "ExplicitlyDenied"


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome and what decided it.

    `kind` is the kind of policy that decided: that holds the deciding statement, or, for an implicit deny,
    that lacks one; None when the root user is allowed. `statement` is the Sid, or "Statement[2]"; None for an
    implicit deny. `unmet` tells, for an implicit deny, which conditions kept statements of that kind about this
    principal, action and resource from applying. `message` is AWS's sentence for a refusal, else empty.
    """

    effect: Effect
    kind: PolicyKind | None
    statement: str | None
    unmet: tuple[UnmetCondition, ...]
    message: str

    @property
    def allowed(self) -> bool:
        """Whether the request goes through."""
        return self.effect is Effect.ALLOWED

    def __str__(self) -> str:
        """Return one readable line: names from a request cannot break it."""
        words = [str(self.effect)]
        if self.kind is not None:
            words.append(f"by {self.kind.phrase}" if self.statement else f"for lack of {self.kind.phrase}")
        if self.statement is not None:
            words.append(f"({self.statement})")
        line = " ".join(words)
        if self.message:
            line += f": {self.message}"
        if self.unmet:
            line += f" [unmet: {'; '.join(map(str, self.unmet))}]"
        return "".join(character if character.isprintable() else repr(character)[1:-1] for character in line)


def explicit_denial(request: Request, kind: PolicyKind, statement: str) -> Decision:
    """Return the refusal by a Deny statement.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    where = f"the {kind.noun}" if kind is PolicyKind.TRUST else kind.phrase
    message = f"{_sentence(request)} with an explicit deny in {where}"
    return Decision(Effect.EXPLICITLY_DENIED, kind, statement, (), message)


def implicit_denial(request: Request, kind: PolicyKind, unmet: tuple[UnmetCondition, ...]) -> Decision:
    """Return the refusal for lack of an Allow statement (same page)."""
    message = f"{_sentence(request)} because no {kind.noun} allows the {request.action} action"
    return Decision(Effect.IMPLICITLY_DENIED, kind, None, unmet, message)


def _sentence(request: Request) -> str:
    caller = request.principal.arn
    return f"User: {caller} is not authorized to perform: {request.action} on resource: {request.resource}"
