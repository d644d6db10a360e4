"""All claims about a plan, one after another."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from isolation.proof.expectations import HARMLESS, Reasons, matches
from isolation.proof.findings import Claim, Finding, Report, Verdict
from isolation.proof.languages import Language, ProofError
from isolation.proof.other_paths import OtherPaths
from isolation.proof.reach import Reach, data_actions, table_arns
from isolation.proof.replay import Replay, account_of
from isolation.proof.session_policy import RenderedPolicy, of_the_application
from isolation.proof.sessions import TagValues, session_tags
from isolation.proof.solver import Solver
from isolation.proof.statements import denied
from isolation.proof.tenant_roles import Sessions, TenantClaims

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulkhead_iam import Policy
    from isolation.proof.partitions import KeyForm
    from isolation.proof.plan import Plan, Principal


@dataclass(slots=True)
class Prover:
    """Proves or refutes the claims about a plan.

    `session_policies` are those of a file; None takes what Bulkhead's application renders.
    """

    plan: Plan
    reasons: Reasons
    form: KeyForm
    tag: str
    session_policies: tuple[RenderedPolicy, ...] | None = None
    solver: Solver = field(default_factory=Solver)

    def report(self) -> Report:
        """Return all findings and figures."""
        started = time.perf_counter()
        report = Report(list(self._findings()), self._reasons_used())
        report.documents, report.principals = self.plan.documents(), len(self.plan.principals)
        report.changes = self.plan.changes
        report.questions, report.solver_seconds = self.solver.effort.questions, self.solver.effort.seconds
        report.seconds = time.perf_counter() - started
        return report

    def _findings(self) -> Iterator[Finding]:
        problems = [*self.plan.problems, *(each for who in self.plan.principals.values() for each in who.problems)]
        yield from (Finding(Claim.KNOWN, "the plan", Verdict.NOT_PROVED, each) for each in problems)
        names = [each.name for each in self.plan.tables if not matches(self.reasons.other_tables, each.name)]
        if not names:
            yield Finding(Claim.KNOWN, "the plan", Verdict.NOT_PROVED, "no table in it holds tenants' items")
            return
        if not problems:
            figures = f"{self.plan.changes} resources, {self.plan.documents()} policy documents"
            yield Finding(Claim.KNOWN, "the plan", Verdict.PROVED, figures)
        tables = table_arns(names)
        roles = (*self.reasons.tenant_roles, *self.reasons.session_policy_roles)
        if not any(matches(roles, each.name) for each in self.plan.roles()):
            yield Finding(Claim.KNOWN, "the plan", Verdict.NOT_PROVED, f"no role in it is called {' or '.join(roles)}")
        confined = [each for each in self.plan.roles() if matches(self.reasons.session_policy_roles, each.name)]
        if self.session_policies and not confined:
            detail = (
                f"no role in it is called {' or '.join(self.reasons.session_policy_roles)}, which the policy is for"
            )
            yield Finding(Claim.KNOWN, self.session_policies[0].name, Verdict.NOT_PROVED, detail)
        for role in self.plan.roles():
            yield from self._tenant_role(role, tables, names)
        replay = Replay(self.plan, account_of(self.plan), self.tag)
        yield from OtherPaths(self.plan, self.reasons, tables, self.form, replay, self.solver).findings()

    def _tenant_role(self, role: Principal, tables: Language, names: list[str]) -> Iterator[Finding]:
        by_policy = matches(self.reasons.session_policy_roles, role.name)
        if not by_policy and not matches(self.reasons.tenant_roles, role.name):
            return
        if role.trust is None or any(key.lower() == self.tag.lower() for key in role.tags):
            reason = (
                "has a tag of its own, which sessions get" if role.trust else "has a trust policy that is not known"
            )
            yield Finding(Claim.OWN_PARTITION, role.name, Verdict.NOT_PROVED, f"it {reason}")
            return
        actions = data_actions((*HARMLESS, *self.reasons.harmless))
        replay = Replay(self.plan, account_of(self.plan), self.tag)
        claims = TenantClaims(self.form, self.tag, tables, actions, replay, self.solver)
        reach = Reach(self.solver, denied(role.statements()))
        try:
            if not by_policy:
                tags = session_tags(role.trust.statements, self.tag, self.solver)
                sessions = Sessions(role, tuple(role.statements()), tags, role.name)
                yield from claims.findings(sessions, reach, _without)
                return
            for policy in self._rendered(role, names):
                yield from self._with_policy(claims, role, policy)
        except ProofError as error:
            yield Finding(Claim.OWN_PARTITION, role.name, Verdict.NOT_PROVED, str(error))

    def _rendered(self, role: Principal, names: list[str]) -> tuple[RenderedPolicy, ...]:
        if self.session_policies is not None:
            return self.session_policies
        return tuple(policy for name in names for policy in of_the_application(role, name))

    def _with_policy(self, claims: TenantClaims, role: Principal, policy: RenderedPolicy) -> Iterator[Finding]:
        document = policy.for_any_tenant(self.tag)
        tags = TagValues(self.form.grammar, absent=False)
        sessions = Sessions(role, document.statements, tags, policy.name)
        reach = Reach(self.solver, (*denied(role.statements()), *denied(document.statements)))

        def rendered(tenant: str | None) -> tuple[Policy, ...] | None:
            return None if tenant is None else (policy.for_tenant(tenant).policy,)

        yield from claims.findings(sessions, reach, rendered)

    def _reasons_used(self) -> list[str]:
        """Return who has a path to what of the tenants', and why: for people to judge."""
        return [
            f"{who.name}: {', '.join(path.actions)} on {', '.join(path.resources)}: {path.reason}"
            for who in self.plan.principals.values()
            for path in self.reasons.paths_of(who)
        ]


def _without(_tenant: str | None) -> None:
    return None
