"""May this caller do that? IAM's evaluation with all that applies, and a record of what it said."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from bulkhead_iam import Decision, Effect, Policy, PolicyKind, Request, evaluate
from bulkhead_localaws.protocol.checks import AuthorizationCheck

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bulkhead_localaws.gate.callers import Caller
    from bulkhead_localaws.gate.record import DecisionRecord
    from bulkhead_localaws.gate.sessions import RoleSession
    from bulkhead_localaws.protocol.checks import ContextValue
    from bulkhead_localaws.protocol.requests import HttpRequest

_compiled = lru_cache(maxsize=1024)(Policy.parse)


class Authorizer:
    """Decides about the checks of one account's requests."""

    def __init__(self, record: DecisionRecord, *, account: str) -> None:
        self._record = record
        self._account = account

    def decide(  # noqa: PLR0913 -- what a decision rests on
        self,
        caller: Caller,
        checks: Iterable[AuthorizationCheck],
        context: dict[str, ContextValue],
        *,
        request_id: str,
        now: datetime,
        trust_policy: Policy | None = None,
    ) -> Decision:
        """Return the first refusal, or the last permission; every check must be allowed.

        Raises:
            PolicyError: a resource's policy cannot be understood.
            ValueError: there is nothing to check.
        """
        decision: Decision | None = None
        for check in checks:
            resource_policy = trust_policy
            if check.resource_policy is not None:
                resource_policy = _compiled(check.resource_policy, kind=PolicyKind.RESOURCE)
            decision = evaluate(
                Request(caller.principal, check.action, check.resource, {**context, **check.context}),
                caller.policies(resource_policy, self._account),
            )
            self._record.add(request_id, now, caller, check, decision)
            if not decision.allowed:
                return decision
        if decision is None:
            raise ValueError("a request without a check would be allowed unseen")
        return decision

    def refuse(
        self, caller: Caller, check: AuthorizationCheck, *, request_id: str, now: datetime, reason: str | None = None
    ) -> Decision:
        """Record and return a refusal that no policy made: there is nothing that one could allow.

        Without a reason it is told in AWS's sentence, which tells nobody anything.
        """
        message = reason or (
            f"User: {caller.principal.arn} is not authorized to perform: {check.action} on resource: {check.resource}"
        )
        decision = Decision(Effect.IMPLICITLY_DENIED, None, None, (), message)
        self._record.add(request_id, now, caller, check, decision)
        return decision

    def decide_unmapped(self, caller: Caller, action: str, reason: str, *, request_id: str, now: datetime) -> Decision:
        """Record and return the decision about a call of which nobody knows what it touches."""
        effect = Effect.ALLOWED if caller.is_unrestricted else Effect.IMPLICITLY_DENIED
        kind = PolicyKind.IDENTITY if caller.is_unrestricted else None
        decision = Decision(effect, kind, None, (), "" if caller.is_unrestricted else reason)
        self._record.add(request_id, now, caller, AuthorizationCheck(action, "*"), decision)
        return decision


def global_context(
    caller: Caller, request: HttpRequest, region: str, account: str, now: datetime
) -> dict[str, ContextValue]:
    """Return the condition keys that every signed request has.

    Keys that this local AWS has no value for are absent, and aws:MultiFactorAuthPresent is false for sessions, since
    nobody signs in here with a second factor.
    """
    context: dict[str, ContextValue] = {
        **request_context(request, account, now),
        **unsigned_caller_context(caller),
        "aws:PrincipalArn": caller.principal.role_arn or caller.principal.arn,
        "aws:PrincipalIsAWSService": "false",
        "aws:RequestedRegion": region,
    }
    if caller.user_name is not None:
        context["aws:username"] = caller.user_name
    else:
        context["aws:MultiFactorAuthPresent"] = "false"
    if caller.role_session is not None:
        context |= _session_context(caller.role_session)
    for key, value in caller.tags.items():
        context[f"aws:PrincipalTag/{key}"] = value
    return context


def request_context(request: HttpRequest, account: str, now: datetime) -> dict[str, ContextValue]:
    """Return the condition keys that every request has, whoever makes it.

    One that came through a VPC endpoint has `aws:SourceVpce` and `aws:VpcSourceIp` in place of `aws:SourceIp`.

    Source: AWS, "AWS global condition context keys" (https://docs.aws.amazon.com/IAM/latest/UserGuide/
    reference_policies_condition-keys.html).
    """
    context: dict[str, ContextValue] = {
        "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:ResourceAccount": account,
        "aws:SecureTransport": "false",
        "aws:ViaAWSService": "false",
    }
    if request.vpc_endpoint is None:
        context["aws:SourceIp"] = request.remote_addr
    else:
        context |= {"aws:SourceVpce": request.vpc_endpoint, "aws:VpcSourceIp": request.remote_addr}
    if user_agent := request.headers.get("user-agent"):
        context["aws:UserAgent"] = user_agent
    if referer := request.headers.get("referer"):
        context["aws:Referer"] = referer
    return context


def unsigned_caller_context(caller: Caller) -> dict[str, ContextValue]:
    """Return the condition keys of the caller that do not need a signature: `aws:PrincipalArn` does."""
    return {
        "aws:PrincipalAccount": caller.principal.account,
        "aws:PrincipalType": caller.kind,
        "aws:userid": caller.user_id,
    }


def _session_context(session: RoleSession) -> dict[str, ContextValue]:
    context: dict[str, ContextValue] = dict(session.provider_keys)
    if session.issued_at is not None:
        # What revokes the sessions of a role: AWS, "Revoke IAM role temporary security credentials".
        context["aws:TokenIssueTime"] = session.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    if session.provider is not None:
        context["aws:FederatedProvider"] = session.provider
    if session.source_identity is not None:
        context["aws:SourceIdentity"] = session.source_identity
    return context
