"""The environment of the app on one machine: its settings, and credentials as the Lambda service would vend them."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any

from bulkhead_localaws.execution import PATH, execution_token
from stage.document import LambdaCredentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stage.local.aws import LocalAws

#: What an AWS SDK prefers to the container's credentials; any of it would make the app run with somebody else's rights.
PREFERRED_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_CREDENTIAL_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
)
#: What an AWS SDK prefers to AWS_ENDPOINT_URL; with any of it the app would call another AWS than the local one.
PREFERRED_ENDPOINTS = (
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "AWS_ENDPOINT_URL_STS",
)
#: Of each login; on AWS one, since an environment of Lambda serves one request at a time.
_CONNECTIONS = "8"
_CACHED_TENANTS = "512"
#: For an authorizer and the request that it admitted, and for a function of the control plane that began before.
REQUEST_SECONDS = 60
_NONE = "0"  # a local stage has neither backups nor log groups, and its exports do not expire


def app_settings(local_aws: LocalAws, outputs: Mapping[str, Any], *, cors_origin: str) -> dict[str, str]:
    """Return what the app must be told, from the outputs of `infra/local`."""
    authorizer = vended_credentials(local_aws, outputs["authorizer_role_arn"])
    return _as_role(local_aws, outputs, outputs["lambda_role_arn"]) | {
        "TABLE_ARN": outputs["table_arn"],
        "CACHED_TENANTS": _CACHED_TENANTS,
        "TOKEN_ISSUER": outputs["token_issuer"],
        "TOKEN_AUDIENCE": outputs["user_pool_client_id"],
        "JWKS_URL": _jwks_url(local_aws, outputs),
        "CORS_ORIGIN": cors_origin,
        "NAME_AWS_REQUESTS": "1",
        "READER_SECRET_ARN": outputs["reader_secret_arn"],
        "WRITER_SECRET_ARN": outputs["writer_secret_arn"],
        "DATABASE_SSLMODE": "disable",
        "DATABASE_CONNECTIONS": _CONNECTIONS,
        "REGISTRY_TABLE_NAME": outputs["registry_table_name"],
        "AUTHORIZER_CACHE_SECONDS": str(outputs["authorizer_cache_seconds"]),
        **{f"AUTHORIZER_ROLE_{name}": value for name, value in authorizer.as_settings().items()},
        "VENDING_STRATEGY": outputs["vending_strategy"],
        "SESSION_PER": outputs["session_per"],
        "TENANT_ROLE_ARN": outputs["tenant_role_arn"],
        "SIGNING_KEYS_TABLE_NAME": outputs["signing_keys_table_name"],
    }


def function_settings(local_aws: LocalAws, outputs: Mapping[str, Any], function: str) -> dict[str, str]:
    """Return what a function of the control plane must be told, to run with its own role."""
    return _as_role(local_aws, outputs, outputs[f"{function}_role_arn"]) | {
        "MASTER_SECRET_ARN": outputs["master_secret_arn"],
        "READER_SECRET_ARN": outputs["reader_secret_arn"],
        "WRITER_SECRET_ARN": outputs["writer_secret_arn"],
        "DATABASE_SSLMODE": "disable",
        "REGISTRY_TABLE_NAME": outputs["registry_table_name"],
        "USER_POOL_ID": outputs["user_pool_id"],
        "TABLE_NAME": outputs["table_name"],
        "TENANT_MAINTENANCE_ROLE_ARN": outputs["tenant_maintenance_role_arn"],
        "SIGNING_KEYS_TABLE_NAME": outputs["signing_keys_table_name"],
        "TOKEN_ISSUER": outputs["token_issuer"],
        "JWKS_URL": _jwks_url(local_aws, outputs),
        "EXPORT_BUCKET": outputs["export_bucket_name"],
        "ERASE_AFTER_SECONDS": str(outputs["authorizer_cache_seconds"] + REQUEST_SECONDS),
        "EXPORT_RETENTION_DAYS": _NONE,
        "BACKUP_RETENTION_DAYS": _NONE,
        "LOG_RETENTION_DAYS": _NONE,
    }


def _as_role(local_aws: LocalAws, outputs: Mapping[str, Any], role_arn: str) -> dict[str, str]:
    return {
        "AWS_REGION": outputs["region"],
        "AWS_DEFAULT_REGION": outputs["region"],
        "AWS_ENDPOINT_URL": local_aws.vpc_endpoint_url,
        **vended_credentials(local_aws, role_arn).as_settings(),
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_CONFIG_FILE": os.devnull,
        "BOTO_CONFIG": os.devnull,  # else ~/.boto is preferred
        "NO_PROXY": "127.0.0.1,localhost",
    }


def _jwks_url(local_aws: LocalAws, outputs: Mapping[str, Any]) -> str:
    return f"{local_aws.endpoint_url}/{outputs['user_pool_id']}/.well-known/jwks.json"


def vended_credentials(local_aws: LocalAws, role_arn: str) -> LambdaCredentials:
    """Return where the local Lambda service vends a role's credentials, and to whom."""
    role_name = role_arn.rsplit("/", 1)[-1]
    return LambdaCredentials(
        full_uri=f"{local_aws.endpoint_url}{PATH}{role_name}",
        authorization_token=execution_token(local_aws.execution_secret, role_name),
    )


def as_shell(settings: Mapping[str, str]) -> str:
    """Return the settings as a file to source before plain `chalice local`."""
    preferred = " ".join(PREFERRED_CREDENTIALS + PREFERRED_ENDPOINTS)
    lines = ["# source this file, then: chalice local --stage local", f"unset {preferred}"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in settings.items()]
    return "\n".join(lines) + "\n"
