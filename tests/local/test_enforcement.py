"""The app on the local AWS: a bug in it leaks nothing, because IAM refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ops.decisions import read_decisions
from ops.lambda_credentials import lambda_client
from tests.support.http_api import Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.stack import LocalStack
    from ops.stage import Stage
    from tests.support.http_api import Api


def _last(stage: Stage, action: str) -> dict[str, Any]:
    return [each for each in read_decisions(stage.aws_endpoint_url) if each["action"] == action][-1]


def test_a_store_with_the_wrong_tenant_is_refused_by_iam(
    api_with: Callable[..., Api], acme: Person, globex: Person, stage: Stage
) -> None:
    """403 for every operation, by the leading-key condition; acme's own call through the same bug works."""
    buggy = api_with(module="tests.support.wrong_tenant_api")
    acme.put("a", description="acme's")
    intruder = Person(buggy, globex.id_token, globex.access_token)
    body = {"description": "x", "price": "1", "quantity": 1}

    for method, path in (("GET", "/cart"), ("PUT", "/cart/a"), ("PATCH", "/cart/a"), ("DELETE", "/cart/a")):
        answer = intruder.call(method, path, body=body)
        assert (answer.status, answer.body["Code"]) == (403, "TenantAccessDeniedError")

    decision = _last(stage, "dynamodb:DeleteItem")
    assert decision["decision"] == "ImplicitlyDenied"
    assert decision["tags"] == {"tenant": "globex", "role": "member"}
    assert "dynamodb:LeadingKeys" in json.dumps(decision["unmet"])
    assert Person(buggy, acme.id_token, "").cart()["items"][0]["description"] == "acme's"
    assert acme.cart()["items"][0]["description"] == "acme's"


def test_a_viewers_credentials_cannot_write_even_if_the_handler_lets_them(
    person: Callable[..., Person], acme: Person, stage: Stage
) -> None:
    """IAM's condition on the role tag refuses what the authorizer would have refused before."""
    acme.put("a")
    assert person("acme", "viewer").cart()["items"][0]["item_id"] == "a"
    decision = _last(stage, "dynamodb:Query")

    assert decision["tags"] == {"tenant": "acme", "role": "viewer"}
    with pytest.raises(ClientError) as refused:
        _scoped(stage, "acme", "viewer").put_item(
            TableName=stage.table_name, Item={"pk": {"S": "acme#cart#0"}, "sk": {"S": "b"}}
        )
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "aws:PrincipalTag/role" in json.dumps(_last(stage, "dynamodb:PutItem")["unmet"])
    _scoped(stage, "acme", "member").put_item(
        TableName=stage.table_name, Item={"pk": {"S": "acme#cart#0"}, "sk": {"S": "b"}}
    )


def test_the_lambda_role_itself_reads_no_table(stage: Stage) -> None:
    """It may assume the tenant role and nothing else."""
    key = {"pk": {"S": "acme#cart#0"}, "sk": {"S": "a"}}
    dynamodb = lambda_client(stage, "dynamodb")
    calls: list[Callable[[], Any]] = [
        lambda: dynamodb.get_item(TableName=stage.table_name, Key=key),
        lambda: dynamodb.put_item(TableName=stage.table_name, Item=key),
        lambda: dynamodb.scan(TableName=stage.table_name),
        lambda: lambda_client(stage, "secretsmanager").list_secrets(),
        lambda: lambda_client(stage, "iam").list_roles(),
        lambda: lambda_client(stage, "cognito-idp").list_users(UserPoolId=stage.user_pool_id),
    ]

    for call in calls:
        with pytest.raises(ClientError, match="AccessDenied"):
            call()
    assert "LambdaRole" in lambda_client(stage, "sts").get_caller_identity()["Arn"]


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"tenant": "acme"},
        {"role": "member"},
        {"tenant": "acme", "role": "owner"},
        {"tenant": "Acme", "role": "member"},
        {"tenant": "acme_eu", "role": "member"},
        {"tenant": "-acme", "role": "member"},
        {"tenant": "x" * 33, "role": "member"},
        {"tenant": "acme", "role": "member", "extra": "x"},
        {"Tenant": "acme", "role": "member"},
    ],
    ids=str,
)
def test_the_tenant_role_opens_for_a_well_formed_tenant_and_role_only(stage: Stage, tags: dict[str, str]) -> None:
    """The applied trust policy refuses, also when the app's own checks are gone."""
    sts = lambda_client(stage, "sts")

    with pytest.raises(ClientError, match="is not authorized to perform: sts:"):
        _assume(sts, stage, tags)
    assert _assume(sts, stage, {"tenant": "acme", "role": "member"})["Credentials"]


def test_nobody_but_the_lambda_role_opens_a_tenants_session(stack: LocalStack, stage: Stage) -> None:
    """Not even the account's administrator, whom the trust policy does not name."""
    with pytest.raises(ClientError, match="is not authorized to perform: sts:AssumeRole"):
        _assume(stack.client("sts"), stage, {"tenant": "acme", "role": "member"})


def _assume(sts: Any, stage: Stage, tags: dict[str, str]) -> Any:
    return sts.assume_role(
        RoleArn=stage.tenant_role_arn,
        RoleSessionName="test",
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )


def _scoped(stage: Stage, tenant: str, role: str) -> Any:
    answer = _assume(lambda_client(stage, "sts"), stage, {"tenant": tenant, "role": role})
    return boto3.client(
        "dynamodb",
        endpoint_url=stage.aws_endpoint_url,
        region_name=stage.region,
        aws_access_key_id=answer["Credentials"]["AccessKeyId"],
        aws_secret_access_key=answer["Credentials"]["SecretAccessKey"],
        aws_session_token=answer["Credentials"]["SessionToken"],
    )
