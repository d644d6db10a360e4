"""Signing a demo user in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from stage.errors import CommandError

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.type_defs import AuthenticationResultTypeTypeDef

    from stage.document import LocalStage, User


def sign_in(stage: LocalStage, user: User) -> AuthenticationResultTypeTypeDef:
    """Sign in with user name and password, as the web page does, and return the tokens.

    Raises:
        CommandError: Cognito cannot be reached or refuses.
    """
    cognito = boto3.client(
        "cognito-idp",
        region_name=stage.region,
        endpoint_url=stage.aws_endpoint_url,
        config=Config(signature_version=UNSIGNED),
    )
    try:
        answer = cognito.initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=stage.user_pool_client_id,
            AuthParameters={"USERNAME": user.username, "PASSWORD": user.password},
        )
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"{user.username} cannot sign in at {stage.aws_endpoint_url}: {error}") from error
    result: AuthenticationResultTypeTypeDef = answer["AuthenticationResult"]
    return result
