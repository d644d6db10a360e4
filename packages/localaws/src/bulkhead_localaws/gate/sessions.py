"""The role sessions that were vended, and the keys that belong to them."""

from __future__ import annotations

import secrets
import string
import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bulkhead_localaws.gate.authentication import AccessKey

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bulkhead_iam import Policy
    from bulkhead_localaws.protocol.checks import ContextValue

#: An expired key is remembered for so long, so that its user is told that it expired.
_REMEMBERED = timedelta(hours=1)
_KEY_CHARACTERS = string.ascii_uppercase + "234567"


@dataclass(frozen=True, slots=True)
class RoleSession:
    """A role as somebody assumed it.

    Args:
        role_id: of the role itself: one that is deleted and made anew under the same name is another role.
        name: the RoleSessionName.
        tags: the session tags, inherited ones included, by key as given.
        transitive: the keys of those that a session of this session inherits.
        policies: the session policies; None when none was passed.
        source_identity: what was set as such, now or by a session before it.
        provider: the ARN of the identity provider whose token opened it, if one did.
        provider_keys: the condition keys that this token has given it, such as `ISSUER:sub`.
        issued_at: when its key was vended; None before that.
    """

    role_id: str
    role_name: str
    name: str
    arn: str
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive: frozenset[str] = frozenset()
    policies: tuple[Policy, ...] | None = None
    source_identity: str | None = None
    provider: str | None = None
    provider_keys: Mapping[str, ContextValue] = field(default_factory=dict)
    issued_at: datetime | None = None


class SessionStore:
    """Vends keys of role sessions and finds them again; the keys live as long as this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[str, AccessKey] = {}

    def vend(self, session: RoleSession, *, seconds: int, now: datetime) -> AccessKey:
        """Return a new key for the session, valid for so many seconds."""
        key = AccessKey(
            access_key_id="ASIA" + "".join(secrets.choice(_KEY_CHARACTERS) for _ in range(16)),
            secret_access_key=secrets.token_urlsafe(30),
            session_token=secrets.token_urlsafe(192),
            expires_at=now.replace(microsecond=0) + timedelta(seconds=seconds),
            owner=replace(session, issued_at=now),
        )
        with self._lock:
            forgotten = [
                name for name, old in self._keys.items() if old.expires_at and old.expires_at + _REMEMBERED < now
            ]
            for name in forgotten:
                del self._keys[name]
            self._keys[key.access_key_id] = key
        return key

    def find(self, access_key_id: str) -> AccessKey | None:
        """Return the key of that id, also when it has expired."""
        return self._keys.get(access_key_id)
