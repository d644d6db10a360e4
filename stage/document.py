"""The stage document: a running stage as tests, tools and people see it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from chalicelib.config import SessionPer, Strategy
from stage.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_PATH = Path(".local/stage.json")
_FULL_URI, _TOKEN = "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN"
#: The fields of every stage that are called as the outputs of its Terraform root.
_TOLD = (
    "region",
    "account_id",
    "lambda_role_arn",
    "authorizer_role_arn",
    "vending_strategy",
    "session_per",
    "tenant_role_arn",
    "tenant_maintenance_role_arn",
    "table_name",
    "registry_table_name",
    "signing_keys_table_name",
    "export_bucket_name",
    "user_pool_id",
    "user_pool_client_id",
)


class Operator(BaseModel):
    """An administrator's access key for the local account."""

    model_config = ConfigDict(frozen=True)

    access_key_id: str
    secret_access_key: str


class LambdaCredentials(BaseModel):
    """Where the Lambda execution role's credentials are vended, as containers on AWS get theirs."""

    model_config = ConfigDict(frozen=True)

    full_uri: str
    authorization_token: str

    @classmethod
    def from_settings(cls, settings: Mapping[str, str]) -> Self:
        """Return what a function's environment says."""
        return cls(full_uri=settings[_FULL_URI], authorization_token=settings[_TOKEN])

    def as_settings(self) -> dict[str, str]:
        """Return it as containers on AWS are told."""
        return {_FULL_URI: self.full_uri, _TOKEN: self.authorization_token}


class DatabaseEndpoint(BaseModel):
    """Where the database is, and the secrets of its logins."""

    model_config = ConfigDict(frozen=True)

    host: str
    port: int
    name: str
    reader_secret_arn: str
    writer_secret_arn: str
    master_secret_arn: str


class User(BaseModel):
    """A demo user who can sign in."""

    model_config = ConfigDict(frozen=True)

    tenant: str
    role: str
    username: str
    password: str


class Stage(BaseModel):
    """What is there and where, on AWS or on one machine; what is not built yet is absent."""

    model_config = ConfigDict(frozen=True)

    api_url: str
    web_url: str | None = None  # None in a stage without a page
    region: str
    account_id: str
    lambda_role_arn: str
    authorizer_role_arn: str
    vending_strategy: Strategy
    session_per: SessionPer
    tenant_role_arn: str  # of the role whose sessions the strategy opens
    tenant_maintenance_role_arn: str
    tenant_policy_role_arn: str | None = None  # in a stage with the strategy session_policy
    table_name: str
    registry_table_name: str
    signing_keys_table_name: str
    export_bucket_name: str
    user_pool_id: str
    user_pool_client_id: str
    database: DatabaseEndpoint
    lambda_functions: dict[str, str] = {}  # of the control plane, on AWS: name → the name that Lambda knows
    functions: dict[str, dict[str, str]] = {}  # on one machine: name → environment, the role's credentials in it

    @classmethod
    def load(cls, path: Path = DEFAULT_PATH) -> Self:
        """Read a stage document.

        Raises:
            CommandError: there is none, or it is not one.
        """
        try:
            return cls.model_validate_json(path.read_text())
        except FileNotFoundError:
            raise CommandError(f"{path} is not there: start a stage with `make dev`") from None
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise CommandError(f"{path} is not a stage document: it is not text") from None
        except ValidationError as error:
            raise CommandError(f"{path} is not a stage document: {_problems(error)}") from None

    def save(self, path: Path) -> None:
        """Write the document, readable by its owner only and all at once."""
        write_privately(path, json.dumps(self.model_dump(exclude_none=True, exclude_defaults=True), indent=2) + "\n")


class LocalStage(Stage):
    """A stage on one machine, with the keys and passwords that are worth nothing elsewhere."""

    aws_endpoint_url: str
    vpc_endpoint_url: str  # the same AWS by way of the stage's VPC endpoint, which tenants' sessions need
    operator: Operator
    lambda_credentials: LambdaCredentials
    users: list[User]

    def user(self, tenant: str, role: str) -> User:
        """Return the tenant's user of that role.

        Raises:
            CommandError: the stage has none.
        """
        for user in self.users:
            if (user.tenant, user.role) == (tenant, role):
                return user
        raise CommandError(f"the stage lists no {role} of {tenant}")


def told_by(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a stage that Terraform's outputs tell, on AWS as on one machine."""
    database = {name: outputs[f"database_{name}"] for name in ("host", "port", "name")}
    secrets = {name: outputs[name] for name in DatabaseEndpoint.model_fields if name.endswith("_secret_arn")}
    optional = {"tenant_policy_role_arn": outputs.get("tenant_policy_role_arn")}
    return {name: outputs[name] for name in _TOLD} | optional | {"database": DatabaseEndpoint(**database, **secrets)}


def _problems(error: ValidationError) -> str:
    """Name the fields without their values, among which are keys and passwords."""
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, problem['loc'])) or 'document'}: {problem['msg']}" for problem in problems)


def write_privately(path: Path, text: str) -> None:
    """Write a file that only its owner may read, all at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    partial.write_text(text)
    partial.replace(path)
