"""Catalogs of an example account, for mapping without an emulator."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bulkhead_localaws.protocol.calls import Call

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from bulkhead_localaws.services.iam.entities import Entity
    from bulkhead_localaws.services.iam.operations import Kind
    from bulkhead_localaws.services.s3.buckets import Bucket, StoredObject
    from bulkhead_localaws.services.secretsmanager.secrets import Secret

ACCOUNT = "111122223333"
REGION = "eu-central-1"
IAM = f"arn:aws:iam::{ACCOUNT}:"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:"
POOL = f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/"


def call(service: str, operation: str, parameters: Mapping[str, Any], *, region: str = REGION) -> Call:
    """Return a call of the example account."""
    return Call(service, operation, parameters, region, ACCOUNT)


@dataclass(frozen=True)
class Entities:
    """IAM resources by kind and name."""

    entities: Mapping[tuple[Kind, str], Entity] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)

    def find(self, kind: Kind, name: str) -> Entity | None:
        """Return a resource."""
        return self.entities.get((kind, name))

    def owner_of(self, access_key_id: str) -> str | None:
        """Return a key's owner."""
        return self.keys.get(access_key_id)


class Secrets:
    """Secrets, found by name or complete ARN."""

    def __init__(self, *existing: Secret) -> None:
        self._existing = existing

    def secret(self, secret_id: str) -> Secret | None:
        """Return a secret."""
        return next((each for each in self._existing if secret_id in {each.name, each.arn}), None)

    def secrets(self) -> tuple[Secret, ...]:
        """Return every secret."""
        return self._existing


@dataclass(frozen=True)
class UserPools:
    """User pools: their tags, domains and clients."""

    tagged: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    domains: Mapping[str, str] = field(default_factory=dict)
    clients: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    immutable: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def immutable_attributes(self, pool_id: str) -> tuple[str, ...]:
        """Return the attributes that a pool's users get once."""
        return self.immutable.get(pool_id, ())

    def tags(self, pool_id: str) -> Mapping[str, str]:
        """Return a pool's tags."""
        return self.tagged.get(pool_id, {})

    def pool_of_domain(self, domain: str) -> str | None:
        """Return a domain's pool."""
        return self.domains.get(domain)

    def pools_of_client(self, client_id: str) -> tuple[str, ...]:
        """Return the ARNs of a client's pools."""
        return self.clients.get(client_id, ())


@dataclass(frozen=True)
class Buckets:
    """Buckets by name, and objects by bucket, key and version."""

    existing: Mapping[str, Bucket] = field(default_factory=dict)
    objects: Mapping[tuple[str, str, str | None], StoredObject] = field(default_factory=dict)

    def bucket(self, name: str) -> Bucket | None:
        """Return a bucket."""
        return self.existing.get(name)

    def stored(self, bucket: str, key: str, version_id: str | None) -> StoredObject | None:
        """Return a version of an object."""
        return self.objects.get((bucket, key, version_id))
