"""What is opened for a request ends with it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING

import pytest

from chalicelib.data.threads import RequestThreads
from chalicelib.errors import HandleClosedError
from chalicelib.tenancy.tenant import Role, TenantContext
from chalicelib.vending.handles import Handle, request_scope
from chalicelib.vending.sessions import Session
from tests.support.handles import GivenHandle, handle_of, open_request

if TYPE_CHECKING:
    from collections.abc import Callable

ACME = TenantContext("acme", Role.MEMBER, "user-1", "m@example.com")
USES: list[Callable[[Handle], object]] = [Handle.session, Handle.check]


def unasked() -> Session:
    """Stand for a vending machine that is not to be asked."""
    raise AssertionError("asked for a session")


@pytest.mark.parametrize("use", USES)
def test_a_handle_works_for_as_long_as_its_request(use: Callable[[Handle], object]) -> None:
    """As often as it is used, and then no more, without a session being asked for."""
    session = Session.of_function("acme", Role.MEMBER)
    asked: list[Session] = []

    def ask() -> Session:
        asked.append(session)
        return session

    with open_request():
        handle = GivenHandle(ACME, ask)
        assert handle.tenant is ACME
        assert handle.session() is handle.session() is session
        handle.check()
    before = len(asked)
    with pytest.raises(HandleClosedError) as refused:
        use(handle)
    assert (refused.value.STATUS_CODE, len(asked)) == (403, before)


def test_opening_a_handle_asks_for_no_session() -> None:
    """A request that is refused for its body costs no call of STS."""
    with open_request():
        GivenHandle(ACME, unasked).check()


@pytest.mark.parametrize("use", USES)
def test_a_handle_of_an_earlier_request_does_nothing_in_a_later_one(use: Callable[[Handle], object]) -> None:
    """Of another tenant or of the same: nobody can tell here whose code kept it."""
    with open_request():
        kept = GivenHandle(ACME, unasked)
    with open_request(), pytest.raises(HandleClosedError):
        use(kept)


@pytest.mark.parametrize("use", USES)
def test_a_handle_of_another_request_that_is_under_way_does_nothing(use: Callable[[Handle], object]) -> None:
    """Requests run side by side on one machine; the other one's own goes on."""
    with open_request():
        other = GivenHandle(ACME, unasked)
        with ThreadPoolExecutor(1) as threads:
            elsewhere = threads.submit(_in_a_request, lambda: use(other))
            with pytest.raises(HandleClosedError):
                elsewhere.result()
        other.check()


def test_within_a_request_no_other_begins() -> None:
    """Code that kept a session could else have a request of its own for it."""
    with open_request():
        with pytest.raises(HandleClosedError), request_scope(unasked):
            pass
        handle_of("acme").check()
    with open_request():
        handle_of("acme").check()


def test_a_handle_takes_no_other_session() -> None:
    """By an assignment, as in a test or for a cache; nor does a session change whose it is."""
    with open_request():
        handle = Handle(ACME)
        with pytest.raises(AttributeError):
            handle.session = unasked  # type: ignore[method-assign] # what is tried
    session = Session.of_function("acme", Role.MEMBER)
    for name, value in (("tenant_id", "globex"), ("credentials", None), ("role", Role.ADMIN)):
        with pytest.raises(FrozenInstanceError):
            setattr(session, name, value)


def test_all_handles_of_a_request_have_the_session_of_its_token_whatever_context_they_are_given() -> None:
    """A context that was kept, or made by hand, names another tenant's rows, and IAM refuses them to this session."""
    acme, globex = Session.of_function("acme", Role.MEMBER), Session.of_function("globex", Role.MEMBER)
    with request_scope(lambda: acme):
        kept = Handle(ACME)
        assert kept.session() is acme
    with request_scope(lambda: globex):
        assert Handle(kept.tenant).session() is globex


def test_a_copied_context_carries_no_request_into_another_thread() -> None:
    """While its own request is still open: else code that kept one would work for it in another tenant's request."""
    with open_request():
        handle, copied = handle_of("acme"), copy_context()
        with ThreadPoolExecutor(1) as threads, pytest.raises(HandleClosedError):
            threads.submit(_in_a_request, lambda: copied.run(handle.session)).result()
        handle.check()


def _in_a_request(use: Callable[[], object]) -> None:
    with open_request():
        use()


def test_without_a_request_no_handle_is_opened() -> None:
    """There is no time at which it would end; a thread of nobody's is in no request either."""
    with pytest.raises(HandleClosedError):
        handle_of("acme")
    with open_request(), ThreadPoolExecutor(1) as threads, pytest.raises(HandleClosedError):
        threads.submit(handle_of, "acme").result()


def test_the_threads_that_work_for_a_request_use_its_handle() -> None:
    """As a list of several shards does; a thread of nobody's does not."""
    with RequestThreads(2) as threads, open_request():
        handle = handle_of("acme")
        assert {session.tenant_id for session in threads.map(lambda _: handle.session(), range(4))} == {"acme"}
        with ThreadPoolExecutor(1) as others, pytest.raises(HandleClosedError):
            others.submit(handle.session).result()


def test_a_copied_context_does_nothing_after_the_answer() -> None:
    """A thread that goes on in the background holds a copy of the request's context, and learns of its end."""
    with open_request():
        handle, copied = handle_of("acme"), copy_context()
        copied.run(handle.session)
    with pytest.raises(HandleClosedError):
        copied.run(handle.session)
    with pytest.raises(HandleClosedError):
        copied.run(handle_of, "acme")


def test_a_request_that_fails_ends_as_well() -> None:
    """An error is an answer too."""
    kept: list[Handle] = []

    def fail() -> None:
        kept.append(handle_of("acme"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _in_a_request(fail)
    with pytest.raises(HandleClosedError):
        kept[0].check()
    with pytest.raises(HandleClosedError):
        handle_of("acme")
