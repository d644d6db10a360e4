"""What a token comes to that is not what the user pool has signed: no session, and no harm to whose name it bears."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.config import Strategy
from chalicelib.errors import (
    InvalidTokenError,
    ScopedCredentialsError,
    SigningKeysUnavailableError,
    UnknownSigningKeyError,
)
from chalicelib.tenancy.tenant import Role
from tests.unit.chalicelib.vending.vending_machine import FOREIGN, POOL, UNKNOWN, VendingMachine, key_of, sts_error

BOTH = [Strategy.WEB_IDENTITY, Strategy.SESSION_TAGS]


@pytest.fixture(params=BOTH)
def machine(request: pytest.FixtureRequest) -> VendingMachine:
    """A machine where STS verifies the token, and one where the signature is verified before."""
    return VendingMachine(request.param)


def refused(machine: VendingMachine, token: str) -> InvalidTokenError:
    """Return the error with which the token is refused: a 401."""
    with pytest.raises(InvalidTokenError) as error:
        machine.sessions.of(token)
    assert error.value.STATUS_CODE == 401
    return error.value


def test_a_forged_token_of_a_tenant_that_is_kept_gets_nothing_of_it(machine: VendingMachine) -> None:
    """Not at the first attempt nor at the next; STS is not asked, and the tenant's own tokens work as before."""
    token = machine.token()
    kept = machine.sessions.of(token)
    forged = machine.token(pool=FOREIGN)

    for _ in range(3):
        assert refused(machine, forged).reason == "Signature verification failed"
    assert len(machine.sts.calls) == 1
    assert machine.sessions.of(token) is machine.of() is kept


def test_a_forged_token_of_a_tenant_that_is_not_kept_opens_nothing(machine: VendingMachine) -> None:
    """And is no failure of its tenant, whose next token is served at once."""
    for _ in range(2):
        refused(machine, machine.token(pool=FOREIGN))
    assert key_of(machine.of()).startswith("ASIAacme")


def test_a_forged_token_delays_no_renewal(machine: VendingMachine) -> None:
    """Somebody who repeats it each second would else shut the tenant out once its session ends."""
    token = machine.token()
    machine.sessions.of(token)
    machine.pass_time(minutes=61)
    refused(machine, machine.token(pool=FOREIGN))
    assert key_of(machine.sessions.of(token)).startswith("ASIAacme")


@pytest.mark.parametrize("is_kept", [True, False], ids=["kept", "not kept"])
def test_a_token_for_another_client_gets_nothing(machine: VendingMachine, *, is_kept: bool) -> None:
    """Though the very pool has signed it."""
    if is_kept:
        machine.of()
    refused(machine, machine.token(aud="another-client"))
    assert key_of(machine.of()).startswith("ASIAacme")


def test_a_token_of_an_unknown_key_is_left_to_sts_where_sts_verifies_tokens() -> None:
    """The pool has rotated its keys, which the copy does not tell yet; once STS took the token, it is remembered."""
    machine = VendingMachine()
    machine.sts.trusted.append(UNKNOWN)
    token = machine.token(pool=UNKNOWN)
    session = machine.sessions.of(token)
    machine.verifier.asked.clear()

    assert machine.sessions.of(token) is session
    assert (machine.verifier.asked, len(machine.sts.calls)) == ([], 1)
    second = machine.of(pool=UNKNOWN)
    assert key_of(second) == "ASIAacme2", "of a kept tenant too"
    assert machine.sessions.of(token) is second


@pytest.mark.parametrize("are_keys_available", [True, False], ids=["unknown key", "no keys"])
@pytest.mark.parametrize("is_kept", [True, False], ids=["kept", "not kept"])
def test_a_token_that_nobody_here_can_judge_and_sts_refuses_harms_nobody(
    *, are_keys_available: bool, is_kept: bool
) -> None:
    """It gets a 503, which is not kept as its tenant's failure, and replaces no session."""
    machine = VendingMachine()
    token = machine.token()
    kept = machine.sessions.of(token) if is_kept else None
    machine.verifier.are_keys_available = are_keys_available

    for _ in range(2):
        with pytest.raises(ScopedCredentialsError):
            machine.of(pool=UNKNOWN)

    machine.verifier.are_keys_available = True
    assert machine.sessions.of(token) is (kept or machine.of())
    assert len(machine.sts.calls) == 3


def test_while_no_key_is_known_every_new_token_is_left_to_sts() -> None:
    """A stored copy that is missing or old costs calls of STS and shuts nobody out."""
    machine = VendingMachine()
    machine.verifier.are_keys_available = False
    assert [key_of(machine.of()) for _ in range(3)] == ["ASIAacme1", "ASIAacme2", "ASIAacme3"]
    with pytest.raises(ScopedCredentialsError):
        machine.of(pool=FOREIGN)


def test_where_sts_verifies_no_token_one_of_an_unknown_key_is_refused() -> None:
    """Nothing else could verify it."""
    machine = VendingMachine(Strategy.SESSION_TAGS)
    error = refused(machine, machine.token(pool=UNKNOWN))
    assert type(error) is InvalidTokenError, "what the caller is told has one name"
    assert isinstance(error.__cause__, UnknownSigningKeyError)
    machine.verifier.are_keys_available = False
    with pytest.raises(SigningKeysUnavailableError) as unavailable:
        machine.of()
    assert unavailable.value.STATUS_CODE == 503
    assert machine.sts.calls == []


@pytest.mark.parametrize("strategy", BOTH)
def test_callers_who_prove_nothing_take_no_place_of_one_who_has(strategy: Strategy) -> None:
    """As many tenants as they can name: whoever is kept stays kept."""
    machine = VendingMachine(strategy, capacity=2)
    tokens = [machine.token("acme"), machine.token("globex")]
    kept = [machine.sessions.of(token) for token in tokens]
    calls = len(machine.sts.calls)

    for number in range(10):
        refused(machine, machine.token(f"tenant-{number}", pool=FOREIGN))

    del machine.sts.calls[calls:]
    assert [machine.sessions.of(token) for token in tokens] == kept
    assert len(machine.sts.calls) == calls
    assert len(machine.sessions._opening) <= 2, "nor is what they leave unbounded"


def test_a_forged_token_and_a_good_one_at_once(machine: VendingMachine) -> None:
    """Whichever is first, one is refused and the other served."""
    machine.sts.seconds = 0.02
    tokens = [(machine.token(pool=pool), pool is FOREIGN) for pool in (FOREIGN, POOL, FOREIGN, POOL)]
    barrier = threading.Barrier(len(tokens))

    def ask(asked: tuple[str, bool]) -> bool:
        barrier.wait()
        try:
            return machine.sessions.of(asked[0]).tenant_id != "acme"
        except InvalidTokenError:
            return True

    with ThreadPoolExecutor(len(tokens)) as threads:
        assert list(threads.map(ask, tokens)) == [is_forged for _, is_forged in tokens]


@pytest.mark.parametrize("code", ["ExpiredTokenException", "IDPRejectedClaim"])
def test_a_token_that_sts_finds_over_is_refused_and_no_failure_of_its_tenant(code: str) -> None:
    """It expired on the way, or its pool revoked it: its user signs in again, and others are not kept waiting."""
    machine = VendingMachine()
    machine.sts.failure = sts_error(code)
    refused(machine, machine.token())
    machine.sts.failure = None
    assert key_of(machine.of()) == "ASIAacme2"


def test_a_failure_with_a_good_token_is_its_tenants(machine: VendingMachine) -> None:
    """So that a tenant's users do not each ask an STS that refuses: the next one within a second is told at once."""
    machine.sts.failure = sts_error("AccessDenied")
    for user in ("ann", "bob", "eve"):
        with pytest.raises(ScopedCredentialsError):
            machine.of(user=user)
    assert len(machine.sts.calls) == 1


def test_the_session_of_a_token_is_that_of_its_own_claims(machine: VendingMachine) -> None:
    """Of every tenant and role that is kept at the same time, asked for by tokens in any order."""
    tokens = {(name, role): machine.token(name, role) for name in ("acme", "acme-eu", "globex") for role in Role}
    for _ in range(2):
        for (name, role), token in sorted(tokens.items(), reverse=True):
            session = machine.sessions.of(token)
            assert (session.tenant_id, session.role) == (name, role)


def test_no_token_is_in_a_log_an_error_or_a_repr(caplog: pytest.LogCaptureFixture, machine: VendingMachine) -> None:
    """Whatever came of it."""
    caplog.set_level(logging.DEBUG)
    token, seen = machine.token(), []
    session = machine.sessions.of(token)
    machine.sts.failure = sts_error("AccessDenied")
    tokens = [token, machine.token(pool=FOREIGN), machine.token("globex"), machine.token("globex", pool=FOREIGN)]
    for each in (*tokens[1:], "a.b.c"):
        with pytest.raises((InvalidTokenError, ScopedCredentialsError)) as error:
            machine.sessions.of(each)
        cause = error.value.__cause__ or error.value.__context__
        seen += [str(error.value), repr(error.value), repr(vars(error.value)), repr(cause)]
    seen += [repr(machine.sessions), repr(session), caplog.text, repr(list(machine.sessions._verified.values()))]
    assert "STS does not vend" in caplog.text
    assert not any(part in text for text in seen for each in tokens for part in each.split(".")[1:])
