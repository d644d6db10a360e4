"""The IAM resources, secrets, user pools and buckets of a running moto, read from its memory at each call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.cognitoidp.models import cognitoidp_backends
from moto.iam.models import iam_backends
from moto.s3.exceptions import MissingBucket
from moto.s3.models import FakeBucket, FakeKey, s3_backends
from moto.secretsmanager.models import ReplicaSecret, secretsmanager_backends

from bulkhead_localaws.protocol.checks import UnmappableRequestError
from bulkhead_localaws.services.arns import partition_of
from bulkhead_localaws.services.iam.entities import Entity
from bulkhead_localaws.services.s3.buckets import Bucket, StoredObject
from bulkhead_localaws.services.secretsmanager.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bulkhead_localaws.services.iam.operations import Kind

_MANAGED_KEY = "alias/aws/secretsmanager"
_MANAGED_BY_S3 = "alias/aws/s3"


@dataclass(frozen=True, slots=True)
class MotoIamCatalog:
    """The IAM resources of one account in the partition of a region; see services.iam.entities.IamCatalog."""

    account: str
    region: str

    @property
    def _iam(self) -> Any:
        return iam_backends[self.account][partition_of(self.region)]

    def find(self, kind: Kind, name: str) -> Entity | None:
        """Return the resource that moto finds by this name; a policy by this ARN."""
        iam = self._iam
        if kind == "role":
            role = next((each for each in list(iam.roles.values()) if each.name == name), None)
            return None if role is None else Entity(role.arn, _pairs(role.tags), role.permissions_boundary_arn or None)
        if kind == "user":
            user = iam.users.get(name)
            return None if user is None else Entity(user.arn, _pairs(user.tags))
        if kind == "group":
            group = iam.groups.get(name)
            return None if group is None else Entity(group.arn)
        if kind == "policy":
            policy = iam.managed_policies.get(name)
            return None if policy is None else Entity(policy.arn, _pairs(policy.get_tags()))
        profile = next((each for each in list(iam.instance_profiles.values()) if each.name == name), None)
        return None if profile is None else Entity(profile.arn, _pairs(profile.tags))

    def owner_of(self, access_key_id: str) -> str | None:
        """Return the name of the user who has this access key.

        Not the name in the key: that stays when the user is renamed, and could be another's by now.
        """
        for name, user in list(self._iam.users.items()):
            if user.has_access_key(access_key_id):
                return str(name)
        return None


@dataclass(frozen=True, slots=True)
class MotoSecretCatalog:
    """The secrets of one account and region; see services.secretsmanager.secrets.SecretCatalog."""

    account: str
    region: str

    @property
    def _store(self) -> Any:
        try:
            return secretsmanager_backends[self.account][self.region].secrets
        except KeyError:  # moto knows no such region
            return {}

    def secret(self, secret_id: str) -> Secret | None:
        """Return the secret that moto finds for this id, by moto's own lookup."""
        found = self._store.get(secret_id)
        return None if found is None else _secret(found)

    def secrets(self) -> Iterable[Secret]:
        """Return every secret."""
        return [_secret(each) for each in list(self._store.values())]


@dataclass(frozen=True, slots=True)
class MotoUserPoolCatalog:
    """The user pools of one account and region; see services.cognito_idp.mapping.UserPoolCatalog."""

    account: str
    region: str

    @property
    def _cognito(self) -> Any:
        try:
            return cognitoidp_backends[self.account][self.region]
        except KeyError:  # moto knows no such region
            return None

    def tags(self, pool_id: str) -> Mapping[str, str]:
        """Return the tags of a user pool; empty when there is none of this id."""
        pool = self._cognito and self._cognito.user_pools.get(pool_id)
        return (pool.extended_config.get("UserPoolTags") or {}) if pool else {}

    def pool_of_domain(self, domain: str) -> str | None:
        """Return the id of the pool that has this domain."""
        found = self._cognito and self._cognito.user_pool_domains.get(domain)
        return str(found.user_pool_id) if found else None

    def immutable_attributes(self, pool_id: str) -> set[str]:
        """Return the names of the attributes that a user of the pool gets once."""
        pool = self._cognito and self._cognito.user_pools.get(pool_id)
        own = pool.schema_attributes.values() if pool else ()
        return {"sub"} | {each.name for each in own if not each.mutable}  # moto forgets sub beside custom ones

    def pools_of_client(self, client_id: str) -> list[str]:
        """Return the ARNs of the pools, in all accounts and regions, that have a client of this id."""
        return [pool.arn for pool in _all_pools() if client_id in pool.clients]


@dataclass(frozen=True, slots=True)
class MotoBucketCatalog:
    """The buckets in the partition of a region; see services.s3.buckets.BucketCatalog."""

    account: str
    region: str

    def bucket(self, name: str) -> Bucket | None:
        """Return the bucket that moto finds by this name, whoever owns it.

        Raises:
            UnmappableRequestError: it is the storage of a table bucket.
        """
        found = self._find(name)
        if found is None:
            return None
        rule = (found.encryption or {}).get("Rule", {}).get("ApplyServerSideEncryptionByDefault", {})
        return Bucket(
            account=found.account_id,
            policy=None if found.policy is None else found.policy.decode(errors="replace"),
            versioning=found.versioning_status,
            kms_key=_customers_key(rule.get("SSEAlgorithm"), rule.get("KMSMasterKeyID")),
        )

    def stored(self, bucket: str, key: str, version_id: str | None) -> StoredObject | None:
        """Return this version of an object, by the same comparison as moto's; with None, its last one."""
        found = self._find(bucket)
        versions = [] if found is None else found.keys.getlist(key, [])
        if version_id is None:
            versions = versions[-1:]
        else:
            versions = [each for each in versions if str(each.version_id) == version_id][:1]
        if not versions or not isinstance(versions[0], FakeKey):
            return None
        stored = versions[0]
        return StoredObject(
            tags=self._backend.tagger.get_tag_dict_for_resource(stored.arn),
            kms_key=_customers_key(stored.encryption, stored.kms_key_id),
        )

    @property
    def _backend(self) -> Any:
        return s3_backends[self.account][partition_of(self.region)]

    def _find(self, name: str) -> Any:
        try:
            found = self._backend.get_bucket(name)
        except MissingBucket:
            return None
        if type(found) is not FakeBucket:
            raise UnmappableRequestError("The bucket is the storage of a table bucket")
        return found


def _customers_key(algorithm: str | None, key: str | None) -> str | None:
    if not key or not (algorithm or "").startswith("aws:kms"):
        return None
    return None if key == _MANAGED_BY_S3 or key.endswith(f":{_MANAGED_BY_S3}") else key


def _all_pools() -> Iterator[Any]:
    for account in list(cognitoidp_backends.values()):
        for backend in list(account.values()):
            yield from list(backend.user_pools.values())


def _secret(found: Any) -> Secret:
    replica = isinstance(found, ReplicaSecret)
    source = found.source if replica else found
    return Secret(
        arn=found.arn,
        name=found.name,
        tags=_pairs(source.tags),
        policy=None if replica else found.policy or None,  # a replica's policy is its own, and moto gives it none
        rotation_function=source.rotation_lambda_arn or None,
        primary_region=source.region if replica or source.replicas else None,
        kms_key=None if source.kms_key_id in {None, "", _MANAGED_KEY} else source.kms_key_id,
    )


def _pairs(tags: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] or "" for tag in tags or ()}
