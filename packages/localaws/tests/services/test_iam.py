"""IAM calls: actions, resources with their paths, condition keys, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.loaders import Loader

from bulkhead_localaws.protocol.checks import AuthorizationCheck, MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services.iam.entities import Entity
from bulkhead_localaws.services.iam.mapping import OPERATIONS, checks
from bulkhead_localaws.services.iam.operations import (
    CREATIONS,
    FOR_THE_CALLER,
    NAMED_BY,
    ON_EVERYTHING,
    ON_RESOURCE,
    WITH_CURRENT_BOUNDARY,
)
from localaws_testing.mapper_examples import ACCOUNT, IAM, Entities, call

if TYPE_CHECKING:
    from bulkhead_localaws.protocol.checks import ContextValue
    from bulkhead_localaws.services.iam.operations import Kind

BOUNDARY = f"{IAM}policy/boundary"
POLICY = f"{IAM}policy/team/read"
MANAGED = "arn:aws:iam::aws:policy/ReadOnlyAccess"
EXISTING: dict[Kind, Entity] = {
    "role": Entity(f"{IAM}role/team/app", {"team": "a"}, BOUNDARY),
    "user": Entity(f"{IAM}user/team/app", {"team": "a"}),
    "group": Entity(f"{IAM}group/team/app"),
    "policy": Entity(POLICY, {"team": "a"}),
    "instance-profile": Entity(f"{IAM}instance-profile/team/app", {"team": "a"}),
}
NAMES: dict[Kind, str] = dict.fromkeys(EXISTING, "app") | {"policy": POLICY}
CATALOG = Entities(
    {(kind, NAMES[kind]): entity for kind, entity in EXISTING.items()}
    | {("user", "plain"): Entity(f"{IAM}user/plain"), ("user", "taken"): Entity(f"{IAM}user/other/taken")},
    keys={"AKIAPLAIN": "plain", "AKIAAPP": "app"},
)
TAGS = {
    "role": {"aws:ResourceTag/team": "a", "iam:ResourceTag/team": "a"},
    "user": {"aws:ResourceTag/team": "a", "iam:ResourceTag/team": "a"},
    "group": {},
    "policy": {"aws:ResourceTag/team": "a"},
    "instance-profile": {"aws:ResourceTag/team": "a"},
}
# What an operation needs besides the name of its resource.
NEEDED = {"PermissionsBoundary": BOUNDARY, "PolicyArn": MANAGED, "RoleName": "app"}


def mapped(operation: str, **parameters: str) -> tuple[AuthorizationCheck, ...]:
    """Map a call of the example account; `__` stands for a dot in a parameter's name."""
    given = {name.replace("__", "."): value for name, value in parameters.items()}
    return checks(call("iam", operation, given, region="us-east-1"), CATALOG)


def only(operation: str, **parameters: str) -> AuthorizationCheck:
    """Map a call that needs one permission."""
    (check,) = mapped(operation, **parameters)
    return check


def test_every_mapped_operation_and_parameter_is_one_of_the_api() -> None:
    """A misspelled one would refuse what it should map; what an SDK gains is the matter of `make drift`."""
    model = Loader().load_service_model("iam", "service-2")
    tables = {name: each.members for name, each in ON_RESOURCE.items()}
    tables |= {name: each.members for name, each in CREATIONS.items()} | ON_EVERYTHING
    assert set(model["operations"]) >= OPERATIONS
    for operation, members in tables.items():
        declared = model["operations"][operation].get("input")
        shape = model["shapes"][declared["shape"]] if declared else {"members": {}}
        assert members <= set(shape["members"]), operation
        if operation in ON_RESOURCE and ON_RESOURCE[operation].kind == "user":
            assert ("UserName" not in shape.get("required", [])) is (operation in FOR_THE_CALLER), operation


@pytest.mark.parametrize("operation", sorted(ON_RESOURCE))
def test_an_operation_is_authorized_on_the_arn_with_the_path_that_the_resource_has(operation: str) -> None:
    """Requests name no path, policies do; the resource's tags and boundary are condition keys where AWS lists them."""
    kind, members = ON_RESOURCE[operation]
    needed = {name: value for name, value in NEEDED.items() if name in members and name != NAMED_BY[kind]}
    first = mapped(operation, **needed, **{NAMED_BY[kind]: NAMES[kind]})[0]
    expected: dict[str, ContextValue] = dict(TAGS[kind])
    if "PolicyArn" in needed:
        expected["iam:PolicyARN"] = MANAGED
    if "PermissionsBoundary" in needed or (kind == "role" and operation in WITH_CURRENT_BOUNDARY):
        expected["iam:PermissionsBoundary"] = BOUNDARY
    assert first == AuthorizationCheck(f"iam:{operation}", EXISTING[kind].arn, expected)


@pytest.mark.parametrize("operation", sorted(ON_EVERYTHING))
def test_an_operation_on_the_account_has_no_resource(operation: str) -> None:
    """Lists, reports and account settings: `*`."""
    assert only(operation) == AuthorizationCheck(f"iam:{operation}", "*")


def test_a_role_is_created_with_the_path_boundary_and_tags_of_the_request() -> None:
    """CreateRole, and TagRole when there are tags."""
    created, tagged = mapped(
        "CreateRole",
        RoleName="new",
        Path="/team/",
        AssumeRolePolicyDocument="{}",
        PermissionsBoundary=BOUNDARY,
        Tags__member__1__Key="team",
        Tags__member__1__Value="a",
    )
    tag_keys: dict[str, ContextValue] = {"aws:RequestTag/team": "a", "aws:TagKeys": ("team",)}
    arn = f"{IAM}role/team/new"
    assert created == AuthorizationCheck("iam:CreateRole", arn, {**tag_keys, "iam:PermissionsBoundary": BOUNDARY})
    assert tagged == AuthorizationCheck("iam:TagRole", arn, tag_keys)


def test_a_user_is_created_with_the_boundary_of_the_request() -> None:
    """As AWS authorizes it; that no emulator would keep the boundary is said elsewhere."""
    arn = f"{IAM}user/new"
    bounded = AuthorizationCheck("iam:CreateUser", arn, {"iam:PermissionsBoundary": BOUNDARY})
    assert only("CreateUser", UserName="new", PermissionsBoundary=BOUNDARY) == bounded
    assert only("CreateUser", UserName="new") == AuthorizationCheck("iam:CreateUser", arn)


@pytest.mark.parametrize(("operation", "kind"), [(name, each.kind) for name, each in CREATIONS.items()])
def test_a_new_resource_has_the_path_of_the_request_or_none(operation: str, kind: Kind) -> None:
    """The ARN that it will have."""
    name = CREATIONS[operation].named_by
    assert only(operation, **{name: "new"}).resource == f"{IAM}{kind}/new"
    assert only(operation, **{name: "new"}, Path="/a/b/").resource == f"{IAM}{kind}/a/b/new"
    for path in ("a", "/a", "a/", "", "/a b/", "/ä/", "/" + "a" * 511 + "/"):
        with pytest.raises(MalformedRequestError):
            mapped(operation, **{name: "new"}, Path=path)


def test_tagging_and_untagging_have_the_tags_of_request_and_resource() -> None:
    """Both sets of keys side by side; a tag in another spelling would be two in moto, so it is refused."""
    tagged = only("TagRole", RoleName="app", Tags__member__1__Key="cost", Tags__member__1__Value="1")
    assert tagged.context == {**TAGS["role"], "aws:RequestTag/cost": "1", "aws:TagKeys": ("cost",)}
    untagged = only("UntagUser", UserName="app", TagKeys__member__1="team", TagKeys__member__2="cost")
    assert untagged.context == {**TAGS["user"], "aws:TagKeys": ("team", "cost")}
    with pytest.raises(UnmappableRequestError):
        mapped("TagRole", RoleName="app", Tags__member__1__Key="Team", Tags__member__1__Value="b")


def test_a_role_put_into_an_instance_profile_is_passed_to_ec2() -> None:
    """AddRoleToInstanceProfile on the profile and PassRole on the role, with the service that gets it."""
    added, passed = mapped("AddRoleToInstanceProfile", InstanceProfileName="app", RoleName="app")
    assert added.resource == EXISTING["instance-profile"].arn
    assert passed == AuthorizationCheck(
        "iam:PassRole", EXISTING["role"].arn, {**TAGS["role"], "iam:PassedToService": "ec2.amazonaws.com"}
    )


def test_renaming_needs_permission_on_the_old_and_the_new_arn() -> None:
    """A new name keeps the path, a new path keeps the name."""
    old, new = mapped("UpdateGroup", GroupName="app", NewGroupName="apps")
    assert (old.resource, new.resource) == (f"{IAM}group/team/app", f"{IAM}group/team/apps")
    assert mapped("UpdateGroup", GroupName="app", NewPath="/")[1].resource == f"{IAM}group/app"
    old, new = mapped("UpdateUser", UserName="plain", NewPath="/x/", NewUserName="bare")
    assert (old.resource, new.resource) == (f"{IAM}user/plain", f"{IAM}user/x/bare")
    assert [check.resource for check in mapped("UpdateUser", UserName="app")] == [f"{IAM}user/team/app"]


@pytest.mark.parametrize("kind", EXISTING)
def test_a_resource_that_does_not_exist_is_taken_to_have_no_path(kind: Kind) -> None:
    """Nothing can be touched; those who may not ask are refused, the others hear that there is none."""
    operation = next(name for name, each in ON_RESOURCE.items() if each.members == {NAMED_BY[kind]})
    name = f"{IAM}policy/none" if kind == "policy" else "none"
    assert only(operation, **{NAMED_BY[kind]: name}) == AuthorizationCheck(f"iam:{operation}", f"{IAM}{kind}/none")


def test_the_last_use_of_a_key_is_authorized_on_the_user_who_has_it() -> None:
    """The request names the key only; nobody's key is refused."""
    assert only("GetAccessKeyLastUsed", AccessKeyId="AKIAAPP") == AuthorizationCheck(
        "iam:GetAccessKeyLastUsed", EXISTING["user"].arn, TAGS["user"]
    )
    with pytest.raises(UnmappableRequestError):
        mapped("GetAccessKeyLastUsed", AccessKeyId="AKIANOBODY")


@pytest.mark.parametrize("operation", sorted(FOR_THE_CALLER))
def test_an_operation_that_means_the_caller_must_name_the_user(operation: str) -> None:
    """A mapper does not know the caller; an empty name, which moto takes for none, is malformed."""
    with pytest.raises(UnmappableRequestError):
        mapped(operation)
    with pytest.raises(MalformedRequestError):
        mapped(operation, UserName="")


def test_a_policy_of_aws_is_a_policy_and_one_of_another_account_is_not() -> None:
    """Attaching names it in a condition key, reading it in the resource."""
    assert only("GetPolicy", PolicyArn=MANAGED).resource == MANAGED
    for foreign in (MANAGED.replace("aws:policy", "999999999999:policy"), MANAGED.replace("arn:aws:", "arn:aws-cn:")):
        with pytest.raises(UnmappableRequestError):
            mapped("GetPolicy", PolicyArn=foreign)
        with pytest.raises(UnmappableRequestError):
            mapped("AttachRolePolicy", RoleName="app", PolicyArn=foreign)


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
def test_arns_are_those_of_the_regions_partition(region: str) -> None:
    """Each partition has an IAM of its own."""
    (check,) = checks(call("iam", "GetRole", {"RoleName": "r"}, region=region), Entities())
    assert check.resource.startswith(("arn:aws-cn:iam::", "arn:aws-us-gov:iam::"))


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("CreateServiceLinkedRole", {"AWSServiceName": "ecs.amazonaws.com"}),
        ("getRole", {"RoleName": "app"}),
        ("", {}),
        ("GetRole", {"RoleName": "app", "UserName": "app"}),
        ("GetRole", {"RoleName": "app", "Rolename": "other"}),
        ("GetRole", {"RoleName": "app", "RoleName.member.1": "other"}),
        ("UpdateUser", {"UserName": "plain", "NewUserName": "taken"}),
        ("UpdateUser", {"UserName": "app", "NewUserName": "free"}),
        ("UpdateUser", {"UserName": "app", "NewPath": "/"}),
        ("CreateRole", {"RoleName": "new", "Tags.member.1.Key": "a", "Tags.member.1.Value": "1",
                        "Tags.member.2.Key": "A", "Tags.member.2.Value": "2"}),
    ],
)  # fmt: skip
def test_what_cannot_be_mapped_is_refused(operation: str, parameters: dict[str, str]) -> None:
    """Unknown operations and parameters, and what moto does otherwise than AWS."""
    with pytest.raises(UnmappableRequestError):
        mapped(operation, **parameters)


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("GetRole", {}),
        ("GetRole", {"RoleName": "team/app"}),
        ("GetRole", {"RoleName": "app\n"}),
        ("GetRole", {"RoleName": "a" * 129}),
        ("GetRole", {"RoleName": "äpp"}),
        ("GetPolicy", {"PolicyArn": "read"}),
        ("GetPolicy", {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:role/app"}),
        ("AttachRolePolicy", {"RoleName": "app"}),
        ("AttachRolePolicy", {"RoleName": "app", "PolicyArn": "x"}),
        ("PutRolePermissionsBoundary", {"RoleName": "app"}),
        ("PutRolePermissionsBoundary", {"RoleName": "app", "PermissionsBoundary": ""}),
        ("CreateRole", {"RoleName": "new", "PermissionsBoundary": "x"}),
        ("CreateRole", {"RoleName": "new", "Tags.member.2.Key": "a", "Tags.member.2.Value": "1"}),
        ("CreateRole", {"RoleName": "new", "Tags": "a"}),
        ("UpdateUser", {"UserName": "plain", "NewUserName": "a/b"}),
        ("UpdateUser", {"UserName": "plain", "NewPath": "x"}),
    ],
)
def test_what_the_service_would_refuse_is_malformed(operation: str, parameters: dict[str, str]) -> None:
    """Missing parameters, and names, paths and ARNs that IAM does not accept."""
    with pytest.raises(MalformedRequestError):
        mapped(operation, **parameters)


def test_a_resource_with_ambiguous_tags_is_refused() -> None:
    """No policy could tell its two values apart."""
    ambiguous = Entities({("role", "app"): Entity(f"{IAM}role/app", {"team": "a", "Team": "b"})})
    with pytest.raises(UnmappableRequestError):
        checks(call("iam", "GetRole", {"RoleName": "app"}), ambiguous)
