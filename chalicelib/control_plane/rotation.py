"""Rotates a login's secret by alternating users: the old login keeps its password until the rotation after the next.

The four steps are those of Secrets Manager's contract. Source: AWS, "Lambda rotation functions"
(https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalicelib.control_plane.migration import set_password
from chalicelib.data.database_secret import DatabaseSecret

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg
    from mypy_boto3_secretsmanager import SecretsManagerClient

_CLONE = "_clone"
_PASSWORD_LENGTH = 40


class RotationError(RuntimeError):
    """The rotation cannot go on; the secret's current version stays as it is."""


class Rotation:
    """One rotation of one secret, step by step; each step may run again."""

    def __init__(
        self,
        secrets: SecretsManagerClient,
        connect: Callable[[DatabaseSecret], psycopg.Connection[Any]],
        master_secret_arn: str,
    ) -> None:
        self._secrets = secrets
        self._connect = connect
        self._master_secret_arn = master_secret_arn

    def run(self, step: str, secret_arn: str, token: str) -> None:
        """Run one step for the version that the token names.

        Raises:
            RotationError: the step is unknown, or the version is not one that is being made.
        """
        steps = {
            "createSecret": self._create_secret,
            "setSecret": self._set_secret,
            "testSecret": self._test_secret,
            "finishSecret": self._finish_secret,
        }
        if step not in steps:
            raise RotationError(f"there is no step {step!r}")
        versions = self._secrets.describe_secret(SecretId=secret_arn).get("VersionIdsToStages", {})
        if "AWSCURRENT" in versions.get(token, []):
            return  # this rotation is done already
        if step != "createSecret" and "AWSPENDING" not in versions.get(token, []):
            raise RotationError(f"the version {token} is not one that is being made")
        steps[step](secret_arn, token)

    def _create_secret(self, secret_arn: str, token: str) -> None:
        try:
            self._pending(secret_arn, token)
        except self._secrets.exceptions.ResourceNotFoundException:
            answer = self._secrets.get_secret_value(SecretId=secret_arn, VersionStage="AWSCURRENT")
            current = json.loads(answer["SecretString"])
            password = self._secrets.get_random_password(PasswordLength=_PASSWORD_LENGTH, ExcludePunctuation=True)
            pending = current | {
                "username": _other_user(current["username"]),
                "password": password["RandomPassword"],
            }
            self._secrets.put_secret_value(
                SecretId=secret_arn,
                ClientRequestToken=token,
                SecretString=json.dumps(pending),
                VersionStages=["AWSPENDING"],
            )

    def _set_secret(self, secret_arn: str, token: str) -> None:
        master = DatabaseSecret.read(self._secrets, self._master_secret_arn)
        with self._connect(master) as connection:
            set_password(connection, self._pending(secret_arn, token))

    def _test_secret(self, secret_arn: str, token: str) -> None:
        if self._is_trial(secret_arn, token):
            return
        with self._connect(self._pending(secret_arn, token)) as connection:
            connection.execute("SELECT 1")

    def _is_trial(self, secret_arn: str, token: str) -> bool:
        """Return whether no password was made: a rotation that is switched on, and not begun, is tried with this step.

        Source: AWS, Secrets Manager API reference, RotateSecret, RotateImmediately.
        """
        try:
            pending = self._pending(secret_arn, token)
        except self._secrets.exceptions.ResourceNotFoundException:
            return True
        answer = self._secrets.get_secret_value(SecretId=secret_arn, VersionStage="AWSCURRENT")
        return pending == DatabaseSecret.parse(answer["SecretString"])

    def _finish_secret(self, secret_arn: str, token: str) -> None:
        versions = self._secrets.describe_secret(SecretId=secret_arn)["VersionIdsToStages"]
        current = next((version for version, stages in versions.items() if "AWSCURRENT" in stages), None)
        moved = {"RemoveFromVersionId": current} if current is not None else {}
        self._secrets.update_secret_version_stage(
            SecretId=secret_arn, VersionStage="AWSCURRENT", MoveToVersionId=token, **moved
        )

    def _pending(self, secret_arn: str, token: str) -> DatabaseSecret:
        answer = self._secrets.get_secret_value(SecretId=secret_arn, VersionId=token, VersionStage="AWSPENDING")
        return DatabaseSecret.parse(answer["SecretString"])


def _other_user(username: str) -> str:
    return username.removesuffix(_CLONE) if username.endswith(_CLONE) else username + _CLONE
