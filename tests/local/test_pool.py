"""Connections handed from tenant to tenant, on the stack's server."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg
import pytest

from chalicelib.data.database import Database, DatabaseSettings, Login
from tests.support.databases import ADD_PENPAL
from tests.support.handles import handle_of, open_request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stage.local.stack import LocalStack

TENANTS = ("acme", "acme-eu", "acme1", "globex")
HANDOVERS, THREADS, CONNECTIONS = 10_000, 16, 4


@pytest.fixture
def database(stack: LocalStack) -> Iterator[Database]:
    """Return the application's data access over a table with one row of each tenant."""
    with psycopg.connect(**stack.database_login("master"), autocommit=True) as master:
        master.execute("DELETE FROM penpals")
        for name in TENANTS:
            master.execute(ADD_PENPAL, [name, uuid.uuid4(), "a@example.com", name])
        secrets = stack.client("secretsmanager")
        arns = {login: stack.outputs[f"{login}_secret_arn"] for login in Login}
        settings = DatabaseSettings(secret_arns=arns, sslmode="disable", connections=CONNECTIONS)
        database = Database(lambda _: secrets, settings)
        yield database
        database.close()
        master.execute("DELETE FROM penpals")


@pytest.mark.parametrize("login", Login)
def test_a_connection_that_goes_from_tenant_to_tenant_never_shows_the_others_row(
    database: Database, login: Login
) -> None:
    """10,000 transactions of four tenants in 16 threads over few connections; every eighth one fails half-way."""

    def work(thread: int) -> set[tuple[str, str]]:
        seen = set()
        for number in range(thread, HANDOVERS, THREADS):
            name = TENANTS[number // THREADS % len(TENANTS)]
            with open_request():
                try:
                    with database.tenant_transaction(handle_of(name), login) as transaction:
                        result = transaction.execute("SELECT tenant_id FROM penpals")
                        if number % 8 == 0:
                            raise ZeroDivisionError  # noqa: TRY301 -- a handler's bug
                except ZeroDivisionError:
                    continue
                seen |= {(name, row[0]) for row in result.fetchall()}
        return seen

    with ThreadPoolExecutor(THREADS) as threads:
        seen = set().union(*threads.map(work, range(THREADS)))

    assert seen == {(name, name) for name in TENANTS}
    stats = database._pools[login][1].get_stats()
    assert stats["requests_num"] == HANDOVERS
    assert stats["connections_num"] <= CONNECTIONS
