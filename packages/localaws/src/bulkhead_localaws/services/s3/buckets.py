"""Buckets and objects, as far as they decide who may do what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket that exists.

    Args:
        account: of its owner.
        policy: the JSON document of the bucket's policy, if it has one.
        versioning: `Enabled`, `Suspended`, or None where it never was enabled.
        kms_key: the customer's KMS key that encrypts its objects by default, in any form, if any.
    """

    account: str
    policy: str | None = None
    versioning: str | None = None
    kms_key: str | None = None


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A version of an object.

    Args:
        tags: key to value.
        kms_key: the customer's KMS key that encrypts it, in any form, if any.
    """

    tags: Mapping[str, str] = field(default_factory=dict)
    kms_key: str | None = None


class BucketCatalog(Protocol):
    """The buckets of one partition as they are now."""

    def bucket(self, name: str) -> Bucket | None:
        """Return the bucket of this name.

        Raises:
            UnmappableRequestError: the emulator takes something else than a bucket of S3 for one.
        """

    def stored(self, bucket: str, key: str, version_id: str | None) -> StoredObject | None:
        """Return this version of an object; with None, its current one. None too for a delete marker."""
