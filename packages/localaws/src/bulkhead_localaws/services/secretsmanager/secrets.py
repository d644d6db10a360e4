"""Secrets and how requests name them.

"SecretId: the ARN or name of the secret … For an ARN, we recommend that you specify a complete ARN rather than a
partial ARN" (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from bulkhead_localaws.protocol.checks import MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services import tags
from bulkhead_localaws.services.arns import partition_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bulkhead_localaws.protocol.calls import Call
    from bulkhead_localaws.protocol.checks import ContextValue

UNKNOWN_SUFFIX = "-??????"
"""Stands for the hyphen and six random characters that end a secret's ARN, where no secret has them yet.

AWS draws them before it authorizes CreateSecret, so that only a wildcard in a policy can match them. A policy's
wildcards match these six question marks as well, and nothing else in a policy does.
"""
_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}")
_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")
_MAX_SECRET_ID = 2048


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that exists.

    Args:
        arn: complete, with the six random characters.
        name: the friendly name.
        tags: key to value.
        policy: the JSON document of its resource policy, if it has one.
        rotation_function: the ARN of the Lambda function that rotates it, if any.
        primary_region: where it was created, if it is replicated or a replica.
        kms_key: the KMS key that encrypts it, in any form, unless it is Secrets Manager's own.
    """

    arn: str
    name: str
    tags: Mapping[str, str] = field(default_factory=dict)
    policy: str | None = None
    rotation_function: str | None = None
    primary_region: str | None = None
    kms_key: str | None = None


class SecretCatalog(Protocol):
    """The secrets of one account and region as they are now."""

    def secret(self, secret_id: str) -> Secret | None:
        """Return the secret that the emulator finds for this name, complete or partial ARN."""

    def secrets(self) -> Iterable[Secret]:
        """Return every secret."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a request authorizes on: an ARN, what is known of the secret, and its own policy."""

    arn: str
    context: dict[str, ContextValue]
    secret: Secret | None = None

    @property
    def policy(self) -> str | None:
        """The secret's resource policy."""
        return None if self.secret is None else self.secret.policy


class Secrets:
    """Finds what a call's secret ids and names stand for."""

    def __init__(self, call: Call, catalog: SecretCatalog) -> None:
        self._prefix = f"arn:{partition_of(call.region)}:secretsmanager:{call.region}:{call.account}:secret:"
        self._catalog = catalog

    def named(self, secret_id: str) -> Target:
        """Return the secret of this id; of one that does not exist, the ARN that it would have.

        `secretsmanager:SecretId` is the secret's ARN whatever form the request uses: the key's type is ARN, and a
        caller who chooses the form must not choose which conditions match.

        Raises:
            MalformedRequestError: no secret can have this id.
            UnmappableRequestError: the ARN is of another account or region, which moto takes for one of this; or the
                secret's ARN does not name the secret.
        """
        if not 1 <= len(secret_id) <= _MAX_SECRET_ID:
            raise MalformedRequestError("Invalid SecretId", code="InvalidParameterException")
        by_arn = secret_id.startswith("arn:")
        if by_arn and not secret_id.startswith(self._prefix):
            raise UnmappableRequestError(f"{secret_id[:256]} is not the ARN of a secret in this account and region")
        secret = self._catalog.secret(secret_id)
        if secret is not None:
            return self.existing(secret)
        arn = secret_id if by_arn else f"{self._prefix}{secret_id}{UNKNOWN_SUFFIX}"
        return Target(arn, {"secretsmanager:SecretId": arn})

    def existing(self, secret: Secret) -> Target:
        """Return a secret as a target.

        Raises:
            UnmappableRequestError: its ARN does not name it, or its tags are ambiguous.
        """
        stem = self._prefix + secret.name
        if not secret.arn.startswith(stem) or not _SUFFIX.fullmatch(secret.arn, len(stem)):
            # moto: a replica's ARN has the other region also where the name holds the primary's; and a tag of moto's
            # own chooses what an ARN ends in.
            raise UnmappableRequestError(f"The ARN of {secret.name[:256]} does not name it")
        context: dict[str, ContextValue] = {"secretsmanager:SecretId": secret.arn}
        if secret.tags:
            context.update(tags.attached(secret.tags, "aws", "secretsmanager"))
        if secret.rotation_function is not None:
            context["secretsmanager:resource/AllowRotationLambdaArn"] = secret.rotation_function
        if secret.primary_region is not None:
            context["secretsmanager:SecretPrimaryRegion"] = secret.primary_region
        return Target(secret.arn, context, secret)

    def all(self) -> list[Target]:
        """Return every secret as a target.

        Raises:
            UnmappableRequestError: one of them cannot be told by its ARN or tags.
        """
        return [self.existing(secret) for secret in self._catalog.secrets()]

    def to_create(self, name: str) -> list[Target]:
        """Return what a new secret of this name is authorized on, and the secret that has the name already, if any.

        AWS would refuse to create that; moto writes to it when the request's token is that of a pending version.

        Raises:
            MalformedRequestError: no secret can have this name. (moto would take an ARN, and write to its secret.)
            UnmappableRequestError: as for `existing`.
        """
        if not _NAME.fullmatch(name):
            raise MalformedRequestError("Invalid name", code="ValidationException")
        new = Target(f"{self._prefix}{name}{UNKNOWN_SUFFIX}", {})
        secret = self._catalog.secret(name)
        return [new] if secret is None else [new, self.existing(secret)]
