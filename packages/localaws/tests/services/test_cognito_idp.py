"""Calls of Cognito user pools: which need a signature, their actions, resources and tags, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.loaders import Loader

from bulkhead_localaws.protocol.checks import AuthorizationCheck, MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services.cognito_idp.mapping import OPERATIONS, PUBLIC_OPERATIONS, checks
from bulkhead_localaws.services.cognito_idp.operations import ON_POOL, WITHOUT_ACTION
from localaws_testing.mapper_examples import POOL, UserPools, call

if TYPE_CHECKING:
    from bulkhead_localaws.protocol.checks import ContextValue

ID = "eu-central-1_AbCdEf123"
OTHER = "eu-central-1_Other"
CATALOG = UserPools(
    tagged={ID: {"team": "a", "stage": "dev"}},
    domains={"mine": ID, "theirs": OTHER},
    clients={"mine": (POOL + ID,), "theirs": (POOL + OTHER,)},
)
TAGS = {"aws:ResourceTag/team": "a", "aws:ResourceTag/stage": "dev"}
NEEDED = {"ClientId": "mine", "Domain": "mine", "UserPoolTags": {"team": "a", "stage": "dev"}}


def mapped(operation: str, **parameters: Any) -> tuple[AuthorizationCheck, ...]:
    """Map a call of the example account."""
    return checks(call("cognito-idp", operation, parameters), CATALOG)


def only(operation: str, **parameters: Any) -> AuthorizationCheck:
    """Map a call that needs one permission."""
    (check,) = mapped(operation, **parameters)
    return check


def test_every_mapped_operation_and_member_is_one_of_the_api() -> None:
    """A misspelled one would refuse what it should map; what an SDK gains is the matter of `make drift`."""
    model = Loader().load_service_model("cognito-idp", "service-2")
    assert set(model["operations"]) >= OPERATIONS | WITHOUT_ACTION
    for operation, members in ON_POOL.items():
        assert members <= set(model["shapes"][model["operations"][operation]["input"]["shape"]]["members"]), operation


def test_no_operation_that_the_sdk_signs_is_open_without_a_signature() -> None:
    """One more in the table would open a call to everybody."""
    operations = Loader().load_service_model("cognito-idp", "service-2")["operations"]
    assert {operations[name].get("authtype") for name in PUBLIC_OPERATIONS} == {"none"}


@pytest.mark.parametrize("operation", sorted(ON_POOL))
def test_an_operation_on_a_user_pool_is_authorized_on_its_arn_with_its_tags(operation: str) -> None:
    """The ARN is built of partition, region, account and the pool's id."""
    needed = {name: value for name, value in NEEDED.items() if name in ON_POOL[operation]}
    first = mapped(operation, UserPoolId=ID, **needed)[0]
    assert (first.action, first.resource) == (f"cognito-idp:{operation}", POOL + ID)
    assert first.context.items() >= TAGS.items()


def test_a_pool_without_tags_has_no_tag_keys() -> None:
    """An absent tag is an absent key."""
    assert only("AdminGetUser", UserPoolId=OTHER, Username="u") == AuthorizationCheck(
        "cognito-idp:AdminGetUser", POOL + OTHER
    )


@pytest.mark.parametrize(
    ("operation", "parameters"), [("ListUserPools", {}), ("DescribeUserPoolDomain", {"Domain": "x"})]
)
def test_an_operation_on_the_account_has_no_resource(operation: str, parameters: dict[str, str]) -> None:
    """They have no resource-level permissions."""
    assert only(operation, **parameters) == AuthorizationCheck(f"cognito-idp:{operation}", "*")


def test_a_public_operation_that_is_signed_is_authorized_without_a_resource() -> None:
    """AWS would not ask IAM; asking is the safe side. Where there is no action to ask for, it is refused."""
    assert only("InitiateAuth", ClientId="x") == AuthorizationCheck("cognito-idp:InitiateAuth", "*")
    with pytest.raises(UnmappableRequestError):
        mapped("ListUserSessions", AccessToken="x")


def test_creating_a_pool_with_tags_needs_permission_to_tag_one() -> None:
    """CreateUserPool has no resource; the tagged pool's id is not known yet."""
    assert only("CreateUserPool", PoolName="p") == AuthorizationCheck("cognito-idp:CreateUserPool", "*")
    created, tagged = mapped("CreateUserPool", PoolName="p", UserPoolTags={"team": "a"})
    context: dict[str, ContextValue] = {"aws:RequestTag/team": "a", "aws:TagKeys": ("team",)}
    assert created == AuthorizationCheck("cognito-idp:CreateUserPool", "*", context)
    assert tagged == AuthorizationCheck("cognito-idp:TagResource", f"{POOL}*", context)


def test_updating_a_pool_needs_permission_to_set_and_to_drop_its_tags() -> None:
    """What the request does not repeat is gone."""
    updated, tagged, untagged = mapped("UpdateUserPool", UserPoolId=ID, UserPoolTags={"team": "b"})
    request: dict[str, ContextValue] = {"aws:RequestTag/team": "b", "aws:TagKeys": ("team",)}
    assert updated == AuthorizationCheck("cognito-idp:UpdateUserPool", POOL + ID, {**TAGS, **request})
    assert tagged == AuthorizationCheck("cognito-idp:TagResource", POOL + ID, {**TAGS, **request})
    assert untagged == AuthorizationCheck("cognito-idp:UntagResource", POOL + ID, {**TAGS, "aws:TagKeys": ("stage",)})
    dropped = mapped("UpdateUserPool", UserPoolId=ID)[1]
    assert (dropped.action, dropped.context["aws:TagKeys"]) == ("cognito-idp:UntagResource", ("team", "stage"))


def test_tag_operations_name_the_pool_by_its_arn() -> None:
    """TagResource, UntagResource, ListTagsForResource."""
    tagged = only("TagResource", ResourceArn=POOL + ID, Tags={"cost": "1"})
    assert tagged.context == {**TAGS, "aws:RequestTag/cost": "1", "aws:TagKeys": ("cost",)}
    untagged = only("UntagResource", ResourceArn=POOL + ID, TagKeys=["team"])
    assert (untagged.resource, untagged.context) == (POOL + ID, {**TAGS, "aws:TagKeys": ("team",)})
    assert only("ListTagsForResource", ResourceArn=POOL + OTHER).resource == POOL + OTHER


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("GetClientToken", {"ClientId": "x"}),
        ("admingetuser", {"UserPoolId": ID}),
        ("AdminGetUser", {"UserPoolId": ID, "userPoolId": OTHER}),
        ("DeleteUserPoolDomain", {"UserPoolId": ID, "Domain": "theirs"}),
        ("CreateUserPoolDomain", {"UserPoolId": ID, "Domain": "theirs"}),
        ("CreateUserPoolDomain", {"UserPoolId": ID, "Domain": "new", "CustomDomainConfig": {}}),
        ("AdminRespondToAuthChallenge", {"UserPoolId": ID, "ClientId": "theirs"}),
        ("CreateGroup", {"UserPoolId": ID, "GroupName": "g", "RoleArn": "arn:aws:iam::111122223333:role/r"}),
        ("CreateUserPool", {"PoolName": "p", "SmsConfiguration": {}}),
        ("CreateUserPool", {"PoolName": "p", "EmailConfiguration": {"EmailSendingAccount": "DEVELOPER"}}),
        ("CreateUserPool", {"PoolName": "p", "EmailConfiguration": {"SourceArn": "arn"}}),
        ("UpdateUserPool", {"UserPoolId": ID, "LambdaConfig": {"KMSKeyID": "arn"}}),
        ("UpdateUserPool", {"UserPoolId": ID, "Arn": "arn"}),
        ("CreateUserPool", {"PoolName": "p", "UserPoolTags": {"a": "1", "A": "2"}}),
        ("TagResource", {"ResourceArn": POOL + ID, "Tags": {"Team": "b"}}),
        ("TagResource", {"ResourceArn": (POOL + ID).replace("111122223333", "999999999999"), "Tags": {}}),
        ("ListTagsForResource", {"ResourceArn": (POOL + ID).replace("eu-central-1", "us-east-1")}),
    ],
)
def test_what_cannot_be_mapped_is_refused(operation: str, parameters: dict[str, Any]) -> None:
    """Unknown operations and members, roles and keys that are passed on, and other pools that moto would touch."""
    with pytest.raises(UnmappableRequestError):
        mapped(operation, **parameters)


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("AdminGetUser", {}),
        ("AdminGetUser", {"UserPoolId": None}),
        ("AdminGetUser", {"UserPoolId": 1}),
        ("AdminGetUser", {"UserPoolId": "*"}),
        ("AdminGetUser", {"UserPoolId": "eu-central-1_*"}),
        ("AdminGetUser", {"UserPoolId": f"{ID}\n"}),
        ("AdminGetUser", {"UserPoolId": "eu-central-1_" + "a" * 43}),
        ("DeleteUserPoolDomain", {"UserPoolId": ID}),
        ("AdminRespondToAuthChallenge", {"UserPoolId": ID}),
        ("TagResource", {"ResourceArn": f"{POOL}*", "Tags": {}}),
        ("TagResource", {"ResourceArn": POOL + ID, "Tags": ["team"]}),
        ("TagResource", {"ResourceArn": POOL + ID, "Tags": {"team": 1}}),
        ("UntagResource", {"ResourceArn": POOL + ID, "TagKeys": "team"}),
        ("CreateUserPool", {"PoolName": "p", "EmailConfiguration": "x"}),
        ("CreateUserPool", {"PoolName": "p", "UserPoolTags": {"aws:x": "y"}}),
    ],
)
def test_what_the_service_would_refuse_is_malformed(operation: str, parameters: dict[str, Any]) -> None:
    """Missing or mistyped members, and ids that no pool can have."""
    with pytest.raises(MalformedRequestError):
        mapped(operation, **parameters)
