"""Who calls, with everything that is attached to them: users, roles and their sessions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bulkhead_iam import PolicySet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bulkhead_iam import Policy, Principal
    from bulkhead_localaws.gate.sessions import RoleSession


class SessionEndedError(Exception):
    """The user or role behind a valid key is gone."""


@dataclass(frozen=True, slots=True)
class User:
    """An IAM user, by name."""

    name: str


@dataclass(frozen=True, slots=True)
class Role:
    """An IAM role as it is now; `max_session_seconds` is its longest session."""

    role_id: str
    name: str
    arn: str
    trust_policy: Policy
    tags: Mapping[str, str]
    max_session_seconds: int


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """An OpenID Connect provider of the account's IAM as it is now, and the clients whose tokens it vouches for."""

    arn: str
    client_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller and the policies that apply to it now.

    Args:
        kind: as `aws:PrincipalType` names it.
        user_id: as `aws:userid` has it.
        user_name: of a user; a session has none.
        tags: of the principal: a user's own, or a role's with the session tags over them.
        documents: the texts of the identity policies.
        role_session: the session, if it is one.
    """

    principal: Principal
    kind: str
    user_id: str
    user_name: str | None
    tags: Mapping[str, str]
    documents: tuple[str, ...]
    identity: tuple[Policy, ...]
    session: tuple[Policy, ...] | None = None
    boundary: tuple[Policy, ...] | None = None
    role_session: RoleSession | None = None

    def policies(self, resource: Policy | None, resource_account: str) -> PolicySet:
        """Return all that decides about this caller and a resource."""
        return PolicySet(self.identity, resource, self.session, self.boundary, resource_account)

    @property
    def is_unrestricted(self) -> bool:
        """Whether the caller may do everything: `*` on `*`, with no deny, permissions boundary or session policy.

        Only such a caller may make a request that the gate cannot map, since whatever it means is allowed.
        """
        if self.session is not None or self.boundary is not None:
            return False
        return any(map(_allows_everything, self.documents)) and not any(map(_denies, self.documents))


@lru_cache(maxsize=4096)
def _allows_everything(document: str) -> bool:
    return any(
        statement["Effect"] == "Allow"
        and "*" in _as_list(statement.get("Action"))
        and "*" in _as_list(statement.get("Resource"))
        and "Condition" not in statement
        for statement in _as_list(json.loads(document)["Statement"])
    )


@lru_cache(maxsize=4096)
def _denies(document: str) -> bool:
    return any(statement["Effect"] != "Allow" for statement in _as_list(json.loads(document)["Statement"]))


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
