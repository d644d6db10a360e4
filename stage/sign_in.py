"""Signing a user in with user name and password, as the web page does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from stage.clients import AwsEndpoint
from stage.errors import CommandError

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.type_defs import AuthenticationResultTypeTypeDef

    from stage.document import LocalStage, User


def sign_in(stage: LocalStage, user: User) -> AuthenticationResultTypeTypeDef:
    """Sign a demo user in and return the tokens; raises CommandError."""
    return tokens_of(AwsEndpoint.of(stage), stage.user_pool_client_id, user.username, user.password)


def tokens_of(aws: AwsEndpoint, client_id: str, username: str, password: str) -> AuthenticationResultTypeTypeDef:
    """Return the tokens of a user of any stage.

    Raises:
        CommandError: Cognito cannot be reached or refuses.
    """
    try:
        answer = aws.as_nobody("cognito-idp").initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=client_id,
            AuthParameters={"USERNAME": username, "PASSWORD": password},
        )
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"{username} cannot sign in at {aws.url or aws.region}: {error}") from error
    result: AuthenticationResultTypeTypeDef = answer["AuthenticationResult"]
    return result
