"""All claims about a plan, one after another."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bulkhead_iam.folding import broad_fold
from bulkhead_planproof.expectations import HARMLESS, Reasons, matches, names_a_role
from bulkhead_planproof.findings import Claim, Finding, Report, Verdict
from bulkhead_planproof.grants import Grants
from bulkhead_planproof.languages import Language, OptionError, ProofError
from bulkhead_planproof.openings import attempts
from bulkhead_planproof.other_paths import OtherPaths
from bulkhead_planproof.reach import Reach, data_actions, table_arns
from bulkhead_planproof.replay import Replay, likeliest_account
from bulkhead_planproof.session_policy import UNFIT_TO_RENDER
from bulkhead_planproof.sessions import TagValues, session_tags
from bulkhead_planproof.solver import Solver
from bulkhead_planproof.statements import denied
from bulkhead_planproof.tenant_roles import Sessions, TenantClaims
from bulkhead_planproof.web_identity import WebIdentity

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
    none, which leaves such a role unproved. `account` is the plan's, None where the plan tells it.
    """

    plan: Plan
    reasons: Reasons
    form: KeyForm
    tag: str
    session_policies: SessionPolicies | None = None
    account: str | None = None
    solver: Solver = field(default_factory=Solver)

    def report(self) -> Report:
        """Return all findings and figures.

        Raises:
            OptionError: the form of keys, the grammar or the account does not fit the plan.
        """
        started = time.perf_counter()
        report = Report()
        account, unknown = self._account()
        problems = [*self.plan.problems, *unknown]
        report.findings = [Finding(Claim.KNOWN, "the plan", Verdict.NOT_PROVED, each) for each in problems]
        report.findings = list(dict.fromkeys([*report.findings, *self._findings(account, report.notes)]))
        if problems:  # they may be about anybody: nothing else is proved of such a plan
            report.findings = [each for each in report.findings if each.verdict is not Verdict.PROVED]
        report.documents, report.principals = self.plan.documents(), len(self.plan.principals)
        report.changes = self.plan.changes
        report.questions, report.solver_seconds = self.solver.effort.questions, self.solver.effort.seconds
        report.seconds = time.perf_counter() - started
        return report

    def _findings(self, account: str, notes: list[str]) -> Iterator[Finding]:
        names = [each.name for each in self.plan.tables if not matches(self.reasons.other_tables, each.name)]
        yield from self._known(names)
        if not names:
            return
        tables, replay = table_arns(names), Replay(self.plan, account, self.tag)
        for role in self.plan.roles():
            found = self._tenant_role(role, tables, names, replay, notes)
            yield from (each for each in found if not role.problems or each.verdict is not Verdict.PROVED)
        tokens = WebIdentity(self.plan, self.reasons, replay)
        others = OtherPaths(self.plan, self.reasons, tables, self.form, replay, tokens, self.solver)
        for principal in self.plan.principals.values():
            for problem in principal.problems:
                yield Finding(Claim.KNOWN, principal.name, Verdict.NOT_PROVED, problem)
            if principal.problems:
                unknown = "what it may do, or who becomes it, is not all known"
                yield Finding(Claim.NO_OTHER_PATH, principal.name, Verdict.NOT_PROVED, unknown)
            found = others.findings([principal])
            yield from (each for each in found if not principal.problems or each.verdict is not Verdict.PROVED)
        yield from Grants(self.plan, self.reasons, account, tables, self.solver).findings()

    def _account(self) -> tuple[str, list[str]]:
        """Return the account of the plan, and what is wrong if that is not known."""
        if self.account is not None:
            if self.plan.accounts and self.account not in self.plan.accounts:
                raise OptionError(f"the plan is of {' or '.join(sorted(self.plan.accounts))}: mend --account")
            return self.account, []
        if len(self.plan.accounts) == 1:
            return next(iter(self.plan.accounts)), []
        found = f", of {', '.join(sorted(self.plan.accounts))}," if self.plan.accounts else ""
        problem = f"which account is the plan's{found} is not known: name it in --account"
        return likeliest_account(self.plan), [problem]

    def _known(self, names: list[str]) -> Iterator[Finding]:
        """Yield whether there is anything to prove, and what is left out of it by a reason."""
        for table in self.plan.tables:
            for pattern, reason in self.reasons.other_tables.items():
                if matches([pattern], table.name):
                    yield Finding(Claim.KNOWN, table.name, Verdict.WAIVED, f"its items are no tenant's: {reason}")
        roles = (*self.reasons.tenant_roles, *self.reasons.session_policy_roles)
        confined = self.reasons.session_policy_roles
        missing = ""
        if not names:
            missing = "no table in it holds tenants' items"
        elif not names_a_role(roles, self.plan):
            missing = f"no role in it is called {' or '.join(roles)}"
        elif self.session_policies and not names_a_role(confined, self.plan):
            missing = f"no role in it is called {' or '.join(confined)}, which session policies are passed for"
        if missing:
            yield Finding(Claim.KNOWN, "the plan", Verdict.NOT_PROVED, missing)
        elif not self.plan.problems and not any(each.problems for each in self.plan.principals.values()):
            figures = f"{self.plan.changes} resources, {self.plan.documents()} policy documents"
            yield Finding(Claim.KNOWN, "the plan", Verdict.PROVED, figures)

    def _tenant_role(
        self, role: Principal, tables: Language, table_names: list[str], replay: Replay, notes: list[str]
    ) -> Iterator[Finding]:
        by_policy = matches(self.reasons.session_policy_roles, role.name)
        by_tag = matches(self.reasons.tenant_roles, role.name)
        if not by_policy and not by_tag:
            return
        problem = self._unfit(role, by_policy=by_policy, both=by_policy and by_tag)
        if problem or role.trust is None:
            yield Finding(Claim.OWN_PARTITION, role.name, Verdict.NOT_PROVED, problem)
            return
        claims = TenantClaims(self.form, self.tag, tables, data_actions(HARMLESS), replay, self.solver)
        try:
            if by_policy:
                for policy in self._rendered(role, table_names):
                    yield from self._with_policy(claims, role, policy)
                return
            tags = session_tags(role.trust.statements, self.tag, self.solver)
            sessions = Sessions(role, tuple(role.statements()), tags, role.name)
            if (other := claims.beyond_grammar(sessions)) is not None:
                notes.append(
                    f"{role.name}: its trust policy admits ids that the grammar does not, such as {other!r}: they count"
                    " as tenants, whose sessions and keys are held apart like all others"
                )
            yield from claims.findings(sessions, Reach(self.solver, denied(role.statements())), _without)
        except OptionError:
            raise
        except ProofError as error:
            yield Finding(Claim.OWN_PARTITION, role.name, Verdict.NOT_PROVED, str(error))

    def _unfit(self, role: Principal, *, by_policy: bool, both: bool) -> str:
        """Return why nothing can be proved of a role's sessions."""
        if both:
            return "it is named both as a role that tags confine and as one that session policies confine"
        if by_policy and any(each.kind == "Federated" for each in attempts(role)):
            return "whoever has a token opens its sessions, and passes the session policy that he likes, or none"
        if role.trust is None:
            return "it has a trust policy that is not known"
        own = any(broad_fold(key) == broad_fold(self.tag) for key in role.tags)
        return "it has a tag of its own, which sessions get" if own else ""

    def _rendered(self, role: Principal, names: list[str]) -> tuple[RenderedPolicy, ...]:
        policies = () if self.session_policies is None else tuple(self.session_policies(role, names))
        if not policies:
            raise ProofError("a session policy confines it, and none is given")
        return policies

    def _with_policy(self, claims: TenantClaims, role: Principal, policy: RenderedPolicy) -> Iterator[Finding]:
        if (tenant := self.solver.find(self.form.grammar, UNFIT_TO_RENDER)) is not None:
            raise OptionError(f"{policy.name}: the id {tenant!r} would change more than the tenant: mend --grammar")
        document = policy.for_any_tenant(self.tag)
        tags = TagValues(self.form.grammar, absent=False)
        sessions = Sessions(role, document.statements, tags, policy.name)
        reach = Reach(self.solver, (*denied(role.statements()), *denied(document.statements)))

        def rendered(tenant: str | None) -> tuple[Policy, ...] | None:
            return None if tenant is None else (policy.for_tenant(tenant).policy,)

        yield from claims.findings(sessions, reach, rendered)


def _without(_tenant: str | None) -> None:
    return None
