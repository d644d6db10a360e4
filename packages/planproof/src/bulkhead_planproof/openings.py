"""Opens a role's session before the evaluator: by a principal that its trust policy names, as STS would."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkhead_iam import Policy, PolicySet, Request, evaluate
from bulkhead_iam import Principal as Caller
from bulkhead_iam.folding import ascii_lower
from bulkhead_planproof.arns import account_of
from bulkhead_planproof.contexts import satisfying
from bulkhead_planproof.languages import contains
from bulkhead_planproof.sessions import TAG_VALUE
from bulkhead_planproof.statements import named_principals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bulkhead_iam import ContextValue
    from bulkhead_planproof.plan import Boundary, Plan, Principal
    from bulkhead_planproof.statements import ConditionRow

_ATTEMPTS = 20
_ROLE_ARN = re.compile(r"arn:([a-z-]+):iam::([0-9]{12}):role/(?:.*/)?([^/]+)")
_ANYTHING_GOES = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
_BY_KIND = {
    "AWS": ("sts:AssumeRole",),
    "Federated": ("sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"),
}
_TAG_SESSION = "sts:TagSession"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who asks for a session, and by which action; under which conditions he gets one, and one with tags."""

    kind: str
    name: str
    action: str
    opening: tuple[ConditionRow, ...]
    tagging: tuple[ConditionRow, ...]

    def context(self, given: Mapping[str, ContextValue]) -> dict[str, ContextValue]:
        """Return a context with what is given, and with which the conditions on a session with tags may hold.

        What a token says has keys of its own issuer's name: none is invented of another.
        """
        issuer = ascii_lower(self.name.partition(":oidc-provider/")[2] or self.name)
        rows = dict.fromkeys((*self.opening, *self.tagging))
        known = (row for row in rows if "." not in row.key.rpartition(":")[0] or row.key.rpartition(":")[0] == issuer)
        return satisfying(known, given)


@dataclass(frozen=True, slots=True)
class Openings:
    """Opens sessions of a plan's roles in one account."""

    plan: Plan
    account: str

    def open(self, role: Principal, requested: Mapping[str, ContextValue], lines: list[str]) -> dict[str, str] | None:
        """Return the tags (`aws:PrincipalTag/…`) of a session that somebody opens with at least the requested ones.

        The requested have keys as `aws:RequestTag/…`; the trust policy may demand others. None where nobody may. What
        the evaluator says is added to `lines`.
        """
        tried = ["nobody is named whom the evaluator could let open the session"]
        for attempt in list(attempts(role))[:_ATTEMPTS]:
            tried = []
            got = self.by(role, attempt, attempt.context(requested), tried)
            if got is not None:
                lines += tried
                return got
        lines += tried
        return None

    def by(
        self, role: Principal, attempt: Attempt, given: Mapping[str, ContextValue], lines: list[str]
    ) -> dict[str, str] | None:
        """Return the tags of the session that an attempt opens in a context; None where it may not."""
        context = {key: value for key, value in given.items() if ascii_lower(key) != "aws:tagkeys"}
        got = tags_of(context, "aws:RequestTag/", "aws:PrincipalTag/")
        if wrong := [value for value in got.values() if not contains(TAG_VALUE, value)]:
            lines.append(f"STS takes no tag {wrong[0]!r}")
            return None
        if got:
            context["aws:TagKeys"] = tuple(key.partition("/")[2] for key in got)
        caller, name, attached = self._caller(role, attempt)
        if attached is None:
            lines.append(f"what the permissions boundary of {name} lets through is not in the plan")
            return None
        for action in (attempt.action, *([_TAG_SESSION] if got else [])):
            decision = evaluate(Request(caller, action, role.arn(self.account), _asked(action, context)), attached)
            lines.append(f"{action} as {name} {context}: {decision}")
            if not decision.allowed:
                return None
        return got

    def _caller(self, role: Principal, attempt: Attempt) -> tuple[Caller, str, PolicySet | None]:
        """Return who calls, his name, and what decides whether he gets a session; None where that is not known.

        A role that the plan does not make is taken to be allowed everything. Whoever has a token has no policies.
        """
        trust = role.trust.policy if role.trust else None
        if attempt.kind == "Federated":
            caller = Caller(attempt.name, account_of(attempt.name) or "", provider=attempt.name)
            return caller, f"whoever has a token of {attempt.name}", PolicySet((), trust, resource_account=self.account)
        parts = _ROLE_ARN.fullmatch(attempt.name)
        account, name = (parts[2], parts[3]) if parts else (self.account, "Anybody")
        caller = Caller(f"arn:aws:sts::{account}:assumed-role/{name}/replay", account, attempt.name if parts else None)
        opener = self.plan.principals.get(("role", name))
        if opener is None:
            anything = (Policy.parse(_ANYTHING_GOES),)
            return caller, name, PolicySet(anything, trust, resource_account=self.account)
        if opener.boundary is not None and opener.boundary.document is None:
            return caller, name, None
        identity, boundary = tuple(each.policy for each in opener.documents), policies(opener.boundary)
        return caller, name, PolicySet(identity, trust, boundary=boundary, resource_account=self.account)


def attempts(role: Principal) -> Iterator[Attempt]:
    """Yield how sessions of a role may be opened: by whom, and by which statements for the session and for its tags.

    `*` and an account stand for any role of it.
    """
    allowing = [each for each in role.trust.statements if each.allows] if role.trust else []
    for statement in allowing:
        for kind, name in named_principals(statement.principals):
            tagging = [
                each.conditions
                for each in allowing
                if contains(each.actions, ascii_lower(_TAG_SESSION))
                and (kind, name) in named_principals(each.principals)
            ]
            for action in _BY_KIND.get(kind, ()):
                if contains(statement.actions, ascii_lower(action)):
                    for conditions in tagging or [()]:
                        yield Attempt(kind, name, action, statement.conditions, conditions)


def tags_of(context: Mapping[str, ContextValue], of: str, to: str) -> dict[str, str]:
    """Return the tags in a context under keys of another kind; a tag has one value."""
    return {
        f"{to}{key[len(of) :]}": value if isinstance(value, str) else value[0]
        for key, value in context.items()
        if ascii_lower(key).startswith(ascii_lower(of))
    }


def policies(boundary: Boundary | None) -> tuple[Policy, ...] | None:
    """Return a boundary as the evaluator takes it."""
    return None if boundary is None or boundary.document is None else (boundary.document.policy,)


def _asked(action: str, context: Mapping[str, ContextValue]) -> dict[str, ContextValue]:
    """Return what of a context an action has: the session's name goes with those that open one.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
    """
    tagging = action == _TAG_SESSION
    return {key: value for key, value in context.items() if not (tagging and ascii_lower(key) == "sts:rolesessionname")}
