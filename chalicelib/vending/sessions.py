"""The token vending machine: a verified token → a session of STS that can reach one tenant only.

Sessions are kept per (tenant, role) of the token, or per user: no field of a tenant context chooses one.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from botocore.credentials import Credentials

from chalicelib.config import SessionPer
from chalicelib.errors import (
    InvalidTokenError,
    ScopedCredentialsError,
    SigningKeysUnavailableError,
    UnknownSigningKeyError,
)
from chalicelib.vending.callers import Caller

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sts.type_defs import CredentialsTypeDef

    from chalicelib.tenancy.tenant import Role, TenantContext
    from chalicelib.vending.strategies import VendingStrategy

_RENEWED_BEFORE = timedelta(minutes=10)
_FAILURE_KEPT = timedelta(seconds=1)
# A refusal may be the answer to a session that was revoked, so that a new one helps; but somebody who keeps asking for
# what is not theirs must not turn every request into a call of STS, whose rate all tenants share.
_REPLACED_WHEN_REFUSED_AFTER = timedelta(seconds=10)
_LONG_AGO, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_LEEWAY_SECONDS = 10  # as the token manager's
_TOKENS_A_SESSION = 4  # that are remembered, on average


@dataclass(slots=True)
class _Standing:
    """What services said of a session; the tenant and the key that it signs with never change."""

    vended_at: datetime
    is_rejected: bool = False
    is_refused: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """An open session of one tenant: signs calls until it ends. `credentials` is None where nothing is signed with it.

    A service that rejects or refuses it says so here, and the next request gets another.
    """

    tenant_id: str
    role: Role
    credentials: Credentials | None
    expires_at: datetime
    _standing: _Standing = field(repr=False)

    @property
    def is_fresh(self) -> bool:
        """Whether no service rejected or refused it."""
        return not self._standing.is_rejected and not self._standing.is_refused

    def is_usable(self, now: datetime) -> bool:
        """Return whether it has not ended."""
        return not self._standing.is_rejected and self.expires_at > now

    def rejected(self) -> None:
        """Note that a service takes it no more."""
        self._standing.is_rejected = True

    def refused(self, now: datetime) -> None:
        """Note that a service refused what was asked: of a session that is no longer new, it may be the session."""
        self._standing.is_refused = now - self._standing.vended_at >= _REPLACED_WHEN_REFUSED_AFTER

    def kept(self, now: datetime) -> Self:
        """Return it as if it were new: it was refused, and there is no other."""
        self._standing.is_refused, self._standing.vended_at = False, now
        return self

    @classmethod
    def of_function(cls, tenant_id: str, role: Role) -> Self:
        """Return what stands for a session where a function signs with its own rights, in the name of one tenant."""
        return cls(tenant_id, role, None, _NEVER, _Standing(_LONG_AGO))

    @classmethod
    def of(cls, tenant_id: str, role: Role, vended: CredentialsTypeDef, now: datetime) -> Self:
        """Return the session with what STS vended.

        Raises:
            ScopedCredentialsError: it is over already: a clock is wrong by an hour, and AWS would refuse it.
        """
        if vended["Expiration"] <= now:
            raise ScopedCredentialsError
        key = Credentials(vended["AccessKeyId"], vended["SecretAccessKey"], vended["SessionToken"])
        return cls(tenant_id, role, key, vended["Expiration"], _Standing(now))


class Sessions:
    """Opens sessions by token, and keeps the `capacity` last used ones.

    A token is verified once, and remembered by its hash until it expires: by STS, where STS verifies tokens and opens
    a session with it, else by its signature. A key that the stored copy does not have is left to STS likewise. A
    session is renewed ten minutes before it ends, opened once when many threads want the same at the same time, opened
    anew when a service says that it expired, and replaced, if STS can be reached, when a service refuses it ten
    seconds or more after it came. A failure is kept for a second.

    A token of which nothing is verified may be forged: it takes the place of no session that is kept, and when it opens
    none, that is kept as a failure of its tenant only if its signature is good.
    """

    def __init__(
        self,
        vending: VendingStrategy,
        verify: Callable[[str], TenantContext],
        *,
        per: SessionPer,
        capacity: int,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._vending = vending
        self._verify = verify
        self._per = per
        self._capacity = capacity
        self._now = now
        self._lock = threading.Lock()
        self._verified: OrderedDict[bytes, Caller] = OrderedDict()
        self._kept: OrderedDict[tuple[str, ...], _Kept] = OrderedDict()
        self._opening: OrderedDict[tuple[str, ...], _Kept] = OrderedDict()  # nobody has proved to be of this tenant yet

    def of(self, token: str) -> Session:
        """Return the session of the tenant and role that the token names.

        Raises:
            InvalidTokenError: the token does not prove who is calling.
            ScopedCredentialsError: STS would not vend, or could not be reached.
            SigningKeysUnavailableError: nothing but its signature could verify the token, and no key is known.
        """
        digest = hashlib.sha256(token.encode()).digest()
        known = self._verified.get(digest)
        caller = known or Caller.claimed(token)
        if caller.expires_at + _LEEWAY_SECONDS < self._now().timestamp():
            raise InvalidTokenError("the token has expired")
        kept = self._kept_for(caller)
        session = kept.session
        if known is not None and session is not None and _is_fresh(session, self._now()):
            return session
        caller = replace(caller, token=token)
        with kept.lock:
            left_to_sts = self._vending.verifies_tokens and not kept.is_usable(self._now())
            if digest in self._verified or (not left_to_sts and self._is_signed(token)):
                session = self._fresh(kept, caller)
            else:
                session = self._open(kept, caller, is_verified=False)
            self._remember(digest, caller, kept)
        return session

    def _is_signed(self, token: str) -> bool:
        """Return whether the token's signature is good; False where only STS knows.

        Raises:
            InvalidTokenError: the signature is not good, or anything else about the token.
            SigningKeysUnavailableError: nobody knows.
        """
        try:
            self._verify(token)
        except (UnknownSigningKeyError, SigningKeysUnavailableError) as error:
            if self._vending.verifies_tokens:
                return False
            if isinstance(error, UnknownSigningKeyError):
                raise InvalidTokenError(error.reason) from error
            raise
        return True

    def _fresh(self, kept: _Kept, caller: Caller) -> Session:
        """Return what is kept, opened or renewed for this caller, who is verified."""
        session, now = kept.session, self._now()
        if session is not None and _is_fresh(session, now):
            return session
        try:
            return self._open(kept, caller, is_verified=True)
        except ScopedCredentialsError:
            if session is None or not session.is_usable(now):
                raise
            return session.kept(now)  # without STS it is still the best there is

    def _open(self, kept: _Kept, caller: Caller, *, is_verified: bool) -> Session:
        # Threads that waited for a vending that failed must not all try it anew, one after the other.
        if kept.failed_at is not None and timedelta() <= self._now() - kept.failed_at < _FAILURE_KEPT:
            raise ScopedCredentialsError
        try:
            session = Session.of(caller.tenant_id, caller.role, self._vending.vend(caller), self._now())
        except ScopedCredentialsError:
            if is_verified or self._is_signed(caller.token):
                kept.failed_at = self._now()
            raise
        kept.session, kept.failed_at = session, None
        return session

    def _remember(self, digest: bytes, caller: Caller, kept: _Kept) -> None:
        now = self._now().timestamp()
        with self._lock:
            self._verified[digest] = replace(caller, token="")
            # The oldest expire first, since all tokens of a pool live equally long.
            while self._verified and (
                len(self._verified) > _TOKENS_A_SESSION * self._capacity
                or next(iter(self._verified.values())).expires_at + _LEEWAY_SECONDS < now
            ):
                self._verified.popitem(last=False)
            self._opening.pop(kept.key, None)
            self._kept[kept.key] = kept
            if len(self._kept) > self._capacity:
                self._kept.popitem(last=False)

    def _kept_for(self, caller: Caller) -> _Kept:
        user = (caller.user_id,) if self._per is SessionPer.USER else ()
        key = (caller.tenant_id, caller.role, *user)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                return kept
            kept = self._opening.setdefault(key, _Kept(key))
            if len(self._opening) > self._capacity:
                self._opening.popitem(last=False)
            return kept


class _Kept:
    """One tenant's session as one role, or one user's, and when opening it failed."""

    def __init__(self, key: tuple[str, ...]) -> None:
        self.key = key
        self.lock = threading.Lock()
        self.session: Session | None = None
        self.failed_at: datetime | None = None

    def is_usable(self, now: datetime) -> bool:
        """Return whether there is a session that has not ended."""
        return self.session is not None and self.session.is_usable(now)


def _is_fresh(session: Session, now: datetime) -> bool:
    return session.is_fresh and session.expires_at - now > _RENEWED_BEFORE
