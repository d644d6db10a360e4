"""The token vending machine: tenant context → scoped credentials, and clients that hold nothing else."""

from __future__ import annotations

import gc
import io
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config as ClientConfig
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
)
from botocore.loaders import JSONFileLoader, Loader
from botocore.session import Session
from urllib3 import HTTPResponse

from chalicelib.errors import ScopedCredentialsError
from chalicelib.tenancy.tenant import Role, TenantContext
from chalicelib.vending.clients import ScopedClients
from chalicelib.vending.strategies import SessionTagVending
from chalicelib.vending.usage import Usage

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sts import STSClient

ROLE_ARN = "arn:aws:iam::123456789012:role/TenantRole"
START = datetime(2026, 1, 1, tzinfo=UTC)
THREADS = 32
SESSION = Session()  # loads the service model once for all tests here
DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "AssumeRole")
UNREACHABLE = EndpointConnectionError(endpoint_url="https://sts.invalid")


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        """Return the time of day."""
        return self.now


class FakeSts:
    """Vends credentials that nobody had before and that last as long as they were asked for, or fails as told."""

    def __init__(self, clock: FakeClock, *, seconds: float = 0) -> None:
        self.calls: list[dict[str, Any]] = []
        self.failure: Exception | None = None
        self.lifetime: timedelta | None = None
        self._clock = clock
        self._seconds = seconds
        self._lock = threading.Lock()

    def assume_role(self, **parameters: Any) -> dict[str, Any]:
        """Answer as AssumeRole does."""
        with self._lock:
            self.calls.append(parameters)
            number = len(self.calls)
        time.sleep(self._seconds)
        if self.failure is not None:
            raise self.failure
        tenant = parameters["Tags"][0]["Value"]
        return {
            "Credentials": {
                "AccessKeyId": f"ASIA{tenant}{number}",
                "SecretAccessKey": f"secret-{tenant}-{number}",
                "SessionToken": f"token-{tenant}-{number}",
                "Expiration": self._clock() + (self.lifetime or timedelta(seconds=parameters["DurationSeconds"])),
            }
        }

    def sessions(self) -> list[str]:
        """Return the session names asked for so far."""
        return [call["RoleSessionName"] for call in self.calls]


class FakeWire:
    """Takes requests and answers all of them alike."""

    def __init__(self, status: int = 200, body: bytes = b"{}") -> None:
        self.sent: list[AWSPreparedRequest] = []
        self._status = status
        self._body = body

    def __call__(self, request: AWSPreparedRequest) -> Any:
        """Answer."""
        self.sent.append(request)
        response = HTTPResponse(io.BytesIO(self._body), preload_content=False)
        return AWSResponse(request.url, self._status, HTTPHeaders(), response)


def clients_of(sts: FakeSts, clock: FakeClock, **options: Any) -> ScopedClients:
    """Make the clients as the application wires them, but for STS, the wire and the clock."""
    parts: dict[str, Any] = {
        "session": SESSION,
        "client_config": ClientConfig(),
        "vending": SessionTagVending(lambda: cast("STSClient", sts), ROLE_ARN),
        "region": "eu-central-1",
        "capacity": 512,
        "clients": 512,
        "usage": Usage(),
        "send": WIRE,
    }
    return ScopedClients(now=clock, **parts | options)


WIRE = FakeWire()


def access_key(client: DynamoDBClient) -> str:
    """Return what the client signs with."""
    return str(client._request_signer._credentials.access_key)  # type: ignore[attr-defined]


def tenant(tenant_id: str, role: Role = Role.MEMBER, user_id: str = "user-1") -> TenantContext:
    """Make a tenant context."""
    return TenantContext(tenant_id, role, user_id, f"{user_id}@example.com")


ACME, GLOBEX, INITECH = tenant("acme"), tenant("globex"), tenant("initech")


@pytest.fixture
def clock() -> FakeClock:
    """The time of day."""
    return FakeClock()


@pytest.fixture
def sts(clock: FakeClock) -> FakeSts:
    """STS."""
    return FakeSts(clock)


@pytest.fixture
def clients(sts: FakeSts, clock: FakeClock) -> ScopedClients:
    """The vending machine's clients."""
    return clients_of(sts, clock)


def signed_with(client: DynamoDBClient) -> tuple[str, str]:
    """Send a request, and return the access key and the token that it carries on the wire."""
    client.query(TableName="example")
    wire: dict[str, Any] = dict(WIRE.sent[-1].headers)
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in wire.items()}
    credential = headers["Authorization"].split("Credential=")[1].split("/")[0]
    return credential, headers["X-Amz-Security-Token"]


def test_all_tenants_clients_send_over_the_one_pool_of_connections(clients: ScopedClients) -> None:
    """A pool for each would use up a function's file descriptors with a hundred tenants."""
    before = len(WIRE.sent)
    for caller in (ACME, GLOBEX, INITECH):
        clients.dynamodb(caller).query(TableName="example")
        clients.secretsmanager(caller).get_secret_value(SecretId="x")
    assert len(WIRE.sent) == before + 6


def test_requests_are_signed_with_the_vended_key(clients: ScopedClients) -> None:
    """On the wire, a tenant's request carries that tenant's key and token and no other."""
    assert signed_with(clients.dynamodb(ACME)) == ("ASIAacme1", "token-acme-1")
    assert signed_with(clients.dynamodb(GLOBEX)) == ("ASIAglobex2", "token-globex-2")
    assert signed_with(clients.dynamodb(ACME)) == ("ASIAacme1", "token-acme-1")


def test_a_client_does_not_take_up_the_processes_own_credentials(clients: ScopedClients) -> None:
    """The client's credentials are the frozen vended ones: they have nothing to refresh from."""
    credentials = clients.dynamodb(ACME)._request_signer._credentials  # type: ignore[attr-defined]
    assert credentials.method == "explicit"
    assert credentials.secret_key == "secret-acme-1"


def test_every_tenant_and_every_role_has_a_client_of_its_own(clients: ScopedClients, sts: FakeSts) -> None:
    """`acme` and `acme-eu`, or one tenant's viewer and admin, never share credentials."""
    callers = [tenant(name, role) for name in ("acme", "acme-eu", "acme1", "acme10") for role in Role]

    made = [clients.dynamodb(caller) for caller in callers]

    assert len({id(client) for client in made}) == len(callers)
    assert len({signed_with(client) for client in made}) == len(callers)
    assert sts.sessions() == [f"{caller.tenant_id}.{caller.role}" for caller in callers]


def test_a_warm_call_asks_sts_for_nothing(clients: ScopedClients, sts: FakeSts) -> None:
    """Users of one tenant and role share the client, which holds the tenant's rights and not a user's."""
    first = clients.dynamodb(ACME)

    assert clients.dynamodb(ACME) is first
    assert clients.dynamodb(tenant("acme", user_id="user-2")) is first
    assert len(sts.calls) == 1


def test_many_threads_for_one_tenant_lead_to_one_call_of_sts(clock: FakeClock) -> None:
    """A cold container under load asks once; all the others wait for that answer."""
    sts = FakeSts(clock, seconds=0.1)
    clients, together = clients_of(sts, clock), threading.Barrier(THREADS)

    def get(_: int) -> int:
        together.wait()
        return id(clients.dynamodb(ACME))

    with ThreadPoolExecutor(THREADS) as threads:
        assert len(set(threads.map(get, range(THREADS)))) == 1
    assert len(sts.calls) == 1


def test_many_threads_for_several_tenants_get_their_own_tenants_keys(clock: FakeClock) -> None:
    """Concurrency mixes up nobody's credentials."""
    sts = FakeSts(clock, seconds=0.05)
    clients, together = clients_of(sts, clock), threading.Barrier(THREADS)
    callers = [(ACME, GLOBEX, INITECH, tenant("acme-eu"))[number % 4] for number in range(THREADS)]

    def key_of(caller: TenantContext) -> str:
        together.wait()
        credentials = clients.dynamodb(caller)._request_signer._credentials  # type: ignore[attr-defined]
        return str(credentials.secret_key)

    with ThreadPoolExecutor(THREADS) as threads:
        for caller, secret in zip(callers, threads.map(key_of, callers), strict=True):
            assert secret.startswith(f"secret-{caller.tenant_id}-")
            assert secret.removeprefix(f"secret-{caller.tenant_id}-").isdigit()
    assert sorted(sts.sessions()) == ["acme-eu.member", "acme.member", "globex.member", "initech.member"]


def test_one_tenants_slow_sts_call_holds_up_no_other_tenant(clock: FakeClock) -> None:
    """Vending happens outside the lock that all tenants share."""
    globex_is_served, sts = threading.Event(), FakeSts(clock)

    class SlowForAcme:
        def vend(self, caller: TenantContext) -> Any:
            if caller == ACME:
                assert globex_is_served.wait(10)
            return SessionTagVending(lambda: cast("STSClient", sts), ROLE_ARN).vend(caller)

    clients = clients_of(sts, clock, vending=SlowForAcme())
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(clients.dynamodb, ACME)
        clients.dynamodb(GLOBEX)
        globex_is_served.set()
        slow.result(10)
    assert sts.sessions() == ["globex.member", "acme.member"]


def test_credentials_are_refreshed_well_before_they_expire(
    clients: ScopedClients, sts: FakeSts, clock: FakeClock
) -> None:
    """A quarter of an hour before the end new ones are vended, and the old client is not handed out any more."""
    first = clients.dynamodb(ACME)

    clock.now = START + timedelta(minutes=44)
    assert clients.dynamodb(ACME) is first

    clock.now = START + timedelta(minutes=46)
    second = clients.dynamodb(ACME)
    assert second is not first
    assert signed_with(second) == ("ASIAacme2", "token-acme-2")
    assert clients.dynamodb(ACME) is second
    assert len(sts.calls) == 2


def test_many_threads_at_the_refresh_lead_to_one_call_of_sts(clock: FakeClock) -> None:
    """Expiry under load is one call, too."""
    sts = FakeSts(clock, seconds=0.05)
    clients, together = clients_of(sts, clock), threading.Barrier(THREADS)
    clients.dynamodb(ACME)
    clock.now = START + timedelta(hours=2)

    def key_of(_: int) -> str:
        together.wait()
        return access_key(clients.dynamodb(ACME))

    with ThreadPoolExecutor(THREADS) as threads:
        assert set(threads.map(key_of, range(THREADS))) == {"ASIAacme2"}
    assert len(sts.calls) == 2


def test_a_failed_early_refresh_keeps_the_credentials_that_still_hold(
    clients: ScopedClients, sts: FakeSts, clock: FakeClock
) -> None:
    """They are the same tenant's own, and there is time to try again, though not at every request."""
    first = clients.dynamodb(ACME)
    clock.now, sts.failure = START + timedelta(minutes=46), UNREACHABLE
    assert clients.dynamodb(ACME) is first
    assert clients.dynamodb(ACME) is first
    assert len(sts.calls) == 2

    sts.failure = None
    clock.now += timedelta(seconds=1)
    assert signed_with(clients.dynamodb(ACME)) == ("ASIAacme3", "token-acme-3")


@pytest.mark.parametrize("minutes", [51, 59, 60, 61, 600])
@pytest.mark.parametrize("failure", [DENIED, UNREACHABLE], ids=["denied", "unreachable"])
def test_when_the_end_is_near_a_failed_refresh_yields_no_client(
    clients: ScopedClients, sts: FakeSts, clock: FakeClock, minutes: int, failure: Exception
) -> None:
    """Neither old credentials nor others take their place; the next call that STS answers works again."""
    clients.dynamodb(ACME)
    clock.now, sts.failure = START + timedelta(minutes=minutes), failure

    for _ in range(2):
        with pytest.raises(ScopedCredentialsError):
            clients.dynamodb(ACME)
        clock.now += timedelta(seconds=1)
    sts.failure = None

    assert signed_with(clients.dynamodb(ACME)) == ("ASIAacme4", "token-acme-4")


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(DENIED, id="denied"),
        pytest.param(ClientError({"Error": {"Code": "Throttling", "Message": ""}}, "AssumeRole"), id="throttled"),
        pytest.param(UNREACHABLE, id="unreachable"),
        pytest.param(ConnectTimeoutError(endpoint_url="https://sts.invalid"), id="timeout"),
        pytest.param(NoCredentialsError(), id="no credentials of its own"),
        pytest.param(BotoCoreError(), id="any other client-side failure"),
    ],
)
def test_a_first_failure_yields_no_client_and_is_remembered_for_a_second(
    clients: ScopedClients, sts: FakeSts, clock: FakeClock, failure: Exception
) -> None:
    """The caller gets a 503 that says nothing of STS; other tenants and the next second are not affected."""
    sts.failure = failure
    with pytest.raises(ScopedCredentialsError) as refused:
        clients.dynamodb(ACME)
    assert refused.value.STATUS_CODE == 503
    assert refused.value.__cause__ is failure
    assert str(failure) not in str(refused.value)

    sts.failure = None

    clock.now += timedelta(seconds=0.999)
    with pytest.raises(ScopedCredentialsError):
        clients.dynamodb(ACME)
    assert signed_with(clients.dynamodb(GLOBEX)) == ("ASIAglobex2", "token-globex-2")
    clock.now = START + timedelta(seconds=1)
    assert signed_with(clients.dynamodb(ACME)) == ("ASIAacme3", "token-acme-3")


def test_a_failure_is_not_remembered_when_the_clock_is_set_back(
    clients: ScopedClients, sts: FakeSts, clock: FakeClock
) -> None:
    """Else an hour would have to pass again."""
    sts.failure = UNREACHABLE
    with pytest.raises(ScopedCredentialsError):
        clients.dynamodb(ACME)
    clock.now, sts.failure = START - timedelta(hours=1), None
    assert signed_with(clients.dynamodb(ACME)) == ("ASIAacme2", "token-acme-2")


def test_many_threads_all_learn_of_one_failure(clock: FakeClock) -> None:
    """Nobody who waited for the failing call gets a client, or calls STS again in turn."""
    sts = FakeSts(clock)
    sts.failure = UNREACHABLE
    clients, together = clients_of(sts, clock), threading.Barrier(THREADS)

    def fails(_: int) -> bool:
        together.wait()
        try:
            clients.dynamodb(ACME)
        except ScopedCredentialsError:
            return True
        return False

    with ThreadPoolExecutor(THREADS) as threads:
        assert all(threads.map(fails, range(THREADS)))
    assert len(sts.calls) == 1


def test_credentials_that_are_vended_expired_yield_no_client(clients: ScopedClients, sts: FakeSts) -> None:
    """A wrong clock must not make a client whose every request AWS refuses, nor an opaque server error."""
    sts.lifetime = timedelta(seconds=-1)
    for _ in range(2):
        with pytest.raises(ScopedCredentialsError):
            clients.dynamodb(ACME)


def rejecting(code: str) -> FakeWire:
    """Return a wire on which every request is rejected."""
    return FakeWire(400, f'{{"__type": "com.amazon.coral.service#{code}"}}'.encode())


@pytest.mark.parametrize(
    ("code", "seconds", "calls"),
    [
        ("ExpiredTokenException", 0, 2),
        ("UnrecognizedClientException", 0, 2),
        ("AccessDeniedException", 10, 2),
        ("AccessDeniedException", 9.9, 1),
        ("ThrottlingException", 10, 1),
    ],
)
def test_credentials_that_a_service_rejects_are_vended_anew(
    sts: FakeSts, clock: FakeClock, code: str, seconds: float, calls: int
) -> None:
    """The request that met the rejection fails, the next one has new credentials.

    A refusal by IAM replaces them too, since the session may have been revoked, but not fresh ones: whoever asks for
    another tenant's items again and again must not use up the rate of STS.
    """
    clients = clients_of(sts, clock, send=rejecting(code))
    rejected, globex = clients.dynamodb(ACME), clients.dynamodb(GLOBEX)
    clock.now += timedelta(seconds=seconds)
    with pytest.raises(ClientError, match=code):
        rejected.get_item(TableName="example", Key={})

    assert (clients.dynamodb(ACME) is rejected) is (calls == 1)
    assert sts.sessions().count("acme.member") == calls
    assert clients.dynamodb(GLOBEX) is globex


def test_fresh_credentials_are_those_that_were_refreshed_just_now(sts: FakeSts, clock: FakeClock) -> None:
    """The ten seconds are counted from the vending, not from the tenant's first request."""
    clients = clients_of(sts, clock, send=rejecting("AccessDeniedException"))
    clients.dynamodb(ACME)
    clock.now = START + timedelta(hours=2)
    refreshed = clients.dynamodb(ACME)
    with pytest.raises(ClientError):
        refreshed.get_item(TableName="example", Key={})
    assert clients.dynamodb(ACME) is refreshed
    assert len(sts.calls) == 2


def test_refused_credentials_are_kept_while_sts_cannot_replace_them(sts: FakeSts, clock: FakeClock) -> None:
    """Else one request for another tenant's key would shut a tenant out for as long as STS is away."""
    clients = clients_of(sts, clock, send=rejecting("AccessDeniedException"))
    kept = clients.dynamodb(ACME)
    clock.now += timedelta(minutes=1)
    sts.failure = UNREACHABLE
    for _ in range(3):
        with pytest.raises(ClientError):
            clients.dynamodb(ACME).get_item(TableName="example", Key={})
    assert clients.dynamodb(ACME) is kept
    assert len(sts.calls) == 2, "tried once, and not again at every refusal"

    sts.failure = None
    clock.now += timedelta(seconds=10)
    with pytest.raises(ClientError):
        kept.get_item(TableName="example", Key={})
    assert clients.dynamodb(ACME) is not kept


def test_many_threads_that_are_refused_at_once_replace_the_credentials_once(clock: FakeClock) -> None:
    """Each call of STS is one of the account's; so who is refused while another thread vends does not vend as well."""
    sts = FakeSts(clock, seconds=0.2)
    clients = clients_of(sts, clock, send=rejecting("AccessDeniedException"))
    clients.dynamodb(ACME)
    clock.now += timedelta(minutes=1)

    def ask(_: int) -> None:
        for _ in range(5):
            with pytest.raises(ClientError):
                clients.dynamodb(ACME).get_item(TableName="example", Key={})

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(8)))

    assert len(sts.calls) == 2


def test_the_tenant_that_was_not_served_for_the_longest_time_is_dropped(sts: FakeSts, clock: FakeClock) -> None:
    """What is kept is bounded, and a busy tenant stays."""
    clients = clients_of(sts, clock, capacity=2)
    for caller in (ACME, GLOBEX, ACME, INITECH):
        clients.dynamodb(caller)
    assert sts.sessions() == ["acme.member", "globex.member", "initech.member"]

    clients.dynamodb(ACME)
    assert len(sts.calls) == 3, "acme was used after globex and stays"

    clients.dynamodb(GLOBEX)
    assert sts.sessions()[3:] == ["globex.member"]


def test_credentials_outlive_the_client_that_was_made_of_them(sts: FakeSts, clock: FakeClock) -> None:
    """A client is made again without STS, and signs for its own tenant; a busy tenant keeps the one it has."""
    clients = clients_of(sts, clock, clients=2)
    acme, globex = clients.dynamodb(ACME), clients.dynamodb(GLOBEX)
    assert clients.dynamodb(ACME) is acme
    clients.dynamodb(INITECH)

    assert clients.dynamodb(ACME) is acme
    again = clients.dynamodb(GLOBEX)
    assert again is not globex
    assert access_key(again) == access_key(globex) != access_key(acme)
    assert len(sts.calls) == 3


def test_no_more_clients_are_held_than_there_are_credentials(sts: FakeSts, clock: FakeClock) -> None:
    """What was dropped with its credentials is not kept alive by its client."""
    clients = clients_of(sts, clock, capacity=1)
    dropped = weakref.ref(clients.dynamodb(ACME))
    clients.dynamodb(GLOBEX)
    gc.collect()

    assert dropped() is None


def test_a_client_has_the_methods_that_the_stores_call_and_no_others(clients: ScopedClients) -> None:
    """Each would take memory in every tenant's client; a client of botocore's own has them all."""
    unlimited = Session().create_client("dynamodb", region_name="eu-central-1")
    operations = set(unlimited.meta.method_to_api_mapping)

    had = operations & set(dir(clients.dynamodb(ACME)))

    assert {"scan", "execute_statement", "batch_get_item", "get_item"} < operations & set(dir(unlimited))
    assert had == {"get_item", "query", "put_item", "update_item", "delete_item"}


class CountingFileLoader(JSONFileLoader):
    """Reads botocore's data files and counts them."""

    def __init__(self) -> None:
        self.loaded: list[str] = []

    def load_file(self, path: str) -> Any:
        """Read one, as its base does."""
        self.loaded.append(path)
        return super().load_file(path)


def test_a_second_tenants_client_loads_no_service_model_again(sts: FakeSts, clock: FakeClock) -> None:
    """All clients come from one botocore session: the first pays for DynamoDB's model, the others do not."""
    files, session = CountingFileLoader(), Session()
    session.register_component("data_loader", Loader(file_loader=files))
    clients = clients_of(sts, clock, session=session)
    clients.dynamodb(ACME)
    models = [path for path in files.loaded if path.endswith("/service-2") and "/dynamodb/" in path]
    assert len(models) == 1, "the first client loads it through this loader, so that the count below means something"
    loaded = len(files.loaded)

    for caller in (GLOBEX, tenant("acme", Role.ADMIN), INITECH):
        clients.dynamodb(caller)

    assert files.loaded[loaded:] == []
