"""Attacks by code that keeps what was opened for another tenant's request, and uses it in the attacker's.

The session in it is the other tenant's by right: no policy of IAM's refuses it. What does is code, the handle, so that
these attacks run the app's own code in this process.
"""

from __future__ import annotations

from contextlib import ExitStack, nullcontext
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
from botocore.config import Config
from botocore.session import Session as BotocoreSession

from chalicelib.errors import HandleClosedError
from chalicelib.tenancy.tenant import Role, TenantContext
from chalicelib.vending.usage import Usage
from isolation.attack.calls import call_aws
from isolation.attack.cells import Cell, Twin
from isolation.attack.controls import Control
from isolation.attack.database import tables_of
from isolation.attack.outcomes import ATTACKER, VICTIM, Kind, Outcome, Service, Who
from isolation.attack.postgres import reading_twin
from isolation.attack.postgres_statements import EVERYTHING
from isolation.attack.world import PLANTED, partition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isolation.attack.database import Table
    from isolation.attack.served import Served
    from isolation.attack.world import World

_WHO = Who(ATTACKER, Role.MEMBER)


def kept_cells(served: Served) -> Iterator[Cell]:
    """Return the attacks: on the pooled table, and on each tenant table of an entity."""
    twin = Twin("GetItem of the own item by a client that was opened for the same request", _own)
    for what in ("a client", "a handle"):
        for when in ("in another request", "after its request"):
            act = partial(_kept, what, when)
            yield _cell(Service.DYNAMODB, f"keep {what} of the other's request", when, act, twin, "")
    for table in tables_of(served):
        for what, work in {"an open transaction": _kept_transaction, "a handle": _kept_handle}.items():
            attack, target = f"keep {what} of the other's request", f"in another request, {table.entity}"
            act = partial(_in_the_database, table, work)
            yield _cell(Service.POSTGRES, attack, target, act, reading_twin(table, "reader"), table.entity)


def _cell(  # noqa: PLR0913, PLR0917 -- one row of a table
    service: Service, attack: str, target: str, act: Callable[[World], Outcome], twin: Twin, entity: str
) -> Cell:
    return Cell(
        service=service,
        attack=attack,
        target=target,
        who=_WHO,
        refused_by=frozenset({Control.HANDLE}),
        victims=(VICTIM,),
        act=act,
        twin=twin,
        entity=entity,
    )


def _kept(what: str, when: str, world: World) -> Outcome:
    clients = _clients(world)
    with _request(world, VICTIM):
        handle = _opened(VICTIM)
        client = clients.dynamodb(handle)
        _get(client, world, VICTIM)  # raises where the other does not get its own
    with _request(world, ATTACKER) if when == "in another request" else nullcontext():
        return _refused(lambda: _get(client if what == "a client" else clients.dynamodb(handle), world, VICTIM))


def _own(world: World) -> Outcome:
    with _request(world, ATTACKER):
        return _refused(lambda: _get(_clients(world).dynamodb(_opened(ATTACKER)), world, ATTACKER))


def _refused(call: Callable[[], Any]) -> Outcome:
    try:
        return call_aws(call)
    except HandleClosedError as error:
        return Outcome(Kind.REFUSED, type(error).__name__, str(error), controls=frozenset({Control.HANDLE}))


def _get(client: Any, world: World, tenant: str) -> Any:
    key = {"pk": {"S": partition(tenant)}, "sk": {"S": PLANTED}}
    return client.get_item(TableName=world.stage.table_name, Key=key)


def _request(world: World, tenant: str) -> Any:
    """Return the time of a request of this tenant, whose own token has opened its session."""
    from chalicelib.vending.handles import request_scope  # noqa: PLC0415 -- a canary may change it
    from chalicelib.vending.sessions import Session  # noqa: PLC0415 -- with it

    key: Any = world.key(Who(tenant, Role.MEMBER, world.strategy))
    session = Session.of(tenant, Role.MEMBER, key, datetime.now(UTC))
    return request_scope(lambda: session)


def _opened(tenant: str) -> Any:
    """Return a handle as a route opens it, in a request of this tenant."""
    from chalicelib.vending.handles import Handle  # noqa: PLC0415 -- as above

    return Handle(TenantContext(tenant, Role.MEMBER, "attack", "attack@example.com"))


def _clients(world: World) -> Any:
    """Return the app's scoped clients, which reach the stage's AWS."""
    from chalicelib.vending.clients import ScopedClients, without_credentials  # noqa: PLC0415 -- as above
    from chalicelib.vending.connections import connection_pool  # noqa: PLC0415 -- with it

    session = without_credentials(_Reaching(world.network().url))
    send = connection_pool(session, timeout=(2, 10), size=2).send
    return ScopedClients(session, Config(), region=world.stage.region, usage=Usage(), send=send)


class _Reaching(BotocoreSession):
    """A botocore session whose clients reach AWS at this URL."""

    def __init__(self, url: str | None) -> None:
        super().__init__()
        self._url = url

    def create_client(self, *arguments: Any, **more: Any) -> Any:
        """See botocore."""
        return super().create_client(*arguments, **{**more, "endpoint_url": self._url})


def _in_the_database(table: Table, work: Callable[[Any, World, bytes], list[Any]], world: World) -> Outcome:
    from chalicelib.data.database import Database, DatabaseSettings, Login  # noqa: PLC0415 -- as above

    endpoint = world.stage.database
    arns = {Login.READER: endpoint.reader_secret_arn, Login.WRITER: endpoint.writer_secret_arn}
    database = Database(_clients(world).secretsmanager, DatabaseSettings(arns, sslmode="prefer", connections=1))
    try:
        rows = work(database, world, table.sql(EVERYTHING).encode())
    except HandleClosedError as error:
        return Outcome(Kind.REFUSED, type(error).__name__, str(error), controls=frozenset({Control.HANDLE}))
    finally:
        database.close()
    return Outcome(Kind.ALLOWED, content=repr(rows))


def _kept_transaction(database: Any, world: World, everything: bytes) -> list[Any]:
    from chalicelib.data.database import Login  # noqa: PLC0415 -- as above

    with ExitStack() as left_open:
        with _request(world, VICTIM):
            handle = _seeing(database, everything)
            transaction = left_open.enter_context(database.tenant_transaction(handle, Login.READER))
        with _request(world, ATTACKER):
            result = transaction.execute(everything)
            left_open.close()  # results are there after the transaction's block
            rows: list[Any] = result.fetchall()
    return rows


def _kept_handle(database: Any, world: World, everything: bytes) -> list[Any]:
    from chalicelib.data.database import Login  # noqa: PLC0415 -- as above

    with _request(world, VICTIM):
        handle = _seeing(database, everything)
    with _request(world, ATTACKER):
        with database.tenant_transaction(handle, Login.READER) as transaction:
            result = transaction.execute(everything)
        rows: list[Any] = result.fetchall()
    return rows


def _seeing(database: Any, everything: bytes) -> Any:
    """Return a handle of the other tenant's, with which it sees its own rows.

    Raises:
        psycopg.DataError: it sees none.
    """
    from chalicelib.data.database import Login  # noqa: PLC0415 -- as above

    handle = _opened(VICTIM)
    with database.tenant_transaction(handle, Login.READER) as transaction:
        own = transaction.execute(everything)
    if not own.fetchall():
        raise psycopg.DataError("the other tenant does not see its own row")
    return handle
