"""Rotates a login's secret on the local stack, where no Secrets Manager calls the function."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stage.local.stack import LocalStack

#: Source: AWS, "Lambda rotation functions" (https://docs.aws.amazon.com/secretsmanager/latest/userguide/
#: rotate-secrets_lambda-functions.html).
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


def rotate(stack: LocalStack, login: str) -> str:
    """Call `rotate_secret` for each step with one new token, as Secrets Manager does, and return the token.

    Raises:
        CommandError: a step failed; the secret's current version is the one it was.
    """
    token = str(uuid.uuid4())
    for step in STEPS:
        run_step(stack, login, step, token)
    return token


def run_step(stack: LocalStack, login: str, step: str, token: str) -> None:
    """Call `rotate_secret` for one step of the rotation of the reader's or the writer's secret.

    Raises:
        CommandError: it failed.
    """
    event = {"Step": step, "SecretId": stack.outputs[f"{login}_secret_arn"], "ClientRequestToken": token}
    stack.invoke("rotate_secret", event)
