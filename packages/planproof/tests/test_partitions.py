"""The reduction to regular languages says what trying all tenants and all keys says, on an alphabet where one can."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bulkhead_iam.variables import Template, Variable
from bulkhead_iam.wildcards import Wildcard
from bulkhead_planproof.grammar import TENANT_ID, grammar
from bulkhead_planproof.languages import Either, ProofError, contains, word
from bulkhead_planproof.partitions import Foreign, KeyForm, Partitions
from bulkhead_planproof.sessions import TAG_VALUE, TagValues
from bulkhead_planproof.solver import Solver

if TYPE_CHECKING:
    from bulkhead_planproof.patterns import Tokens

_VARIABLE = Variable("aws:principaltag/tenant", None, "${aws:PrincipalTag/tenant}")
_TOKENS = st.lists(
    st.sampled_from([_VARIABLE, _VARIABLE, Wildcard.MANY, Wildcard.ONE, "a", "b", "-", "#"]), min_size=1, max_size=4
).map(tuple)
_IDS = "[ab]|[ab][ab-][ab]"
_TENANTS = [t for n in (1, 3) for t in map("".join, product("ab-", repeat=n)) if contains(grammar(_IDS), t)]
_SOLVER = Solver()


_RESTS = ["".join(rest) for n in range(3) for rest in product("ab#-", repeat=n)]
_KEYS = ["".join(key) for n in range(6) for key in product("ab#-", repeat=n)]


def _is_own(key: str, session: str, delimiter: str) -> bool:
    """Tell whether a key is the session's, and nobody else's."""
    owners = [each for each in _TENANTS if key.startswith(f"{each}{delimiter}")]
    return owners == [session]


def _let_through(pattern: Tokens, delimiter: str) -> bool:
    """Try every session with every key of up to five characters, and every other tenant's of a little more."""
    for session in _TENANTS:
        matcher = Template("", pattern).bind({_VARIABLE.key: session})
        if matcher is None:
            continue
        keys = [*_KEYS, *(f"{other}{delimiter}{rest}" for other in _TENANTS for rest in _RESTS)]
        if any(matcher(key) and not _is_own(key, session, delimiter) for key in keys):
            return True
    return False


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pattern=_TOKENS, delimiter=st.sampled_from(["#", "-", "-#"]))
def test_what_trial_finds_the_proof_finds(pattern: Tokens, delimiter: str) -> None:
    """Never is a pattern proved that lets a key through which is not the session's own; every counterexample is one."""
    form = KeyForm(grammar(_IDS), delimiter)
    partitions = Partitions(form, TagValues(grammar(_IDS), absent=False), _VARIABLE.key, _SOLVER)
    try:
        found = partitions.foreign(pattern)
    except ProofError:
        return  # not proved: no claim
    if found is None:
        assert not _let_through(pattern, delimiter)
        return
    assert found.session in _TENANTS
    assert not _is_own(found.key, found.session, delimiter)
    if found.other is not None:
        assert found.other in _TENANTS
        assert found.session != found.other
        assert found.key.startswith(f"{found.other}{delimiter}")
    if pattern.count(_VARIABLE) == 1:  # a second one is taken for anything, and the evaluator then refuses the example
        matcher = Template("", pattern).bind({_VARIABLE.key: found.session})
        assert matcher is not None
        assert matcher(found.key)


def _bulkhead(pattern: Tokens, delimiter: str = "#", tags: TagValues | None = None) -> Foreign | None:
    form = KeyForm(grammar(TENANT_ID), delimiter)
    tags = tags or TagValues(TAG_VALUE, absent=False)
    return Partitions(form, tags, _VARIABLE.key, Solver()).foreign(pattern)


def test_the_pattern_of_the_tenant_role_is_proved_for_whatever_tag_sts_takes() -> None:
    """No value of a session tag can hold the delimiter."""
    assert _bulkhead((_VARIABLE, "#", Wildcard.MANY)) is None


def test_a_tenant_that_begins_with_another_is_found() -> None:
    """Without the delimiter, and with one that a tenant id may hold."""
    for pattern, delimiter in (((_VARIABLE, Wildcard.MANY), "#"), ((_VARIABLE, "-", Wildcard.MANY), "-")):
        found = _bulkhead(pattern, delimiter)
        assert found is not None
        assert found.session is not None
        assert (found.other or "").startswith(found.session)


def test_a_tag_that_begins_with_another_tenant_is_found() -> None:
    """The session's tenant is the longer one: where the delimiter can stand in a tag."""
    found = _bulkhead((_VARIABLE, Wildcard.MANY), "/", TagValues(grammar(f"{TENANT_ID}/own"), absent=False))
    assert found is not None
    assert found.session == f"{found.other}/own"


def test_a_session_without_the_tag_reaches_what_the_default_says() -> None:
    """A variable without a value and without a default matches nothing."""
    absent = TagValues(TAG_VALUE, absent=True)
    with_default = Variable(_VARIABLE.key, "acme", "")
    assert _bulkhead((with_default, "#", Wildcard.MANY), tags=absent) == Foreign(None, "acme", "acme#")
    assert _bulkhead((_VARIABLE, "#", Wildcard.MANY), tags=absent) is None


def test_a_key_that_belongs_to_nobody_is_found() -> None:
    """Every session that reaches it shares it: what another session writes there, this one reads."""
    for pattern, key in ((("TENANT#", Wildcard.MANY), "TENANT#"), ((_VARIABLE, "@", Wildcard.MANY), None)):
        found = _bulkhead(pattern, tags=TagValues(grammar(TENANT_ID), absent=False))
        assert found is not None
        assert found.other is None
        assert found.session is not None
        assert found.key == (key or f"{found.session}@")


def test_whoever_has_a_session_owns_keys() -> None:
    """A grammar that leaves out an id which the trust policy admits proves nothing more."""
    ids = grammar("[a-z]{3}")
    tags = TagValues(Either((ids, word("ACME"))), absent=False)
    partitions = Partitions(KeyForm(ids, "#"), tags, _VARIABLE.key, Solver())

    found = partitions.foreign(("ACME#", Wildcard.MANY))
    assert found is not None
    assert found.session != "ACME"
    assert (found.other, found.key) == ("ACME", "ACME#")
    assert partitions.foreign((_VARIABLE, "#", Wildcard.MANY)) is None


def test_sessions_beyond_the_grammar_meet_each_other() -> None:
    """`ACME` reaches a key of `ACME-EU`, though the grammar knows neither."""
    tags = TagValues(Either((word("acme"), word("ACME"), word("ACME-EU"))), absent=False)
    partitions = Partitions(KeyForm(grammar("[a-z]+"), "-"), tags, _VARIABLE.key, Solver())
    found = partitions.foreign((_VARIABLE, "-", Wildcard.MANY))
    assert found is not None
    assert (found.session, found.other) == ("ACME", "ACME-EU")


def test_a_session_without_the_tag_reaches_what_an_empty_default_says() -> None:
    """The keys that begin with the delimiter are nobody's."""
    empty = TagValues(Either((word(""), word("acme"))), absent=False)
    for tags, session in ((TagValues(TAG_VALUE, absent=True), None), (empty, "")):
        found = _bulkhead((Variable(_VARIABLE.key, "", ""), "#", Wildcard.MANY), tags=tags)
        assert found == Foreign(session, None, "#")
