"""Prints a demo user's id token: `python -m ops.sign_in acme member`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ops.errors import OpsError
from ops.shell import forget_aws_settings
from ops.stage import DEFAULT_PATH, LocalStage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_cognito_idp.type_defs import AuthenticationResultTypeTypeDef

    from ops.stage import User


def sign_in(stage: LocalStage, user: User) -> AuthenticationResultTypeTypeDef:
    """Sign in with user name and password, as the web page does, and return the tokens.

    Raises:
        OpsError: Cognito cannot be reached or refuses.
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
        raise OpsError(f"{user.username} cannot sign in at {stage.aws_endpoint_url}: {error}") from error
    result: AuthenticationResultTypeTypeDef = answer["AuthenticationResult"]
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the id token, and nothing else, on standard output."""
    parser = argparse.ArgumentParser(prog="python -m ops.sign_in", description=__doc__)
    parser.add_argument("tenant")
    parser.add_argument("role", choices=["viewer", "member", "admin"])
    parser.add_argument("--stage-file", type=Path, default=DEFAULT_PATH, help="default: %(default)s")
    options = parser.parse_args(arguments)
    forget_aws_settings()
    try:
        stage = LocalStage.load(options.stage_file)
        print(sign_in(stage, stage.user(options.tenant, options.role))["IdToken"])
    except OpsError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
