"""The token vending machine: whose session a token opens, and what is kept of it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import BotoCoreError, ConnectTimeoutError, EndpointConnectionError, NoCredentialsError

from chalicelib.config import SessionPer, Strategy
from chalicelib.errors import InvalidTokenError, ScopedCredentialsError
from chalicelib.tenancy.tenant import Role
from tests.unit.chalicelib.vending.vending_machine import VendingMachine, key_of, sts_error

if TYPE_CHECKING:
    from chalicelib.vending.sessions import Session

THREADS = 32
BOTH = [Strategy.WEB_IDENTITY, Strategy.SESSION_TAGS]
UNREACHABLE = EndpointConnectionError(endpoint_url="https://sts.invalid")


@pytest.fixture(params=BOTH)
def machine(request: pytest.FixtureRequest) -> VendingMachine:
    """A machine where STS verifies the token, and one where the signature is verified before."""
    return VendingMachine(request.param)


def test_every_tenant_and_every_role_has_a_session_of_its_own(machine: VendingMachine) -> None:
    """`acme` and `acme-eu`, or one tenant's viewer and admin, never share credentials."""
    callers = [(name, role) for name in ("acme", "acme-eu", "acme1", "acme10") for role in Role]

    made = [machine.of(tenant, role) for tenant, role in callers]

    assert [(session.tenant_id, session.role) for session in made] == callers
    assert [key_of(session) for session in made] == [f"ASIA{name}{n}" for n, (name, _) in enumerate(callers, start=1)]
    assert machine.sts.sessions() == [f"{tenant}.{role}" for tenant, role in callers]


def test_a_warm_request_asks_nobody_for_anything(machine: VendingMachine) -> None:
    """Neither STS nor, once its token has been verified, the keys."""
    token = machine.token()
    first = machine.sessions.of(token)
    verified = len(machine.verifier.asked)

    assert machine.sessions.of(token) is first
    assert len(machine.sts.calls) == 1
    assert len(machine.verifier.asked) == verified


def test_a_new_token_of_a_tenant_that_is_kept_is_verified_once_and_opens_nothing(machine: VendingMachine) -> None:
    """Users of one tenant and role share the session, which holds the tenant's rights and not a user's."""
    first = machine.of()
    machine.verifier.asked.clear()
    second = machine.token(user="user-2")

    assert [machine.sessions.of(second) for _ in range(3)] == [first] * 3
    assert machine.verifier.asked == [second]
    assert len(machine.sts.calls) == 1


def test_a_token_with_which_sts_opens_a_session_is_not_verified_here() -> None:
    """A cold start loads no JWT library; nor is it when the session that is kept has ended, or was rejected."""
    machine = VendingMachine()
    machine.of()
    machine.pass_time(hours=1)
    machine.of().rejected()
    machine.of()
    assert len(machine.sts.calls) == 3
    assert machine.verifier.asked == []


def test_where_sts_verifies_no_token_each_is_verified_before_sts_is_asked() -> None:
    """There the code that names the tenant is all that there is."""
    machine = VendingMachine(Strategy.SESSION_TAGS)
    machine.sts.failure = UNREACHABLE
    with pytest.raises(ScopedCredentialsError):
        machine.of()
    assert len(machine.verifier.asked) == 1


def test_a_session_per_user_is_nobody_elses() -> None:
    """Of the same tenant in the same role, so that CloudTrail can name the user."""
    machine = VendingMachine(per=SessionPer.USER)
    ann, bob = machine.of(user="ann"), machine.of(user="bob")

    assert key_of(ann) != key_of(bob)
    assert (machine.of(user="ann"), machine.of(user="bob")) == (ann, bob)
    assert len(machine.sts.calls) == 2


def test_after_a_change_of_role_each_token_opens_the_role_that_it_names(machine: VendingMachine) -> None:
    """The kept session of the former role serves its tokens until they expire, and no token of the new role."""
    former = machine.token(role=Role.ADMIN, lives=timedelta(minutes=15))
    admin = machine.sessions.of(former)

    viewer = machine.of(role=Role.VIEWER)
    assert (viewer.role, key_of(viewer)) == (Role.VIEWER, "ASIAacme2")
    assert machine.sessions.of(former) is admin

    machine.pass_time(minutes=16)
    with pytest.raises(InvalidTokenError):
        machine.sessions.of(former)


def test_a_token_ends_when_it_says_so_though_it_is_remembered(machine: VendingMachine) -> None:
    """Between authorizer and handler too; with the leeway that the authorizer gives, and without asking anybody."""
    token = machine.token(lives=timedelta(minutes=15))
    session = machine.sessions.of(token)
    machine.pass_time(minutes=15, seconds=10)
    assert machine.sessions.of(token) is session

    machine.pass_time(seconds=1)
    never_seen = machine.token(lives=timedelta(seconds=-11))
    calls, asked = len(machine.sts.calls), len(machine.verifier.asked)
    for expired in (token, never_seen):
        with pytest.raises(InvalidTokenError) as refused:
            machine.sessions.of(expired)
        assert (refused.value.STATUS_CODE, refused.value.reason) == (401, "the token has expired")
    assert (len(machine.sts.calls), len(machine.verifier.asked)) == (calls, asked)


def together(machine: VendingMachine, tokens: list[str]) -> list[Session]:
    """Return the sessions of these tokens, each asked for by a thread of its own at the same time."""
    barrier = threading.Barrier(len(tokens))

    def get(token: str) -> Session:
        barrier.wait()
        return machine.sessions.of(token)

    with ThreadPoolExecutor(len(tokens)) as threads:
        return list(threads.map(get, tokens))


@pytest.mark.parametrize("different", [False, True], ids=["one token", "a token each"])
def test_many_threads_for_one_tenant_lead_to_one_call_of_sts(machine: VendingMachine, *, different: bool) -> None:
    """A cold container under load asks once; all the others wait for that answer."""
    machine.sts.seconds = 0.1
    tokens = [machine.token() for _ in range(THREADS)] if different else [machine.token()] * THREADS

    assert len(set(map(id, together(machine, tokens)))) == 1
    assert len(machine.sts.calls) == 1


def test_many_threads_for_several_tenants_get_their_own_tenants_keys(machine: VendingMachine) -> None:
    """Concurrency mixes up nobody's credentials."""
    machine.sts.seconds = 0.05
    callers = [("acme", "globex", "initech", "acme-eu")[number % 4] for number in range(THREADS)]

    for caller, session in zip(callers, together(machine, [machine.token(caller) for caller in callers]), strict=True):
        assert session.tenant_id == caller
        assert key_of(session).rstrip("0123456789") == f"ASIA{caller}"
    assert sorted(machine.sts.sessions()) == ["acme-eu.member", "acme.member", "globex.member", "initech.member"]


def test_one_tenants_slow_sts_call_holds_up_no_other_tenant(
    machine: VendingMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Vending happens outside the lock that all tenants share."""
    globex_is_served, vend = threading.Event(), machine.sessions._vending.vend

    def slow_for_acme(caller: object) -> object:
        if "acme" in repr(caller):
            assert globex_is_served.wait(10)
        return vend(caller)  # type: ignore[arg-type] # as it came

    monkeypatch.setattr(machine.sessions._vending, "vend", slow_for_acme)
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(machine.of)
        machine.of("globex")
        globex_is_served.set()
        slow.result(10)
    assert machine.sts.sessions() == ["globex.member", "acme.member"]


def test_a_session_is_renewed_well_before_it_ends(machine: VendingMachine) -> None:
    """Ten minutes before, for whichever token asks, and the former one is not handed out any more."""
    token = machine.token()
    first = machine.sessions.of(token)

    machine.pass_time(minutes=49)
    assert machine.sessions.of(token) is first

    machine.pass_time(minutes=2)
    second = machine.sessions.of(token)
    assert key_of(second) == "ASIAacme2"
    assert machine.sessions.of(token) is machine.of() is second
    assert len(machine.sts.calls) == 2


def test_many_threads_at_the_renewal_lead_to_one_call_of_sts(machine: VendingMachine) -> None:
    """Expiry under load is one call, too."""
    machine.of()
    machine.pass_time(hours=2)
    machine.sts.seconds = 0.05
    tokens = [machine.token() for _ in range(THREADS)]

    assert {key_of(session) for session in together(machine, tokens)} == {"ASIAacme2"}
    assert len(machine.sts.calls) == 2


def test_a_failed_early_renewal_keeps_the_session_that_still_holds(machine: VendingMachine) -> None:
    """It is the same tenant's own, and there is time to try again, though not at every request."""
    token = machine.token()
    first = machine.sessions.of(token)
    machine.pass_time(minutes=51)
    machine.sts.failure = UNREACHABLE
    assert [machine.sessions.of(token) for _ in range(3)] == [first] * 3
    assert len(machine.sts.calls) == 2

    machine.sts.failure = None
    machine.pass_time(seconds=1)
    assert key_of(machine.sessions.of(token)) == "ASIAacme3"


@pytest.mark.parametrize("minutes", [60, 61, 600])
@pytest.mark.parametrize("failure", [sts_error("AccessDenied"), UNREACHABLE], ids=["denied", "unreachable"])
def test_at_the_end_of_a_session_a_failed_renewal_yields_none(
    machine: VendingMachine, minutes: int, failure: Exception
) -> None:
    """Neither the old one nor another takes its place; the next call that STS answers works again."""
    token = machine.token()
    machine.sessions.of(token)
    machine.pass_time(minutes=minutes)
    machine.sts.failure = failure

    for asked in (token, machine.token()):
        with pytest.raises(ScopedCredentialsError):
            machine.sessions.of(asked)
        machine.pass_time(seconds=1)
    machine.sts.failure = None

    assert key_of(machine.sessions.of(token)) == "ASIAacme4"


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(sts_error("AccessDenied"), id="denied"),
        pytest.param(sts_error("InvalidIdentityToken"), id="no provider"),
        pytest.param(sts_error("IDPCommunicationError"), id="pool out of reach"),
        pytest.param(sts_error("Throttling"), id="throttled"),
        pytest.param(UNREACHABLE, id="unreachable"),
        pytest.param(ConnectTimeoutError(endpoint_url="https://sts.invalid"), id="timeout"),
        pytest.param(NoCredentialsError(), id="no credentials of its own"),
        pytest.param(BotoCoreError(), id="any other client-side failure"),
    ],
)
def test_a_first_failure_yields_no_session_and_is_remembered_for_a_second(
    machine: VendingMachine, failure: Exception
) -> None:
    """The caller gets a 503 that says nothing of STS; other tenants and the next second are not affected."""
    machine.sts.failure = failure
    with pytest.raises(ScopedCredentialsError) as refused:
        machine.of()
    assert refused.value.STATUS_CODE == 503
    assert refused.value.__cause__ is failure
    assert str(failure) not in str(refused.value)

    machine.sts.failure = None

    machine.pass_time(seconds=0.999)
    with pytest.raises(ScopedCredentialsError):
        machine.of()
    assert key_of(machine.of("globex")) == "ASIAglobex2"
    machine.pass_time(seconds=0.001)
    assert key_of(machine.of()) == "ASIAacme3"


def test_a_failure_is_not_remembered_when_the_clock_is_set_back(machine: VendingMachine) -> None:
    """Else an hour would have to pass again."""
    token = machine.token()
    machine.sts.failure = UNREACHABLE
    with pytest.raises(ScopedCredentialsError):
        machine.sessions.of(token)
    machine.pass_time(hours=-1)
    machine.sts.failure = None
    assert key_of(machine.sessions.of(token)) == "ASIAacme2"


def test_many_threads_all_learn_of_one_failure(machine: VendingMachine) -> None:
    """Nobody who waited for the failing call gets a session, or calls STS again in turn."""
    machine.sts.failure, machine.sts.seconds = UNREACHABLE, 0.05
    tokens = [machine.token() for _ in range(THREADS)]
    failures: list[ScopedCredentialsError] = []

    def fails(token: str) -> None:
        try:
            machine.sessions.of(token)
        except ScopedCredentialsError as error:
            failures.append(error)

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(fails, tokens))
    assert (len(failures), len(machine.sts.calls)) == (THREADS, 1)


def test_credentials_that_are_vended_expired_yield_no_session(machine: VendingMachine) -> None:
    """A wrong clock must not make a session whose every request AWS refuses, nor an opaque server error."""
    machine.sts.lifetime = timedelta(0)
    for _ in range(2):
        with pytest.raises(ScopedCredentialsError):
            machine.of()


def test_a_session_that_a_service_rejected_is_replaced_by_the_next_request(machine: VendingMachine) -> None:
    """And no other tenant's; while STS is away there is none, since that one is worth nothing."""
    token = machine.token()
    rejected, globex = machine.sessions.of(token), machine.of("globex")
    rejected.rejected()

    machine.sts.failure = UNREACHABLE
    with pytest.raises(ScopedCredentialsError):
        machine.sessions.of(token)
    machine.sts.failure = None
    machine.pass_time(seconds=1)

    assert key_of(machine.sessions.of(token)) == "ASIAacme4"
    assert machine.of("globex") is globex


@pytest.mark.parametrize(("seconds", "is_replaced"), [(10, True), (9.9, False)])
def test_a_session_that_a_service_refused_is_replaced_unless_it_is_new(
    machine: VendingMachine, seconds: float, *, is_replaced: bool
) -> None:
    """It may have been revoked; but somebody who asks for another tenant's items again and again must not use up STS.

    The ten seconds are counted from the vending, and begin anew with the new one.
    """
    token = machine.token()
    refused, globex = machine.sessions.of(token), machine.of("globex")
    machine.pass_time(seconds=seconds)
    refused.refused(machine.clock())

    assert (machine.sessions.of(token) is refused) is not is_replaced
    assert machine.sts.sessions().count("acme.member") == 1 + is_replaced
    assert machine.of("globex") is globex
    again = machine.sessions.of(token)
    again.refused(machine.clock())
    assert machine.sessions.of(token) is again


def test_a_refused_session_is_kept_while_sts_cannot_replace_it(machine: VendingMachine) -> None:
    """Else one request for another tenant's key would shut a tenant out for as long as STS is away."""
    token = machine.token()
    kept = machine.sessions.of(token)
    machine.pass_time(minutes=1)
    machine.sts.failure = UNREACHABLE
    for _ in range(3):
        kept.refused(machine.clock())
        assert machine.sessions.of(token) is kept
        machine.pass_time(seconds=2)
    assert len(machine.sts.calls) == 2, "tried once, and not again at every refusal"

    machine.sts.failure = None
    machine.pass_time(seconds=10)
    kept.refused(machine.clock())
    assert key_of(machine.sessions.of(token)) == "ASIAacme3"


def test_many_threads_that_are_refused_at_once_replace_the_session_once(machine: VendingMachine) -> None:
    """Each call of STS is one of the account's; so who is refused while another thread vends does not vend as well."""
    token = machine.token()
    machine.sessions.of(token)
    machine.pass_time(minutes=1)
    machine.sts.seconds = 0.1

    def ask(_: int) -> None:
        for _ in range(5):
            machine.sessions.of(token).refused(machine.clock())

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(8)))

    assert len(machine.sts.calls) == 2


@pytest.mark.parametrize("strategy", BOTH)
def test_the_tenant_that_was_not_served_for_the_longest_time_is_dropped(strategy: Strategy) -> None:
    """What is kept is bounded, and a busy tenant stays."""
    machine = VendingMachine(strategy, capacity=2)
    for tenant in ("acme", "globex", "acme", "initech"):
        machine.of(tenant)
    assert machine.sts.sessions() == ["acme.member", "globex.member", "initech.member"]

    machine.of("acme")
    assert len(machine.sts.calls) == 3, "acme was used after globex and stays"

    machine.of("globex")
    assert machine.sts.sessions()[3:] == ["globex.member"]


def test_a_token_whose_session_was_dropped_opens_a_new_one_unverified(machine: VendingMachine) -> None:
    """It is remembered for longer than a session."""
    machine.sessions._capacity = 1
    token = machine.token()
    machine.sessions.of(token)
    machine.of("globex")
    machine.verifier.asked.clear()

    assert key_of(machine.sessions.of(token)) == "ASIAacme3"
    assert machine.verifier.asked == []


def test_the_tokens_that_are_remembered_are_bounded(machine: VendingMachine) -> None:
    """By a multiple of the sessions; one that was forgotten is verified again, and opens nothing."""
    machine.sessions._capacity = 2
    first = machine.token()
    machine.sessions.of(first)
    others = [machine.token() for _ in range(8)]
    for token in others:
        machine.sessions.of(token)
    machine.verifier.asked.clear()

    for token in (first, others[-1]):
        machine.sessions.of(token)
    assert machine.verifier.asked == [first]
    assert len(machine.sessions._verified) == 8
    assert len(machine.sts.calls) == 1
