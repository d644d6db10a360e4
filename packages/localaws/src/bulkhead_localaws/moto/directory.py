"""Who the emulator's IAM knows, and which policies are attached to them now.

Everything is read from moto's memory at each request, so that a changed policy takes effect on the next one. Documents
are compiled once for as long as their text stays the same.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from moto.iam.models import iam_backends

from bulkhead_iam import Policy, PolicyError, PolicyKind, Principal
from bulkhead_iam.folding import ascii_lower
from bulkhead_localaws.gate.authentication import AccessKey
from bulkhead_localaws.gate.callers import Caller, OidcProvider, Role, SessionEndedError, User
from bulkhead_localaws.gate.sessions import RoleSession

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bulkhead_localaws.gate.sessions import SessionStore

_compiled = lru_cache(maxsize=4096)(Policy.parse)


class MotoDirectory:
    """The users, roles and keys of one account; see bulkhead_localaws.gate.directory.Directory."""

    def __init__(self, sessions: SessionStore, *, account: str, partition: str = "aws") -> None:
        self._sessions = sessions
        self._account = account
        self._partition = partition

    @property
    def _iam(self) -> Any:
        return iam_backends[self._account][self._partition]

    def find(self, access_key_id: str) -> AccessKey | None:
        """Return the key of a user or of a session."""
        session = self._sessions.find(access_key_id)
        if session is not None:
            return session
        key = self._iam.access_keys.get(access_key_id)
        if key is None or key.status != "Active" or key.user_name is None or key.role_arn is not None:
            return None  # not a key of the emulator's own STS: only the gate vends sessions
        holder = self._holder(key)
        if holder is None:
            return None
        return AccessKey(key.access_key_id, key.secret_access_key, None, None, User(holder.name))

    def _holder(self, key: Any) -> Any:
        """Return the user who has the key now, or None.

        Not whoever has the name that the key was made for: moto keeps the keys of a deleted user, which would open the
        account of the next one of that name, and does not rename them with their user.
        """
        users = self._iam.users
        named = users.get(key.user_name)
        if named is not None and key in named.access_keys:
            return named
        return next((user for user in list(users.values()) if key in user.access_keys), None)

    def caller(self, owner: object) -> Caller:
        """Return who a key's owner is now, with the policies that now apply."""
        if isinstance(owner, User):
            return self._user(owner)
        if isinstance(owner, RoleSession):
            return self._session(owner)
        raise TypeError(f"{owner!r} owns no key")

    def role(self, name: str) -> Role | None:
        """Return the role of that name, with its trust policy."""
        for role in list(self._iam.get_roles()):  # a copy: another request may add one meanwhile
            if role.name == name:
                return Role(
                    role_id=role.id,
                    name=role.name,
                    arn=role.arn,
                    trust_policy=_compiled(role.assume_role_policy_document, kind=PolicyKind.TRUST),
                    tags=_tags(role.tags or ()),
                    max_session_seconds=int(role.max_session_duration or 3600),
                )
        return None

    def oidc_provider(self, issuer: str) -> OidcProvider | None:
        """Return the OpenID Connect provider of that issuer's URL."""
        for provider in list(self._iam.open_id_providers.values()):
            if issuer == f"https://{provider.url}":
                return OidcProvider(provider.arn, frozenset(provider.client_id_list))
        return None

    def managed_policy(self, arn: str) -> str | None:
        """Return the default version of a managed policy's document."""
        policy = self._iam.managed_policies.get(arn)
        return None if policy is None else _default_version(policy)

    def _user(self, owner: User) -> Caller:
        user = self._iam.users.get(owner.name)
        if user is None:
            raise SessionEndedError(f"the user {owner.name} is gone")
        groups = [group for group in list(self._iam.groups.values()) if user in group.users]
        documents = [document for holder in (user, *groups) for document in _documents(holder)]
        return Caller(
            principal=Principal(user.arn, self._account),
            kind="User",
            user_id=user.id,
            user_name=user.name,
            tags=_tags(self._iam.list_user_tags(user.name)),
            documents=tuple(documents),
            identity=tuple(_compiled(document) for document in documents),
        )

    def _session(self, session: RoleSession) -> Caller:
        role = self._iam.get_role_by_id(session.role_id)
        if role is None:
            raise SessionEndedError(f"the role {session.role_name} is gone")
        documents = _documents(role)
        boundary = None
        if role.permissions_boundary_arn:
            document = self.managed_policy(role.permissions_boundary_arn)
            # A boundary that is gone leaves nothing that it allows.
            boundary = () if document is None else (_compiled(document, kind=PolicyKind.BOUNDARY),)
        return Caller(
            principal=Principal(session.arn, self._account, role_arn=role.arn, provider=session.provider),
            kind="AssumedRole",
            user_id=f"{role.id}:{session.name}",
            user_name=None,
            tags=_overridden(_tags(role.tags or ()), session.tags),
            documents=tuple(documents),
            identity=tuple(_compiled(document) for document in documents),
            session=session.policies,
            boundary=boundary,
            role_session=session,
        )


def _documents(holder: Any) -> list[str]:
    attached = list(holder.managed_policies.values())
    return [*holder.policies.values(), *(_default_version(policy) for policy in attached)]


def _default_version(policy: Any) -> str:
    for version in policy.versions:
        if version.version_id == policy.default_version_id:
            return str(version.document)
    raise PolicyError("Policy", policy.arn, "has no default version")


def _tags(tags: Iterable[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def _overridden(role_tags: dict[str, str], session_tags: Any) -> dict[str, str]:
    """A session tag replaces the role's tag of the same key, whose case does not matter.

    Where that is in doubt both stay, and the evaluator refuses what rests on either.

    Source: AWS, "Pass session tags in AWS STS" (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html).
    """
    replaced = set(map(ascii_lower, session_tags))
    return {key: value for key, value in role_tags.items() if ascii_lower(key) not in replaced} | dict(session_tags)
