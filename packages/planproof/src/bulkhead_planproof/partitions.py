"""Whether the pattern of a leading-key condition lets a tenant's session name a partition key that is not its own.

The obvious encoding, two unknown tenants and equations of words, does not finish. Regular languages suffice. Where the
pattern puts the session's tenant at the place at which a key names its owner, two different tenants can meet in one
key only if one of them is a proper prefix of the other. With a marker where the shorter one ends, each of the two
cases is a word in an intersection of regular languages: a counterexample if there is one, a proof if there is none.

A key that belongs to nobody is as bad: every session that reaches it shares it. A pattern is proved only if all the
keys that match it for a session begin with that session's tenant and the delimiter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bulkhead_iam.variables import Variable
from bulkhead_planproof.languages import (
    ANYTHING,
    MARK,
    Either,
    Language,
    Marked,
    Marker,
    Not,
    ProofError,
    Sequence,
    word,
)
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

    def admitting(self, tenants: Language) -> KeyForm:
        """Return the form in which these, too, are tenants: they have sessions, and may own keys."""
        return replace(self, grammar=Either((self.grammar, tenants)))

    def owners(self, key: str, solver: Solver) -> Iterator[str]:
        """Yield every tenant that may own a key: several if the delimiter can stand in a tenant id."""
        if not key.startswith(self.prefix):
            return
        rest = key.removeprefix(self.prefix)
        for end in range(1, len(rest)):  # an empty tag is none to AWS
            if rest.startswith(self.delimiter, end) and solver.find(word(rest[:end]), self.grammar) is not None:
                yield rest[:end]


@dataclass(frozen=True, slots=True)
class Foreign:
    """A key that a pattern lets through and that is not the session's own.

    `session` is None for a session without the tag, `other` for a key that belongs to nobody.
    """

    session: str | None
    other: str | None
    key: str


@dataclass(frozen=True, slots=True)
class Partitions:
    """Looks for a foreign key, for sessions with these values of the session tag.

    All that have a session are tenants, and own keys like the ids of the grammar.
    """

    form: KeyForm
    tags: TagValues
    variable: str
    solver: Solver

    def foreign(self, pattern: Tokens) -> Foreign | None:
        """Return a key that the pattern lets through and that is not the session's own: of another tenant, or nobody's.

        None if there is none, for all sessions and all keys.

        Raises:
            ProofError: there may be one, but none was found.
        """
        if self.tags.valueless and (found := self._without_tag(pattern)) is not None:
            return found
        if self.solver.find(self.tags.values) is None:
            return None  # nobody can open such a session
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
                if token.default is None:
                    return None
                resolved.append(token.default)
            else:
                resolved.append(token)
        key = self._shown(language(resolved))
        return None if key is None else Foreign(None if self.tags.absent else "", next(self.owners(key), None), key)

    def _shown(self, keys: Language) -> str | None:
        """Return one of the keys, if there is one: rather a tenant's than nobody's."""
        return self.solver.find(keys, self.form.owned_by(self.form.grammar)) or self.solver.find(keys)

    def _whatever_the_session(self, pattern: Tokens) -> Foreign | None:
        """The pattern does not depend on the tag: whom it lets in, it lets in with every session but one at most."""
        key = self._shown(language(pattern))
        if key is None:
            return None
        owners = tuple(self.owners(key))
        session = self.solver.find(self.tags.values, Not(Either(tuple(word(each) for each in owners))))
        if session is None:
            raise ProofError(
                f"only {' or '.join(map(repr, owners))} can open a session, and the pattern does not name the session's"
                " tenant"
            )
        return Foreign(session, owners[0] if owners else None, key)

    def owners(self, key: str) -> Iterator[str]:
        """Yield every tenant that may own a key, those of other sessions included."""
        return self.form.admitting(self.tags.values).owners(key, self.solver)

    def _same_place(self, after: Language) -> Foreign | None:
        """The pattern names the session's tenant where keys name their owner, and goes on with `after`."""
        first = Sequence((ANYTHING, word(self.form.delimiter[0]), ANYTHING))
        rest = self.solver.find(after, Not(Sequence((word(self.form.delimiter), ANYTHING))))
        owners = (self.form.grammar, self.tags.values)
        if rest is None and all(self.solver.find(each, first) is None for each in owners):
            return None  # a key's owner ends before its first delimiter, and is the session
        found = self._longer_or_shorter(self.form.grammar, after)
        if found is None and rest is not None:
            return self._nobodys(rest)
        return found or self._longer_or_shorter(self.tags.values, after)

    def _nobodys(self, rest: str) -> Foreign:
        """Return a key that goes on with something else than the delimiter where the session's tenant ends."""
        session = self.solver.find(self.tags.values) or ""
        key = f"{self.form.prefix}{session}{rest}"
        return Foreign(session, next((each for each in self.owners(key) if each != session), None), key)

    def _longer_or_shorter(self, owners: Language, after: Language) -> Foreign | None:
        """Return a key of an owner who begins with the session's tenant, or with whom that begins."""
        end = Marker()
        prefix, values = word(self.form.prefix), self.tags.values
        rest = Sequence((word(self.form.delimiter), ANYTHING))
        shorter = self.solver.find(Sequence((prefix, values, end, after)), Sequence((prefix, Marked(owners), rest)))
        if shorter is not None:
            session, key = self._split(shorter)
            other = next(each for each in self.owners(key) if len(each) > len(session))
            return Foreign(session, other, key)
        longer = self.solver.find(Sequence((prefix, owners, end, rest)), Sequence((prefix, Marked(values), after)))
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
        """The tenant stands elsewhere than the key's owner: no key at all may match, or a session is tried."""
        if self.solver.find(language(pattern)) is None:
            return None
        first = self.solver.find(self.tags.values, self.form.grammar)
        second = None if first is None else self.solver.find(self.tags.values, self.form.grammar, Not(word(first)))
        pairs = [pair for pair in ((first, second), (second, first)) if None not in pair]
        for session, other in (*pairs, (first, None), (self.solver.find(self.tags.values), None)):
            if session is None:
                continue
            bound = [session if isinstance(each, Variable) and each.key == self.variable else each for each in pattern]
            wanted = Not(self.form.owned_by(word(session))) if other is None else self.form.owned_by(word(other))
            if (key := self.solver.find(language(bound), wanted)) is not None:
                return Foreign(session, other or next(self.owners(key), None), key)
        raise ProofError("a variable stands elsewhere than the owner of a key, and no session was found to try it")
