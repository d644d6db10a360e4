"""A migration that `make entity` writes, in a database: what the catalog says, and what becomes of rows."""

from __future__ import annotations

import ast
import uuid
from typing import TYPE_CHECKING

import psycopg
import pytest

from chalicelib.data.holdings import TableHolding
from chalicelib.data.rows import Rows
from chalicelib.data.storage import TenantTable
from isolation.catalog import catalog_findings
from ops.entity import Specification, words
from ops.entity.fields import FIELD_TYPES
from ops.entity.rendering import render
from tests.support.databases import Secrets, master_of, migrated_server
from tests.support.handles import handle_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulkhead_localaws.postgres.server import PostgresServer
    from chalicelib.data.database import Database

ENTITY = Specification.parse("doodads", "postgres", ",".join(f"a_{kind}:{kind}" for kind in FIELD_TYPES))
TABLE = TenantTable("doodads", key="doodad_id")
ROW = {
    f"a_{kind}": ast.literal_eval(each.examples[0])
    if kind in {"text", "integer", "email", "boolean"}
    else each.sent[0][1:-1]
    for kind, each in FIELD_TYPES.items()
}  # PostgreSQL reads a price or a date from text


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[PostgresServer, Database]]:
    """Return a server with the table, and the application's way to it."""
    with migrated_server() as (server, secrets):
        with psycopg.connect(**master_of(server)) as master:
            master.execute(_statements().encode())
        manager = Secrets()
        for login, secret in secrets.items():
            manager.store(login, secret)
        database = manager.database()
        yield server, database
        database.close()


def _statements() -> str:
    """Return the SQL of the migration."""
    module = ast.parse(render("migration.py", entity=ENTITY, revision="0002", down_revision="0001"))
    values = [node.value for node in module.body if isinstance(node, ast.Assign)]
    return str(ast.literal_eval(values[-1]))


def test_the_catalog_has_nothing_to_say_of_it(running: tuple[PostgresServer, Database]) -> None:
    """Forced row-level security, the one policy, the tenant first in the key, and no grant too many."""
    with psycopg.connect(**master_of(running[0])) as master:
        assert catalog_findings(master) == []


@pytest.mark.usefixtures("in_request")
@pytest.mark.parametrize("price", ["1.10", "999999999999.99999999", "0.00000001", "0"])
def test_a_row_with_a_price_is_exported_with_every_digit_and_erased(
    running: tuple[PostgresServer, Database], price: str
) -> None:
    """As a float it would lose some, and then no longer be the row that is there."""
    acme, globex = (Rows(running[1], handle_of(each), TABLE, tuple(ROW)) for each in ("acme", "globex"))
    acme.insert(ROW | {"a_price": price})
    other = globex.insert(ROW | {"a_price": price})
    holding = TableHolding(running[1], handle_of("acme"), TABLE)
    exported = holding.read(None).rows

    assert len(exported) == 1
    assert f'"a_price": {price}' in exported[0]
    holding.erase(exported)
    assert holding.count() == 0
    assert globex.get(other["doodad_id"]) == other
    assert globex.delete(uuid.UUID(str(other["doodad_id"])))


def test_every_reserved_word_of_the_server_is_known(running: tuple[PostgresServer, Database]) -> None:
    """R is reserved; T can be a function's or a type's name only."""
    with psycopg.connect(**master_of(running[0])) as master:
        kept = master.execute("SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T')").fetchall()

    assert {word for (word,) in kept} == words.SQL_RESERVED
