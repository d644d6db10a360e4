"""Holds a counterexample against the evaluator: opens the session by the trust policy, makes the call."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bulkhead_iam import Policy, PolicySet, Request, evaluate
from bulkhead_iam import Principal as Caller
from bulkhead_planproof.arns import account_of
from bulkhead_planproof.contexts import satisfying, sparing
from bulkhead_planproof.leading_keys import LEADING_KEYS
from bulkhead_planproof.openings import Openings, policies, tags_of
from bulkhead_planproof.statements import named_principals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bulkhead_iam import ContextValue
    from bulkhead_planproof.findings import Counterexample
    from bulkhead_planproof.openings import Attempt
    from bulkhead_planproof.plan import Plan, Principal
    from bulkhead_planproof.statements import Statement


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
        requested = tags_of(satisfying(statement.conditions, tags), "aws:PrincipalTag/", "aws:RequestTag/")
        got = Openings(self.plan, self.account).open(role, requested, lines)
        context = satisfying(statement.conditions, {**(tags if got is None else got), **_keys(example)})
        allowed = self._decide(example, role, context, session_policies, lines)
        return replace(example, replay=tuple(lines), confirmed=got is not None and allowed)

    def of_principal(self, example: Counterexample, principal: Principal, statement: Statement) -> Counterexample:
        """Return the counterexample with what the evaluator says to a call of who is no tenant's session."""
        lines: list[str] = []
        context = satisfying(statement.conditions, _keys(example))
        allowed = self._decide(example, principal, context, None, lines)
        return replace(example, replay=tuple(lines), confirmed=allowed)

    def of_opening(
        self, example: Counterexample, role: Principal, attempt: Attempt, context: Mapping[str, ContextValue]
    ) -> Counterexample:
        """Return the counterexample with what the evaluator says to who opens a session in a context."""
        lines: list[str] = []
        got = Openings(self.plan, self.account).by(role, attempt, context, lines)
        return replace(example, replay=tuple(lines), confirmed=got is not None)

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
        context = sparing(principal.statements(), context)
        request = Request(Caller.from_arn(caller), example.action, example.resource, context)
        identity = tuple(document.policy for document in principal.documents)
        decision = evaluate(request, PolicySet(identity, session=session, boundary=policies(boundary)))
        lines.append(f"{example.action} {context}: {decision}")
        return decision.allowed


def _keys(example: Counterexample) -> dict[str, ContextValue]:
    """Return the leading keys under both of their names: a request of DynamoDB has both."""
    return (
        {} if example.keys is None else dict.fromkeys((LEADING_KEYS, "dynamodb:FirstPartitionKeyValues"), example.keys)
    )


def likeliest_account(plan: Plan) -> str:
    """Return the account of which a plan's policies speak most, for examples; that of AWS's if they speak of none."""
    named: Counter[str] = Counter()
    for document in plan.all_documents():
        for statement in document.statements:
            roles = [name for kind, name in named_principals(statement.principals) if kind == "AWS"]
            for text in (*statement.named_resources, *roles):
                if (account := account_of(text)) is not None:
                    named[account] += 1
    return next((account for account, _ in named.most_common(1)), "123456789012")
