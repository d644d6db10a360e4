"""Clients with the credentials of a function's execution role, as the deployed function has them."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

import boto3

from stage.local.app_environment import role_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stage.document import LocalStage
    from stage.local.stack import LocalStack


def lambda_client(stage: LocalStage, service: str) -> Any:
    """Return a boto3 client that acts as the API's function on the local stage.

    Raises:
        OSError: the stage is gone.
    """
    vended = stage.lambda_credentials
    return _client(service, stage.aws_endpoint_url, stage.region, vended.full_uri, vended.authorization_token)


def function_client(stack: LocalStack, function: str, service: str) -> Any:
    """Return a boto3 client that acts as a function of the control plane.

    Raises:
        OSError: the stack is gone.
    """
    return role_client(stack, stack.outputs[f"{function}_role_arn"], service)


def role_client(stack: LocalStack, role_arn: str, service: str) -> Any:
    """Return a boto3 client that acts as a function with this execution role.

    Raises:
        OSError: the stack is gone.
    """
    vended = role_settings(stack.local_aws, role_arn)
    return _client(
        service,
        stack.local_aws.endpoint_url,
        stack.outputs["region"],
        vended["AWS_CONTAINER_CREDENTIALS_FULL_URI"],
        vended["AWS_CONTAINER_AUTHORIZATION_TOKEN"],
    )


def _client(service: str, endpoint_url: str, region: str, full_uri: str, authorization_token: str) -> Any:
    request = urllib.request.Request(full_uri, headers={"Authorization": authorization_token})  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310 -- on loopback
        key = json.load(answer)
    return client_of_session(service, endpoint_url, region, {**key, "SessionToken": key["Token"]})


def client_of_session(service: str, endpoint_url: str, region: str, key: Mapping[str, Any]) -> Any:
    """Return a boto3 client with a session's credentials, in the form in which STS gives them."""
    return boto3.client(
        service,
        endpoint_url=endpoint_url,
        region_name=region,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key["SessionToken"],
    )
