"""Secrets Manager calls: actions, resources and condition keys, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.loaders import Loader

from bulkhead_iam import Policy, PolicySet, Principal, Request, evaluate
from bulkhead_localaws.protocol.checks import AuthorizationCheck, MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services.secretsmanager.mapping import OPERATIONS, checks
from bulkhead_localaws.services.secretsmanager.secrets import Secret
from localaws_testing.mapper_examples import ACCOUNT, REGION, SECRET, Secrets, call

if TYPE_CHECKING:
    from bulkhead_localaws.protocol.checks import ContextValue

POLICY = '{"Version": "2012-10-17", "Statement": []}'
ROTATION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:rotate"
ACME = Secret(
    arn=f"{SECRET}acme/db-AbCdEf",
    name="acme/db",
    tags={"tenant": "acme"},
    policy=POLICY,
    rotation_function=ROTATION,
    primary_region="us-east-1",
)
PLAIN = Secret(arn=f"{SECRET}plain-GhIjKl", name="plain")
ENCRYPTED = Secret(arn=f"{SECRET}encrypted-MnOpQr", name="encrypted", kms_key="alias/mine")
CATALOG = Secrets(ACME, PLAIN)
ACME_CONTEXT = {
    "secretsmanager:SecretId": ACME.arn,
    "aws:ResourceTag/tenant": "acme",
    "secretsmanager:ResourceTag/tenant": "acme",
    "secretsmanager:resource/AllowRotationLambdaArn": ROTATION,
    "secretsmanager:SecretPrimaryRegion": "us-east-1",
}


def mapped(operation: str, catalog: Secrets = CATALOG, **parameters: Any) -> tuple[AuthorizationCheck, ...]:
    """Map a call of the example account."""
    return checks(call("secretsmanager", operation, parameters), catalog)


def only(operation: str, catalog: Secrets = CATALOG, **parameters: Any) -> AuthorizationCheck:
    """Map a call that needs one permission."""
    (check,) = mapped(operation, catalog, **parameters)
    return check


def api_members() -> dict[str, set[str]]:
    """Return the operations of the service with their members, as the installed SDK knows them."""
    model = Loader().load_service_model("secretsmanager", "service-2")
    return {
        name: set(model["shapes"][operation["input"]["shape"]]["members"])
        for name, operation in model["operations"].items()
    }


def test_every_mapped_operation_and_member_is_one_of_the_api() -> None:
    """A misspelled one would refuse what it should map; what an SDK gains is the matter of `make drift`."""
    members = api_members()
    for operation, own in OPERATIONS.items():
        assert own <= members[operation], operation


@pytest.mark.parametrize("operation", sorted(set(OPERATIONS) - {"CreateSecret", "BatchGetSecretValue"}))
@pytest.mark.parametrize("secret_id", [ACME.name, ACME.arn])
def test_an_operation_on_a_secret_is_authorized_on_the_secrets_arn_with_its_tags_and_policy(
    operation: str, secret_id: str
) -> None:
    """Whatever form names the secret, the resource is its complete ARN; its resource policy has a say."""
    if "SecretId" not in OPERATIONS[operation]:
        assert mapped(operation) == (AuthorizationCheck(f"secretsmanager:{operation}", "*"),)
        return
    first = mapped(operation, SecretId=secret_id)[0]
    assert (first.action, first.resource, first.resource_policy) == (
        f"secretsmanager:{operation}",
        ACME.arn,
        POLICY,
    )
    assert first.context.items() >= ACME_CONTEXT.items()


def test_a_secret_without_tags_policy_rotation_or_replica_has_no_such_keys() -> None:
    """An absent thing is an absent key, never an empty one."""
    check = only("GetSecretValue", SecretId="plain")
    assert check == AuthorizationCheck(
        "secretsmanager:GetSecretValue", PLAIN.arn, {"secretsmanager:SecretId": PLAIN.arn}
    )


@pytest.mark.parametrize(
    ("operation", "parameters", "context"),
    [
        ("GetSecretValue", {"VersionId": "v", "VersionStage": "s"}, {"VersionId": "v", "VersionStage": "s"}),
        ("UpdateSecretVersionStage", {"VersionStage": "s", "MoveToVersionId": "v"}, {"VersionStage": "s"}),
        ("DeleteSecret", {"RecoveryWindowInDays": 7}, {"RecoveryWindowInDays": "7"}),
        ("DeleteSecret", {"ForceDeleteWithoutRecovery": True}, {"ForceDeleteWithoutRecovery": "true"}),
        ("UpdateSecret", {"Description": "d", "SecretString": "s"}, {"Description": "d"}),
        ("UpdateSecret", {"KmsKeyId": "alias/aws/secretsmanager"}, {"KmsKeyId": "alias/aws/secretsmanager"}),
        ("PutResourcePolicy", {"ResourcePolicy": "{}", "BlockPublicPolicy": False}, {"BlockPublicPolicy": "false"}),
        (
            "ReplicateSecretToRegions",
            {"AddReplicaRegions": [{"Region": "us-east-1"}, {"Region": "us-west-1"}]},
            {"AddReplicaRegions": ("us-east-1", "us-west-1")},
        ),
        ("PutSecretValue", {"SecretString": "s", "VersionStages": ["a"]}, {}),
        ("GetSecretValue", {"VersionStage": None}, {}),
    ],
)  # fmt: skip
def test_what_the_request_says_becomes_condition_keys(
    operation: str, parameters: dict[str, Any], context: dict[str, Any]
) -> None:
    """The keys that the Service Authorization Reference lists for the action, absent when the request lacks them."""
    check = only(operation, SecretId="plain", **parameters)
    expected = {f"secretsmanager:{key}": value for key, value in context.items()}
    assert check.context == {"secretsmanager:SecretId": PLAIN.arn, **expected}


def test_setting_and_removing_tags_gives_their_keys() -> None:
    """TagResource has RequestTag and TagKeys, UntagResource has TagKeys."""
    tagged = only("TagResource", SecretId="plain", Tags=[{"Key": "tenant", "Value": "acme"}])
    assert tagged.context.items() >= {"aws:RequestTag/tenant": "acme", "aws:TagKeys": ("tenant",)}.items()
    untagged = only("UntagResource", SecretId="plain", TagKeys=["tenant", "team"])
    assert untagged.context["aws:TagKeys"] == ("tenant", "team")
    with pytest.raises(UnmappableRequestError):
        mapped("TagResource", SecretId=ACME.name, Tags=[{"Key": "Tenant", "Value": "globex"}])


def test_creating_a_secret_is_authorized_on_its_name_with_six_unknown_characters() -> None:
    """Only a wildcard can match what AWS has not drawn yet; tags and replicas need permissions of their own."""
    created, tagged, replicated = mapped(
        "CreateSecret",
        Name="new",
        Description="d",
        Tags=[{"Key": "tenant", "Value": "acme"}],
        AddReplicaRegions=[{"Region": "us-east-1", "KmsKeyId": "alias/aws/secretsmanager"}],
    )
    tag_keys: dict[str, ContextValue] = {"aws:RequestTag/tenant": "acme", "aws:TagKeys": ("tenant",)}
    regions: dict[str, ContextValue] = {"secretsmanager:AddReplicaRegions": ("us-east-1",)}
    own: dict[str, ContextValue] = {"secretsmanager:Name": "new", "secretsmanager:Description": "d"}
    arn = f"{SECRET}new-??????"
    assert created == AuthorizationCheck("secretsmanager:CreateSecret", arn, {**own, **tag_keys, **regions})
    assert tagged == AuthorizationCheck("secretsmanager:TagResource", arn, tag_keys)
    assert replicated == AuthorizationCheck("secretsmanager:ReplicateSecretToRegions", arn, {**tag_keys, **regions})


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        ("new-??????", True),
        ("new-*", True),
        ("*", True),
        ("new", False),
        ("new-AbCdEf", False),
        ("new-?????", False),
        ("newer-??????", False),
    ],
)
def test_a_policy_lets_create_a_secret_only_by_a_wildcard_for_its_end(pattern: str, allowed: bool) -> None:  # noqa: FBT001
    """The six question marks behave in an evaluation as six drawn characters would."""
    check = only("CreateSecret", Name="new")
    statement = {"Effect": "Allow", "Action": check.action, "Resource": SECRET + pattern}
    policy = Policy.parse({"Version": "2012-10-17", "Statement": [statement]})
    principal = Principal(f"arn:aws:iam::{ACCOUNT}:user/u", ACCOUNT)
    request = Request(principal, check.action, check.resource, check.context)
    assert evaluate(request, PolicySet(identity=(policy,))).allowed is allowed


def test_creating_a_secret_that_exists_needs_permission_on_that_secret_too() -> None:
    """Such a call writes to it in moto, when the request's token is that of a pending version."""
    new, existing = mapped("CreateSecret", Name=ACME.name)
    assert new.resource == f"{SECRET}acme/db-??????"
    assert (existing.resource, existing.resource_policy) == (ACME.arn, POLICY)
    assert existing.context["aws:ResourceTag/tenant"] == "acme"


@pytest.mark.parametrize("secret_id", ["missing", f"{SECRET}missing-AbCdEf", "mis*sing"])
def test_a_secret_that_does_not_exist_is_authorized_on_the_arn_that_it_would_have(secret_id: str) -> None:
    """So that only those who may ask learn that there is none."""
    arn = secret_id if secret_id.startswith("arn:") else f"{SECRET}{secret_id}-??????"
    check = only("GetSecretValue", SecretId=secret_id)
    assert (check.resource, check.context) == (arn, {"secretsmanager:SecretId": arn})


def test_a_batch_needs_permission_on_every_secret_that_it_names() -> None:
    """BatchGetSecretValue, and GetSecretValue for each."""
    batch, acme, plain = mapped("BatchGetSecretValue", SecretIdList=[ACME.arn, "plain"])
    assert (batch.action, batch.resource) == ("secretsmanager:BatchGetSecretValue", "*")
    assert (acme.action, acme.resource, acme.resource_policy) == ("secretsmanager:GetSecretValue", ACME.arn, POLICY)
    assert (plain.action, plain.resource) == ("secretsmanager:GetSecretValue", PLAIN.arn)


def test_a_batch_with_filters_needs_permission_to_list_and_on_every_secret_there_is() -> None:
    """Which of them a filter matches is the emulator's business."""
    found = mapped("BatchGetSecretValue", Filters=[{"Key": "name", "Values": ["acme"]}])
    assert [(check.action, check.resource) for check in found] == [
        ("secretsmanager:BatchGetSecretValue", "*"),
        ("secretsmanager:ListSecrets", "*"),
        ("secretsmanager:GetSecretValue", ACME.arn),
        ("secretsmanager:GetSecretValue", PLAIN.arn),
    ]


def test_rotation_needs_permission_to_invoke_the_function() -> None:
    """The one that the request names, or else the secret's; it is immediate unless the request says otherwise."""
    rotated, invoked = mapped("RotateSecret", SecretId="plain", RotationLambdaARN=ROTATION, RotationRules={})
    assert (invoked.action, invoked.resource) == ("lambda:InvokeFunction", ROTATION)
    assert rotated.context == {
        "secretsmanager:SecretId": PLAIN.arn,
        "secretsmanager:ModifyRotationRules": "true",
        "secretsmanager:RotateImmediately": "true",
        "secretsmanager:RotationLambdaARN": ROTATION,
    }
    assert mapped("RotateSecret", SecretId=ACME.name)[1].resource == ROTATION
    later = only("RotateSecret", SecretId="plain", RotateImmediately=False)
    assert later.context["secretsmanager:RotateImmediately"] == "false"


def test_validating_a_policy_needs_permission_to_put_one() -> None:
    """Two actions, says the API reference."""
    found = mapped("ValidateResourcePolicy", SecretId="plain", ResourcePolicy="{}")
    assert [check.action.partition(":")[2] for check in found] == ["ValidateResourcePolicy", "PutResourcePolicy"]


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("ListResourcePolicies", {"SecretId": "plain"}),
        ("getSecretValue", {"SecretId": "plain"}),
        ("GetSecretValue", {"SecretId": "plain", "secretId": "acme/db"}),
        ("GetSecretValue", {"SecretId": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:plain"}),
        ("GetSecretValue", {"SecretId": f"arn:aws:secretsmanager:{REGION}:999999999999:secret:plain"}),
        ("GetSecretValue", {"SecretId": "arn:aws:secretsmanager:plain"}),
        ("GetSecretValue", {"SecretId": "encrypted"}),
        ("PutSecretValue", {"SecretId": "encrypted"}),
        ("UpdateSecret", {"SecretId": "encrypted"}),
        ("UpdateSecret", {"SecretId": "plain", "KmsKeyId": "alias/mine"}),
        ("ReplicateSecretToRegions", {"SecretId": "encrypted", "AddReplicaRegions": []}),
        ("BatchGetSecretValue", {"SecretIdList": ["encrypted"]}),
        ("BatchGetSecretValue", {"Filters": [{"Key": "all", "Values": ["x"]}]}),
        ("CreateSecret", {"Name": "new", "KmsKeyId": "1234"}),
        ("CreateSecret", {"Name": "new", "Tags": [{"Key": "_custom_id_", "Value": "AbCdEf"}]}),
        ("CreateSecret", {"Name": "new", "Type": "x"}),
        ("CreateSecret", {"Name": "new", "AddReplicaRegions": [{"Region": "us-east-1", "KmsKeyId": "1234"}]}),
        ("CreateSecret", {"Name": "new", "AddReplicaRegions": [{"Region": "us-east-1", "Name": "x"}]}),
        ("ReplicateSecretToRegions", {"SecretId": "plain", "ForceOverwriteReplicaSecret": True}),
        ("PutResourcePolicy", {"SecretId": "plain", "BlockPublicPolicy": True}),
        ("RotateSecret", {"SecretId": "plain", "RotationLambdaARN": ROTATION.replace(REGION, "us-east-1")}),
    ],
)  # fmt: skip
def test_what_cannot_be_mapped_is_refused(operation: str, parameters: dict[str, Any]) -> None:
    """Another account or region, customer's keys, what moto does not heed, and whatever is unknown."""
    with pytest.raises(UnmappableRequestError):
        mapped(operation, Secrets(ACME, PLAIN, ENCRYPTED), **parameters)


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("GetSecretValue", {}),
        ("GetSecretValue", {"SecretId": None}),
        ("GetSecretValue", {"SecretId": ""}),
        ("GetSecretValue", {"SecretId": ["plain"]}),
        ("GetSecretValue", {"SecretId": "x" * 2049}),
        ("GetSecretValue", {"SecretId": "plain", "VersionId": 1}),
        ("CreateSecret", {}),
        ("CreateSecret", {"Name": PLAIN.arn}),
        ("CreateSecret", {"Name": "new\n"}),
        ("CreateSecret", {"Name": "x" * 513}),
        ("CreateSecret", {"Name": "new", "Tags": {}}),
        ("CreateSecret", {"Name": "new", "Tags": ""}),
        ("CreateSecret", {"Name": "new", "Tags": [{"Key": "aws:x", "Value": "y"}]}),
        ("CreateSecret", {"Name": "new", "AddReplicaRegions": "us-east-1"}),
        ("CreateSecret", {"Name": "new", "AddReplicaRegions": [{}]}),
        ("DeleteSecret", {"SecretId": "plain", "ForceDeleteWithoutRecovery": "false"}),
        ("DeleteSecret", {"SecretId": "plain", "RecoveryWindowInDays": True}),
        ("UntagResource", {"SecretId": "plain", "TagKeys": "tenant"}),
        ("UntagResource", {"SecretId": "plain", "TagKeys": [1]}),
        ("BatchGetSecretValue", {}),
        ("BatchGetSecretValue", {"SecretIdList": "plain"}),
        ("BatchGetSecretValue", {"SecretIdList": ["plain"], "Filters": [{"Key": "all", "Values": ["x"]}]}),
        ("RotateSecret", {"SecretId": "plain", "RotationLambdaARN": "rotate"}),
    ],
)
def test_what_the_service_would_refuse_is_malformed(operation: str, parameters: dict[str, Any]) -> None:
    """Missing or mistyped members, and names that no secret can have."""
    with pytest.raises(MalformedRequestError):
        mapped(operation, **parameters)


@pytest.mark.parametrize(
    "secret",
    [
        Secret(arn=f"{SECRET}other-AbCdEf", name="mine"),
        Secret(arn=f"{SECRET}mine-AbCdEfG", name="mine"),
        Secret(arn=f"{SECRET}mine-AbCdE/", name="mine"),
        Secret(arn=f"{SECRET}mine", name="mine"),
        Secret(arn=f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:mine-AbCdEf", name="mine"),
        Secret(arn=f"{SECRET}mine-AbCdEf", name="mine", tags={"a": "1", "A": "2"}),
    ],
)
def test_a_secret_whose_arn_or_tags_do_not_tell_it_apart_is_refused(secret: Secret) -> None:
    """A policy about the name in the ARN would open a secret of another name."""
    with pytest.raises(UnmappableRequestError):
        mapped("GetSecretValue", Secrets(secret), SecretId="mine")
