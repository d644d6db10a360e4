"""Clients that sign each call with the session of the handle that makes it, and have no other credentials.

One client of a service serves all tenants: a signature belongs to a request. So no tenant needs a client of its own,
which takes milliseconds and a quarter of a megabyte.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from botocore.credentials import CredentialResolver

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from botocore.client import BaseClient
    from botocore.config import Config as ClientConfig
    from botocore.model import OperationModel
    from botocore.session import Session as BotocoreSession
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from chalicelib.vending.handles import Handle
    from chalicelib.vending.sessions import Session
    from chalicelib.vending.usage import Usage

_REJECTED = frozenset({"ExpiredTokenException", "UnrecognizedClientException"})
_READS = frozenset({"GetItem", "Query"})
#: What a scoped client offers: what stores call, and how a login is read.
_METHODS = frozenset({"get_item", "query", "put_item", "update_item", "delete_item", "get_secret_value"})
# A parameter of every call that no service has: the session to sign with. It is taken out before the call is read.
_SESSION = "_session"


def without_credentials(session: BotocoreSession) -> BotocoreSession:
    """Return the session after it has lost every way to credentials: no client of it signs with the function's own."""
    session.register_component("credential_provider", CredentialResolver([]))
    return session


class ScopedClients:
    """Makes clients for handles.

    The botocore session knows no credentials, as `without_credentials` makes it, so that a call which brings no session
    is not signed, and fails. All calls are sent over one pool of connections.
    """

    def __init__(  # noqa: PLR0913 -- a composition of parts, each named at the one call
        self,
        session: BotocoreSession,
        client_config: ClientConfig,
        *,
        region: str,
        usage: Usage,
        send: Callable[[AWSPreparedRequest], AWSResponse],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._session = session
        self._client_config = client_config
        self._region = region
        self._usage = usage
        self._send = send
        self._now = now
        self._lock = threading.Lock()
        self._clients: dict[str, BaseClient] = {}

    def dynamodb(self, handle: Handle) -> DynamoDBClient:
        """Return a DynamoDB client that can reach the partitions of the handle's session only."""
        return cast("DynamoDBClient", _Scoped(self._client("dynamodb"), handle))

    def secretsmanager(self, handle: Handle) -> SecretsManagerClient:
        """Return a Secrets Manager client that can read the secrets which the handle's session is entitled to."""
        return cast("SecretsManagerClient", _Scoped(self._client("secretsmanager"), handle))

    def _client(self, service: str) -> BaseClient:
        client = self._clients.get(service)
        if client is None:
            with self._lock:  # botocore's sessions do not create clients safely from several threads
                client = self._clients.get(service) or self._create(service)
                self._clients[service] = client
        return client

    def _create(self, service: str) -> BaseClient:
        client = self._session.create_client(service, region_name=self._region, config=self._client_config)
        events = client.meta.events
        events.register("provide-client-params", self._sign_with_the_session)
        events.register("before-send", self._send_over_the_pool)
        events.register("after-call", self._judge_the_session)
        if service == "dynamodb":
            events.register("after-call", self._meter)
        return client

    @staticmethod
    def _sign_with_the_session(params: dict[str, Any], model: OperationModel, context: Any, **_: object) -> None:
        session: Session = params.pop(_SESSION)
        context[_SESSION] = session
        context["signing"] = {"request_credentials": session.credentials}
        if model.service_model.service_name == "dynamodb":
            params["ReturnConsumedCapacity"] = "TOTAL"

    def _send_over_the_pool(self, request: AWSPreparedRequest, **_: object) -> Any:
        return self._send(request)  # botocore takes what this event returns for the answer

    def _judge_the_session(self, parsed: dict[str, Any], context: Any, **_: object) -> None:
        code = parsed.get("Error", {}).get("Code")
        if code in _REJECTED:
            context[_SESSION].rejected()
        elif code == "AccessDeniedException":
            context[_SESSION].refused(self._now())

    def _meter(self, parsed: dict[str, Any], model: OperationModel, context: Any, **_: object) -> None:
        """Add up for the tenant what capacity the answer says that it consumed."""
        units = parsed.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
        self._usage.add(context[_SESSION].tenant_id, **{"read" if model.name in _READS else "write": units})


class _Scoped:
    """A client as one handle may use it: each call asks the handle, which must be open, for its session."""

    __slots__ = ("_client", "_handle")

    def __init__(self, client: BaseClient, handle: Handle) -> None:
        self._client = client
        self._handle = handle

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in _METHODS:
            raise AttributeError(f"a scoped client has no {name}")
        call, handle = getattr(self._client, name), self._handle

        def signed(**request: Any) -> Any:
            return call(**request, **{_SESSION: handle.session()})

        return signed
