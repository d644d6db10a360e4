"""The decision: explicit denies first, then what must allow.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bulkhead_iam.decisions import Decision, Effect, PolicySet, Request, explicit_denial, implicit_denial
from bulkhead_iam.folding import ASCII_NAMES, ascii_lower
from bulkhead_iam.keys import lower_keys
from bulkhead_iam.kinds import PolicyKind
from bulkhead_iam.principals import Grant
from bulkhead_iam.statements import Facts, Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bulkhead_iam.conditions import UnmetCondition
    from bulkhead_iam.policy import Policy

_ROLE = re.compile(r"arn:[^:]*:iam::[^:]*:role/", re.ASCII)
_KMS_KEY = re.compile(r"arn:[^:]*:kms:[^:]*:[^:]*:key/", re.ASCII)


def evaluate(request: Request, policies: PolicySet) -> Decision:
    """Decide whether the request is allowed, and by what.

    An explicit deny in any policy wins. Else, within one account: a resource-based policy that names the
    user, the session, the service or everybody suffices; one that names the role counts like an identity-based
    policy; either way identity-based policy, permissions boundary and session policy must each allow. A role's
    trust policy, and the policy of a KMS key, must allow in any case. Across accounts both sides must allow.

    An action beyond ASCII is refused, whatever the policies say: no service has one.

    Raises ValueError for a context that holds one key in two spellings.
    """
    action = ASCII_NAMES[request.action]
    if action is None:
        return implicit_denial(request, PolicyKind.IDENTITY, ())
    facts = Facts(
        request.principal,
        action,
        request.resource,
        lower_keys(request.context),
        policies.boundary is not None,
    )
    denial = _explicit_denial(request, policies, facts)
    if denial is not None:
        return denial
    grant, by = Grant.NONE, None
    if policies.resource is not None:
        grant, by = policies.resource.grant(facts)
        if by is not None and _suffices(grant, request, policies):
            return Decision(Effect.ALLOWED, policies.resource.kind, by.name, (), "")
    if grant is Grant.NONE and _needs_resource_policy(request, policies):
        kind = _resource_kind(request, policies)
        return implicit_denial(request, kind, _near_misses(policies.resource, facts))
    return _caller_side(request, policies, facts, by if grant is Grant.ROLE else None)


def _explicit_denial(request: Request, policies: PolicySet, facts: Facts) -> Decision | None:
    for kind, attached in (
        (PolicyKind.IDENTITY, policies.identity),
        (PolicyKind.BOUNDARY, policies.boundary or ()),
        (PolicyKind.SESSION, policies.session or ()),
    ):
        for policy in attached:
            if (statement := policy.denial(facts)) is not None:
                return explicit_denial(request, kind, statement.name)
    if policies.resource is not None and (statement := policies.resource.denial(facts)) is not None:
        return explicit_denial(request, policies.resource.kind, statement.name)
    return None


def _crosses_accounts(request: Request, policies: PolicySet) -> bool:
    return policies.resource_account not in (None, request.principal.account)


def _suffices(grant: Grant, request: Request, policies: PolicySet) -> bool:
    """Tell whether a resource-based policy alone allows: for services and tokens, and for who is named directly.

    AWS: an implicit deny elsewhere "does not impact the final decision" then. "Identity-based policies" of a
    service or of a token there are none.
    """
    return grant is Grant.DIRECT and (not request.principal.has_policies or not _crosses_accounts(request, policies))


def _needs_resource_policy(request: Request, policies: PolicySet) -> bool:
    """Tell whether the resource's own policy must allow.

    "IAM role trust policies and KMS key policies are exceptions to this logic, because they must explicitly
    allow access": also when the caller of this function has none to give.
    """
    if not request.principal.has_policies or _crosses_accounts(request, policies):
        return True
    if policies.resource is not None and policies.resource.kind is PolicyKind.TRUST:
        return True
    return _assumes_role(request) or (
        ascii_lower(request.action).startswith("kms:") and _KMS_KEY.match(request.resource) is not None
    )


def _assumes_role(request: Request) -> bool:
    return ascii_lower(request.action).startswith("sts:") and _ROLE.match(request.resource) is not None


def _resource_kind(request: Request, policies: PolicySet) -> PolicyKind:
    if policies.resource is not None:
        return policies.resource.kind
    return PolicyKind.TRUST if _assumes_role(request) else PolicyKind.RESOURCE


def _caller_side(request: Request, policies: PolicySet, facts: Facts, role_grant: Statement | None) -> Decision:
    """Decide by what is attached to the caller: identity-based policies, boundary and session policies.

    "All requests are implicitly denied with the exception of the AWS account root user, which has full access":
    it has no identity-based policies, and needs none.
    """
    if not request.principal.has_policies:
        # The resource's policy names its account only, and the service has no policies of its own.
        return implicit_denial(request, _resource_kind(request, policies), ())
    allowance, kind = _first(policies.identity, facts), PolicyKind.IDENTITY
    crosses = _crosses_accounts(request, policies)
    if allowance is None and role_grant is not None and not crosses and policies.resource is not None:
        allowance, kind = role_grant, policies.resource.kind
    if allowance is None and not request.principal.is_root:
        return implicit_denial(request, kind, _unmet(policies.identity, facts))
    for limit, attached in ((PolicyKind.BOUNDARY, policies.boundary), (PolicyKind.SESSION, policies.session)):
        if attached is not None and _first(attached, facts) is None:
            return implicit_denial(request, limit, _unmet(attached, facts))
    if allowance is None:
        return Decision(Effect.ALLOWED, None, None, (), "")
    return Decision(Effect.ALLOWED, kind, allowance.name, (), "")


def _first(attached: Iterable[Policy], facts: Facts) -> Statement | None:
    for policy in attached:
        if (statement := policy.allowance(facts)) is not None:
            return statement
    return None


def _unmet(attached: Iterable[Policy], facts: Facts) -> tuple[UnmetCondition, ...]:
    return tuple(condition for policy in attached for condition in policy.near_misses(facts))


def _near_misses(policy: Policy | None, facts: Facts) -> tuple[UnmetCondition, ...]:
    return () if policy is None else tuple(policy.near_misses(facts))
