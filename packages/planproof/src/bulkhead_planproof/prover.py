"""All claims about a plan, one after another."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bulkhead_planproof.expectations import HARMLESS, Reasons, matches, names_a_role
from bulkhead_planproof.findings import Claim, Finding, Report, Verdict
from bulkhead_planproof.languages import Language, ProofError
from bulkhead_planproof.other_paths import OtherPaths
from bulkhead_planproof.reach import Reach, data_actions, table_arns
from bulkhead_planproof.replay import Replay, account_of
from bulkhead_planproof.sessions import TagValues, session_tags
from bulkhead_planproof.solver import Solver
from bulkhead_planproof.statements import denied
from bulkhead_planproof.tenant_roles import Sessions, TenantClaims

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulkhead_iam import Policy
    from bulkhead_planproof.partitions import KeyForm
    from bulkhead_planproof.plan import Plan, Principal
    from bulkhead_planproof.session_policy import RenderedPolicy, SessionPolicies


@dataclass(slots=True)
class Prover:
    """Proves or refutes the claims about a plan.

    `session_policies` are passed for the roles that are called as `reasons.session_policy_roles`; None when there are
    none, which leaves such a role unproved.
    """

    plan: Plan
    reasons: Reasons
    form: KeyForm
    tag: str
    session_policies: SessionPolicies | None = None
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
        if not names_a_role(roles, self.plan):
            yield Finding(Claim.KNOWN, "the plan", Verdict.NOT_PROVED, f"no role in it is called {' or '.join(roles)}")
        confined = self.reasons.session_policy_roles
        if self.session_policies and not names_a_role(confined, self.plan):
            detail = f"no role in it is called {' or '.join(confined)}, which session policies are passed for"
            yield Finding(Claim.KNOWN, "the session policies", Verdict.NOT_PROVED, detail)
        for role in self.plan.roles():
            yield from self._tenant_role(role, tables, names)
        replay = Replay(self.plan, account_of(self.plan), self.tag)
        yield from OtherPaths(self.plan, self.reasons, tables, self.form, replay, self.solver).findings()

    def _tenant_role(self, role: Principal, tables: Language, table_names: list[str]) -> Iterator[Finding]:
        by_policy = matches(self.reasons.session_policy_roles, role.name)
        by_tag = matches(self.reasons.tenant_roles, role.name)
        if not by_policy and not by_tag:
            return
        if by_policy and by_tag:
            reason = "it is named both as a role that tags confine and as one that session policies confine"
            yield Finding(Claim.OWN_PARTITION, role.name, Verdict.NOT_PROVED, reason)
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
            for policy in self._rendered(role, table_names):
                yield from self._with_policy(claims, role, policy)
        except ProofError as error:
            yield Finding(Claim.OWN_PARTITION, role.name, Verdict.NOT_PROVED, str(error))

    def _rendered(self, role: Principal, names: list[str]) -> tuple[RenderedPolicy, ...]:
        policies = () if self.session_policies is None else tuple(self.session_policies(role, names))
        if not policies:
            raise ProofError("a session policy confines it, and none is given")
        return policies

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
