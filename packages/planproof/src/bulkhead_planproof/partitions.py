"""Whether the pattern of a leading-key condition lets one tenant's session name a partition key of another.

The obvious encoding, two unknown tenants and equations of words, does not finish. Regular languages suffice. Where the
pattern puts the session's tenant at the place at which a key names its owner, two different tenants can meet in one
key only if one of them is a proper prefix of the other. With a marker where the shorter one ends, each of the two
cases is a word in an intersection of regular languages: a counterexample if there is one, a proof if there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

from bulkhead_iam.variables import Variable
from bulkhead_planproof.languages import ANYTHING, MARK, Language, Marked, Marker, Not, ProofError, Sequence, word
from bulkhead_planproof.patterns import Tokens, language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulkhead_iam.wildcards import Token
    from bulkhead_planproof.sessions import TagValues
    from bulkhead_planproof.solver import Solver


@dataclass(frozen=True, slots=True)
class KeyForm:
    """How a partition key names its owner: `prefix`, a tenant id of the grammar, `delimiter`, and anything."""

    grammar: Language
    delimiter: str
    prefix: str = ""

    def owned_by(self, tenant: Language) -> Language:
        """Return the partition keys of these tenants."""
        return Sequence((word(self.prefix), tenant, word(self.delimiter), ANYTHING))

    def owners(self, key: str, solver: Solver) -> Iterator[str]:
        """Yield every tenant that may own a key: several if the delimiter can stand in a tenant id."""
        rest = key.removeprefix(self.prefix)
        for end in range(len(rest)):
            if rest.startswith(self.delimiter, end) and solver.find(word(rest[:end]), self.grammar) is not None:
                yield rest[:end]


@dataclass(frozen=True, slots=True)
class Foreign:
    """A key of another tenant that a pattern lets through; `session` is None for a session without the tag."""

    session: str | None
    other: str
    key: str


@dataclass(frozen=True, slots=True)
class Partitions:
    """Looks for a foreign key, for sessions with these values of the session tag."""

    form: KeyForm
    tags: TagValues
    variable: str
    solver: Solver

    def foreign(self, pattern: Tokens) -> Foreign | None:
        """Return a foreign key that the pattern lets through; None if there is none, for all tenants and all keys.

        Raises:
            ProofError: there may be one, but none was found.
        """
        if self.tags.absent and (found := self._without_tag(pattern)) is not None:
            return found
        places = [at for at, token in enumerate(pattern) if isinstance(token, Variable) and token.key == self.variable]
        if not places:
            return self._whatever_the_session(pattern)
        before, after = pattern[: places[0]], pattern[places[0] + 1 :]
        if all(isinstance(each, str) for each in before) and "".join(map(str, before)) == self.form.prefix:
            return self._same_place(language(after))
        return self._other_place(pattern)

    def _without_tag(self, pattern: Tokens) -> Foreign | None:
        """Without a value, a variable matches nothing, unless the policy gives it a default."""
        resolved: list[Token | Variable] = []
        for token in pattern:
            if isinstance(token, Variable) and token.key == self.variable:
                if not token.default:
                    return None
                resolved.append(token.default)
            else:
                resolved.append(token)
        key = self.solver.find(language(resolved), self.form.owned_by(self.form.grammar))
        return None if key is None else Foreign(None, next(self.form.owners(key, self.solver)), key)

    def _whatever_the_session(self, pattern: Tokens) -> Foreign | None:
        """The pattern does not depend on the tag: whom it lets in, it lets in with every session but one at most."""
        key = self.solver.find(language(pattern), self.form.owned_by(self.form.grammar))
        if key is None:
            return None
        other = next(self.form.owners(key, self.solver))
        session = self.solver.find(self.tags.values, Not(word(other)))
        if session is not None:
            return Foreign(session, other, key)
        if self.solver.find(self.tags.values) is None:
            return None  # nobody can open such a session
        raise ProofError(f"only {other!r} can open a session, and the pattern does not name the session's tenant")

    def _same_place(self, after: Language) -> Foreign | None:
        end = Marker()
        prefix, grammar, values = word(self.form.prefix), self.form.grammar, self.tags.values
        rest = Sequence((word(self.form.delimiter), ANYTHING))
        shorter = self.solver.find(Sequence((prefix, values, end, after)), Sequence((prefix, Marked(grammar), rest)))
        if shorter is not None:
            session, key = self._split(shorter)
            other = next(each for each in self.form.owners(key, self.solver) if len(each) > len(session))
            return Foreign(session, other, key)
        longer = self.solver.find(Sequence((prefix, grammar, end, rest)), Sequence((prefix, Marked(values), after)))
        if longer is None:
            return None
        other, key = self._split(longer)
        return Foreign(self._session(other, key, after), other, key)

    def _split(self, marked: str) -> tuple[str, str]:
        shorter, _, behind = marked.partition(MARK)
        return shorter.removeprefix(self.form.prefix), shorter + behind

    def _session(self, other: str, key: str, after: Language) -> str:
        """Return the session's tenant of the case in which it is the longer one."""
        rest = key.removeprefix(self.form.prefix)
        for end in range(len(other) + 1, len(rest) + 1):
            if (
                self.solver.find(word(rest[:end]), self.tags.values)
                and self.solver.find(word(rest[end:]), after) is not None
            ):
                return rest[:end]
        raise ProofError(f"the solver's answer {key!r} does not fit")

    def _other_place(self, pattern: Tokens) -> Foreign | None:
        """The tenant stands elsewhere than the key's owner: no key at all may match, or a pair of tenants is tried."""
        owned = self.form.owned_by(self.form.grammar)
        if self.solver.find(language(pattern), owned) is None:
            return None
        first = self.solver.find(self.tags.values, self.form.grammar)
        second = None if first is None else self.solver.find(self.tags.values, self.form.grammar, Not(word(first)))
        for session, other in permutations((first, second)):
            if session is None or other is None:
                continue
            bound = [session if isinstance(each, Variable) and each.key == self.variable else each for each in pattern]
            if (key := self.solver.find(language(bound), self.form.owned_by(word(other)))) is not None:
                return Foreign(session, other, key)
        raise ProofError("a variable stands elsewhere than the owner of a key, and no pair of tenants was found")
