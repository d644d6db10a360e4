"""Holds a counterexample against the evaluator: opens the session by the trust policy, makes the call."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bulkhead_iam import Policy, PolicySet, Request, evaluate
from bulkhead_iam import Principal as Caller
from bulkhead_iam.folding import ascii_lower
from bulkhead_iam.variables import parse_template
from bulkhead_planproof.languages import contains
from bulkhead_planproof.leading_keys import LEADING_KEY_NAMES, LEADING_KEYS
from bulkhead_planproof.plan import account_of
from bulkhead_planproof.sessions import TAG_VALUE
from bulkhead_planproof.statements import named_principals

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bulkhead_iam import ContextValue
    from bulkhead_planproof.findings import Counterexample
    from bulkhead_planproof.plan import Boundary, Plan, Principal
    from bulkhead_planproof.statements import ConditionRow, Statement

_ATTEMPTS = 20
#: What AWS takes from the caller: a value that a policy wishes for is not invented.
_OF_THE_CALLER = frozenset(("aws:principalarn", "aws:principaltype", "aws:principalaccount"))
_ROLE_ARN = re.compile(r"arn:([a-z-]+):iam::([0-9]{12}):role/(?:.*/)?([^/]+)")
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
        if example.session is not None and session_policies is None:  # else the policy says which tenant's it is
            tags[f"aws:PrincipalTag/{self.tag}"] = example.session
        got = self._open(role, tags, statement, lines)
        context = satisfying(statement.conditions, {**(tags if got is None else got), **_keys(example)})
        allowed = self._decide(example, role, context, session_policies, lines)
        return replace(example, replay=tuple(lines), confirmed=got is not None and allowed)

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
        boundary = principal.boundary
        if boundary is not None and boundary.document is None:
            lines.append(f"what the permissions boundary {boundary.arn} lets through is not in the plan")
            return False
        caller = f"arn:aws:sts::{self.account}:assumed-role/{principal.name}/replay"
        if principal.kind != "role":
            caller = f"arn:aws:iam::{self.account}:user/{principal.name}"
        request = Request(Caller.from_arn(caller), example.action, example.resource, context)
        identity = tuple(document.policy for document in principal.documents)
        decision = evaluate(request, PolicySet(identity, session=session, boundary=_policies(boundary)))
        lines.append(f"{example.action} {dict(context)}: {decision}")
        return decision.allowed

    def _open(
        self,
        role: Principal,
        tags: dict[str, ContextValue],
        statement: Statement,
        lines: list[str],
    ) -> dict[str, ContextValue] | None:
        """Return the tags of a session that a principal of the trust policy opens with every tag that the call needs.

        None where nobody may. The trust policy may demand tags that the call does not need.
        """
        if role.trust is None:
            return None
        requested = _tags(satisfying(statement.conditions, tags), "aws:PrincipalTag/", "aws:RequestTag/")
        attempts = [
            (trusting, caller)
            for trusting in role.trust.statements
            if trusting.allows
            for caller in _callers(trusting.principals)
        ]
        for trusting, caller in attempts[:_ATTEMPTS]:
            tried: list[str] = []
            if (got := self._assume(role, trusting, caller, requested, tried)) is not None:
                lines += tried
                return got
        lines += tried if attempts else ["nobody is named whom the evaluator could let open the session"]
        return None

    def _assume(
        self, role: Principal, trusting: Statement, caller: str, requested: Mapping[str, ContextValue], lines: list[str]
    ) -> dict[str, ContextValue] | None:
        context = satisfying(trusting.conditions, requested)
        names = [key.partition("/")[2] for key in context if ascii_lower(key).startswith("aws:requesttag/")]
        context = {key: value for key, value in context.items() if ascii_lower(key) != "aws:tagkeys"}
        if names:
            context["aws:TagKeys"] = tuple(names)
        got = _tags(context, "aws:RequestTag/", "aws:PrincipalTag/")
        if wrong := [value for value in got.values() if not contains(TAG_VALUE, value)]:
            lines.append(f"STS takes no tag {wrong[0]!r}")
            return None
        parts = _ROLE_ARN.fullmatch(caller)
        account, name = (parts[2], parts[3]) if parts else (self.account, "Anybody")
        attached = self._attached_to(self.plan.principals.get(("role", name)), role)
        if attached is None:
            lines.append(f"what the permissions boundary of {name} lets through is not in the plan")
            return None
        session = Caller(f"arn:aws:sts::{account}:assumed-role/{name}/replay", account, caller if parts else None)
        for action in ("sts:AssumeRole", *(["sts:TagSession"] if names else [])):
            decision = evaluate(Request(session, action, role.arn(self.account), context), attached)
            lines.append(f"{action} as {name} {dict(context)}: {decision}")
            if not decision.allowed:
                return None
        return dict(got)

    def _attached_to(self, opener: Principal | None, role: Principal) -> PolicySet | None:
        """Return what decides whether an opener gets a session; None where that is not known.

        One that the plan does not make is taken to be allowed everything.
        """
        trust = role.trust.policy if role.trust else None
        if opener is None:
            return PolicySet((Policy.parse(_ANYTHING_GOES),), trust, resource_account=self.account)
        if opener.boundary is not None and opener.boundary.document is None:
            return None
        return PolicySet(
            tuple(each.policy for each in opener.documents),
            trust,
            boundary=_policies(opener.boundary),
            resource_account=self.account,
        )


def _tags(context: Mapping[str, ContextValue], of: str, to: str) -> dict[str, str]:
    """Return the tags in a context under keys of another kind; a tag has one value."""
    return {
        f"{to}{key[len(of) :]}": value if isinstance(value, str) else value[0]
        for key, value in context.items()
        if ascii_lower(key).startswith(ascii_lower(of))
    }


def _policies(boundary: Boundary | None) -> tuple[Policy, ...] | None:
    return None if boundary is None or boundary.document is None else (boundary.document.policy,)


def _callers(principals: object) -> list[str]:
    """Return the roles that a Principal element names; `*` and an account stand for any role of it."""
    return [name for kind, name in named_principals(principals) if kind == "AWS"]


def _keys(example: Counterexample) -> dict[str, ContextValue]:
    """Return the leading keys under both of their names: a request of DynamoDB has both."""
    return (
        {} if example.keys is None else dict.fromkeys((LEADING_KEYS, "dynamodb:FirstPartitionKeyValues"), example.keys)
    )


def satisfying(conditions: Iterable[ConditionRow], given: Mapping[str, ContextValue]) -> dict[str, ContextValue]:
    """Return a context that has what is given, and for other keys a value with which the conditions may hold.

    The evaluator decides whether they do.
    """
    context = dict(given)
    fixed = {ascii_lower(key) for key in given} | LEADING_KEY_NAMES
    spelled: dict[str, str] = {}  # one condition may write a key in another case than the next
    for row in conditions:
        if (
            row.key in fixed | _OF_THE_CALLER or row.if_exists or row.quantifier == "ForAllValues"
        ):  # these hold without the key
            continue
        name = spelled.setdefault(row.key, row.name)
        if row.operator == "Null":
            if row.values == ("false",):
                context.setdefault(name, "x")
        elif "Not" not in row.operator and row.values:
            value = _literal(row, context)
            if row.operator in {"StringLike", "ArnLike", "ArnEquals"}:
                value = value.replace("*", "").replace("?", "a")
            context[name] = (value,) if row.quantifier else value
    return context


def _literal(row: ConditionRow, context: Mapping[str, ContextValue]) -> str:
    """Return the first value of a condition, with its variables replaced where they have a value."""
    template = parse_template(row.values[0], element=row.name, variables=row.variables, wildcards=False)
    return template.literal({ascii_lower(key): value for key, value in context.items()}) or row.values[0]


def likeliest_account(plan: Plan) -> str:
    """Return the account of which a plan's policies speak most, for examples; that of AWS's if they speak of none."""
    named: Counter[str] = Counter()
    for document in plan.all_documents():
        for statement in document.statements:
            for text in (*statement.named_resources, *_callers(statement.principals)):
                if (account := account_of(text)) is not None:
                    named[account] += 1
    return next((account for account, _ in named.most_common(1)), "123456789012")
