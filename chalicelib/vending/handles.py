"""What is opened for a request ends with it: a store, client or transaction that code keeps does nothing later.

Of all refusals between tenants this one is code. It stands where IAM cannot: a store that was kept from an earlier
request holds a session that IAM gave to that request's tenant, rightly.
"""

from __future__ import annotations

import functools
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from chalicelib.errors import HandleClosedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalicelib.tenancy.tenant import TenantContext
    from chalicelib.vending.sessions import Session

P = ParamSpec("P")
T = TypeVar("T")


class _Scope:
    """One request's time, and the session of its token."""

    def __init__(self, session: Callable[[], Session]) -> None:
        self.session = session
        self.is_open = True


class _Thread(threading.local):
    """Whose request a thread works for. A context variable would not do: code may keep a copy of a context."""

    scope: _Scope | None = None


_thread = _Thread()


@contextmanager
def request_scope(session: Callable[[], Session]) -> Iterator[None]:
    """Let handles be opened in the block, in its thread; at its end they are closed.

    All of them work with the session that `session` returns: of a request, that of its token.

    Raises:
        HandleClosedError: this thread works for a request already, which has its session.
    """
    if _thread.scope is not None:
        raise HandleClosedError("A request has one session, and opens no other.")
    scope = _thread.scope = _Scope(session)
    try:
        yield
    finally:
        scope.is_open = False
        _thread.scope = None


def for_this_request(work: Callable[P, T]) -> Callable[P, T]:
    """Return the work as another thread may do it for the request of the present one, while that is open."""
    scope = _thread.scope

    @functools.wraps(work)
    def done(*args: P.args, **kwargs: P.kwargs) -> T:
        before, _thread.scope = _thread.scope, scope
        try:
            return work(*args, **kwargs)
        finally:
            _thread.scope = before

    return done


class Handle:
    """One request's way to its tenant's data.

    `tenant` is the context that the authorizer verified: stores name partitions and rows by it. Which session is used
    it does not decide, nor does anything else that a handler gives: it is that of the request in whose time the handle
    was opened.

    Raises:
        HandleClosedError: there is no request in whose time it could be open.
    """

    __slots__ = ("_scope", "tenant")

    def __init__(self, tenant: TenantContext) -> None:
        self.tenant = tenant
        self._scope = _thread.scope
        self.check()

    def session(self) -> Session:
        """Return the session that signs for this handle.

        Raises:
            HandleClosedError: its request is over, or this is another request.
            ScopedCredentialsError: STS would not vend, or could not be reached.
            InvalidTokenError: the token does not prove who is calling, or there is none.
        """
        return self._open_scope().session()

    def check(self) -> None:
        """Refuse to work for anything but the request for which this was opened.

        Raises:
            HandleClosedError: its request is over, or this is another request.
        """
        self._open_scope()

    def _open_scope(self) -> _Scope:
        scope = self._scope
        if scope is None or not scope.is_open or scope is not _thread.scope:
            raise HandleClosedError("What was opened for one request does nothing in another.")
        return scope
