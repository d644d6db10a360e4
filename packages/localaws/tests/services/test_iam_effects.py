"""What moto really changes for an IAM call is what the mapper says that the call touches."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.iam.models import iam_backends

from bulkhead_localaws.moto.catalogs import MotoIamCatalog
from bulkhead_localaws.protocol.checks import AuthorizationCheck, MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services.iam.mapping import OPERATIONS, checks
from bulkhead_localaws.services.iam.operations import CREATIONS, ON_EVERYTHING, ON_RESOURCE
from localaws_testing.mapper_calls import ACCOUNT, Emulator, call

if TYPE_CHECKING:
    from bulkhead_localaws.protocol.calls import Call

REGION = "us-east-1"
PREFIX = f"arn:aws:iam::{ACCOUNT}:"
CATALOG = MotoIamCatalog(account=ACCOUNT, region=REGION)
DOCUMENT = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
TRUST = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]}'
NAMES = ("app", "app2", "App", "plain")
PATHS = ("/", "/team/", "/team/app/")
TAG = {"Key": "team", "Value": "a"}


def populate(emulator: Emulator) -> None:
    """Create one of each kind for each name, with different paths and policies; those named `plain` have no tags."""
    emulator.reset()
    iam: Any = iam_backends[ACCOUNT]["aws"]
    for name, path in zip(NAMES, (*PATHS, "/"), strict=True):
        tags = [] if name == "plain" else [TAG]
        role: dict[str, Any] = dict.fromkeys(("permissions_boundary", "description", "max_session_duration"))
        iam.create_role(role_name=name, assume_role_policy_document=TRUST, path=path, tags=tags, **role)
        iam.create_user(REGION, name, path, tags)
        iam.create_group(name, path)
        iam.create_policy(None, path, DOCUMENT, name, tags)
        iam.create_instance_profile(name, path, [name] if name == "app" else [], tags)
        policy = f"{PREFIX}policy{path}{name}"
        for kind in ("role", "user", "group"):
            getattr(iam, f"attach_{kind}_policy")(policy, name)
            getattr(iam, f"put_{kind}_policy")(name, name, DOCUMENT)
        iam.create_policy_version(policy, DOCUMENT, set_as_default=False)
        iam.add_user_to_group(name, name)


def state() -> dict[str, str]:
    """Return all that moto holds of every IAM resource, by ARN."""
    iam: Any = iam_backends[ACCOUNT]["aws"]
    kinds = (iam.roles, iam.users, iam.groups, iam.managed_policies, iam.instance_profiles)
    # What a policy counts, and who is told to be in a group, is a change of the other end.
    derived = {"attachment_count", "last_used"}
    return {
        each.arn: json.dumps(
            {key: value for key, value in vars(each).items() if key not in derived}, default=stable, sort_keys=True
        )
        + json.dumps(iam.tagger.list_tags_for_resource(each.arn))
        for kind in kinds
        for each in list(kind.values())
    }


def stable(value: Any) -> Any:
    """Describe an object of moto by its id, which stays when it is renamed, or else by its attributes."""
    return getattr(value, "id", None) or (vars(value) if hasattr(value, "__dict__") else str(value))


def mapped(asked: Call) -> tuple[AuthorizationCheck, ...] | None:
    """Map a call, or return None when it is refused."""
    try:
        return checks(asked, CATALOG)
    except (MalformedRequestError, UnmappableRequestError):
        return None


_names = st.sampled_from([*NAMES, *NAMES, "new", "new", "newer", "APP", "", "team/app", "app\n"])
_paths = st.sampled_from([*PATHS, "/x/", "", "x", "/x"])
_policies = st.one_of(
    st.sampled_from([f"{PREFIX}policy{path}{name}" for name, path in zip(NAMES, (*PATHS, "/"), strict=True)]),
    st.builds("{}policy{}{}".format, st.just(PREFIX), _paths, _names),
    st.sampled_from(["arn:aws:iam::aws:policy/ReadOnlyAccess", "x"]),
)
_VALUES: dict[str, st.SearchStrategy[str]] = {
    "RoleName": _names,
    "UserName": _names,
    "GroupName": _names,
    "InstanceProfileName": _names,
    "NewUserName": _names,
    "NewGroupName": _names,
    "PolicyName": _names,
    "PolicyArn": _policies,
    "PermissionsBoundary": _policies,
    "Path": _paths,
    "NewPath": _paths,
    "PolicyDocument": st.just(DOCUMENT),
    "AssumeRolePolicyDocument": st.just(TRUST),
    "SetAsDefault": st.sampled_from(["true", "false"]),
    "VersionId": st.sampled_from(["v1", "v2"]),
    "Password": st.just("secret"),
    "Status": st.sampled_from(["Active", "Inactive"]),
}
_EXTRA = st.sampled_from(
    [
        {},
        {"Tags": ""},
        {"Tags.member.1.Key": "team", "Tags.member.1.Value": "b"},
        {"Tags.member.1.Key": "Team", "Tags.member.1.Value": "b"},
        {"Tags.member.2.Key": "team", "Tags.member.2.Value": "b"},
        {"TagKeys.member.1": "team"},
        {"UserName": "app"},
        {"rolename": "app"},
    ]
)
_TABLES = {name: each.members for name, each in ON_RESOURCE.items()}
_TABLES |= {name: each.members for name, each in CREATIONS.items()}
_UNLISTED = {"Tags", "TagKeys", "Path", "PermissionsBoundary", "NewPath", "NewUserName", "NewGroupName"}


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """Draw an operation with its parameters, sometimes one missing, and sometimes one more."""
    operation = draw(st.sampled_from(sorted(_TABLES)))
    members = {name: _VALUES[name] for name in sorted(_TABLES[operation]) if name in _VALUES}
    optional = {name: members.pop(name) for name in list(members) if name in _UNLISTED}
    extra = draw(_EXTRA)
    tagged = {name: value for name, value in extra.items() if name.partition(".")[0] in _TABLES[operation]}
    given = draw(st.fixed_dictionaries(members, optional=optional))
    return call("iam", operation, {**given, **draw(st.sampled_from([tagged, tagged, extra]))}, region=REGION)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(sequence=st.lists(calls(), min_size=1, max_size=4))
def test_no_resource_but_the_checked_ones_changes(emulator: Emulator, sequence: list[Call]) -> None:
    """For any sequence of mapped calls: each changes only resources whose ARNs its checks name."""
    populate(emulator)
    for asked in sequence:
        checked = mapped(asked)
        if checked is None:
            continue
        before = state()
        answer = emulator.execute(asked)
        after = state()
        resources = {check.resource for check in checked}
        changed = {arn for arn in before.keys() | after.keys() if before.get(arn) != after.get(arn)}
        assert changed <= resources, (asked, answer.text)
        if asked.operation in {"GetRole", "GetUser", "GetPolicy", "GetGroup", "GetInstanceProfile"}:
            found = re.search(r"<Arn>([^<]+)</Arn>", answer.text)
            assert found is None or found[1] in resources, asked


@pytest.mark.parametrize("operation", sorted(set(ON_EVERYTHING) & OPERATIONS))
def test_an_operation_on_the_account_changes_no_resource(emulator: Emulator, operation: str) -> None:
    """It is authorized on `*`, so it must not be a way to write to one."""
    populate(emulator)
    before = state()
    emulator.execute(call("iam", operation, {"AccountAlias": "x"} if "Alias" in operation else {}, region=REGION))
    assert state() == before


def test_a_user_renamed_onto_another_would_overwrite_it(emulator: Emulator) -> None:
    """In moto; AWS says EntityAlreadyExists, so the gate refuses it, and lets the twin with a free name pass."""
    populate(emulator)
    taken = call("iam", "UpdateUser", {"UserName": "plain", "NewUserName": "app"}, region=REGION)
    free = call("iam", "UpdateUser", {"UserName": "plain", "NewUserName": "bare"}, region=REGION)
    assert mapped(taken) is None
    assert [check.resource for check in mapped(free) or ()] == [f"{PREFIX}user/plain", f"{PREFIX}user/bare"]
    emulator.execute(taken)
    assert f"{PREFIX}user/plain" not in state()
    assert len(iam_backends[ACCOUNT]["aws"].users) == len(NAMES) - 1


def test_an_access_key_belongs_to_the_user_who_has_it_and_not_to_the_name_in_it(emulator: Emulator) -> None:
    """The name in a key of moto's stays when the user is renamed, and the next user may bear it."""
    populate(emulator)
    answer = emulator.succeed("iam", "CreateAccessKey", {"UserName": "plain"}, region=REGION)
    key = re.search(r"<AccessKeyId>([^<]+)<", answer)
    assert key is not None
    emulator.succeed("iam", "UpdateUser", {"UserName": "plain", "NewUserName": "bare"}, region=REGION)
    emulator.succeed("iam", "CreateUser", {"UserName": "plain"}, region=REGION)
    assert CATALOG.owner_of(key[1]) == "bare"
    assert CATALOG.owner_of("AKIANOBODY") is None


def test_the_catalog_sees_what_policies_can_know_of_a_resource(emulator: Emulator) -> None:
    """Tags and boundary, as they are at the moment of the call."""
    populate(emulator)
    boundary = f"{PREFIX}policy/app"
    parameters = {"RoleName": "app2", "PermissionsBoundary": boundary}
    emulator.succeed("iam", "PutRolePermissionsBoundary", parameters, region=REGION)
    role = CATALOG.find("role", "app2")
    assert role is not None
    assert (role.arn, role.tags, role.boundary) == (f"{PREFIX}role/team/app2", {"team": "a"}, boundary)
    policy = CATALOG.find("policy", f"{PREFIX}policy/team/app/App")
    assert policy is not None
    assert policy.tags == {"team": "a"}
    assert CATALOG.find("role", "APP2") is None
    assert MotoIamCatalog(account=ACCOUNT, region="cn-north-1").find("role", "app") is None
