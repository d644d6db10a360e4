"""The claims about one role of tenants' sessions: own partition, guard, and the twin that is allowed.

The values of the tag that a trust policy admits are tenants, and own keys like the ids of the grammar: a grammar that
is too narrow proves nothing more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bulkhead_iam.folding import ascii_lower
from bulkhead_iam.variables import Variable
from bulkhead_iam.wildcards import Wildcard
from bulkhead_planproof.findings import Claim, Counterexample, Finding, Verdict, refuted
from bulkhead_planproof.languages import Both, Language, Not, OptionError, ProofError
from bulkhead_planproof.leading_keys import LeadingKeys, leading_keys
from bulkhead_planproof.partitions import Foreign, KeyForm, Partitions
from bulkhead_planproof.reach import ITEM_ACTIONS, KEYED, KEYLESS_ACTIONS, Reach
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
        """Yield the findings about the sessions; `rendered` gives the session policies of a tenant, None for none.

        Raises:
            OptionError: as `require_fit`.
        """
        self.require_fit(sessions)
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

    def require_fit(self, sessions: Sessions) -> None:
        """Refuse a key form that no session of the plan has: what is asked of it would be proved of nothing.

        Raises:
            OptionError: the grammar has none of the ids that sessions have, or no keys begin with the prefix.
        """
        values, grammar = sessions.tags.values, self.form.grammar
        if self.solver.find(values, grammar) is None and (other := self.solver.find(values)) is not None:
            raise OptionError(
                f"{sessions.name}: no id of the grammar can open a session, but {other!r} can: mend --grammar"
            )
        tags = {
            token.key
            for statement in sessions.statements
            for patterns in leading_keys(statement.conditions).every
            for pattern in patterns
            for token in pattern
            if isinstance(token, Variable) and token.key.startswith("aws:principaltag/")
        }
        if tags and ascii_lower(f"aws:principaltag/{self.tag}") not in tags:
            named = " or ".join(repr(each.partition("/")[2]) for each in sorted(tags))
            raise OptionError(f"{sessions.name}: its keys name the tag {named}, not {self.tag!r}: mend --tag")
        found = {
            text
            for statement in sessions.statements
            for patterns in leading_keys(statement.conditions).every
            for pattern in patterns
            if (text := _before(pattern, ascii_lower(f"aws:principaltag/{self.tag}"))) is not None
        }
        if self.form.prefix and found and self.form.prefix not in found:
            named = " or ".join(map(repr, sorted(found)))
            raise OptionError(
                f"{sessions.name}: its keys begin with {named}, not with {self.form.prefix!r}: mend --prefix"
            )

    def beyond_grammar(self, sessions: Sessions) -> str | None:
        """Return an id that sessions may have and that the grammar does not; None if there is none."""
        return self.solver.find(sessions.tags.values, Not(self.form.grammar))

    def _tags(self, sessions: Sessions, statement: Statement) -> TagValues:
        """Return the values of the tag with which the statement may apply."""
        narrowed = tag_values(statement.conditions, f"aws:principaltag/{self.tag}")
        values = Both((sessions.tags.values, narrowed.values))
        return TagValues(values, absent=sessions.tags.absent and narrowed.absent)

    def _own_partition(self, sessions: Sessions, statement: Statement, reach: Reach, rendered: Rendered) -> Finding:
        demanded = leading_keys(statement.conditions)
        partitions = Partitions(
            self.form, self._tags(sessions, statement), ascii_lower(f"aws:principaltag/{self.tag}"), self.solver
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
        whose = "a foreign key" if found.other is not None else "a key that belongs to nobody, and so to all,"
        detail = f"the condition lets {whose} through"
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
        patterns = demanded.every[-1] if demanded.every else ((Wildcard.MANY,),)
        try:
            found = _first(replace(partitions, tags=tags), patterns)
        except ProofError:
            return None
        if found is None or found.other is not None:
            return found
        owners = (each for each in partitions.owners(found.key) if each != found.session)
        return replace(found, other=next(owners, None))

    def _guard(self, sessions: Sessions, statement: Statement, reach: Reach, rendered: Rendered) -> Finding:
        demanded = leading_keys(statement.conditions)
        keyless = Both((self.actions, Not(KEYED)))
        if (demanded.guarded and demanded.every) or reach.within(statement, keyless, self.tables) is None:
            return Finding(Claim.GUARD, statement.where, Verdict.PROVED)
        session = self.solver.find(self._tags(sessions, statement).values, self.form.grammar)
        if session is None:
            session = self.solver.find(self._tags(sessions, statement).values)
        if demanded.guarded:
            return Finding(
                Claim.GUARD, statement.where, Verdict.NOT_PROVED, "no ForAllValues condition on leading keys"
            )
        named = reach.named(statement, self.tables, KEYLESS_ACTIONS, self.replay.account)
        action, resource = named or self._any(statement, reach, keyless)
        example = Counterexample(sessions.name, session, None, action, resource, None)
        replayed = self.replay.of_session(example, sessions.role, statement, rendered(session))
        detail = "nothing demands that there is a leading key: ForAllValues holds without any"
        return refuted(Claim.GUARD, statement.where, detail, replayed)

    def _any(self, statement: Statement, reach: Reach, actions: Language | None = None) -> tuple[str, str]:
        found = reach.within(statement, actions or self.actions, self.tables)
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
            refusals += [each for each in replayed.replay if ": Allowed" not in each][:1]
        detail = refusals[0] if refusals else "nothing is allowed to any session: the claims about it say nothing"
        return Finding(Claim.TWIN, sessions.name, Verdict.NOT_PROVED, detail)


def _before(pattern: Tokens, variable: str) -> str | None:
    """Return the literal text before the session's tenant in a pattern; None if there is a wildcard, or no tenant."""
    text = ""
    for token in pattern:
        if isinstance(token, Variable) and token.key == variable:
            return text
        if not isinstance(token, str):
            return None
        text += token
    return None


def _first(partitions: Partitions, patterns: tuple[Tokens, ...]) -> Foreign | None:
    """Return what any of the patterns lets through: a key needs to match one of them."""
    return next((found for each in patterns if (found := partitions.foreign(each)) is not None), None)
