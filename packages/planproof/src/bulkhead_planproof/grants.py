"""The claims about resources: what their own policies hand out, and who may run a function.

A service acts for anybody who sets it up. A policy that names a service must therefore say for which account: else the
API, bucket or distribution of anybody comes in through it ("confused deputy").

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html, and of Lambda
https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-services.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkhead_iam.folding import ascii_lower
from bulkhead_planproof.findings import Claim, Finding, Verdict
from bulkhead_planproof.languages import NOTHING, Either, Language
from bulkhead_planproof.other_paths import checked
from bulkhead_planproof.reach import Reach, beyond, data_actions
from bulkhead_planproof.statements import denied, named_principals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulkhead_planproof.expectations import Reasons, ServicePath
    from bulkhead_planproof.plan import Grant, Invoker, Plan
    from bulkhead_planproof.solver import Solver
    from bulkhead_planproof.statements import ConditionRow, Statement

_SERVICE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com", re.ASCII)
_INVOCATIONS = frozenset(("lambda:invokefunction", "lambda:invokeasync"))
_SEGMENTS = 6


@dataclass(frozen=True, slots=True)
class Grants:
    """Proves them or not, for resources in one account."""

    plan: Plan
    reasons: Reasons
    account: str
    tables: Language
    solver: Solver

    def findings(self) -> Iterator[Finding]:
        """Yield what is found about each resource with a policy of its own, and each permission to run a function."""
        for grant in self.plan.grants:
            yield from checked(Claim.GRANTS, grant.address, self._given(grant))
        for invoker in self.plan.invokers:
            yield from checked(Claim.CALLERS, invoker.address, self._invoked(invoker))

    def _given(self, grant: Grant) -> Iterator[Finding]:
        if grant.document is None:
            yield Finding(Claim.GRANTS, grant.address, Verdict.NOT_PROVED, grant.problem)
            return
        reach = Reach(self.solver, denied(grant.document.statements))
        for statement in grant.document.statements:
            if not statement.allows:
                continue
            for kind, name in named_principals(statement.principals):
                waivers = self.reasons.paths_of_service(name) if kind == "Service" else ()
                yield from self._excused(grant, statement, reach, name, waivers)

    def _excused(
        self, grant: Grant, statement: Statement, reach: Reach, name: str, waivers: tuple[ServicePath, ...]
    ) -> Iterator[Finding]:
        pairs = [(each, each.languages()) for each in waivers]
        own = reach.within(statement, data_actions(()), Either((self.tables, beyond(self.tables))))
        if own is not None:
            detail = f"{statement.where} gives {name} {own[0]} on {own[1]}, which holds tenants' items"
            yield Finding(Claim.GRANTS, grant.address, Verdict.NOT_PROVED, detail)
            return
        found = reach.unexplained(statement, NOTHING, [languages for _, languages in pairs])
        detail = f"the policy of {grant.of} allows something by itself: {statement.where} gives {name}"
        if found is not None:
            yield Finding(Claim.GRANTS, grant.address, Verdict.NOT_PROVED, f"{detail} {found[0]} on {found[1]}")
        elif pairs and not pins(statement.conditions, self.account):
            detail = f"{detail} something for any account that sets it up: add aws:SourceAccount or aws:SourceArn"
            yield Finding(Claim.GRANTS, grant.address, Verdict.NOT_PROVED, detail)
        for waiver, languages in pairs:
            if reach.within(statement, *languages) is not None:
                yield Finding(Claim.GRANTS, grant.address, Verdict.WAIVED, f"{name} may {waiver}")

    def _invoked(self, invoker: Invoker) -> Iterator[Finding]:
        problem = invoker.problem
        if not problem and not _SERVICE.fullmatch(invoker.principal):
            problem = f"{invoker.principal or 'somebody'}, which is no service, may run the function with its role"
        elif not problem and ascii_lower(invoker.action) not in _INVOCATIONS:
            problem = f"it allows {invoker.action}, which is more than to run the function"
        elif not problem and not (invoker.source_account == self.account or is_of(invoker.source_arn, self.account)):
            problem = (
                f"{invoker.principal} may run the function for any account that sets it up, with any event: name what"
                f" calls it in source_arn, or this account in source_account"
            )
        if problem:
            yield Finding(Claim.CALLERS, invoker.address, Verdict.NOT_PROVED, problem)


def is_of(arn: str | None, account: str) -> bool:
    """Tell whether a pattern of ARNs stands for resources of one account only.

    A wildcard before the account could stand for colons, and the account be found in the path of somebody's URL.
    """
    segments = (arn or "").split(":", _SEGMENTS - 1)
    if len(segments) < _SEGMENTS or segments[0] != "arn" or segments[4] != account:
        return False
    return not any(set("*?$") & set(each) for each in segments[:-1])


def pins(conditions: tuple[ConditionRow, ...], account: str) -> bool:
    """Tell whether conditions let a service in for one account only.

    Such a key is missing where a service acts for nobody, so that the operator must refuse without it.
    """
    for row in conditions:
        if row.quantifier is not None or row.if_exists or not row.values:
            continue
        if row.key == "aws:sourceaccount" and row.operator == "StringEquals" and set(row.values) == {account}:
            return True
        if row.key == "aws:sourcearn" and row.operator in {"StringEquals", "StringLike", "ArnEquals", "ArnLike"}:
            return all(is_of(each, account) for each in row.values)
    return False
