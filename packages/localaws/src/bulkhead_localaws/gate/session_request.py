"""What every operation that opens a role's session asks for, what must be allowed for it, and the session that opens.

Which condition keys an action has is what the Service Authorization Reference lists for it (https://docs.aws.amazon.com/
service-authorization/latest/reference/list_awssecuritytokenservice.html): `sts:RoleSessionName` and `sts:ExternalId`
belong to the operations, not to `sts:TagSession` and `sts:SetSourceIdentity`, and tags not to the latter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from bulkhead_iam.folding import ascii_lower, broad_fold
from bulkhead_localaws.gate.sessions import RoleSession
from bulkhead_localaws.protocol.checks import AuthorizationCheck, MalformedRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bulkhead_iam import Policy
    from bulkhead_localaws.gate.callers import Caller, Role
    from bulkhead_localaws.protocol.checks import ContextValue

_CHAINED_SECONDS = 3600


class Inherited(NamedTuple):
    """What a session hands on to the next; nothing, and no limit, for a caller that is none."""

    tags: Mapping[str, str]
    source_identity: str | None
    is_chained: bool

    @classmethod
    def of(cls, caller: Caller) -> Inherited:
        """Return what this caller's sessions inherit: the transitive tags, and the source identity."""
        session = caller.role_session
        if session is None:
            return cls({}, None, is_chained=False)
        transitive = set(map(ascii_lower, session.transitive))
        tags = {key: value for key, value in session.tags.items() if ascii_lower(key) in transitive}
        return cls(tags, session.source_identity, is_chained=True)


@dataclass(frozen=True, slots=True)
class Provenance:
    """The provider (its ARN) that vouched for whom a session is opened, and the condition keys of its token."""

    provider: str
    keys: Mapping[str, ContextValue]


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """A well-formed wish for a session."""

    role_arn: str
    session_name: str
    seconds: int
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive: tuple[str, ...] = ()
    policies: tuple[Policy, ...] | None = None
    source_identity: str | None = None
    packed_percent: int | None = None

    def checks(
        self,
        action: str,
        role: Role,
        inherited: Inherited,
        *,
        own: Mapping[str, ContextValue],
        shared: Mapping[str, ContextValue],
    ) -> tuple[AuthorizationCheck, ...]:
        """Return what must be allowed: the operation, whose `own` keys no other action has, and what it entails.

        `sts:TagSession` as soon as the session will have a tag, and `sts:SetSourceIdentity` as soon as it will have a
        source identity: one that is passed, or one that is inherited (of inherited tags the documentation is silent;
        this is the narrower reading).
        """
        everywhere: dict[str, ContextValue] = dict(shared)
        for key, value in role.tags.items():
            everywhere |= {f"aws:ResourceTag/{key}": value, f"iam:ResourceTag/{key}": value}
        tagging = self._tag_keys()
        source = self.source_identity or inherited.source_identity
        identifying: dict[str, ContextValue] = {} if source is None else {"sts:SourceIdentity": source}
        named: dict[str, ContextValue] = {"sts:RoleSessionName": self.session_name, **own}
        checks = [AuthorizationCheck(action, role.arn, {**everywhere, **named, **tagging, **identifying})]
        if self.tags or inherited.tags:
            checks.append(AuthorizationCheck("sts:TagSession", role.arn, {**everywhere, **tagging}))
        if source is not None:
            checks.append(AuthorizationCheck("sts:SetSourceIdentity", role.arn, {**everywhere, **identifying}))
        return tuple(checks)

    def _tag_keys(self) -> dict[str, ContextValue]:
        keys: dict[str, ContextValue] = {f"aws:RequestTag/{key}": value for key, value in self.tags.items()}
        if self.tags:
            keys["aws:TagKeys"] = tuple(self.tags)
        if self.transitive:
            keys["sts:TransitiveTagKeys"] = self.transitive
        return keys

    def session(
        self, role: Role, account: str, inherited: Inherited, provenance: Provenance | None = None
    ) -> RoleSession:
        """Return the session that opens; what is inherited cannot be replaced.

        Raises:
            MalformedRequestError: it lasts longer than the role or role chaining allows, has a tag twice, or a source
                identity other than the inherited one.
        """
        limit = min(role.max_session_seconds, _CHAINED_SECONDS) if inherited.is_chained else role.max_session_seconds
        if self.seconds > limit:
            raise MalformedRequestError(
                f"The requested DurationSeconds exceeds the {limit} seconds that this role, or role chaining, allows.",
                code="ValidationError",
            )
        twice = set(map(broad_fold, inherited.tags)) & set(map(broad_fold, self.tags))
        if twice:
            raise MalformedRequestError(
                f"The tag {min(twice)} is inherited and cannot be passed again.", code="InvalidParameterValue"
            )
        if self.source_identity and inherited.source_identity not in {None, self.source_identity}:
            raise MalformedRequestError(
                "The source identity is inherited and cannot be changed.", code="InvalidParameterValue"
            )
        return RoleSession(
            role_id=role.role_id,
            role_name=role.name,
            name=self.session_name,
            arn=f"arn:{role.arn.split(':')[1]}:sts::{account}:assumed-role/{role.name}/{self.session_name}",
            tags={**inherited.tags, **self.tags},
            transitive=frozenset((*inherited.tags, *self.transitive)),
            policies=self.policies,
            source_identity=self.source_identity or inherited.source_identity,
            provider=provenance.provider if provenance else None,
            provider_keys=provenance.keys if provenance else {},
        )
