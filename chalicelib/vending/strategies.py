"""The three ways in which a session of AWS STS comes to reach one tenant only.

By web identity STS verifies the user's token and takes the tags from it: no code can name another tenant. By session
tags and by session policy the code that assumes the role names the tenant, and isolation is as strong as that code.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from chalicelib.errors import ConfigError, InvalidTokenError, ScopedCredentialsError
from chalicelib.tenancy.permissions import RIGHTS, Right
from chalicelib.tenancy.tenant import Role, TenantContext, leading_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import CredentialsTypeDef, TagTypeDef

    from chalicelib.vending.callers import Caller

#: Role chaining (a Lambda role assuming another) is limited to one hour. Source: AWS, "Methods to assume a role"
#: (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage-assume.html).
SESSION_SECONDS = 3600
_MAX_SESSION_POLICY = 2048  # characters. Source: AWS, STS API reference, AssumeRole, Policy
# Any other refusal means that STS and the authorizer, which has verified the token, differ: the stage's fault.
_TOKEN_REFUSED = frozenset({"ExpiredTokenException", "IDPRejectedClaim"})
_LONGEST_TENANT = TenantContext("x" * 32, Role.ADMIN, "any", "any")
_READS = ["dynamodb:GetItem", "dynamodb:Query"]
_WRITES = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]
log = logging.getLogger(__name__)
# At DEBUG, which somebody may choose for everything, it writes what it sends to STS and gets: tokens and credentials.
logging.getLogger("botocore").setLevel(logging.INFO)


class Subject(Protocol):
    """For whom a session is opened."""

    @property
    def tenant_id(self) -> str:
        """The tenant."""

    @property
    def role(self) -> Role:
        """What the session may do within the tenant."""


class VendingStrategy(Protocol):
    """How credentials come to reach one tenant only."""

    @property
    def verifies_tokens(self) -> bool:
        """Whether STS verifies the caller's token as it vends; if not, it must be verified before."""

    def vend(self, caller: Caller) -> CredentialsTypeDef:
        """Return new credentials that can reach this tenant's data only, within what its role may do.

        Raises:
            ScopedCredentialsError: STS would not vend, or could not be reached.
            InvalidTokenError: STS found the token expired, or the pool rejected it.
        """


class WebIdentityVending:
    """Hands the user's id token to STS, which verifies it and tags the session of TenantRole from its claims.

    The call is unsigned: nothing of the function's own rights is in it. The role's trust policy demands the session
    name that is given here, so that a session which STS opened is that of the tenant and role which the token claims.

    Source: AWS, "AssumeRoleWithWebIdentity" (https://docs.aws.amazon.com/STS/latest/APIReference/
    API_AssumeRoleWithWebIdentity.html).
    """

    verifies_tokens = True

    def __init__(self, sts: Callable[[], STSClient], tenant_role_arn: str) -> None:
        self._sts = sts
        self._tenant_role_arn = tenant_role_arn

    def vend(self, caller: Caller) -> CredentialsTypeDef:
        """See VendingStrategy."""
        try:
            return _vended(
                caller,
                lambda: self._sts().assume_role_with_web_identity(
                    RoleArn=self._tenant_role_arn,
                    RoleSessionName=_session_name(caller),
                    WebIdentityToken=caller.token,
                    DurationSeconds=SESSION_SECONDS,
                ),
            )
        except ScopedCredentialsError as error:
            cause = error.__cause__
            if isinstance(cause, ClientError) and cause.response["Error"]["Code"] in _TOKEN_REFUSED:
                raise InvalidTokenError("STS found the token expired, or its issuer rejected it") from cause
            raise


class SessionTagVending:
    """Assumes a role with the session tags `tenant` and `role`, on which its policy's conditions rest."""

    verifies_tokens = False

    def __init__(self, sts: Callable[[], STSClient], role_arn: str) -> None:
        self._sts = sts
        self._role_arn = role_arn

    def vend(self, caller: Subject) -> CredentialsTypeDef:
        """See VendingStrategy."""
        return _assume_role(self._sts, self._role_arn, caller)


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

    verifies_tokens = False

    def __init__(self, sts: Callable[[], STSClient], tenant_policy_role_arn: str, resources: TenantResources) -> None:
        self._sts = sts
        self._tenant_policy_role_arn = tenant_policy_role_arn
        self._resources = resources
        if len(self._policy(_LONGEST_TENANT)) > _MAX_SESSION_POLICY:
            raise ConfigError(
                f"a session policy with these ARNs is beyond {_MAX_SESSION_POLICY} characters: {resources}"
            )

    def vend(self, caller: Subject) -> CredentialsTypeDef:
        """See VendingStrategy."""
        return _assume_role(self._sts, self._tenant_policy_role_arn, caller, Policy=self._policy(caller))

    def _policy(self, caller: Subject) -> str:
        return json.dumps(session_policy(caller, self._resources), separators=(",", ":"))


def session_policy(tenant: Subject, resources: TenantResources) -> dict[str, Any]:
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
                    "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [leading_keys(tenant.tenant_id)]},
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


def _assume_role(sts: Callable[[], STSClient], role_arn: str, subject: Subject, **more: Any) -> CredentialsTypeDef:
    tags: list[TagTypeDef] = [
        {"Key": "tenant", "Value": subject.tenant_id},
        {"Key": "role", "Value": subject.role.value},
    ]
    return _vended(
        subject,
        lambda: sts().assume_role(
            RoleArn=role_arn,
            RoleSessionName=_session_name(subject),
            Tags=tags,
            DurationSeconds=SESSION_SECONDS,
            **more,
        ),
    )


def _session_name(subject: Subject) -> str:
    return f"{subject.tenant_id}.{subject.role}"


def _vended(subject: Subject, assume: Callable[[], Any]) -> CredentialsTypeDef:
    """Return the credentials of STS's answer; a refusal is logged with what STS says, which holds no token."""
    try:
        answer = assume()
    except ResponseParserError:  # its text is the answer, in which something on the way may repeat what it was sent
        log.warning("STS does not vend for %s as %s: its answer is not understood", subject.tenant_id, subject.role)
        raise ScopedCredentialsError from None
    except (BotoCoreError, ClientError) as error:
        log.warning("STS does not vend for %s as %s: %s", subject.tenant_id, subject.role, error)
        raise ScopedCredentialsError from error
    credentials: CredentialsTypeDef | None = answer.get("Credentials")
    if credentials is None:  # something in between has answered for STS
        raise ScopedCredentialsError
    return credentials
