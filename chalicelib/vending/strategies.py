"""The two ways in which a session of AWS STS comes to reach one tenant only."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from chalicelib.errors import ConfigError, ScopedCredentialsError
from chalicelib.tenancy.permissions import RIGHTS, Right
from chalicelib.tenancy.tenant import Role, TenantContext, leading_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

#: Role chaining (a Lambda role assuming another) is limited to one hour. Source: AWS, "Methods to assume a role"
#: (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage-assume.html).
SESSION_SECONDS = 3600
_MAX_SESSION_POLICY = 2048  # characters. Source: AWS, STS API reference, AssumeRole, Policy
_LONGEST_TENANT = TenantContext("x" * 32, Role.ADMIN, "any", "any")
_READS = ["dynamodb:GetItem", "dynamodb:Query"]
_WRITES = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]
log = logging.getLogger(__name__)


class VendingStrategy(Protocol):
    """How credentials come to reach one tenant only."""

    def vend(self, tenant: TenantContext) -> CredentialsTypeDef:
        """Return new credentials that can reach this tenant's data only, within what its role may do.

        Raises:
            ScopedCredentialsError: STS would not vend, or could not be reached.
        """


class SessionTagVending:
    """Assumes TenantRole with the session tags `tenant` and `role`, on which its policy's conditions rest."""

    def __init__(self, sts: Callable[[], STSClient], tenant_role_arn: str) -> None:
        self._sts = sts
        self._tenant_role_arn = tenant_role_arn

    def vend(self, tenant: TenantContext) -> CredentialsTypeDef:
        """See VendingStrategy."""
        return _assume_role(self._sts, self._tenant_role_arn, tenant)


@dataclass(frozen=True, slots=True)
class TenantResources:
    """ARNs of what tenants' sessions may reach: the pooled table, and the secrets of the database's two logins."""

    table_arn: str
    reader_secret_arn: str
    writer_secret_arn: str


class SessionPolicyVending:
    """Assumes TenantPolicyRole, which is generic on the table, with a session policy that leaves one tenant of it.

    Effective is the intersection of both. The tags go with it: the role's own policy judges writes by `role`.
    Source: AWS, "Session policies" (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html).

    Raises:
        ConfigError: the ARNs are so long that STS would refuse the policy.
    """

    def __init__(self, sts: Callable[[], STSClient], tenant_policy_role_arn: str, resources: TenantResources) -> None:
        self._sts = sts
        self._tenant_policy_role_arn = tenant_policy_role_arn
        self._resources = resources
        if len(self._policy(_LONGEST_TENANT)) > _MAX_SESSION_POLICY:
            raise ConfigError(
                f"a session policy with these ARNs is beyond {_MAX_SESSION_POLICY} characters: {resources}"
            )

    def vend(self, tenant: TenantContext) -> CredentialsTypeDef:
        """See VendingStrategy."""
        return _assume_role(self._sts, self._tenant_policy_role_arn, tenant, Policy=self._policy(tenant))

    def _policy(self, tenant: TenantContext) -> str:
        return json.dumps(session_policy(tenant, self._resources), separators=(",", ":"))


def session_policy(tenant: TenantContext, resources: TenantResources) -> dict[str, Any]:
    """Return the policy document that leaves a session this tenant's partitions and its role's rights."""
    may_write = tenant.role in RIGHTS[Right.WRITE]
    secrets = [resources.reader_secret_arn]
    if tenant.role in RIGHTS[Right.ADMINISTER]:
        secrets.append(resources.writer_secret_arn)
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "OwnPartitionOnly",
                "Effect": "Allow",
                "Action": [*_READS, *(_WRITES if may_write else [])],
                "Resource": [resources.table_arn],
                "Condition": {
                    "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [leading_keys(tenant)]},
                    # ForAllValues is true when there is no leading key.
                    "Null": {"dynamodb:LeadingKeys": "false"},
                },
            },
            {
                "Sid": "OwnLoginsOnly",
                "Effect": "Allow",
                "Action": ["secretsmanager:GetSecretValue"],
                "Resource": secrets,
            },
        ],
    }


def _assume_role(sts: Callable[[], STSClient], role_arn: str, tenant: TenantContext, **more: Any) -> CredentialsTypeDef:
    try:
        answer = sts().assume_role(
            RoleArn=role_arn,
            RoleSessionName=f"{tenant.tenant_id}.{tenant.role}",
            Tags=[
                {"Key": "tenant", "Value": tenant.tenant_id},
                {"Key": "role", "Value": tenant.role.value},
            ],
            DurationSeconds=SESSION_SECONDS,
            **more,
        )
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        log.warning("STS does not vend for %s as %s: %s", tenant.tenant_id, tenant.role, error)
        raise ScopedCredentialsError from error
    return answer["Credentials"]
