"""From the user's attributes to the session's tags: the trigger, a stage that had none, and sessions for each user."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from chalicelib.config import SessionPer, Strategy
from chalicelib.tenancy.token_tags import SOURCE_IDENTITY, TAGS
from stage.clients import AwsEndpoint
from stage.decisions import read_decisions
from stage.http_api import Api
from stage.local.stack import LocalStack, StackOptions
from stage.progress import Progress
from stage.shell import forget_aws_settings
from stage.sign_in import sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stage.document import LocalStage, User

_WEB_IDENTITY = pytest.mark.parametrize("strategy", [Strategy.WEB_IDENTITY], indirect=True, scope="session")


def _claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def _get(stage: LocalStage, token: str, path: str = "/anvils") -> int:
    api = Api(stage.api_url)
    try:
        return api.call("GET", path, headers={"Authorization": f"Bearer {token}"}).status
    finally:
        api.close()


def _initiated(stage: LocalStage, flow: str, metadata: dict[str, str] | None = None, **parameters: str) -> Any:
    cognito = AwsEndpoint.of(stage).as_nobody("cognito-idp")
    more = {"ClientMetadata": metadata} if metadata else {}
    answer = cognito.initiate_auth(AuthFlow=flow, ClientId=stage.user_pool_client_id, AuthParameters=parameters, **more)
    return answer["AuthenticationResult"]


def test_the_trigger_tags_the_id_token_and_no_other_with_what_the_user_cannot_write(stage: LocalStage) -> None:
    """What the caller says of itself at sign-in is not heeded."""
    user = stage.user("acme", "viewer")
    said = {"tenant": "globex", "custom:tenantID": "globex", "role": "admin"}
    tokens = _initiated(stage, "USER_PASSWORD_AUTH", said, USERNAME=user.username, PASSWORD=user.password)

    assert _claims(tokens["IdToken"])[TAGS] == {"principal_tags": {"tenant": ["acme"], "role": ["viewer"]}}
    assert SOURCE_IDENTITY not in _claims(tokens["IdToken"]), "a session that several users share would name the wrong"
    assert TAGS not in _claims(tokens["AccessToken"])


@contextmanager
def _without_trigger(stack: LocalStack, stage: LocalStage) -> Iterator[None]:
    """Have the pool as a stage had it before there was a trigger."""
    cognito = stack.client("cognito-idp")
    pool = cognito.describe_user_pool(UserPoolId=stage.user_pool_id)["UserPool"]
    cognito.update_user_pool(UserPoolId=stage.user_pool_id, LambdaConfig={}, UserPoolTier=pool["UserPoolTier"])
    try:
        yield
    finally:
        cognito.update_user_pool(
            UserPoolId=stage.user_pool_id, LambdaConfig=pool["LambdaConfig"], UserPoolTier=pool["UserPoolTier"]
        )


def test_a_token_from_before_the_trigger_is_refused_and_a_refresh_adds_the_tags(
    stack: LocalStack, stage: LocalStage
) -> None:
    """So nobody who is signed in while a running stage is upgraded has to sign in again: the page renews at a 401."""
    user = stage.user("acme", "member")
    with _without_trigger(stack, stage):
        before = sign_in(stage, user)
    assert TAGS not in _claims(before["IdToken"])
    assert _get(stage, before["IdToken"]) == 401

    renewed = _initiated(stage, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=before["RefreshToken"])
    assert _get(stage, renewed["IdToken"]) == 200


@_WEB_IDENTITY
def test_a_second_user_of_a_tenant_shares_the_session_and_stss_answer(stage: LocalStage) -> None:
    """One call of STS for both; the second token is verified by its signature."""
    for role in ("viewer", "viewer"):
        assert _get(stage, sign_in(stage, stage.user("acme10", role))["IdToken"]) == 200

    opened = [
        each
        for each in read_decisions(stage.aws_endpoint_url)
        if each["action"] == "sts:AssumeRoleWithWebIdentity"
        and each["context"].get("aws:RequestTag/tenant") == "acme10"
        and each["context"].get("aws:RequestTag/role") == "viewer"
    ]
    assert len(opened) == 1


@pytest.mark.evidence
def test_with_sessions_per_user_each_has_one_that_names_the_user(own_project: Path, tmp_path: Path) -> None:
    """Two members of a tenant call STS twice, and AWS knows each of their calls by the user's id."""
    forget_aws_settings()
    options = StackOptions(project=own_project, folder=tmp_path, tenants=("acme",), session_per=SessionPer.USER)
    with LocalStack(options, Progress()) as stack:
        stage = stack.stage(stack.serve_api())
        subjects = [_called_as(stage, user) for user in (stage.user("acme", "member"), _second_member(stack, stage))]
        named = [
            each["context"]["sts:SourceIdentity"]
            for each in read_decisions(stage.aws_endpoint_url)
            if each["action"] == "sts:SetSourceIdentity"
        ]

    assert sorted(named) == sorted(subjects), "one session for each"
    assert len(set(subjects)) == 2


def _called_as(stage: LocalStage, user: User) -> str:
    token = sign_in(stage, user)["IdToken"]
    claims = _claims(token)
    assert claims[SOURCE_IDENTITY] == claims["sub"]
    assert _get(stage, token) == 200
    return str(claims["sub"])


def _second_member(stack: LocalStack, stage: LocalStage) -> User:
    first = stage.user("acme", "member")
    second = first.model_copy(update={"username": f"acme/second-{time.time_ns()}@acme.example.com"})
    stack.client("cognito-idp").admin_create_user(
        UserPoolId=stage.user_pool_id,
        Username=second.username,
        UserAttributes=[
            {"Name": "email", "Value": second.username.partition("/")[2]},
            {"Name": "custom:tenantID", "Value": "acme"},
            {"Name": "custom:role", "Value": "member"},
        ],
        MessageAction="SUPPRESS",
    )
    stack.client("cognito-idp").admin_set_user_password(
        UserPoolId=stage.user_pool_id, Username=second.username, Password=second.password, Permanent=True
    )
    return second
