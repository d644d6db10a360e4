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


def test_the_api_reads_the_keys_that_sign_tokens_and_opens_no_session(
    stage: AppliedStage, outputs: dict[str, Any]
) -> None:
    """By itself it reads no other table, and no role lets it name a tenant: not even that of maintenance."""
    lambda_role, keys = outputs["lambda_role_arn"], outputs["signing_keys_table_name"]
    dynamodb, issuer = stage.function(lambda_role, "dynamodb"), {"issuer": {"S": outputs["token_issuer"]}}
    stage.operator("dynamodb").put_item(TableName=keys, Item=issuer)

    assert dynamodb.get_item(TableName=keys, Key=issuer)["Item"] == issuer
    with _refused(_BY_NOBODY):
        dynamodb.put_item(TableName=keys, Item=issuer)
    with _refused(_BY_NOBODY):
        dynamodb.get_item(TableName=outputs["registry_table_name"], Key=_ACME)
    for role in (outputs["tenant_role_arn"], outputs["tenant_maintenance_role_arn"]):
        with _refused("not authorized to perform: sts:"):
            stage.function(lambda_role, "sts").assume_role(RoleArn=role, **_tagged(tenant="acme", role="admin"))


def test_the_refresh_writes_the_keys_that_sign_tokens_and_reads_nothing(
    stage: AppliedStage, outputs: dict[str, Any]
) -> None:
    """PutItem on one table is all, and nobody else's; the trigger that tags tokens may do nothing at all."""
    keys, item = outputs["signing_keys_table_name"], {"issuer": {"S": "https://issuer.example.com"}}
    refreshing = stage.function(outputs["refresh_signing_keys_role_arn"], "dynamodb")

    refreshing.put_item(TableName=keys, Item=item)
    for function in ("refresh_signing_keys", "tag_id_token"):
        with _refused(_BY_NOBODY):
            stage.function(outputs[f"{function}_role_arn"], "dynamodb").get_item(TableName=keys, Key=item)
    with _refused(_BY_NOBODY):
        refreshing.put_item(TableName=outputs["registry_table_name"], Item=_ACME)
    for function in ("tag_id_token", "authorizer", "set_role", "onboard_tenant", "offboard_tenant"):
        with _refused(_BY_NOBODY):
            stage.function(outputs[f"{function}_role_arn"], "dynamodb").put_item(TableName=keys, Item=item)


def test_offboarding_opens_sessions_of_one_tenants_administrator_only(
    stage: AppliedStage, outputs: dict[str, Any]
) -> None:
    """Its own Deny refuses other roles; nobody opens a session without a tenant, or that of a token without one."""
    sts = stage.function(outputs["offboard_tenant_role_arn"], "sts")
    maintenance = outputs["tenant_maintenance_role_arn"]

    assert sts.assume_role(RoleArn=maintenance, **_tagged(tenant="acme", role="admin"))["Credentials"]
    for tags in ({"tenant": "acme", "role": "viewer"}, {"tenant": "acme"}):
        with _refused(_BY_A_DENY):
            sts.assume_role(RoleArn=maintenance, **_tagged(**tags))
    with _refused("not authorized to perform: sts:"):
        sts.assume_role(RoleArn=maintenance, **_tagged(role="admin"))
    with _refused("not authorized to perform: sts:"):
        sts.assume_role(RoleArn=outputs["tenant_role_arn"], **_tagged(tenant="acme", role="admin"))


def test_a_session_of_maintenance_reaches_its_own_tenant_inside_the_network(
    stage: AppliedStage, outputs: dict[str, Any]
) -> None:
    """It reads its tenant's item; not the registry, not another tenant's, and its own not from outside."""
    table, own = outputs["table_name"], {"pk": {"S": "acme#item#0"}, "sk": {"S": "1"}}
    opened = stage.function(outputs["offboard_tenant_role_arn"], "sts").assume_role(
        RoleArn=outputs["tenant_maintenance_role_arn"], **_tagged(tenant="acme", role="admin")
    )["Credentials"]
    session = stage.session(opened, "dynamodb")

    assert session.get_item(TableName=table, Key=own)["Item"] == own
    with _refused(_BY_NOBODY):
        session.get_item(TableName=outputs["registry_table_name"], Key=_ACME)
    with _refused(_BY_NOBODY):
        session.get_item(TableName=table, Key={**own, "pk": {"S": "globex#item#0"}})
    with _refused(_BY_A_DENY):
        stage.session(opened, "dynamodb", outside=True).get_item(TableName=table, Key=own)


def test_a_users_token_opens_a_session_inside_the_network_only(stage: AppliedStage, outputs: dict[str, Any]) -> None:
    """The trigger tags the token, and STS takes the tags from there: under no other name, and from nowhere else."""
    token = _sign_in(stage, outputs, "acme", "viewer")
    asked = {"RoleArn": outputs["tenant_role_arn"], "WebIdentityToken": token, "RoleSessionName": "acme.viewer"}
    own = {"pk": {"S": "acme#item#0"}, "sk": {"S": "1"}}

    opened = stage.anybody("sts", outside=False).assume_role_with_web_identity(**asked)["Credentials"]

    session = stage.session(opened, "dynamodb")
    assert session.get_item(TableName=outputs["table_name"], Key=own)["Item"] == own
    with _refused(_BY_NOBODY):
        session.get_item(TableName=outputs["table_name"], Key={**own, "pk": {"S": "globex#item#0"}})
    with _refused(_BY_NOBODY):
        session.delete_item(TableName=outputs["table_name"], Key=own)
    for outside, name in ((True, "acme.viewer"), (False, "globex.viewer")):
        with _refused("sts:AssumeRoleWithWebIdentity"):
            stage.anybody("sts", outside=outside).assume_role_with_web_identity(**asked | {"RoleSessionName": name})


def _sign_in(stage: AppliedStage, outputs: dict[str, Any], tenant: str, role: str) -> str:
    """Return the id token of a new user."""
    cognito, password = stage.operator("cognito-idp"), "Passw0rd-of-a-test"
    user = {"UserPoolId": outputs["user_pool_id"], "Username": f"{tenant}/{role}@example.com"}
    attributes = {"custom:tenantID": tenant, "custom:role": role, "email": f"{role}@example.com"}
    cognito.admin_create_user(
        **user,
        UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        MessageAction="SUPPRESS",
    )
    cognito.admin_set_user_password(**user, Password=password, Permanent=True)
    answer = stage.anybody("cognito-idp", outside=True).initiate_auth(
        ClientId=outputs["user_pool_client_id"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": user["Username"], "PASSWORD": password},
    )
    token: str = answer["AuthenticationResult"]["IdToken"]
    return token


@pytest.mark.parametrize("function", ["onboard_tenant", "suspend_tenant", "resume_tenant", "list_tenants", "set_role"])
def test_no_other_function_opens_a_tenants_session(stage: AppliedStage, outputs: dict[str, Any], function: str) -> None:
    """The maintenance role trusts offboarding, which may: see the tests before this one."""
    with _refused("not authorized to perform: sts:"):
        stage.function(outputs[f"{function}_role_arn"], "sts").assume_role(
            RoleArn=outputs["tenant_maintenance_role_arn"], **_tagged(tenant="acme", role="admin")
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
