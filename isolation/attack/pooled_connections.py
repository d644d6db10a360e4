"""Attacks that look at what the application leaves behind in the database: on its connections, and in the catalog."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg

from chalicelib.config import Strategy
from chalicelib.tenancy.tenant import Role, TenantContext
from isolation.attack.cells import Cell
from isolation.attack.controls import Control
from isolation.attack.database import LOGINS, VICTIM, VICTIMS
from isolation.attack.outcomes import Service, Who
from isolation.attack.postgres import of_error, of_rows, reading_twin
from isolation.catalog import catalog_findings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isolation.attack.outcomes import Outcome
    from isolation.attack.world import World

_USERS = "SELECT tenant_id, display_name FROM users"


def pooled_connection_cells() -> Iterator[Cell]:
    """Return the attacks."""
    for login in LOGINS:
        attack = "SELECT on the connection that the application's transaction of the other leaves"
        yield _cell(attack, login, Control.TRANSACTION_LOCAL, partial(_left_behind, login))
        attack = "look for a table, view, function or grant that row-level security does not confine"
        yield _cell(attack, login, Control.CATALOG, partial(_unconfined, login))


def _cell(attack: str, login: str, control: Control, rows: Callable[[World], list[Any]]) -> Cell:
    def act(world: World) -> Outcome:
        try:
            return of_rows(rows(world), control, own=False)
        except psycopg.Error as error:
            return of_error(error)

    return Cell(
        service=Service.POSTGRES,
        attack=attack,
        target=VICTIM,
        who=Who("", login),
        refused_by=frozenset({control}),
        victims=VICTIMS,
        act=act,
        twin=reading_twin(login),
    )


def _unconfined(login: str, world: World) -> list[Any]:
    assert world.database is not None  # noqa: S101 -- for the types: these cells run on the local stack only
    return catalog_findings(world.database.connection(login))


def _left_behind(login: str, world: World) -> list[Any]:
    """Let the other tenant's transaction end as the application does it, then look without a tenant."""
    from chalicelib.data.database import Database, DatabaseSettings, Login  # noqa: PLC0415 -- a canary may change it

    def secrets(tenant: TenantContext) -> Any:
        return world.client(Who(tenant.tenant_id, tenant.role, Strategy.SESSION_TAGS), "secretsmanager")

    endpoint = world.stage.database
    arns = {Login.READER: endpoint.reader_secret_arn, Login.WRITER: endpoint.writer_secret_arn}
    other = TenantContext(VICTIM, Role.ADMIN, "attack", "attack@example.com")
    database = Database(secrets, DatabaseSettings(arns, sslmode="prefer", connections=1))
    try:
        with database.tenant_transaction(other, Login(login)) as connection:
            own = connection.execute(_USERS)
        if not own.fetchall():
            raise psycopg.DataError("the other tenant does not see its own row")
        with database._connection(other, Login(login)) as connection:  # noqa: SLF001 -- the same one, for there is one
            return connection.execute(_USERS).fetchall()
    finally:
        database.close()
