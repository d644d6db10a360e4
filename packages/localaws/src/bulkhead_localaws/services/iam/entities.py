"""IAM's resources: their names, paths and ARNs, and what policies can know of them.

Source: AWS, "IAM identifiers" (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from bulkhead_localaws.protocol.checks import MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services import tags
from bulkhead_localaws.services.arns import partition_of
from bulkhead_localaws.services.flat import VALIDATION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bulkhead_localaws.protocol.calls import Call
    from bulkhead_localaws.protocol.checks import ContextValue
    from bulkhead_localaws.services.iam.operations import Kind

_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{1,128}")
_PATH = re.compile(r"/(?:[!-~]{1,510}/)?")
_POLICY_ARN = re.compile(
    r"arn:(?P<partition>[a-z-]+):iam::(?P<account>aws|[0-9]{12}):policy/(?:[!-~]{1,510}/)?[A-Za-z0-9_+=,.@-]{1,128}"
)
_TAGGED_AS_IAM = frozenset({"role", "user"})


@dataclass(frozen=True, slots=True)
class Entity:
    """A role, user, group, managed policy or instance profile that exists.

    Args:
        arn: with its path.
        tags: key to value.
        boundary: the ARN of its permissions boundary, if it has one.
    """

    arn: str
    tags: Mapping[str, str] = field(default_factory=dict)
    boundary: str | None = None


class IamCatalog(Protocol):
    """The IAM resources of one account as they are now."""

    def find(self, kind: Kind, name: str) -> Entity | None:
        """Return the resource that the emulator finds by this name; a policy by this ARN."""

    def owner_of(self, access_key_id: str) -> str | None:
        """Return the name of the user of this account who has this access key."""


class Entities:
    """Finds what a call's names stand for, and builds ARNs of its account."""

    def __init__(self, call: Call, catalog: IamCatalog) -> None:
        self._partition = partition_of(call.region)
        self._account = call.account
        self._catalog = catalog

    def arn(self, kind: Kind, name: str, path: str = "/") -> str:
        """Return the ARN of the resource of this name and path.

        Raises:
            MalformedRequestError: IAM accepts no such name or path. (moto accepts any, and with them any ARN.)
        """
        if not _NAME.fullmatch(name):
            raise MalformedRequestError(f"The name of a {kind} is not valid: {name[:64]!r}", code=VALIDATION)
        if not _PATH.fullmatch(path):
            raise MalformedRequestError(f"The path is not valid: {path[:64]!r}", code=VALIDATION)
        return f"arn:{self._partition}:iam::{self._account}:{kind}{path}{name}"

    def named(self, kind: Kind, name: str) -> Entity:
        """Return the resource of this name; a policy is named by its ARN.

        One that does not exist is taken to have the path `/`: whatever the path, there is nothing that the call
        could touch, and AWS too answers NoSuchEntity only to those who may ask.

        Raises:
            MalformedRequestError: not a name or ARN that IAM accepts.
            UnmappableRequestError: a policy of another account.
        """
        arn = self.policy_arn(name) if kind == "policy" else self.arn(kind, name)
        return self._catalog.find(kind, name) or Entity(arn)

    def existing(self, kind: Kind, name: str) -> Entity | None:
        """Return the resource of this name if there is one."""
        return self._catalog.find(kind, name)

    def owner_of(self, access_key_id: str) -> Entity:
        """Return the user who has this access key.

        Raises:
            UnmappableRequestError: nobody in this account has it. (moto looks it up in all accounts.)
        """
        name = self._catalog.owner_of(access_key_id)
        if name is None:
            raise UnmappableRequestError("No user of this account has this access key")
        return self.named("user", name)

    def policy_arn(self, arn: str) -> str:
        """Return the ARN of a managed policy of this account or of AWS.

        Raises:
            MalformedRequestError: not the ARN of a policy.
            UnmappableRequestError: of another account or partition.
        """
        parts = _POLICY_ARN.fullmatch(arn)
        if parts is None:
            raise MalformedRequestError(f"ARN {arn[:256]} is not valid.", code=VALIDATION)
        if parts["partition"] != self._partition or parts["account"] not in {self._account, "aws"}:
            raise UnmappableRequestError(f"{arn[:256]} is a policy of another account")
        return arn


def resource_tags(kind: Kind, entity: Entity) -> dict[str, ContextValue]:
    """Return the condition keys of the tags that a resource has.

    Raises:
        UnmappableRequestError: keys that differ in case only.
    """
    return tags.attached(entity.tags, "aws", "iam") if kind in _TAGGED_AS_IAM else tags.attached(entity.tags, "aws")
