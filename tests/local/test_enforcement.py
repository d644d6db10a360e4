"""The app on the local AWS: a bug in it leaks nothing, because IAM refuses."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from chalicelib import PRODUCT
from chalicelib.config import Strategy
from chalicelib.tenancy.token_tags import TAGS
from stage.clients import AwsEndpoint, lambda_client
from stage.decisions import read_decisions
from stage.scoped_credentials import scoped_client
from tests.support.people import Person
from tests.support.weakened_policies import weakened, without_leading_keys, without_role_condition

if TYPE_CHECKING:
    from collections.abc import Callable

    from stage.document import LocalStage
    from stage.http_api import Api
    from stage.local.stack import LocalStack

_WEB_IDENTITY = pytest.mark.parametrize("strategy", [Strategy.WEB_IDENTITY], indirect=True, scope="session")
_SESSION_POLICY = pytest.mark.parametrize(
    "strategy", [pytest.param(Strategy.SESSION_POLICY, marks=pytest.mark.evidence)], indirect=True, scope="session"
)


def _last(stage: LocalStage, action: str) -> dict[str, Any]:
    return [each for each in read_decisions(stage.aws_endpoint_url) if each["action"] == action][-1]


_ACTIONS = {
    "put_item": "dynamodb:PutItem",
    "update_item": "dynamodb:UpdateItem",
    "delete_item": "dynamodb:DeleteItem",
    "get_item": "dynamodb:GetItem",
    "query": "dynamodb:Query",
}


def test_a_store_with_the_wrong_tenant_is_refused_by_iam(
    api_with: Callable[..., Api], acme: Person, globex: Person, stage: LocalStage
) -> None:
    """403 for every operation, by the leading-key condition; acme's own call through the same bug works."""
    buggy = api_with(module="tests.support.wrong_tenant_api")
    anvil = acme.create("acme's")
    intruder = Person(buggy, globex.id_token, globex.access_token)
    one = f"/anvils/{anvil['anvil_id']}"

    for method, path, body, action in (
        ("GET", "/anvils", None, "Query"),
        ("POST", "/anvils", {"name": "x", "price": "1"}, "PutItem"),
        ("GET", one, None, "GetItem"),
        ("PATCH", one, {"name": "x"}, "UpdateItem"),
        ("DELETE", one, None, "DeleteItem"),
    ):
        answer = intruder.call(method, path, body=body, headers={"If-Match": "*"})
        assert (answer.status, answer.body["Code"]) == (403, "TenantAccessDeniedError")
        decision = _last(stage, f"dynamodb:{action}")
        assert decision["decision"] == "ImplicitlyDenied"
        assert decision["tags"] == {"tenant": "globex", "role": "member"}
        assert "dynamodb:LeadingKeys" in json.dumps(decision["unmet"])

    twin = Person(buggy, acme.id_token, "")
    assert twin.anvils() == acme.anvils() == [anvil]


def test_without_the_leading_key_condition_the_same_bug_shows_the_rows(
    stack: LocalStack, api_with: Callable[..., Api], acme: Person, globex: Person, strategy: Strategy
) -> None:
    """So it is that condition in the applied policy, or in the session's, and no code, that keeps the tenant out."""
    anvil = acme.create("acme's")
    buggy = api_with(module="tests.support.wrong_tenant_api")
    if strategy is Strategy.SESSION_POLICY:  # the app renders the policy that holds the condition
        unconfined = api_with(module="tests.support.unconfined_wrong_tenant_api")
        leaked = Person(unconfined, globex.id_token, "").anvils()
    else:
        with weakened(stack.client("iam"), f"{PRODUCT}-local-TenantRole", without_leading_keys):
            leaked = Person(buggy, globex.id_token, "").anvils()

    assert leaked == [anvil]
    refused = Person(buggy, globex.id_token, "").call("GET", "/anvils")
    assert (refused.status, refused.body["Code"]) == (403, "TenantAccessDeniedError")


def test_a_viewers_credentials_cannot_write_even_if_the_handler_lets_them(
    person: Callable[..., Person], acme: Person, stage: LocalStage
) -> None:
    """IAM refuses what the authorizer would have refused before; the member's same writes are the allowed twins."""
    anvil = acme.create()
    assert person("acme", "viewer").anvils() == [anvil]
    assert _last(stage, "dynamodb:Query")["tags"] == {"tenant": "acme", "role": "viewer"}
    viewer, member = (scoped_client(stage, "acme", role) for role in ("viewer", "member"))
    where = {"TableName": stage.table_name}

    for pk in ("acme#anvil#0", "acme#anything#3"):
        key = {"pk": {"S": pk}, "sk": {"S": "b"}}
        for operation, parameters in (
            ("put_item", {"Item": key}),
            ("update_item", {"Key": key, "UpdateExpression": "REMOVE nothing"}),
            ("delete_item", {"Key": key}),
        ):
            with pytest.raises(ClientError) as refused:
                getattr(viewer, operation)(**where, **parameters)
            assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
            decision = _last(stage, _ACTIONS[operation])
            assert "aws:PrincipalTag/role" in json.dumps(decision["unmet"])
            getattr(member, operation)(**where, **parameters)
        assert viewer.get_item(**where, Key=key)["ResponseMetadata"]["HTTPStatusCode"] == 200


@_SESSION_POLICY
def test_a_session_policy_takes_writes_from_a_viewer_on_its_own(stack: LocalStack, stage: LocalStage) -> None:
    """Also where the role's own policy would let it write, which only the session policy then refuses."""
    key = {"pk": {"S": "acme#anvil#0"}, "sk": {"S": "b"}}
    viewer, member = (scoped_client(stage, "acme", role) for role in ("viewer", "member"))

    with weakened(stack.client("iam"), f"{PRODUCT}-local-TenantPolicyRole", without_role_condition):
        with pytest.raises(ClientError, match="no session policy allows the dynamodb:PutItem action"):
            viewer.put_item(TableName=stage.table_name, Item=key)
        member.put_item(TableName=stage.table_name, Item=key)


def test_the_lambda_role_itself_reads_no_table(stage: LocalStage) -> None:
    """It may read the pool's public keys, under the other strategies open tenants' sessions, and do nothing else."""
    key = {"pk": {"S": "acme#anvil#0"}, "sk": {"S": "a"}}
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
def test_the_tenant_role_opens_for_a_well_formed_tenant_and_role_only(
    stage: LocalStage, forge: Callable[..., str], tags: dict[str, str]
) -> None:
    """The applied trust policy refuses, also when the app's own checks are gone and the pool signs anything."""
    with pytest.raises(ClientError, match=r"(is not|Not) authorized to perform:? sts:"):
        _opened(stage, forge, tags)
    assert _opened(stage, forge, {"tenant": "acme", "role": "member"})["Credentials"]


def test_nobody_but_whom_the_strategy_names_opens_a_tenants_session(
    stack: LocalStack, stage: LocalStage, strategy: Strategy
) -> None:
    """Not the account's administrator, whom no trust policy names; and with tokens, not the API's role either."""
    others = [stack.client("sts")]
    if strategy is Strategy.WEB_IDENTITY:
        others.append(lambda_client(stage, "sts"))
    for sts in others:
        with pytest.raises(ClientError, match="is not authorized to perform: sts:AssumeRole"):
            _assume(sts, stage.tenant_role_arn, {"tenant": "acme", "role": "member"})


@_WEB_IDENTITY
def test_a_users_own_token_and_session_are_worth_nothing_outside_of_the_stages_network(
    stage: LocalStage, person: Callable[..., Person]
) -> None:
    """A user holds a token too: on a laptop it opens nothing, and a session that got out reads nothing there."""
    token, key = person("acme").id_token, {"pk": {"S": "acme#anvil#0"}, "sk": {"S": "a"}}
    for aws, opens in ((AwsEndpoint.of(stage), False), (AwsEndpoint.in_vpc(stage), True)):
        if opens:
            assert _with_token(aws.as_nobody("sts"), stage, token, "acme.member")["Credentials"]
        else:
            with pytest.raises(ClientError, match="Not authorized to perform sts:AssumeRoleWithWebIdentity"):
                _with_token(aws.as_nobody("sts"), stage, token, "acme.member")

    vended = _with_token(AwsEndpoint.in_vpc(stage).as_nobody("sts"), stage, token, "acme.member")["Credentials"]
    assert AwsEndpoint.in_vpc(stage).as_session("dynamodb", vended).get_item(TableName=stage.table_name, Key=key)
    with pytest.raises(ClientError, match="explicit deny"):
        AwsEndpoint.of(stage).as_session("dynamodb", vended).get_item(TableName=stage.table_name, Key=key)
    with pytest.raises(ClientError, match="explicit deny"):
        AwsEndpoint.of(stage).as_session("secretsmanager", vended).get_secret_value(
            SecretId=stage.database.reader_secret_arn
        )


@pytest.mark.parametrize("other", ["acme-eu", "acme1", "acme10", "globex"])
def test_past_the_application_no_operation_reaches_another_tenants_partition(stage: LocalStage, other: str) -> None:
    """With acme's credentials in hand: the other tenant's keys are refused, the same calls on acme's own are not."""
    admin = scoped_client(stage, "acme", "admin")
    for tenant in ("acme", other):
        key = {"pk": {"S": f"{tenant}#anvil#3"}, "sk": {"S": "past-the-application"}}
        query = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": key["pk"]}}
        for operation, parameters in (
            ("put_item", {"Item": key}),
            ("get_item", {"Key": key}),
            ("query", query),
            ("update_item", {"Key": key, "UpdateExpression": "REMOVE nothing"}),
            ("delete_item", {"Key": key}),
        ):
            call = partial(getattr(admin, operation), TableName=stage.table_name, **parameters)
            if tenant == "acme":
                call()
            else:
                with pytest.raises(ClientError, match=r"because no (identity-based|session) policy allows"):
                    call()
                assert "dynamodb:LeadingKeys" in json.dumps(_last(stage, _ACTIONS[operation])["unmet"])
    with pytest.raises(ClientError, match="explicit deny"):
        admin.scan(TableName=stage.table_name)


@pytest.mark.parametrize("operation", ["transact_get_items", "transact_write_items"])
def test_one_foreign_key_among_ones_own_refuses_the_whole_transaction(stage: LocalStage, operation: str) -> None:
    """ForAllValues holds for all of them or not at all; the transaction on one's own keys is allowed."""
    admin = scoped_client(stage, "acme", "admin")

    def transaction(*tenants: str) -> Any:
        keys = [{"pk": {"S": f"{tenant}#anvil#3"}, "sk": {"S": "in-a-transaction"}} for tenant in tenants]
        where = {"TableName": stage.table_name}
        if operation == "transact_get_items":
            return admin.transact_get_items(TransactItems=[{"Get": where | {"Key": key}} for key in keys])
        return admin.transact_write_items(TransactItems=[{"Put": where | {"Item": key}} for key in keys])

    with pytest.raises(ClientError, match="AccessDenied"):
        transaction("acme", "globex")
    transaction("acme")
    key = {"pk": {"S": "acme#anvil#3"}, "sk": {"S": "in-a-transaction"}}
    admin.delete_item(TableName=stage.table_name, Key=key)


def _opened(stage: LocalStage, forge: Callable[..., str], tags: dict[str, str]) -> Any:
    """Open a session with these tags, as the stage's strategy does: by a token that the pool signed, or by the API."""
    if stage.vending_strategy is Strategy.WEB_IDENTITY:
        token = forge(**{TAGS: {"principal_tags": {key: [value] for key, value in tags.items()}}})
        name = f"{tags.get('tenant', 'acme')}.{tags.get('role', 'member')}"
        return _with_token(AwsEndpoint.in_vpc(stage).as_nobody("sts"), stage, token, name)
    return _assume(lambda_client(stage, "sts"), stage.tenant_role_arn, tags)


def _with_token(sts: Any, stage: LocalStage, token: str, name: str) -> Any:
    return sts.assume_role_with_web_identity(
        RoleArn=stage.tenant_role_arn, RoleSessionName=name, WebIdentityToken=token
    )


def _assume(sts: Any, role_arn: str, tags: dict[str, str]) -> Any:
    return sts.assume_role(
        RoleArn=role_arn,
        RoleSessionName="test",
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )
