"""AssumeRole's parameters: what is well-formed, what must be allowed for them, and which session opens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bulkhead_iam import Policy, PolicyKind, Principal
from bulkhead_localaws.gate.assume_role import AssumeRoleRequest
from bulkhead_localaws.gate.callers import Caller, Role
from bulkhead_localaws.gate.session_request import SessionRequest
from bulkhead_localaws.gate.sessions import RoleSession
from bulkhead_localaws.protocol.checks import MalformedRequestError, UnmappableRequestError
from localaws_testing.account import EVERYTHING, flat, policy, statement, tagged, trust

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCOUNT = "123456789012"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/app/TenantRole"
MANAGED = {f"arn:aws:iam::{ACCOUNT}:policy/read": json.dumps(policy(statement("dynamodb:GetItem")))}
PROPER = {"RoleArn": ROLE_ARN, "RoleSessionName": "acme"}


def read(**parameters: Any) -> AssumeRoleRequest:
    """Read a call that is proper but for the given parameters; None drops one."""
    fields = {name: value for name, value in {**PROPER, **parameters}.items() if value is not None}
    return AssumeRoleRequest.read(flat(fields), MANAGED.get)


def read_fields(fields: Mapping[str, str]) -> AssumeRoleRequest:
    """Read a call with the given fields of the form as well."""
    return AssumeRoleRequest.read({**PROPER, **fields}, MANAGED.get)


def role(*, longest: int = 3600, tags: Mapping[str, str] | None = None) -> Role:
    """Return the role that is assumed."""
    trusted = Policy.parse(trust(f"arn:aws:iam::{ACCOUNT}:root"), kind=PolicyKind.TRUST)
    return Role("AROAEXAMPLE", "TenantRole", ROLE_ARN, trusted, tags or {}, longest)


def caller(session: RoleSession | None = None) -> Caller:
    """Return a user, or who holds a session."""
    principal = Principal(f"arn:aws:iam::{ACCOUNT}:user/broker", ACCOUNT)
    return Caller(principal, "User", "AIDA", "broker", {}, (), (), role_session=session)


def chained(tags: Mapping[str, str], transitive: frozenset[str] = frozenset()) -> Caller:
    """Return who holds a session with these tags."""
    return caller(RoleSession("AROAFIRST", "First", "s", "arn:aws:sts::1:assumed-role/First/s", tags, transitive))


def test_the_simplest_call_has_a_role_and_a_name() -> None:
    """It lasts an hour, without tags, session policies and external id."""
    assert read() == AssumeRoleRequest(SessionRequest(ROLE_ARN, "acme", 3600), None)


def test_all_parameters_are_read() -> None:
    """Lists in the query protocol's spelling; session policies are compiled."""
    request = read(
        DurationSeconds="900",
        Tags=tagged(tenant="acme", role="member"),
        TransitiveTagKeys=["tenant"],
        Policy=json.dumps(EVERYTHING),
        PolicyArns=[{"arn": next(iter(MANAGED))}],
        ExternalId="id:1/2",
    )

    assert (request.wish.seconds, request.external_id) == (900, "id:1/2")
    assert request.wish.tags == {"tenant": "acme", "role": "member"}
    assert request.wish.transitive == ("tenant",)
    assert [each.kind for each in request.wish.policies or ()] == [PolicyKind.SESSION] * 2


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({"RoleArn": None}, id="no role"),
        pytest.param({"RoleArn": "TenantRole"}, id="no ARN"),
        pytest.param({"RoleArn": ROLE_ARN + "\n"}, id="line end behind the ARN"),
        pytest.param({"RoleArn": f"arn:aws:iam::{ACCOUNT}:user/broker"}, id="a user"),
        pytest.param({"RoleArn": "arn:aws:iam::1:role/x"}, id="no account"),
        pytest.param({"RoleSessionName": None}, id="no session name"),
        pytest.param({"RoleSessionName": "a"}, id="a short session name"),
        pytest.param({"RoleSessionName": "a" * 65}, id="a long session name"),
        pytest.param({"RoleSessionName": "a/b"}, id="a slash in the session name"),
        pytest.param({"RoleSessionName": "acm\u00e9"}, id="a letter beyond ASCII in the session name"),
        pytest.param({"RoleSessionName": "acme\n"}, id="line end behind the session name"),
        pytest.param({"DurationSeconds": "899"}, id="too short"),
        pytest.param({"DurationSeconds": "3600.0"}, id="not whole seconds"),
        pytest.param({"DurationSeconds": "-3600"}, id="negative seconds"),
        pytest.param({"DurationSeconds": "\u0663\u0666\u0660\u0660"}, id="digits beyond ASCII"),
        pytest.param({"DurationSeconds": ""}, id="empty seconds"),
        pytest.param({"ExternalId": "a"}, id="a short external id"),
        pytest.param({"ExternalId": "a b"}, id="a blank in the external id"),
        pytest.param({"TransitiveTagKeys": ["tenant"]}, id="transitive without the tag"),
        pytest.param({"Tags": tagged(**{f"k{n}": "v" for n in range(51)})}, id="51 tags"),
    ],
)
def test_a_malformed_call_is_a_validation_error(parameters: dict[str, Any]) -> None:
    """With the code that STS answers, and nothing is asked of any policy."""
    with pytest.raises(MalformedRequestError) as refused:
        read(**parameters)
    assert refused.value.code == "ValidationError"


@pytest.mark.parametrize("seconds", ["900", "3600", "43200"])
def test_a_duration_may_be_900_seconds_or_more(seconds: str) -> None:
    """The role says where it ends."""
    assert read(DurationSeconds=seconds).wish.seconds == int(seconds)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("tenant", "acme"),
        ("tenant", ""),
        ("t" * 128, "v" * 256),
        ("a_b.c:d/e=f+g-h@i", "a_b.c:d/e=f+g-h@i"),
        ("M\u00e4rz", "\u00fcber \u4e2d\u0663"),
        ("a b", "c\u2003d"),
    ],
)
def test_tags_have_the_characters_of_sts(key: str, value: str) -> None:
    r"""`[\p{L}\p{Z}\p{N}_.:/=+\-@]`, of any alphabet."""
    assert read(Tags=[{"Key": key, "Value": value}]).wish.tags == {key: value}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("tenant", f"acme{sign}") for sign in "*?#$%&{}[]()<>|\\\"'`~^,;!\t\n\r\0\x1c\x1f\x7f\x85"),
        *(("tenant", f"acme{sign}") for sign in "\u200b\u0301\ufeff\U0001f600"),
        ("tenant", "v" * 257),
        ("t" * 129, "v"),
        ("", "v"),
        ("tenant*", "v"),
        ("tenant\n", "v"),
        ("aws:tenant", "v"),
        ("AWS:tenant", "v"),
        ("aw\u017f:tenant", "v"),
    ],
)
def test_a_tag_with_another_character_is_refused(key: str, value: str) -> None:
    """Above all wildcards, the delimiter, and what ends a line."""
    with pytest.raises(MalformedRequestError, match="A tag's key or value"):
        read(Tags=[{"Key": key, "Value": value}])


@pytest.mark.parametrize(
    "fields",
    [
        {"Tags.member.1.Key": "tenant"},
        {"Tags.member.1.Value": "acme"},
        {"Tags.member.1.Key": "a", "Tags.member.1.Value": "b", "Tags.member.2.Key": "c"},
    ],
)
def test_a_tag_needs_key_and_value(fields: dict[str, str]) -> None:
    """Half a tag is not taken for an empty one."""
    with pytest.raises(MalformedRequestError):
        read_fields(fields)


@pytest.mark.parametrize("other", ["tenant", "TENANT", "Tenant"])
def test_a_tag_key_may_not_occur_twice_whatever_its_case(other: str) -> None:
    """Condition keys are compared without regard to case, so one of the two would be a lie."""
    with pytest.raises(MalformedRequestError, match="Duplicate tag keys") as refused:
        read(Tags=[{"Key": "tenant", "Value": "acme"}, {"Key": other, "Value": "globex"}])
    assert refused.value.code == "InvalidParameterValue"


@pytest.mark.parametrize("other", ["tas\u212a", "ta\u017fk", "TA\u017fK"])
def test_a_tag_key_may_not_occur_in_a_spelling_that_may_be_the_same(other: str) -> None:
    """AWS does not say which letters beyond ASCII are the same: it may refuse the call, and it may not."""
    with pytest.raises(MalformedRequestError, match="Duplicate tag keys"):
        read(Tags=[{"Key": "task", "Value": "acme"}, {"Key": other, "Value": "globex"}])
    assert read(Tags=[{"Key": other, "Value": "globex"}]).wish.tags == {other: "globex"}


def test_a_transitive_key_names_a_tag_letter_by_letter() -> None:
    """But for the case of ASCII's letters: else a tag would be handed on that may not be meant."""
    assert read(Tags=tagged(task="acme"), TransitiveTagKeys=["TASK"]).wish.transitive == ("TASK",)
    with pytest.raises(MalformedRequestError, match="names no tag"):
        read(Tags=tagged(task="acme"), TransitiveTagKeys=["tas\u212a"])


@pytest.mark.parametrize(
    "fields",
    [
        {"SerialNumber": "x"},
        {"TokenCode": "123456"},
        {"ProvidedContexts.member.1.ProviderArn": "x"},
        {"Tags.member.0.Key": "tenant", "Tags.member.0.Value": "acme"},
        {"Tags.member.01.Key": "tenant", "Tags.member.01.Value": "acme"},
        {"Tags.member.1.key": "tenant", "Tags.member.1.value": "acme"},
        {"Tags.1.Key": "tenant", "Tags.1.Value": "acme"},
        {"Tags.member.1": "tenant"},
        {"Tags": "tenant"},
        {"tags.member.1.Key": "tenant"},
        {"TransitiveTagKeys.member.1.Key": "tenant"},
        {"PolicyArns.member.1": "x"},
        {"PolicyArns.member.1.Arn": "x"},
        {"roleArn": ROLE_ARN},
        {"RoleArn ": ROLE_ARN},
    ],
)
def test_a_parameter_that_nobody_knows_is_refused(fields: dict[str, str]) -> None:
    """Rather than passed over: it might have narrowed the session."""
    with pytest.raises(UnmappableRequestError):
        read_fields(fields)


def test_empty_lists_are_no_lists() -> None:
    """As the query protocol writes them."""
    request = read_fields({"Tags": "", "TransitiveTagKeys": "", "PolicyArns": ""})
    assert (request.wish.tags, request.wish.transitive, request.wish.policies) == ({}, (), None)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"Policy": "{"}, "MalformedPolicyDocument"),
        ({"Policy": ""}, "MalformedPolicyDocument"),
        ({"Policy": "[" * 2000}, "MalformedPolicyDocument"),
        ({"Policy": json.dumps(trust("*"))}, "MalformedPolicyDocument"),
        ({"Policy": json.dumps(policy(statement("*", "arn:aws:s3")))}, "MalformedPolicyDocument"),
        ({"Policy": " " * 2049}, "PackedPolicyTooLarge"),
        ({"PolicyArns": [{"arn": next(iter(MANAGED))}] * 11}, "PackedPolicyTooLarge"),
        ({"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/Absent"}]}, "NoSuchEntity"),
        ({"PolicyArns": [{"arn": ""}]}, "NoSuchEntity"),
    ],
)
def test_a_session_policy_that_cannot_be_enforced_opens_no_session(parameters: dict[str, Any], code: str) -> None:
    """An empty one least of all: it is not the same as none."""
    with pytest.raises(MalformedRequestError) as refused:
        read(**parameters)
    assert refused.value.code == code


def test_a_plain_call_needs_assume_role_only() -> None:
    """On the role's own ARN, with the session's name."""
    (check,) = read().checks(caller(), role(tags={"team": "red"}))

    assert (check.action, check.resource) == ("sts:AssumeRole", ROLE_ARN)
    assert check.context == {
        "sts:RoleSessionName": "acme",
        "aws:ResourceTag/team": "red",
        "iam:ResourceTag/team": "red",
    }


def test_tags_need_tag_session_as_well() -> None:
    """Each with the condition keys that are documented for it: session name and external id belong to the call."""
    request = read(Tags=tagged(tenant="acme", role="member"), TransitiveTagKeys=["tenant"], ExternalId="id")
    tagging = {
        "sts:TransitiveTagKeys": ("tenant",),
        "aws:TagKeys": ("tenant", "role"),
        "aws:RequestTag/tenant": "acme",
        "aws:RequestTag/role": "member",
    }

    assume, tag = request.checks(caller(), role())

    assert (assume.action, tag.action) == ("sts:AssumeRole", "sts:TagSession")
    assert assume.context == {**tagging, "sts:RoleSessionName": "acme", "sts:ExternalId": "id"}
    assert tag.context == tagging


def test_inherited_tags_need_tag_session_too() -> None:
    """The session will have a tag, though none is passed; it needs none when nothing is inherited."""
    inheriting = chained({"tenant": "acme"}, frozenset({"tenant"}))

    assert [check.action for check in read().checks(inheriting, role())] == ["sts:AssumeRole", "sts:TagSession"]
    assert [check.action for check in read().checks(chained({"tenant": "acme"}), role())] == ["sts:AssumeRole"]


def test_a_session_has_the_tags_that_were_passed() -> None:
    """And the role's id and name, and an ARN without the role's path."""
    session = read(Tags=tagged(tenant="acme"), TransitiveTagKeys=["TENANT"]).session(caller(), role(), ACCOUNT)

    assert session.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/TenantRole/acme"
    assert (session.role_id, session.role_name, session.name) == ("AROAEXAMPLE", "TenantRole", "acme")
    assert session.tags == {"tenant": "acme"}
    assert session.transitive == {"TENANT"}
    assert session.policies is None


def test_only_transitive_tags_are_inherited_and_they_stay_transitive() -> None:
    """Whatever the case in which the keys were given."""
    first = chained({"tenant": "acme", "role": "admin"}, frozenset({"Tenant"}))

    session = read(Tags=tagged(role="viewer")).session(first, role(), ACCOUNT)
    next_one = read().session(caller(session), role(), ACCOUNT)

    assert session.tags == {"tenant": "acme", "role": "viewer"}
    assert session.transitive == {"tenant"}
    assert next_one.tags == {"tenant": "acme"}


def test_a_tag_that_may_not_be_the_transitive_one_is_not_inherited() -> None:
    """The Kelvin sign is no k."""
    first = chained({"task": "acme"}, frozenset({"tas\u212a"}))

    assert read().session(first, role(), ACCOUNT).tags == {}


@pytest.mark.parametrize("key", ["task", "TASK", "tas\u212a", "ta\u017fk"])
def test_an_inherited_tag_cannot_be_passed_again(key: str) -> None:
    """Not even with the same value: chaining must not re-tag a tenant's session, in whatever letters."""
    first = chained({"task": "acme"}, frozenset({"task"}))

    with pytest.raises(MalformedRequestError, match="is inherited") as refused:
        read(Tags=[{"Key": key, "Value": "globex"}]).session(first, role(), ACCOUNT)
    assert refused.value.code == "InvalidParameterValue"


@pytest.mark.parametrize(
    ("longest", "seconds", "opened"),
    [
        (3600, 3600, {"a session", "a chained session"}),
        (3600, 3601, set()),
        (43200, 43200, {"a session"}),
        (43200, 3601, {"a session"}),
        (43200, 3600, {"a session", "a chained session"}),
    ],
)
def test_a_session_lasts_as_long_as_the_role_allows_and_a_chained_one_an_hour_at_most(
    longest: int, seconds: int, opened: set[str]
) -> None:
    """ValidationError beyond that."""
    request = read(DurationSeconds=str(seconds))

    for what, who in (("a session", caller()), ("a chained session", chained({}))):
        if what in opened:
            assert request.session(who, role(longest=longest), ACCOUNT).name == "acme"
            continue
        with pytest.raises(MalformedRequestError, match=f"exceeds the {min(longest, 3600)} seconds") as refused:
            request.session(who, role(longest=longest), ACCOUNT)
        assert refused.value.code == "ValidationError"


@pytest.mark.parametrize("value", ["an", "a" * 64, "9f1c-4e_2=,.@+"])
def test_a_source_identity_is_set_by_an_action_of_its_own(value: str) -> None:
    """The session has it, and both actions see it."""
    request = read(SourceIdentity=value)

    assume, setting = request.checks(caller(), role())

    assert (assume.action, setting.action) == ("sts:AssumeRole", "sts:SetSourceIdentity")
    assert assume.context == {"sts:RoleSessionName": "acme", "sts:SourceIdentity": value}
    assert setting.context == {"sts:SourceIdentity": value}
    assert request.session(caller(), role(), ACCOUNT).source_identity == value


@pytest.mark.parametrize("value", ["", "a", "a" * 65, "ann b", "ann\n", "\u00e4nn", "aws:ann", "a/b", "a:b", "a#b"])
def test_what_is_no_source_identity_is_refused(value: str) -> None:
    """2 to 64 of its characters."""
    with pytest.raises(MalformedRequestError, match="A source identity") as refused:
        read(SourceIdentity=value)
    assert refused.value.code == "ValidationError"


def test_a_source_identity_is_inherited_and_stays_what_it_is() -> None:
    """Through chains, where it needs leave of each role; the same one may be passed again."""
    first = caller(read(SourceIdentity="ann").session(caller(), role(), ACCOUNT))

    _, setting = read().checks(first, role())
    assert (setting.action, setting.context) == ("sts:SetSourceIdentity", {"sts:SourceIdentity": "ann"})
    for again in (read(), read(SourceIdentity="ann")):
        assert again.session(first, role(), ACCOUNT).source_identity == "ann"
    with pytest.raises(MalformedRequestError, match="cannot be changed"):
        read(SourceIdentity="bob").session(first, role(), ACCOUNT)


def test_a_full_session_is_told_in_percent() -> None:
    """Of what the documented limits allow; nothing without tags and without an inline policy."""
    assert read().wish.packed_percent is None
    assert read(Tags=tagged(a="b")).wish.packed_percent == 1
    assert read(Policy=json.dumps(EVERYTHING), Tags=tagged(a="v" * 256)).wish.packed_percent == 2
    full = [{"Key": f"{n:0128}", "Value": "v" * 256} for n in range(50)]
    assert read(Tags=full).wish.packed_percent == 91
