"""Holds a counterexample against the evaluator: opens the session by the trust policy, makes the call."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bulkhead_iam import Policy, PolicySet, Request, evaluate
from bulkhead_iam import Principal as Caller
from bulkhead_planproof.languages import ProofError
from bulkhead_planproof.leading_keys import LEADING_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bulkhead_iam import ContextValue
    from bulkhead_planproof.findings import Counterexample
    from bulkhead_planproof.plan import Plan, Principal
    from bulkhead_planproof.statements import ConditionRow, Statement

_ROLE_ARN = re.compile(r"arn:([a-z-]+):iam::(\d{12}):role/(?:.*/)?([^/]+)")
_ANYTHING_GOES = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'


@dataclass(frozen=True, slots=True)
class Replay:
    """Replays in one account; `session_policies` are passed to AssumeRole, None for none."""

    plan: Plan
    account: str
    tag: str

    def of_session(
        self,
        example: Counterexample,
        role: Principal,
        statement: Statement,
        session_policies: tuple[Policy, ...] | None = None,
    ) -> Counterexample:
        """Return the counterexample with what the evaluator says to the session and to the call."""
        lines: list[str] = []
        tags: dict[str, ContextValue] = {}
        if example.session is not None:
            tags[f"aws:PrincipalTag/{self.tag}"] = example.session
        opened = self._open(role, tags, statement, lines)
        context = satisfying(statement.conditions, {**tags, **_keys(example)})
        allowed = self._decide(example, role, context, session_policies, lines)
        return replace(example, replay=tuple(lines), confirmed=opened and allowed)

    def of_principal(self, example: Counterexample, principal: Principal, statement: Statement) -> Counterexample:
        """Return the counterexample with what the evaluator says to a call of who is no tenant's session."""
        lines: list[str] = []
        context = satisfying(statement.conditions, _keys(example))
        allowed = self._decide(example, principal, context, None, lines)
        return replace(example, replay=tuple(lines), confirmed=allowed)

    def _decide(
        self,
        example: Counterexample,
        principal: Principal,
        context: Mapping[str, ContextValue],
        session: tuple[Policy, ...] | None,
        lines: list[str],
    ) -> bool:
        if principal.boundary is not None:
            lines.append(f"what the permissions boundary {principal.boundary} lets through is not in the plan")
            return False
        caller = f"arn:aws:sts::{self.account}:assumed-role/{principal.name}/replay"
        if principal.kind != "role":
            caller = f"arn:aws:iam::{self.account}:user/{principal.name}"
        request = Request(Caller.from_arn(caller), example.action, example.resource, context)
        identity = tuple(document.policy for document in principal.documents)
        decision = evaluate(request, PolicySet(identity=identity, session=session))
        lines.append(f"{example.action} {dict(context)}: {decision}")
        return decision.allowed

    def _open(
        self,
        role: Principal,
        tags: dict[str, ContextValue],
        statement: Statement,
        lines: list[str],
    ) -> bool:
        """Open the session as the first principal that the trust policy names; with every tag that the call needs."""
        if role.trust is None:
            return False
        wanted = satisfying(statement.conditions, tags)
        prefix = "aws:principaltag/"
        requested = {
            f"aws:RequestTag/{key[len(prefix) :]}": value
            for key, value in wanted.items()
            if key.lower().startswith(prefix)
        }
        for trusting in role.trust.statements:
            if trusting.allows and (callers := _callers(trusting.principals)):
                return self._assume(role, trusting, callers[0], requested, lines)
        lines.append("nobody is named whom the evaluator could let open the session")
        return False

    def _assume(
        self, role: Principal, trusting: Statement, caller: str, requested: dict[str, ContextValue], lines: list[str]
    ) -> bool:
        context = satisfying(trusting.conditions, requested)
        names = [key.partition("/")[2] for key in context if key.lower().startswith("aws:requesttag/")]
        context = {key: value for key, value in context.items() if key.lower() != "aws:tagkeys"}
        if names:
            context["aws:TagKeys"] = tuple(names)
        parts = _ROLE_ARN.fullmatch(caller)
        account, name = (parts[2], parts[3]) if parts else (self.account, "Anybody")
        known = self.plan.principals.get(("role", name))
        policies = [each.policy for each in known.documents] if known else [Policy.parse(_ANYTHING_GOES)]
        attached = PolicySet(
            identity=tuple(policies), resource=role.trust.policy if role.trust else None, resource_account=self.account
        )
        arn = f"arn:aws:iam::{self.account}:role/{role.name}"
        session = Caller.from_arn(f"arn:aws:sts::{account}:assumed-role/{name}/replay")
        for action in ("sts:AssumeRole", *(["sts:TagSession"] if names else [])):
            decision = evaluate(Request(session, action, arn, context), attached)
            lines.append(f"{action} as {name} {dict(context)}: {decision}")
            if not decision.allowed:
                return False
        return True


def _callers(principals: object) -> list[str]:
    """Return the roles that a Principal element names; `*` and an account stand for any role of it."""
    named = principals if isinstance(principals, dict) else {"AWS": principals}
    values = named.get("AWS", [])
    return [str(each) for each in (values if isinstance(values, list) else [values])]


def _keys(example: Counterexample) -> dict[str, ContextValue]:
    return {} if example.keys is None else {LEADING_KEYS: example.keys}


def satisfying(conditions: Iterable[ConditionRow], given: Mapping[str, ContextValue]) -> dict[str, ContextValue]:
    """Return a context that has what is given, and for other keys a value with which the conditions may hold.

    The evaluator decides whether they do.
    """
    context = dict(given)
    fixed = {key.lower() for key in given} | {LEADING_KEYS.lower(), "dynamodb:firstpartitionkeyvalues"}
    for row in conditions:
        if row.key in fixed:
            continue
        if row.operator == "Null":
            if row.values == ("false",):
                context.setdefault(row.name, "x")
        elif "Not" not in row.operator and row.values:
            value = row.values[0]
            if row.operator in {"StringLike", "ArnLike", "ArnEquals"}:
                value = value.replace("*", "").replace("?", "a")
            context[row.name] = (value,) if row.quantifier else value
    return context


def account_of(plan: Plan) -> str:
    """Return the account that the plan's policies name, or that of AWS's examples; raises ProofError for several."""
    accounts: set[str] = set()
    for principal in plan.principals.values():
        for document in (*principal.documents, *([principal.trust] if principal.trust else [])):
            for statement in document.statements:
                for text in (*statement.named_resources, *_callers(statement.principals)):
                    if found := re.search(r"arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:(\d{12}):", text):
                        accounts.add(found[1])
    if len(accounts) > 1:
        raise ProofError(f"policies name several accounts, and nothing says which is the plan's: {sorted(accounts)}")
    return next(iter(accounts), "123456789012")
