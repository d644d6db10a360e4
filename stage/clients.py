"""AWS clients of everybody whose credentials a stage lends: the operator, functions, sessions, and nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config

from stage.http_api import get_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stage.document import LambdaCredentials, LocalStage, Operator

_CONFIG = Config(retries={"total_max_attempts": 3})


@dataclass(frozen=True, slots=True)
class AwsEndpoint:
    """Where an AWS answers: a local one at `url`, or a region of the real one."""

    region: str
    url: str | None = None

    @classmethod
    def of(cls, stage: LocalStage) -> AwsEndpoint:
        """Return where the AWS of a stage on this machine answers."""
        return cls(stage.region, stage.aws_endpoint_url)

    @classmethod
    def in_vpc(cls, stage: LocalStage) -> AwsEndpoint:
        """Return where the AWS of a stage on this machine answers what is in the stage's VPC, as its API is."""
        return cls(stage.region, stage.vpc_endpoint_url)

    def as_caller(self, service: str, config: Config | None = None) -> Any:
        """Return a client with the credentials of whoever runs this, which boto3 finds."""
        return self._client(service, config=config or _CONFIG)

    def as_session(self, service: str, key: Mapping[str, Any]) -> Any:
        """Return a client with a session's credentials, in the form in which STS gives them."""
        return self._client(
            service,
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
            aws_session_token=key["SessionToken"],
        )

    def as_function(self, service: str, vended: LambdaCredentials) -> Any:
        """Return a client that acts as a function on this machine.

        Raises:
            OSError: the stage is gone.
        """
        return self.as_session(service, function_key(vended))

    def as_operator(self, service: str, operator: Operator) -> Any:
        """Return a client of the local account's administrator."""
        return self._client(
            service,
            aws_access_key_id=operator.access_key_id,
            aws_secret_access_key=operator.secret_access_key,
        )

    def as_nobody(self, service: str) -> Any:
        """Return a client that signs nothing, as a browser's."""
        return self._client(service, config=_CONFIG.merge(Config(signature_version=UNSIGNED)))

    def _client(self, service: str, config: Config = _CONFIG, **key: Any) -> Any:
        return boto3.client(service, region_name=self.region, endpoint_url=self.url, config=config, **key)


def function_key(vended: LambdaCredentials) -> Mapping[str, Any]:
    """Return the key of a function's execution role, as the function on this machine gets it, in the form of STS.

    Raises:
        OSError: the stage is gone.
    """
    key = get_json(vended.full_uri, {"Authorization": vended.authorization_token})
    return {**key, "SessionToken": key["Token"]}


def lambda_client(stage: LocalStage, service: str) -> Any:
    """Return a client that acts as the API's function on a stage on this machine.

    Raises:
        OSError: the stage is gone.
    """
    return AwsEndpoint.in_vpc(stage).as_function(service, stage.lambda_credentials)


def operator_client(stage: LocalStage, service: str) -> Any:
    """Return a client of the administrator of a stage on this machine."""
    return AwsEndpoint.of(stage).as_operator(service, stage.operator)
