"""What holds of every policy: nothing but an Allow grants, and nothing undoes a Deny."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkhead_iam import (
    ContextValue,
    Decision,
    Effect,
    Policy,
    PolicyError,
    PolicyKind,
    PolicySet,
    Principal,
    Request,
    evaluate,
)
from bulkhead_iam.operators import OPERATORS

Statement = dict[str, Any]
Documents = dict[PolicyKind, list[Statement]]

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/one"
NAMES = ["ann", "an*", "a", "", "1", "2026-01-01", "true", "10.0.0.1", "arn:aws:sqs:eu-west-1:1:q"]
VALUES = ["ann", "a*", "${aws:username}", "${aws:username, 'ann'}", "1", "2026-01-01", "true", "10.0.0.0/8", "AQ=="]
KEYS = ["aws:username", "aws:PrincipalTag/team", "dynamodb:LeadingKeys"]
NOTHING = {"Effect": "Deny", "Action": "none:None", "Resource": "*"}
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}

names = st.sampled_from(NAMES)
contexts = st.dictionaries(st.sampled_from(KEYS), names | st.lists(names, max_size=3).map(tuple), max_size=3)
operators = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "ForAllValues:", "ForAnyValue:"]),
    st.sampled_from(sorted(OPERATORS)),
    st.sampled_from(["", "IfExists"]),
) | st.just("Null")
conditions = st.dictionaries(
    operators,
    st.dictionaries(st.sampled_from(KEYS), st.lists(st.sampled_from(VALUES), max_size=2), max_size=2),
    max_size=2,
)


@st.composite
def _statements(draw: st.DrawFn, effects: tuple[str, ...] = ("Allow", "Deny")) -> Statement:
    action = st.sampled_from(["s3:GetObject", "s3:*", "*", "s3:Put?bject"])
    resource = st.sampled_from(["*", "arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/${aws:username}"])
    statement: Statement = {"Effect": draw(st.sampled_from(effects))}
    statement[draw(st.sampled_from(["Action", "NotAction"]))] = draw(st.lists(action, max_size=2))
    statement[draw(st.sampled_from(["Resource", "NotResource"]))] = draw(st.lists(resource, max_size=2))
    if draw(st.booleans()):
        statement["Condition"] = draw(conditions)
    return statement


principals = st.sampled_from(["*", {"AWS": ROLE}, {"AWS": SESSION}, {"AWS": ACCOUNT}, {"Service": "s3.amazonaws.com"}])
statements = _statements()
documents = st.fixed_dictionaries(
    {PolicyKind.IDENTITY: st.lists(statements, max_size=3)},
    optional={
        PolicyKind.SESSION: st.lists(statements, max_size=2),
        PolicyKind.BOUNDARY: st.lists(statements, max_size=2),
        PolicyKind.RESOURCE: st.lists(st.builds(dict, statements, Principal=principals), max_size=3),
    },
)
accounts = st.sampled_from([None, ACCOUNT, "444455556666"])
actions = st.sampled_from(["s3:GetObject", "s3:PutObject"])


@st.composite
def _requests(draw: st.DrawFn) -> Request:
    resource = "arn:aws:s3:::bucket/" + draw(names)
    principal = draw(st.sampled_from([SESSION, ROLE, f"arn:aws:iam::{ACCOUNT}:user/ann"]))
    return Request(Principal.from_arn(principal), draw(actions), resource, draw(contexts))


def _parse(statements: list[Statement], kind: PolicyKind) -> Policy:
    filler = {**NOTHING, "Principal": "*"} if kind is PolicyKind.RESOURCE else NOTHING
    document = {"Version": "2012-10-17", "Statement": [*statements, filler]}
    return Policy.parse(document, kind=kind, accept_mistyped_values=True)


def _decide(request: Request, given_documents: Documents, account: str | None) -> Decision:
    compiled = {kind: _parse(statements, kind) for kind, statements in given_documents.items()}
    session, boundary = compiled.get(PolicyKind.SESSION), compiled.get(PolicyKind.BOUNDARY)
    policies = PolicySet(
        identity=(compiled[PolicyKind.IDENTITY],),
        resource=compiled.get(PolicyKind.RESOURCE),
        session=None if session is None else (session,),
        boundary=None if boundary is None else (boundary,),
        resource_account=account,
    )
    return evaluate(request, policies)


requests = _requests()


@settings(max_examples=120)
@given(requests, documents, accounts, st.data())
def test_adding_a_deny_never_allows(
    request: Request, before: Documents, account: str | None, data: st.DataObject
) -> None:
    """A Deny statement more, in any policy, turns no refusal into an allow."""
    kind = data.draw(st.sampled_from(sorted(before)))
    denial = data.draw(_statements(effects=("Deny",)))
    if kind is PolicyKind.RESOURCE:
        denial["Principal"] = data.draw(principals)
    after = {**before, kind: [*before[kind], denial]}

    if not _decide(request, before, account).allowed:
        assert not _decide(request, after, account).allowed


@settings(max_examples=120)
@given(requests, documents, accounts, st.data())
def test_removing_an_allow_never_allows(
    request: Request, before: Documents, account: str | None, data: st.DataObject
) -> None:
    """An Allow statement less, in any policy, turns no refusal into an allow."""
    allows = [
        (kind, index)
        for kind in sorted(before)
        for index, statement in enumerate(before[kind])
        if statement["Effect"] == "Allow"
    ]
    if not allows:
        return
    kind, removed = data.draw(st.sampled_from(allows))
    after = {**before, kind: [each for index, each in enumerate(before[kind]) if index != removed]}

    if not _decide(request, before, account).allowed:
        assert not _decide(request, after, account).allowed


@given(requests, documents, accounts)
def test_an_explicit_deny_is_a_deny_statement_that_applies(
    request: Request, given_documents: Documents, account: str | None
) -> None:
    """Without Deny statements nothing is explicitly denied, and without Allow statements nothing is allowed."""
    allows, denies = (
        {
            kind: [statement for statement in statements if statement["Effect"] == effect]
            for kind, statements in given_documents.items()
        }
        for effect in ("Allow", "Deny")
    )

    assert _decide(request, allows, account).effect is not Effect.EXPLICITLY_DENIED
    assert not _decide(request, denies, account).allowed


@given(requests, documents, accounts, st.sampled_from([PolicyKind.SESSION, PolicyKind.BOUNDARY]), st.data())
def test_a_session_policy_or_boundary_never_allows(
    request: Request, before: Documents, account: str | None, kind: PolicyKind, data: st.DataObject
) -> None:
    """To set one where there was none turns no refusal into an allow."""
    before.pop(kind, None)
    after = {**before, kind: data.draw(st.lists(statements, max_size=2))}

    if not _decide(request, before, account).allowed:
        assert not _decide(request, after, account).allowed


@given(requests, documents, accounts)
def test_the_order_of_statements_does_not_matter(
    request: Request, given_documents: Documents, account: str | None
) -> None:
    """Statements in reverse order lead to the same effect."""
    reverse = {kind: statements[::-1] for kind, statements in given_documents.items()}

    assert _decide(request, reverse, account).effect is _decide(request, given_documents, account).effect


@given(requests, documents, accounts)
def test_a_refusal_says_why_and_an_allow_is_silent(
    request: Request, given_documents: Documents, account: str | None
) -> None:
    """A refusal has AWS's sentence and a kind of policy; its text is one line."""
    decision = _decide(request, given_documents, account)

    assert bool(decision.message) is not decision.allowed
    assert decision.kind is not None
    assert len(str(decision).splitlines()) == 1


@given(st.text(min_size=1), st.text(min_size=1))
def test_the_value_of_a_variable_matches_itself_only(name: str, prefix: str) -> None:
    """No character in the value of a variable has a meaning."""
    condition = {"StringLike": {"s3:prefix": "${aws:username}"}}
    document = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition},
    }
    context: dict[str, ContextValue] = {"aws:username": name, "s3:prefix": prefix}
    caller = Principal(f"arn:aws:iam::{ACCOUNT}:user/ann", ACCOUNT)
    request = Request(caller, "s3:ListBucket", "arn:aws:s3:::bucket", context)

    assert evaluate(request, PolicySet(identity=(Policy.parse(document),))).allowed is (name == prefix)


LOOKALIKES = {"k": "\u212a", "s": "\u017f", "i": "\u0131\u0130"}


@st.composite
def _disguised(draw: st.DrawFn, name: str) -> str:
    """Return a name with a letter that some folding takes for the one that stood there."""
    places = [at for at, letter in enumerate(name.lower()) if letter in LOOKALIKES]
    at = draw(st.sampled_from(places))
    return name[:at] + draw(st.sampled_from(LOOKALIKES[name[at].lower()])) + name[at + 1 :]


def _disguise(source: Any, name: str, disguised: str) -> Any:
    """Return a document in which a name is in disguise wherever it stands."""
    if isinstance(source, dict):
        return {key.replace(name, disguised): _disguise(value, name, disguised) for key, value in source.items()}
    if isinstance(source, list):
        return [_disguise(each, name, disguised) for each in source]
    return source.replace(name, disguised) if isinstance(source, str) else source


decisive_statements = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Action": st.sampled_from([["s3:ListBucket"], ["s3:List*"]]),
        "Resource": st.sampled_from([["*"], ["arn:aws:s3:::bucket/${aws:username}"]]),
    },
    optional={
        "Condition": st.dictionaries(
            operators,
            st.dictionaries(st.sampled_from(KEYS), st.lists(st.sampled_from(VALUES), min_size=1), min_size=1),
            min_size=1,
            max_size=1,
        ),
    },
)


@settings(max_examples=500)
@given(requests, decisive_statements, st.sampled_from(["Action", "NotAction"]), st.data())
def test_a_letter_that_only_looks_like_one_of_ascii_never_allows(
    request: Request, statement: Statement, actions: str, data: st.DataObject
) -> None:
    """In a key, variable, operator or action of a policy or of the request: no refusal becomes an allow."""
    request = replace(request, action="s3:ListBucket")
    statement[actions] = statement.pop("Action")
    before = {PolicyKind.IDENTITY: [statement, *([EVERYTHING] if statement["Effect"] == "Deny" else [])]}
    if _decide(request, before, None).allowed:
        return
    action = replace(request, action=data.draw(_disguised(request.action)))
    key = data.draw(st.sampled_from(KEYS))
    keys = {data.draw(_disguised(each)) if each == key else each: value for each, value in request.context.items()}
    for changed in (action, replace(request, context=keys)):
        assert not _decide(changed, before, None).allowed

    names = [*KEYS, *statement.get("Condition", {}), *statement[actions]]
    for name in [each for each in names if LOOKALIKES.keys() & set(each.lower())]:
        after = _disguise(before[PolicyKind.IDENTITY], name, data.draw(_disguised(name)))
        try:
            assert not _decide(request, {PolicyKind.IDENTITY: after}, None).allowed
        except PolicyError as refusal:
            assert refusal.value  # noqa: PT017  # a document that is refused allows nothing


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5) | st.sampled_from(VALUES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=200)
@given(statements, st.sampled_from(list(PolicyKind)), st.data())
def test_a_damaged_document_is_parsed_or_refused_with_a_policy_error(
    statement: Statement, kind: PolicyKind, data: st.DataObject
) -> None:
    """Whatever stands where something else should, nothing but PolicyError is raised."""
    element = data.draw(st.sampled_from([*statement, "Principal", "NotPrincipal", "Sid", "Condition"]))
    statement[element] = data.draw(json_values)

    try:
        Policy.parse({"Version": "2012-10-17", "Statement": [statement]}, kind=kind)
    except PolicyError as error:
        assert str(error)  # noqa: PT017  # that no other exception escapes is what this is about


@given(st.text() | json_values)
def test_anything_but_a_policy_is_refused(document: Any) -> None:
    """Text and JSON values that are no policy raise PolicyError."""
    with pytest.raises(PolicyError):
        Policy.parse(document)
