"""AssumeRole, from the form on the wire to what its caller and the role must allow.

Source: AWS, "AssumeRole" (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkhead_localaws.gate.role_form import RoleForm
from bulkhead_localaws.gate.session_request import Inherited, SessionRequest
from bulkhead_localaws.gate.session_tags import session_tags, source_identity, transitive_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bulkhead_localaws.gate.callers import Caller, Role
    from bulkhead_localaws.gate.sessions import RoleSession
    from bulkhead_localaws.protocol.checks import AuthorizationCheck

_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)


@dataclass(frozen=True, slots=True)
class AssumeRoleRequest:
    """A well-formed AssumeRole call."""

    wish: SessionRequest
    external_id: str | None

    @classmethod
    def read(cls, parameters: Mapping[str, str], managed_policy: Callable[[str], str | None]) -> AssumeRoleRequest:
        """Read the form's fields.

        Raises:
            MalformedRequestError: AWS would refuse them.
            UnmappableRequestError: a parameter that this local AWS does not offer.
        """
        form = RoleForm(
            parameters,
            "AssumeRole",
            plain=frozenset({"ExternalId", "SourceIdentity"}),
            lists=frozenset({"Tags", "TransitiveTagKeys"}),
        )
        tags = session_tags([(tag.get("Key", ""), tag.get("Value")) for tag in form.listed("Tags")])
        source = form.text("SourceIdentity")
        wish = SessionRequest(
            role_arn=form.role_arn(),
            session_name=form.session_name(),
            seconds=form.seconds(),
            tags=tags,
            transitive=transitive_keys((key[None] for key in form.listed("TransitiveTagKeys")), tags),
            policies=form.policies(managed_policy),
            source_identity=None if source is None else source_identity(source),
            packed_percent=form.packed_percent(tags),
        )
        external_id = None if form.text("ExternalId") is None else form.matching("ExternalId", _EXTERNAL_ID)
        return cls(wish, external_id)

    def checks(self, caller: Caller, role: Role) -> tuple[AuthorizationCheck, ...]:
        """Return what the caller's policies and the role's trust policy must both allow."""
        own = {} if self.external_id is None else {"sts:ExternalId": self.external_id}
        return self.wish.checks("sts:AssumeRole", role, Inherited.of(caller), own=own, shared={})

    def session(self, caller: Caller, role: Role, account: str) -> RoleSession:
        """Return the session that opens; see SessionRequest."""
        return self.wish.session(role, account, Inherited.of(caller))
