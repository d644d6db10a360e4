"""Policy variables in the account segment of a Resource."""

from __future__ import annotations

from typing import Any

import pytest

from bulkhead_iam import ContextValue, Effect, Policy, PolicyError, PolicyKind, PolicySet, Principal, Request, evaluate

ACCOUNT, OTHER = "111122223333", "444455556666"
CALLER = Principal(f"arn:aws:iam::{ACCOUNT}:user/ann", ACCOUNT)
OWN_TABLES = "arn:*:dynamodb:*:${aws:PrincipalAccount}:table/*"
KINDS = [PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION]


def _policy(*statements: dict[str, Any], version: str = "2012-10-17", kind: PolicyKind = PolicyKind.IDENTITY) -> Policy:
    actions = [{"Effect": "Allow", "Action": "*", **statement} for statement in statements]
    return Policy.parse({"Version": version, "Statement": actions}, kind=kind)


def _effect(policy: Policy, resource: str, **context: ContextValue) -> Effect:
    held: dict[str, ContextValue] = {"aws:PrincipalAccount": ACCOUNT}
    held |= {f"aws:PrincipalTag/{key}": value for key, value in context.items()}
    return evaluate(Request(CALLER, "dynamodb:GetItem", resource, held), PolicySet(identity=(policy,))).effect


def _table(account: str = ACCOUNT, name: str = "table/1") -> str:
    return f"arn:aws:dynamodb:eu-west-1:{account}:{name}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_variable_may_stand_for_the_account(kind: PolicyKind) -> None:
    """In every kind of policy of a principal; AmazonTimestreamInfluxDBServiceRolePolicy has the first of these."""
    for resource in ("arn:*:kms:*:${aws:PrincipalAccount}:key/*", OWN_TABLES):
        assert _policy({"Resource": resource}, kind=kind).kind is kind


def test_a_variable_in_the_account_segment_is_the_callers_account_and_no_other() -> None:
    """Its value stands there; another account's table, or another resource, does not match."""
    policy = _policy({"Resource": OWN_TABLES})

    assert _effect(policy, _table()) is Effect.ALLOWED
    assert _effect(policy, _table(OTHER)) is Effect.IMPLICITLY_DENIED
    assert _effect(policy, _table(name="index/1")) is Effect.IMPLICITLY_DENIED


def test_a_variable_in_the_account_segment_denies_as_it_allows() -> None:
    """In a Deny, and in NotResource, too."""
    deny = _policy({"Resource": "*"}, {"Effect": "Deny", "Resource": OWN_TABLES})
    all_but = _policy({"NotResource": OWN_TABLES})

    assert [_effect(deny, _table()), _effect(deny, _table(OTHER))] == [Effect.EXPLICITLY_DENIED, Effect.ALLOWED]
    assert [_effect(all_but, _table()), _effect(all_but, _table(OTHER))] == [Effect.IMPLICITLY_DENIED, Effect.ALLOWED]


def test_a_part_of_the_segment_and_a_default_may_be_a_variable() -> None:
    """Like everywhere in a Resource."""
    part = _policy({"Resource": "arn:aws:dynamodb:*:1111${aws:PrincipalTag/rest}:table/*"})
    default = _policy({"Resource": f"arn:aws:dynamodb:*:${{aws:PrincipalTag/of, '{ACCOUNT}'}}:table/*"})

    assert _effect(part, _table(), rest="22223333") is Effect.ALLOWED
    assert _effect(part, _table(), rest="22223334") is Effect.IMPLICITLY_DENIED
    assert _effect(default, _table()) is Effect.ALLOWED
    assert _effect(default, _table(), of=OTHER) is Effect.IMPLICITLY_DENIED


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({}, id="none"),
        pytest.param({"of": ""}, id="an empty one"),
        pytest.param({"of": (ACCOUNT,)}, id="several, of a multivalued key"),
        pytest.param({"of": "*"}, id="a wildcard, which is literal"),
        pytest.param({"of": f"{ACCOUNT}:table/1"}, id="one that reaches into the resource"),
        pytest.param({"of": f"eu-west-1:{ACCOUNT}"}, id="one that reaches back into the region"),
    ],
)
def test_a_variable_without_the_value_of_one_segment_matches_no_resource(value: dict[str, ContextValue]) -> None:
    """Neither to allow nor, behind NotResource, to exclude: then an Allow of the rest does not apply."""
    of = "arn:aws:dynamodb:*:${aws:PrincipalTag/of}:table/*"
    tables = [
        _table(),
        _table(OTHER),
        f"{_table()}:table/2",
        "arn:aws:dynamodb:eu-west-1:eu-west-1:111122223333:table/1",
    ]
    literal = value.get("of") == "*"

    for table in tables:
        assert _effect(_policy({"Resource": of}), table, **value) is Effect.IMPLICITLY_DENIED
        all_but = _effect(_policy({"NotResource": of}), table, **value)
        assert all_but is (Effect.ALLOWED if literal else Effect.IMPLICITLY_DENIED)
    assert _effect(_policy({"Resource": of}), _table(), of=ACCOUNT) is Effect.ALLOWED


def test_a_variable_in_the_resource_part_may_still_hold_a_colon() -> None:
    """That part is one segment to its end."""
    policy = _policy({"Resource": "arn:aws:dynamodb:*:${aws:PrincipalAccount}:${aws:PrincipalTag/of}"})

    assert _effect(policy, _table(name="a:b:c"), of="a:b:c") is Effect.ALLOWED
    assert _effect(policy, _table(name="a:b:d"), of="a:b:c") is Effect.IMPLICITLY_DENIED


def test_an_arn_that_ends_with_the_account_is_completed() -> None:
    """As AWS completes one that holds no variable."""
    policy = _policy({"Resource": "arn:aws:dynamodb:*:${aws:PrincipalAccount}"})

    assert [_effect(policy, _table()), _effect(policy, _table(OTHER))] == [Effect.ALLOWED, Effect.IMPLICITLY_DENIED]


def test_in_the_old_language_it_is_text() -> None:
    """Version 2008-10-17 has no variables: the braces are literal, and nothing matches."""
    assert _effect(_policy({"Resource": OWN_TABLES}, version="2008-10-17"), _table()) is Effect.IMPLICITLY_DENIED


@pytest.mark.parametrize(
    "resource",
    [
        "${aws:PrincipalTag/of}:aws:dynamodb:*:111122223333:table/*",
        "arn:${aws:PrincipalTag/of}:dynamodb:*:111122223333:table/*",
        "arn:aws:${aws:PrincipalTag/of}:*:111122223333:table/*",
        "arn:aws:dynamodb:${aws:RequestedRegion}:111122223333:table/*",
        "arn:aws:dynamodb:${aws:RequestedRegion}:${aws:PrincipalAccount}:table/*",
    ],
)
def test_a_variable_in_any_segment_before_the_account_is_refused(resource: str) -> None:
    """The page on variables refuses them, and no policy of AWS's has one."""
    with pytest.raises(PolicyError):
        _policy({"Resource": resource})
