"""Clients that sign each call with the session of a handle and with nothing else."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config as ClientConfig
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, NoCredentialsError
from botocore.loaders import JSONFileLoader, Loader
from botocore.session import Session as BotocoreSession
from urllib3 import HTTPResponse

from chalicelib.data.threads import RequestThreads
from chalicelib.errors import HandleClosedError, ScopedCredentialsError
from chalicelib.tenancy.tenant import Role, TenantContext
from chalicelib.vending.clients import ScopedClients, without_credentials
from chalicelib.vending.sessions import Session
from chalicelib.vending.usage import Usage
from tests.support.handles import GivenHandle, handle_of, open_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.awsrequest import AWSPreparedRequest

    from chalicelib.vending.handles import Handle

START = datetime(2026, 1, 1, tzinfo=UTC)
THREADS = 16
BOTOCORE = without_credentials(BotocoreSession())  # loads the service models once for all tests here
KEY: dict[str, Any] = {"TableName": "example", "Key": {"pk": {"S": "acme#sample#0"}, "sk": {"S": "a"}}}

pytestmark = pytest.mark.usefixtures("in_request")


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


def rejecting(code: str) -> FakeWire:
    """Return a wire on which every request is rejected."""
    return FakeWire(400, f'{{"__type": "com.amazon.coral.service#{code}"}}'.encode())


def clients_of(wire: FakeWire, **options: Any) -> ScopedClients:
    """Make the clients as the application wires them, but for the wire."""
    parts: dict[str, Any] = {"session": BOTOCORE, "client_config": ClientConfig(), "usage": Usage()}
    return ScopedClients(region="eu-central-1", send=wire, **parts | options)


def opened(tenant_id: str = "acme", role: Role = Role.MEMBER) -> Handle:
    """Return a handle with a session of this tenant that STS vended at START."""
    key: Any = {
        "AccessKeyId": f"ASIA{tenant_id}{role}",
        "SecretAccessKey": f"secret-{tenant_id}",
        "SessionToken": f"token-{tenant_id}",
        "Expiration": START + timedelta(hours=1),
    }
    return handle_of(tenant_id, role, session=Session.of(tenant_id, role, key, START))


def in_another_request(work: Callable[[], Any]) -> Any:
    """Return what the work returns that is done in a request of its own, in another thread."""

    def served() -> Any:
        with open_request():
            return work()

    with ThreadPoolExecutor(1) as threads:
        return threads.submit(served).result()


def signed_with(request: AWSPreparedRequest) -> tuple[str, str]:
    """Return the access key and the token that a request carries on the wire."""
    wire: dict[str, Any] = dict(request.headers)
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in wire.items()}
    return headers["Authorization"].split("Credential=")[1].split("/")[0], headers["X-Amz-Security-Token"]


@pytest.fixture
def wire() -> FakeWire:
    """What all clients send over."""
    return FakeWire()


@pytest.fixture
def clients(wire: FakeWire) -> ScopedClients:
    """The clients."""
    return clients_of(wire)


def test_each_call_is_signed_with_the_session_of_its_handle(clients: ScopedClients, wire: FakeWire) -> None:
    """On the wire, a tenant's request carries that tenant's key and token and no other, whoever was served between."""
    acme, globex = clients.dynamodb(opened("acme")), clients.dynamodb(opened("globex"))
    for client in (acme, globex, acme):
        client.get_item(**KEY)
    clients.secretsmanager(opened("globex")).get_secret_value(SecretId="x")
    clients.dynamodb(opened("acme", Role.VIEWER)).query(TableName="example")

    assert [signed_with(request) for request in wire.sent] == [
        ("ASIAacmemember", "token-acme"),
        ("ASIAglobexmember", "token-globex"),
        ("ASIAacmemember", "token-acme"),
        ("ASIAglobexmember", "token-globex"),
        ("ASIAacmeviewer", "token-acme"),
    ]


def test_threads_of_many_tenants_sign_with_their_own_tenants_key(clients: ScopedClients, wire: FakeWire) -> None:
    """They share one client, whose calls go side by side."""
    together = threading.Barrier(THREADS)

    def ask(number: int) -> None:
        with open_request():
            client = clients.dynamodb(opened(f"tenant-{number}"))
            together.wait()
            for _ in range(5):
                client.get_item(TableName=f"of-tenant-{number}", Key=KEY["Key"])

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(ask, range(THREADS)))

    assert len(wire.sent) == 5 * THREADS
    for request in wire.sent:
        _, token = signed_with(request)
        assert f'"of-{token.removeprefix("token-")}"'.encode() in (request.body or b"")


def test_the_session_is_asked_for_at_each_call(clients: ScopedClients, wire: FakeWire) -> None:
    """So a store that lives through a renewal signs with the new one."""
    acme = Session.of_function("acme", Role.MEMBER)
    sessions = iter([replace(acme, credentials=Credentials(f"ASIA{n}", "secret", f"token-{n}")) for n in range(2)])
    client = clients.dynamodb(GivenHandle(TenantContext("acme", Role.MEMBER, "u", "e"), lambda: next(sessions)))
    for _ in range(2):
        client.get_item(**KEY)
    assert [signed_with(request) for request in wire.sent] == [("ASIA0", "token-0"), ("ASIA1", "token-1")]


def test_what_signs_a_call_is_not_sent(clients: ScopedClients, wire: FakeWire) -> None:
    """Neither the session nor the key's secret is in the body or a header."""
    clients.dynamodb(opened()).get_item(**KEY)
    (request,) = wire.sent
    assert not any(text in f"{request.body!r} {dict(request.headers)}" for text in ("_session", "secret-acme"))


def test_without_a_session_nothing_is_sent(clients: ScopedClients, wire: FakeWire) -> None:
    """When STS vends none: no other credentials take its place."""

    def unavailable() -> Session:
        raise ScopedCredentialsError

    client = clients.dynamodb(GivenHandle(TenantContext("acme", Role.MEMBER, "u", "e"), unavailable))
    with pytest.raises(ScopedCredentialsError):
        client.get_item(**KEY)
    assert wire.sent == []


def test_the_functions_own_credentials_sign_nothing(wire: FakeWire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though they are at hand: neither a session without credentials nor the bare client finds them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIALAMBDA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "lambda-secret")
    own = clients_of(wire, session=without_credentials(BotocoreSession()))
    with pytest.raises(NoCredentialsError):
        own.dynamodb(handle_of("acme")).get_item(**KEY)
    bare: Any = own._client("dynamodb")
    with pytest.raises(KeyError):
        bare.get_item(**KEY)
    assert wire.sent == []
    assert BotocoreSession().get_credentials() is not None, "they are at hand"


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda clients, handle: clients.dynamodb(handle).query(TableName="example"), id="dynamodb"),
        pytest.param(
            lambda clients, handle: clients.secretsmanager(handle).get_secret_value(SecretId="x"), id="secretsmanager"
        ),
    ],
)
def test_a_client_of_another_request_does_nothing(
    clients: ScopedClients, wire: FakeWire, call: Callable[[ScopedClients, Handle], object]
) -> None:
    """Its handle is closed: nothing is signed."""

    def earlier() -> Handle:
        handle = opened()
        call(clients, handle)
        return handle

    kept = in_another_request(earlier)
    wire.sent.clear()
    with pytest.raises(HandleClosedError):
        call(clients, kept)
    assert wire.sent == []


def test_a_method_that_was_kept_does_nothing_after_its_request(clients: ScopedClients, wire: FakeWire) -> None:
    """The handle is asked as it is called, and not as it is looked up."""

    def earlier() -> Callable[..., object]:
        get_item = clients.dynamodb(opened()).get_item
        get_item(**KEY)
        return get_item

    get_item = in_another_request(earlier)
    with pytest.raises(HandleClosedError):
        get_item(**KEY)
    assert len(wire.sent) == 1


def test_the_threads_of_a_request_sign_as_the_request(clients: ScopedClients, wire: FakeWire) -> None:
    """As the listing of a sharded kind does."""
    client = clients.dynamodb(opened())
    with RequestThreads(4) as threads:
        list(threads.map(lambda _: client.query(TableName="example"), range(8)))
    assert {signed_with(request) for request in wire.sent} == {("ASIAacmemember", "token-acme")}
    assert len(wire.sent) == 8


def test_a_client_has_the_methods_that_are_needed_and_no_others(clients: ScopedClients) -> None:
    """No scan, no statement, no batch; nor a way to what all tenants share."""
    client = clients.dynamodb(opened())
    unlimited = BotocoreSession().create_client("dynamodb", region_name="eu-central-1")
    operations = set(unlimited.meta.method_to_api_mapping)

    had = {name for name in operations if hasattr(client, name)}

    assert had == {"get_item", "query", "put_item", "update_item", "delete_item"}
    assert not any(hasattr(client, name) for name in ("meta", "exceptions", "_request_signer", "get_paginator"))
    with pytest.raises(AttributeError, match="a scoped client has no scan"):
        client.scan(TableName="example")


def test_all_calls_go_over_the_one_pool_of_connections(clients: ScopedClients, wire: FakeWire) -> None:
    """A pool for each tenant would use up a function's file descriptors with a hundred tenants."""
    for tenant in ("acme", "globex", "initech"):
        clients.dynamodb(opened(tenant)).query(TableName="example")
        clients.secretsmanager(opened(tenant)).get_secret_value(SecretId="x")
    assert len(wire.sent) == 6


@pytest.mark.parametrize(
    ("code", "seconds", "is_rejected", "is_refused"),
    [
        ("ExpiredTokenException", 0, True, False),
        ("UnrecognizedClientException", 0, True, False),
        ("AccessDeniedException", 10, False, True),
        ("AccessDeniedException", 9.9, False, False),
        ("ThrottlingException", 10, False, False),
    ],
)
def test_a_session_learns_what_a_service_says_of_it(
    code: str, seconds: float, *, is_rejected: bool, is_refused: bool
) -> None:
    """The request that met it fails; the machine then replaces the session, and no other tenant's."""
    config = ClientConfig(retries={"total_max_attempts": 1})
    clients = clients_of(rejecting(code), client_config=config, now=lambda: START + timedelta(seconds=seconds))
    acme, globex = opened("acme"), opened("globex")
    with pytest.raises(ClientError, match=code):
        clients.dynamodb(acme).get_item(**KEY)

    session = acme.session()
    assert (session.is_usable(START), session.is_fresh) == (not is_rejected, not (is_rejected or is_refused))
    assert globex.session().is_fresh


def test_a_secret_that_is_refused_is_judged_alike() -> None:
    """Secrets Manager answers in the same words."""
    clients, acme = clients_of(rejecting("ExpiredTokenException")), opened()
    with pytest.raises(ClientError):
        clients.secretsmanager(acme).get_secret_value(SecretId="x")
    assert not acme.session().is_usable(START)


class CountingFileLoader(JSONFileLoader):
    """Reads botocore's data files and counts them."""

    def __init__(self) -> None:
        self.loaded: list[str] = []

    def load_file(self, path: str) -> Any:
        """Read one, as its base does."""
        self.loaded.append(path)
        return super().load_file(path)


def test_a_second_tenants_client_loads_no_service_model_again_and_makes_none(wire: FakeWire) -> None:
    """The first pays for DynamoDB's model and client, which all tenants use."""
    files, session = CountingFileLoader(), without_credentials(BotocoreSession())
    session.register_component("data_loader", Loader(file_loader=files))
    clients = clients_of(wire, session=session)
    clients.dynamodb(opened("acme")).get_item(**KEY)
    models = [path for path in files.loaded if path.endswith("/service-2") and "/dynamodb/" in path]
    assert len(models) == 1, "the first client loads it through this loader, so that the count below means something"
    loaded, made = len(files.loaded), dict(clients._clients)

    for caller in (opened("globex"), opened("acme", Role.ADMIN), opened("initech")):
        clients.dynamodb(caller).get_item(**KEY)

    assert files.loaded[loaded:] == []
    assert clients._clients == made


def test_threads_that_race_for_the_first_client_get_the_same_one(wire: FakeWire) -> None:
    """The sessions of botocore do not create clients safely from several threads."""
    clients, together = clients_of(wire), threading.Barrier(THREADS)

    def get(_: int) -> int:
        together.wait()
        return id(clients._client("dynamodb"))

    with ThreadPoolExecutor(THREADS) as threads:
        assert len(set(threads.map(get, range(THREADS)))) == 1
