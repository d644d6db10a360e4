"""What anybody can ask of Cognito without a signature, and what the user pool's settings refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt
import pytest
from botocore.exceptions import ClientError

from stage.clients import AwsEndpoint
from stage.sign_in import sign_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from stage.document import LocalStage
    from tests.support.people import Person


@pytest.fixture
def anybody(stage: LocalStage) -> Any:
    """Return a Cognito client without a key, as a browser has."""
    return AwsEndpoint.of(stage).as_nobody("cognito-idp")


@pytest.mark.parametrize("attribute", ["custom:tenantID", "custom:role", "email", "name"])
def test_nobody_changes_the_own_attributes(anybody: Any, person: Callable[..., Person], attribute: str) -> None:
    """Moto would let users write what their client may not, the tenant included, so the gate lets them write none."""
    token = person("acme", "viewer").access_token

    with pytest.raises(ClientError, match="AccessDeniedException"):
        anybody.update_user_attributes(AccessToken=token, UserAttributes=[{"Name": attribute, "Value": "globex"}])
    with pytest.raises(ClientError, match="AccessDeniedException"):
        anybody.delete_user_attributes(AccessToken=token, UserAttributeNames=[attribute])


def test_nobody_signs_up(anybody: Any, stage: LocalStage) -> None:
    """Administrators alone create users."""
    with pytest.raises(ClientError, match="AccessDeniedException"):
        anybody.sign_up(
            ClientId=stage.user_pool_client_id,
            Username="acme/eve@example.com",
            Password="Aa1-aaaaaaaaaaaaaaaa",
            UserAttributes=[{"Name": "custom:tenantID", "Value": "acme"}],
        )


@pytest.mark.parametrize(
    "flow", ["USER_SRP_AUTH", "CUSTOM_AUTH", "USER_AUTH", "ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"]
)
def test_only_the_clients_own_flows_sign_in(anybody: Any, stage: LocalStage, flow: str) -> None:
    """Not SRP and the others, which moto takes with any password."""
    user = stage.user("acme", "admin")

    with pytest.raises(ClientError):
        anybody.initiate_auth(
            AuthFlow=flow,
            ClientId=stage.user_pool_client_id,
            AuthParameters={"USERNAME": user.username, "SRP_A": "0" * 64, "PASSWORD": user.password},
        )


def test_a_password_must_be_right_and_a_refresh_token_gives_the_same_tenant(anybody: Any, stage: LocalStage) -> None:
    """A wrong password is refused; a refreshed id token names the tenant and role of the first one."""
    user = stage.user("globex", "member")
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        sign_in_with(anybody, stage, user.username, "Aa1-wrong-wrong-wrong")

    refreshed = anybody.initiate_auth(
        AuthFlow="REFRESH_TOKEN_AUTH",
        ClientId=stage.user_pool_client_id,
        AuthParameters={"REFRESH_TOKEN": sign_in(stage, user)["RefreshToken"]},
    )["AuthenticationResult"]
    claims = jwt.decode(refreshed["IdToken"], options={"verify_signature": False})
    assert (claims["custom:tenantID"], claims["custom:role"]) == ("globex", "member")


def sign_in_with(anybody: Any, stage: LocalStage, username: str, password: str) -> Any:
    """Sign in with a password."""
    return anybody.initiate_auth(
        AuthFlow="USER_PASSWORD_AUTH",
        ClientId=stage.user_pool_client_id,
        AuthParameters={"USERNAME": username, "PASSWORD": password},
    )


@pytest.mark.parametrize("operation", ["list_users", "describe_user_pool", "list_user_pool_clients"])
def test_administration_needs_a_signature(anybody: Any, stage: LocalStage, operation: str) -> None:
    """An unsigned call of an administrator's operation is refused."""
    with pytest.raises(ClientError, match="MissingAuthenticationToken"):
        getattr(anybody, operation)(UserPoolId=stage.user_pool_id)


def test_a_user_signs_out_everywhere(anybody: Any, stage: LocalStage) -> None:
    """The refresh token is worth nothing afterwards, though the stage's region is not the emulator's own."""
    tokens = sign_in(stage, stage.user("acme1", "viewer"))
    again = {"REFRESH_TOKEN": tokens["RefreshToken"]}
    client = stage.user_pool_client_id
    assert anybody.initiate_auth(ClientId=client, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=again)

    anybody.global_sign_out(AccessToken=tokens["AccessToken"])

    with pytest.raises(ClientError, match="NotAuthorizedException"):
        anybody.initiate_auth(ClientId=client, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=again)
