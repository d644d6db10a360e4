"""The roles beside the tenants' on a local AWS that decides by their policies: who reaches the registry, and more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.infra.applied_stage import AppliedStage

_ACME = {"tenant_id": {"S": "acme"}}
_BY_NOBODY = "because no identity-based policy allows"
_BY_A_DENY = "with an explicit deny in an identity-based policy"


def _tagged(**tags: str) -> dict[str, Any]:
    return {"RoleSessionName": "test", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


@pytest.fixture(scope="module")
def outputs(stage: AppliedStage) -> dict[str, Any]:
    """Return what the stage tells of itself, once its registry and its pooled table know acme."""
    outputs = stage.outputs()
    operator = stage.operator("dynamodb")
    operator.put_item(TableName=outputs["registry_table_name"], Item={**_ACME, "status": {"S": "active"}})
    operator.put_item(TableName=outputs["table_name"], Item={"pk": {"S": "acme#item#0"}, "sk": {"S": "1"}})
    return outputs


def _refused(reason: str) -> Any:
    return pytest.raises(ClientError, match=f"(AccessDenied).*{reason}")


def test_the_authorizer_reads_one_tenant_and_writes_none(stage: AppliedStage, outputs: dict[str, Any]) -> None:
    """GetItem on the registry is all that it may do: not on the pooled table, not in a batch, no Scan, no write."""
    dynamodb = stage.function(outputs["authorizer_role_arn"], "dynamodb")
    registry = outputs["registry_table_name"]

    assert dynamodb.get_item(TableName=registry, Key=_ACME)["Item"]["status"] == {"S": "active"}
    with _refused(_BY_NOBODY):
        dynamodb.get_item(TableName=outputs["table_name"], Key={"pk": {"S": "acme#item#0"}, "sk": {"S": "1"}})
    with _refused(_BY_NOBODY):
        dynamodb.batch_get_item(RequestItems={registry: {"Keys": [_ACME]}})
    with _refused(_BY_NOBODY):
        dynamodb.put_item(TableName=registry, Item={**_ACME, "status": {"S": "active"}})
    with _refused(_BY_A_DENY):
        dynamodb.scan(TableName=registry)


def test_the_api_cannot_read_the_registry(stage: AppliedStage, outputs: dict[str, Any]) -> None:
    """By itself the API reads no table; the session of a tenant that it opens reads that tenant's items only."""
    lambda_role, registry = outputs["lambda_role_arn"], outputs["registry_table_name"]
    with _refused(_BY_NOBODY):
        stage.function(lambda_role, "dynamodb").get_item(TableName=registry, Key=_ACME)

    opened = stage.function(lambda_role, "sts").assume_role(
        RoleArn=outputs["tenant_role_arn"], **_tagged(tenant="acme", role="admin")
    )
    tenant = stage.session(opened["Credentials"], "dynamodb")
    own = {"pk": {"S": "acme#item#0"}, "sk": {"S": "1"}}

    assert tenant.get_item(TableName=outputs["table_name"], Key=own)["Item"] == own
    with _refused(_BY_NOBODY):
        tenant.get_item(TableName=registry, Key=_ACME)


def test_offboarding_opens_sessions_of_one_tenants_administrator_only(
    stage: AppliedStage, outputs: dict[str, Any]
) -> None:
    """TenantRole's trust would let it have any role: its own Deny refuses. Sessions without tenant, nobody opens."""
    sts = stage.function(outputs["offboard_tenant_role_arn"], "sts")
    tenant_role = outputs["tenant_role_arn"]

    assert sts.assume_role(RoleArn=tenant_role, **_tagged(tenant="acme", role="admin"))["Credentials"]
    for tags in ({"tenant": "acme", "role": "viewer"}, {"tenant": "acme"}):
        with _refused(_BY_A_DENY):
            sts.assume_role(RoleArn=tenant_role, **_tagged(**tags))
    with _refused("not authorized to perform: sts:"):
        sts.assume_role(RoleArn=tenant_role, **_tagged(role="admin"))
    with _refused("not authorized to perform: sts:"):
        sts.assume_role(RoleArn=outputs["tenant_policy_role_arn"], **_tagged(tenant="acme", role="admin"))


@pytest.mark.parametrize("function", ["onboard_tenant", "suspend_tenant", "resume_tenant", "list_tenants", "set_role"])
def test_no_other_function_opens_a_tenants_session(stage: AppliedStage, outputs: dict[str, Any], function: str) -> None:
    """TenantRole trusts the API and offboarding, and both may: see the tests before this one."""
    with _refused("not authorized to perform: sts:"):
        stage.function(outputs[f"{function}_role_arn"], "sts").assume_role(
            RoleArn=outputs["tenant_role_arn"], **_tagged(tenant="acme", role="admin")
        )


def test_only_the_list_of_tenants_is_scanned(stage: AppliedStage, outputs: dict[str, Any]) -> None:
    """list_tenants scans the registry, and no other table; the others are denied to scan even the registry."""
    registry = outputs["registry_table_name"]
    listing = stage.function(outputs["list_tenants_role_arn"], "dynamodb")

    assert [item["tenant_id"] for item in listing.scan(TableName=registry)["Items"]] == [_ACME["tenant_id"]]
    with _refused(_BY_A_DENY):
        listing.scan(TableName=outputs["table_name"])
    with _refused(_BY_A_DENY):
        listing.execute_statement(Statement=f'SELECT * FROM "{registry}"')  # noqa: S608 (a name that Terraform says)
    with _refused(_BY_NOBODY):
        listing.get_item(TableName=registry, Key=_ACME)
    with _refused(_BY_A_DENY):
        stage.function(outputs["offboard_tenant_role_arn"], "dynamodb").scan(TableName=registry)


def test_onboarding_alone_adds_a_tenant_and_nobody_removes_one(stage: AppliedStage, outputs: dict[str, Any]) -> None:
    """An offboarded tenant's item stays: its id must never be used again."""
    registry, item = outputs["registry_table_name"], {"tenant_id": {"S": "globex"}}
    onboarding = stage.function(outputs["onboard_tenant_role_arn"], "dynamodb")
    offboarding = stage.function(outputs["offboard_tenant_role_arn"], "dynamodb")

    onboarding.put_item(TableName=registry, Item=item)
    offboarding.update_item(
        TableName=registry,
        Key=item,
        UpdateExpression="SET progress = :begun",
        ExpressionAttributeValues={":begun": {"S": "begun"}},
    )
    for dynamodb in (onboarding, offboarding):
        with _refused(_BY_NOBODY):
            dynamodb.delete_item(TableName=registry, Key=item)
    with _refused(_BY_NOBODY):
        offboarding.put_item(TableName=registry, Item=item)
    stage.operator("dynamodb").delete_item(TableName=registry, Key=item)


def test_users_are_managed_in_the_stages_own_pool(stage: AppliedStage, outputs: dict[str, Any]) -> None:
    """invite_user makes a user, whom it cannot remove; remove_user removes, and lists nobody."""
    pool = outputs["user_pool_id"]
    inviting = stage.function(outputs["invite_user_role_arn"], "cognito-idp")
    removing = stage.function(outputs["remove_user_role_arn"], "cognito-idp")
    user = {"UserPoolId": pool, "Username": "acme/a@example.com"}

    inviting.admin_create_user(**user, TemporaryPassword="Passw0rd-of-a-test", MessageAction="SUPPRESS")
    with _refused(_BY_NOBODY):
        inviting.admin_delete_user(**user)
    with _refused(_BY_NOBODY):
        removing.list_users(UserPoolId=pool)
    removing.admin_delete_user(**user)


def test_a_disposable_bucket_is_deleted_with_its_exports(stage: AppliedStage, outputs: dict[str, Any]) -> None:
    """What is put here, in two versions, is gone with the stage: the fixture looks."""
    s3, bucket = stage.operator("s3"), outputs["export_bucket_name"]

    for body in (b"one", b"two"):
        s3.put_object(Bucket=bucket, Key="acme.zip", Body=body)

    assert len(s3.list_object_versions(Bucket=bucket)["Versions"]) == 2
