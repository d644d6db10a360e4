"""Handles as tests open them: of a tenant that the test names, with a session that signs nothing."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import pytest

from chalicelib.errors import ScopedCredentialsError
from chalicelib.tenancy.tenant import Role, TenantContext
from chalicelib.vending import handles
from chalicelib.vending.handles import Handle, request_scope
from chalicelib.vending.sessions import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class GivenHandle(Handle):
    """A handle whose session the test gives, so that one test holds several tenants' at the same time."""

    def __init__(self, tenant: TenantContext, session: Callable[[], Session]) -> None:
        super().__init__(tenant)
        self._given = session

    def session(self) -> Session:
        """Return what was given, as long as the request lasts."""
        self.check()
        return self._given()


def handle_of(tenant_id: str = "acme", role: Role = Role.ADMIN, *, session: Session | None = None) -> Handle:
    """Return a handle of this tenant, whose session is the same tenant's unless another is given."""
    own = session or Session.of_function(tenant_id, role)
    context = TenantContext(tenant_id, role, "user-1", f"someone@{tenant_id}.example.com")
    return GivenHandle(context, lambda: own)


def no_session() -> Session:
    """Stand for a request without a token that opens one."""
    raise ScopedCredentialsError


@contextmanager
def open_request() -> Iterator[None]:
    """Let handles be opened in the block, with sessions of their own: in a request, or in the one that runs already."""
    with nullcontext() if handles._thread.scope is not None else request_scope(no_session):
        yield


@pytest.fixture
def in_request() -> Iterator[None]:
    """Let handles be opened for as long as the test runs, as for as long as a request runs."""
    with open_request():
        yield
