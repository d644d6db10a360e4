"""Who may read the logins' secrets, decided by IAM on the local AWS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from chalicelib import PRODUCT
from chalicelib.config import Strategy
from stage.clients import lambda_client
from stage.decisions import read_decisions
from stage.scoped_credentials import scoped_client
from tests.support.weakened_policies import weakened, without_role_condition

if TYPE_CHECKING:
    from collections.abc import Callable

    from stage.document import LocalStage
    from stage.local.stack import LocalStack

SECRETS = ("reader", "writer", "master")


@pytest.fixture
def scoped(stage: LocalStage) -> Callable[[str], Any]:
    """Return a function that makes a Secrets Manager client with acme's scoped credentials for a role."""
    return lambda role: scoped_client(stage, "acme", role, "secretsmanager")


def _arn(stage: LocalStage, secret: str) -> str:
    arn: str = getattr(stage.database, f"{secret}_secret_arn")
    return arn


def _readable(client: Any, stage: LocalStage) -> set[str]:
    """Return which of the three secrets the client reads; each of the others is refused by IAM."""
    return {secret for secret in SECRETS if _reads(client, _arn(stage, secret))}


def _reads(client: Any, arn: str) -> bool:
    try:
        value = client.get_secret_value(SecretId=arn)["SecretString"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        return False
    return bool(json.loads(value)["password"])


def _last_decision(stage: LocalStage, secret: str) -> dict[str, Any]:
    decisions = read_decisions(stage.aws_endpoint_url)
    return [each for each in decisions if each["resource"] == _arn(stage, secret)][-1]


@pytest.mark.parametrize(
    ("role", "readable"),
    [("viewer", {"reader"}), ("member", {"reader"}), ("admin", {"reader", "writer"})],
)
def test_scoped_credentials_read_the_secrets_of_their_role_and_never_the_masters(
    stage: LocalStage, scoped: Callable[[str], Any], role: str, readable: set[str]
) -> None:
    """The writer's is the admin's alone, and nobody's the master's."""
    assert _readable(scoped(role), stage) == readable
    assert _last_decision(stage, "master")["decision"] == "ImplicitlyDenied"


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_the_role_tag_is_what_keeps_the_writers_secret_from_who_is_no_admin(
    stage: LocalStage, scoped: Callable[[str], Any], role: str
) -> None:
    """The recorded decision names the condition that was not met; for the admin it is met."""
    _readable(scoped(role), stage)
    refused = _last_decision(stage, "writer")
    _readable(scoped("admin"), stage)
    allowed = _last_decision(stage, "writer")

    assert (refused["decision"], refused["tags"]["role"]) == ("ImplicitlyDenied", role)
    assert "aws:PrincipalTag/role" in json.dumps(refused["unmet"])
    assert (allowed["decision"], allowed["tags"]["role"]) == ("Allowed", "admin")


@pytest.mark.parametrize(
    "strategy", [pytest.param(Strategy.SESSION_POLICY, marks=pytest.mark.evidence)], indirect=True, scope="session"
)
@pytest.mark.parametrize("role", ["viewer", "member"])
def test_a_session_policy_keeps_the_writers_secret_from_who_is_no_admin_on_its_own(
    stack: LocalStack, stage: LocalStage, role: str
) -> None:
    """Also where the role's own policy would give it to everybody."""
    with weakened(stack.client("iam"), f"{PRODUCT}-local-TenantPolicyRole", without_role_condition):
        for one, readable in ((role, {"reader"}), ("admin", {"reader", "writer"})):
            client = scoped_client(stage, "acme", one, "secretsmanager")
            assert _readable(client, stage) == readable


@pytest.mark.parametrize(
    "call",
    [
        lambda client, arn: client.put_secret_value(SecretId=arn, SecretString="{}"),
        lambda client, arn: client.update_secret(SecretId=arn, SecretString="{}"),
        lambda client, arn: client.delete_secret(SecretId=arn),
        lambda client, arn: client.describe_secret(SecretId=arn),
        lambda client, _: client.list_secrets(),
        lambda client, arn: client.batch_get_secret_value(SecretIdList=[arn]),
        lambda client, arn: client.put_resource_policy(SecretId=arn, ResourcePolicy="{}"),
    ],
    ids=["put", "update", "delete", "describe", "list", "batch", "policy"],
)
def test_an_admins_credentials_do_nothing_to_a_secret_but_read_it(
    stage: LocalStage, scoped: Callable[[str], Any], call: Callable[..., Any]
) -> None:
    """Every other action on the reader's secret is refused; reading it works."""
    admin = scoped("admin")

    with pytest.raises(ClientError, match="AccessDenied"):
        call(admin, stage.database.reader_secret_arn)
    assert "reader" in _readable(admin, stage)


def test_the_lambda_role_reads_no_secret(stage: LocalStage) -> None:
    """The API's own credentials open no login; the scoped ones that it vends do."""
    assert _readable(lambda_client(stage, "secretsmanager"), stage) == set()


@pytest.mark.parametrize("function", ["migrate_database", "rotate_secret"])
def test_the_functions_of_the_control_plane_read_all_three_secrets_and_no_table(
    stack: LocalStack, stage: LocalStage, function: str
) -> None:
    """Each has its own role, which opens no tenant's session either."""
    dynamodb = stack.function_client(function, "dynamodb")
    key = {"pk": {"S": "acme#anvil#0"}, "sk": {"S": "a"}}

    assert _readable(stack.function_client(function, "secretsmanager"), stage) == set(SECRETS)
    refused: list[Callable[[], Any]] = [
        lambda: dynamodb.get_item(TableName=stage.table_name, Key=key),
        lambda: dynamodb.scan(TableName=stage.table_name),
        lambda: stack.function_client(function, "sts").assume_role(
            RoleArn=stage.tenant_role_arn,
            RoleSessionName="test",
            Tags=[{"Key": "tenant", "Value": "acme"}, {"Key": "role", "Value": "admin"}],
        ),
    ]
    for call in refused:
        with pytest.raises(ClientError, match="AccessDenied"):
            call()


def test_rotation_writes_the_logins_secrets_and_never_the_masters(stack: LocalStack, stage: LocalStage) -> None:
    """It may put a version of the reader's; the master's it may only read; the migration writes none."""
    rotation, migration = (
        stack.function_client(name, "secretsmanager") for name in ("rotate_secret", "migrate_database")
    )
    put = {"SecretString": "{}", "VersionStages": ["TEST"]}

    for client, secret in ((rotation, "master"), (migration, "reader"), (migration, "master")):
        with pytest.raises(ClientError, match="AccessDenied"):
            client.put_secret_value(SecretId=_arn(stage, secret), **put)
        with pytest.raises(ClientError, match="AccessDenied"):
            client.describe_secret(SecretId=_arn(stage, secret))
    assert rotation.put_secret_value(SecretId=_arn(stage, "reader"), **put)["VersionStages"] == ["TEST"]
    assert rotation.describe_secret(SecretId=_arn(stage, "writer"))["ARN"] == _arn(stage, "writer")
    assert len(rotation.get_random_password()["RandomPassword"]) == 32
