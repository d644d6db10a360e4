"""The claims about everybody else: who opens sessions, and who has a path to tenants' data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkhead_iam.folding import ascii_lower
from bulkhead_planproof.expectations import HARMLESS, Reasons, matches
from bulkhead_planproof.findings import Claim, Counterexample, Finding, Verdict, refuted
from bulkhead_planproof.languages import Either, Language, Not, ProofError, word
from bulkhead_planproof.patterns import pattern
from bulkhead_planproof.reach import ITEM_ACTIONS, KEYLESS_FIRST, Pair, Reach, beyond, data_actions
from bulkhead_planproof.sessions import OPENING
from bulkhead_planproof.statements import denied, named_principals
from bulkhead_planproof.web_identity import WITH_A_TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bulkhead_planproof.expectations import Waiver
    from bulkhead_planproof.partitions import KeyForm
    from bulkhead_planproof.plan import Plan, Principal
    from bulkhead_planproof.replay import Replay
    from bulkhead_planproof.solver import Solver
    from bulkhead_planproof.statements import Statement
    from bulkhead_planproof.web_identity import WebIdentity

#: Actions that need no reason.
REACHING_NOTHING = Either(tuple(pattern(ascii_lower(each)) for each in HARMLESS))


@dataclass(frozen=True, slots=True)
class OtherPaths:
    """Proves or refutes them, for the tables of these ARNs."""

    plan: Plan
    reasons: Reasons
    tables: Language
    form: KeyForm
    replay: Replay
    tokens: WebIdentity
    solver: Solver

    def findings(self, principals: Iterable[Principal]) -> Iterator[Finding]:
        """Yield what is found about each principal and each claim: what is wrong and what is waived, or one proof."""
        for principal in principals:
            yield from checked(Claim.SESSIONS, principal.name, self._who_becomes(principal))
            yield from self.tokens.findings(principal) if self._is_tenant(principal) else ()
            yield from checked(Claim.NO_OTHER_PATH, principal.name, self._paths(principal))

    def _is_tenant(self, principal: Principal) -> bool:
        names = (*self.reasons.tenant_roles, *self.reasons.session_policy_roles)
        return principal.kind == "role" and matches(names, principal.name)

    def _who_becomes(self, role: Principal) -> Iterator[Finding]:
        if role.kind != "role":
            return
        if role.trust is None:
            yield Finding(Claim.SESSIONS, role.name, Verdict.NOT_PROVED, "who may become it is not in the plan")
            return
        for statement in role.trust.statements:
            if not statement.allows:
                continue
            for kind, name in named_principals(statement.principals):
                yield from self._who_is_let_in(role, statement, kind, name)

    def _who_is_let_in(self, role: Principal, statement: Statement, kind: str, name: str) -> Iterator[Finding]:
        waivers = tuple(self._waivers(kind, name, role))
        for waiver in waivers:
            yield Finding(Claim.SESSIONS, role.name, Verdict.WAIVED, f"{name} may {waiver}")
        excused = [actions for actions, _ in (each.languages() for each in waivers)]
        what, why = f"trusts {name}", "for which no reason is given"
        if kind == "Federated" and not waivers and matches(self.reasons.tenant_roles, role.name):
            problem = self.tokens.problem(statement, name)
            excused, why = ([], problem) if problem else ([WITH_A_TOKEN], why)
        action = self.solver.find(statement.actions, pattern("sts:?*"), Not(Either(tuple(excused))))
        if action is not None:
            what = what if not excused else f"gives {name} {action}"
            yield Finding(Claim.SESSIONS, role.name, Verdict.NOT_PROVED, f"{statement.where} {what}, {why}")

    def _waivers(self, kind: str, name: str, role: Principal) -> Iterator[Waiver]:
        """Yield why somebody may become a role: a service one that is no tenant's, a role of the plan by its path.

        Whoever has a token may by the reason that names its provider.
        """
        candidates: Iterable[Waiver] = ()
        if kind == "Service" and not self._is_tenant(role):
            candidates = self.reasons.paths_of_service(name)
        elif kind == "AWS" and (opener := self._role_of(name)) is not None:
            candidates = self.reasons.paths_of(opener)
        elif kind == "Federated":
            candidates = self.reasons.paths_of_provider(name)
        wanted = word(role.arn(self.replay.account))
        for each in candidates:
            actions, resources = each.languages()
            if self.solver.find(actions, OPENING) is not None and self.solver.find(resources, wanted) is not None:
                yield each

    def _role_of(self, arn: str) -> Principal | None:
        """Return the role of the plan that an ARN names, whatever its partition; None for any other.

        A path may hold colons, an account and a role's name: all of it is compared.
        """
        _, _, rest = arn.removeprefix("arn:").partition(":")
        known = {role.arn(self.replay.account).removeprefix("arn:aws:"): role for role in self.plan.roles()}
        return known.get(rest)

    def _paths(self, principal: Principal) -> Iterator[Finding]:
        reach = Reach(self.solver, denied(principal.statements()))
        reserved = beyond(self.tables) if self._is_tenant(principal) else Either((self.tables, beyond(self.tables)))
        paths = [(each, each.languages()) for each in self.reasons.paths_of(principal)]
        explained: list[Pair] = [languages for _, languages in paths]
        data = data_actions(HARMLESS)
        explained.append((data, Either((self.tables, reserved))))  # judged apart, here or among the tenant roles
        allowing = [each for each in principal.statements() if each.allows]
        for statement in allowing:
            if reach.within(statement, data, reserved) is not None:
                yield self._to_items(principal, statement, reach, reserved)
            if (found := reach.unexplained(statement, REACHING_NOTHING, explained)) is not None:
                written = f"{_few(statement.named_actions)} on {_few(statement.named_resources)}"
                detail = f"{statement.where} ({written}) allows {found[0]} on {found[1]}, for which no reason is given"
                yield Finding(Claim.NO_OTHER_PATH, principal.name, Verdict.NOT_PROVED, detail)
        for path, (actions, resources) in paths:
            if any(reach.within(each, actions, resources) is not None for each in allowing):
                yield Finding(Claim.NO_OTHER_PATH, principal.name, Verdict.WAIVED, str(path))

    def _to_items(self, principal: Principal, statement: Statement, reach: Reach, reserved: Language) -> Finding:
        found = reach.named(statement, reserved, KEYLESS_FIRST, self.replay.account)
        if found is None:
            found = reach.within(statement, data_actions(()), reserved) or ("", "")
        other = self.solver.find(self.form.grammar)
        keyless = found[0] not in ITEM_ACTIONS or found[0] == "dynamodb:Scan"
        keys = None if keyless else (f"{self.form.prefix}{other}{self.form.delimiter}any",)
        example = Counterexample(principal.name, None, None if keyless else other, *found, keys)
        if self._is_tenant(principal):
            replayed = self.replay.of_session(example, principal, statement)
            detail = (
                f"{statement.where} reaches an index, stream or copy of a table, whose leading keys are not the table's"
            )
            if not replayed.confirmed:  # it has conditions, of which nobody knows here what they mean for an index
                return Finding(Claim.NO_OTHER_PATH, principal.name, Verdict.NOT_PROVED, detail)
        else:
            replayed = self.replay.of_principal(example, principal, statement)
            detail = f"{statement.where} reaches tenants' items, or an index, stream or copy of them"
        return refuted(Claim.NO_OTHER_PATH, principal.name, detail, replayed)


def _few(texts: tuple[str, ...]) -> str:
    """Return the first of some texts, and how many more there are."""
    more = f" and {len(texts) - 1} more" if texts[1:] else ""
    return f"{texts[0]}{more}" if texts else "all others"


def checked(claim: Claim, subject: str, found: Iterator[Finding]) -> Iterator[Finding]:
    """Yield what is found, once each; that the claim is proved, when nothing is, or nothing but reasons."""
    known: set[Finding] = set()
    try:
        for each in found:
            if each not in known:
                known.add(each)
                yield each
    except ProofError as error:
        yield Finding(claim, subject, Verdict.NOT_PROVED, str(error))
        return
    if not known:
        yield Finding(claim, subject, Verdict.PROVED)
