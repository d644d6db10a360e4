"""Attacks that look at what the application leaves behind in the database: on its connections, and in the catalog."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg

from chalicelib.tenancy.tenant import Role, TenantContext
from chalicelib.vending.handles import Handle, request_scope
from chalicelib.vending.sessions import Session
from isolation.attack.cells import Cell
from isolation.attack.controls import Control
from isolation.attack.database import LOGINS, tables_of
from isolation.attack.outcomes import VICTIM, VICTIMS, Service, Who
from isolation.attack.postgres import reading_twin
from isolation.attack.postgres_answers import acting
from isolation.attack.postgres_statements import EVERYTHING
from isolation.catalog import catalog_findings, storage_findings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isolation.attack.database import Table
    from isolation.attack.served import Served
    from isolation.attack.world import World


def pooled_connection_cells(served: Served) -> Iterator[Cell]:
    """Return the attacks, on each tenant table of an entity, and on the whole catalog."""
    tables = tables_of(served)
    for login in LOGINS:
        for table in tables:
            attack = "SELECT on the connection that the application's transaction of the other leaves"
            target = f"{VICTIM}, {table.entity}"
            act = partial(_left_behind, table, login)
            yield _cell(table, attack, target, login, Control.TRANSACTION_LOCAL, act, table.entity)
        for table in tables[:1]:  # whose row the twin reads
            attack = "look for a table, view, function or grant that row-level security does not confine"
            yield _cell(table, attack, VICTIM, login, Control.CATALOG, partial(_unconfined, served, login), "")


def _cell(  # noqa: PLR0913, PLR0917 -- one row of a matrix
    table: Table,
    attack: str,
    target: str,
    login: str,
    control: Control,
    rows: Callable[[World], list[Any]],
    entity: str,
) -> Cell:
    return Cell(
        service=Service.POSTGRES,
        attack=attack,
        target=target,
        who=Who("", login),
        refused_by=frozenset({control}),
        victims=VICTIMS,
        act=acting(rows, control, own=False),
        twin=reading_twin(table, login),
        entity=entity,
    )


def _unconfined(served: Served, login: str, world: World) -> list[Any]:
    assert world.database is not None  # noqa: S101 -- for the types: these cells run on the local stack only
    connection = world.database.connection(login)
    return catalog_findings(connection) + storage_findings(connection, served.entities)


def _left_behind(table: Table, login: str, world: World) -> list[Any]:
    """Let the other tenant's transaction end as the application does it, then look without a tenant."""
    from chalicelib.data.database import Database, DatabaseSettings, Login  # noqa: PLC0415 -- a canary may change it

    endpoint, other = world.stage.database, TenantContext(VICTIM, Role.ADMIN, "attack", "attack@example.com")
    session = Session.of_function(other.tenant_id, other.role)
    arns = {Login.READER: endpoint.reader_secret_arn, Login.WRITER: endpoint.writer_secret_arn}
    secrets = world.client(world.admin(VICTIM), "secretsmanager")
    database = Database(lambda _: secrets, DatabaseSettings(arns, sslmode="prefer", connections=1))
    everything: Any = table.sql(EVERYTHING).encode()
    try:
        with request_scope(lambda: session):
            handle = Handle(other)
            with database.tenant_transaction(handle, Login(login)) as transaction:
                own = transaction.execute(everything)
            if not own.fetchall():
                raise psycopg.DataError("the other tenant does not see its own row")
            with database._connection(handle, session, Login(login)) as connection:  # noqa: SLF001 -- the same one, for there is one
                return connection.execute(everything).fetchall()
    finally:
        database.close()
