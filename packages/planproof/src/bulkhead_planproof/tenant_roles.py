"""The claims about one role of tenants' sessions: own partition, guard, and the twin that is allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bulkhead_iam.wildcards import Wildcard
from bulkhead_planproof.findings import Claim, Counterexample, Finding, Verdict, refuted
from bulkhead_planproof.languages import Both, Language, ProofError
from bulkhead_planproof.leading_keys import LeadingKeys, leading_keys
from bulkhead_planproof.partitions import Foreign, KeyForm, Partitions
from bulkhead_planproof.reach import ITEM_ACTIONS, KEYLESS_FIRST, Reach
from bulkhead_planproof.sessions import TagValues, tag_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulkhead_iam import Policy
    from bulkhead_planproof.patterns import Tokens
    from bulkhead_planproof.plan import Principal
    from bulkhead_planproof.replay import Replay
    from bulkhead_planproof.solver import Solver
    from bulkhead_planproof.statements import Statement


Rendered = Callable[[str | None], "tuple[Policy, ...] | None"]
"""The session policies that go with a tenant's session; None for a session without."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """A role's sessions: what they are allowed is in `statements`, the values of their tenant tag in `tags`.

    With a session policy, `statements` are those of that policy, since a session is allowed nothing beyond it.
    """

    role: Principal
    statements: tuple[Statement, ...]
    tags: TagValues
    name: str


@dataclass(frozen=True, slots=True)
class TenantClaims:
    """Proves or refutes them, for the tables of these ARNs and the data actions of this language."""

    form: KeyForm
    tag: str
    tables: Language
    actions: Language
    replay: Replay
    solver: Solver

    def findings(self, sessions: Sessions, reach: Reach, rendered: Rendered) -> Iterator[Finding]:
        """Yield the findings about the sessions; `rendered` gives the session policies of a tenant, None for none."""
        touching = [
            each
            for each in sessions.statements
            if each.allows and reach.within(each, self.actions, self.tables) is not None
        ]
        for statement in touching:
            for claim in (self._own_partition, self._guard):
                try:
                    yield claim(sessions, statement, reach, rendered)
                except ProofError as error:
                    which = Claim.GUARD if claim == self._guard else Claim.OWN_PARTITION
                    yield Finding(which, statement.where, Verdict.NOT_PROVED, str(error))
        yield self._twin(sessions, touching, reach, rendered)

    def _tags(self, sessions: Sessions, statement: Statement) -> TagValues:
        """Return the values of the tag with which the statement may apply."""
        narrowed = tag_values(statement.conditions, f"aws:principaltag/{self.tag}")
        values = Both((sessions.tags.values, narrowed.values))
        return TagValues(values, absent=sessions.tags.absent and narrowed.absent)

    def _own_partition(self, sessions: Sessions, statement: Statement, reach: Reach, rendered: Rendered) -> Finding:
        demanded = leading_keys(statement.conditions)
        partitions = Partitions(
            self.form, self._tags(sessions, statement), f"aws:principaltag/{self.tag}".lower(), self.solver
        )
        found: Foreign | None = None
        for patterns in demanded.every:
            found = _first(partitions, patterns)
            if found is None:
                return Finding(Claim.OWN_PARTITION, statement.where, Verdict.PROVED)
        if found is None:
            found = partitions.foreign((Wildcard.MANY,))
        if found is None:
            return Finding(Claim.OWN_PARTITION, statement.where, Verdict.PROVED, "no session opens")
        found = self._within_grammar(partitions, demanded) or found
        keys: tuple[str, ...] = (found.key,)
        detail = "the condition lets a foreign key through"
        if not demanded.every:
            detail = "no condition holds for every leading key"
            if demanded.some and found.session is not None:
                keys = (f"{self.form.prefix}{found.session}{self.form.delimiter}own", found.key)
        named = reach.named(statement, self.tables, ITEM_ACTIONS, self.replay.account)
        action, resource = named or self._any(statement, reach)
        example = Counterexample(sessions.name, found.session, found.other, action, resource, keys)
        replayed = self.replay.of_session(example, sessions.role, statement, rendered(found.session))
        return refuted(Claim.OWN_PARTITION, statement.where, detail, replayed)

    def _within_grammar(self, partitions: Partitions, demanded: LeadingKeys) -> Foreign | None:
        """Return a foreign key for a session that has a tenant's id as well, which people grasp sooner."""
        tags = TagValues(Both((partitions.tags.values, self.form.grammar)), absent=False)
        try:
            return _first(replace(partitions, tags=tags), demanded.every[-1] if demanded.every else ((Wildcard.MANY,),))
        except ProofError:
            return None

    def _guard(self, sessions: Sessions, statement: Statement, reach: Reach, rendered: Rendered) -> Finding:
        demanded = leading_keys(statement.conditions)
        if demanded.guarded and demanded.every:
            return Finding(Claim.GUARD, statement.where, Verdict.PROVED)
        session = self.solver.find(self._tags(sessions, statement).values, self.form.grammar)
        if session is None:
            session = self.solver.find(self._tags(sessions, statement).values)
        if demanded.guarded:
            return Finding(
                Claim.GUARD, statement.where, Verdict.NOT_PROVED, "no ForAllValues condition on leading keys"
            )
        named = reach.named(statement, self.tables, KEYLESS_FIRST, self.replay.account)
        action, resource = named or self._any(statement, reach)
        example = Counterexample(sessions.name, session, None, action, resource, None)
        replayed = self.replay.of_session(example, sessions.role, statement, rendered(session))
        detail = "nothing demands that there is a leading key: ForAllValues holds without any"
        return refuted(Claim.GUARD, statement.where, detail, replayed)

    def _any(self, statement: Statement, reach: Reach) -> tuple[str, str]:
        found = reach.within(statement, self.actions, self.tables)
        if found is None:
            raise ProofError(f"{statement.where} reaches no table")
        return found

    def _twin(self, sessions: Sessions, touching: list[Statement], reach: Reach, rendered: Rendered) -> Finding:
        refusals: list[str] = []
        for statement in touching:
            session = self.solver.find(self._tags(sessions, statement).values, self.form.grammar)
            named = reach.named(statement, self.tables, ITEM_ACTIONS, self.replay.account)
            if session is None or named is None:
                continue
            key = f"{self.form.prefix}{session}{self.form.delimiter}own"
            example = Counterexample(sessions.name, session, session, *named, (key,))
            replayed = self.replay.of_session(example, sessions.role, statement, rendered(session))
            if replayed.confirmed:
                return Finding(Claim.TWIN, sessions.name, Verdict.PROVED, str(replayed))
            refusals += replayed.replay[-1:]
        detail = refusals[0] if refusals else "nothing is allowed to any session: the claims about it say nothing"
        return Finding(Claim.TWIN, sessions.name, Verdict.NOT_PROVED, detail)


def _first(partitions: Partitions, patterns: tuple[Tokens, ...]) -> Foreign | None:
    """Return what any of the patterns lets through: a key needs to match one of them."""
    return next((found for each in patterns if (found := partitions.foreign(each)) is not None), None)
