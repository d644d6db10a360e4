"""The claims about everybody else: who opens sessions, who has a path to tenants' data, what hands it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkhead_planproof.expectations import HARMLESS, Reasons, matches
from bulkhead_planproof.findings import Claim, Counterexample, Finding, Verdict, refuted
from bulkhead_planproof.languages import Either, Language, ProofError, word
from bulkhead_planproof.patterns import pattern
from bulkhead_planproof.reach import ITEM_ACTIONS, KEYLESS_FIRST, Pair, Reach, beyond, data_actions
from bulkhead_planproof.statements import denied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulkhead_planproof.partitions import KeyForm
    from bulkhead_planproof.plan import Plan, Principal
    from bulkhead_planproof.replay import Replay
    from bulkhead_planproof.solver import Solver
    from bulkhead_planproof.statements import Statement


@dataclass(frozen=True, slots=True)
class OtherPaths:
    """Proves or refutes them, for the tables of these ARNs."""

    plan: Plan
    reasons: Reasons
    tables: Language
    form: KeyForm
    replay: Replay
    solver: Solver

    def findings(self) -> Iterator[Finding]:
        """Yield a finding for each principal, and one for each resource that has a policy of its own."""
        for principal in self.plan.principals.values():
            yield from self._checked(Claim.SESSIONS, principal, self._who_becomes(principal))
            yield from self._checked(Claim.NO_OTHER_PATH, principal, self._paths(principal))
        for grant in self.plan.grants:
            if "aws_s3_bucket" in grant.address and matches(self.reasons.other_stores, grant.of):
                continue
            gives = grant.document is None or any(each.allows for each in grant.document.statements)
            detail = grant.problem or f"the policy of {grant.of} allows something by itself"
            verdict = Verdict.NOT_PROVED if gives else Verdict.PROVED
            yield Finding(Claim.GRANTS, grant.address, verdict, detail if gives else "it only denies")

    def _checked(self, claim: Claim, principal: Principal, found: Iterator[Finding]) -> Iterator[Finding]:
        """Yield what is wrong, or that the claim is proved."""
        count = 0
        try:
            for count, each in enumerate(found, 1):  # noqa: B007 -- whether there was any counts below
                yield each
        except ProofError as error:
            yield Finding(claim, principal.name, Verdict.NOT_PROVED, str(error))
            return
        if not count:
            yield Finding(claim, principal.name, Verdict.PROVED)

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
            if statement.allows:
                for kind, name in _named(statement.principals):
                    if not self._explains(kind, name, role):
                        detail = f"{statement.where} trusts {name}, for which no reason is given"
                        yield Finding(Claim.SESSIONS, role.name, Verdict.NOT_PROVED, detail)

    def _explains(self, kind: str, name: str, role: Principal) -> bool:
        if kind == "Service":
            return name in self.reasons.services and not self._is_tenant(role)
        arn, _, who = name.rpartition("/")
        if kind != "AWS" or ("role", who) not in self.plan.principals or f":{self.replay.account}:role" not in arn:
            return False
        wanted = word(f"arn:aws:iam::{self.replay.account}:role/{role.name}")
        return any(
            self.solver.find(actions, word("sts:assumerole")) is not None
            and self.solver.find(resources, wanted) is not None
            for actions, resources in (
                path.languages() for path in self.reasons.paths_of(self.plan.principals["role", who])
            )
        )

    def _paths(self, principal: Principal) -> Iterator[Finding]:
        harmless = (*HARMLESS, *self.reasons.harmless)
        nothing = Either(tuple(pattern(each.lower()) for each in harmless))
        reach = Reach(self.solver, denied(principal.statements()))
        reserved = beyond(self.tables) if self._is_tenant(principal) else Either((self.tables, beyond(self.tables)))
        explained: list[Pair] = [path.languages() for path in self.reasons.paths_of(principal)]
        explained.append((data_actions(harmless), Either((self.tables, reserved))))  # judged apart, here or above
        for statement in principal.statements():
            if not statement.allows:
                continue
            if reach.within(statement, data_actions(harmless), reserved) is not None:
                yield self._to_items(principal, statement, reach, reserved)
            if (found := reach.unexplained(statement, nothing, explained)) is not None:
                detail = f"{statement.where} allows {found[0]} on {found[1]}, for which no reason is given"
                yield Finding(Claim.NO_OTHER_PATH, principal.name, Verdict.NOT_PROVED, detail)

    def _to_items(self, principal: Principal, statement: Statement, reach: Reach, reserved: Language) -> Finding:
        found = reach.named(statement, reserved, KEYLESS_FIRST, self.replay.account)
        if found is None:
            found = reach.within(statement, data_actions(()), reserved) or ("", "")
        other = self.solver.find(self.form.grammar)
        keyless = found[0] not in ITEM_ACTIONS or found[0] == "dynamodb:Scan"
        keys = None if keyless else (f"{self.form.prefix}{other}{self.form.delimiter}any",)
        example = Counterexample(principal.name, None, None if keyless else other, *found, keys)
        replayed = self.replay.of_principal(example, principal, statement)
        if self._is_tenant(principal):
            detail = (
                f"{statement.where} reaches an index, stream or copy of a table, whose leading keys are not the table's"
            )
            if not replayed.confirmed:  # it has conditions, of which nobody knows here what they mean for an index
                return Finding(Claim.NO_OTHER_PATH, principal.name, Verdict.NOT_PROVED, detail)
        else:
            detail = f"{statement.where} reaches tenants' items, or an index, stream or copy of them"
        return refuted(Claim.NO_OTHER_PATH, principal.name, detail, replayed)


def _named(principals: object) -> Iterator[tuple[str, str]]:
    """Yield each principal of an element, with its kind."""
    if not isinstance(principals, dict):
        yield "AWS", str(principals)
        return
    for kind, values in principals.items():
        for value in values if isinstance(values, list) else [values]:
            yield str(kind), str(value)
