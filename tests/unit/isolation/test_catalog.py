"""A tenant table that is no entity's, and an entity's that is not there, are named with the file to change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from chalicelib.data.storage import Kind, Sharding, TenantTable
from chalicelib.entities.entity import Entity
from isolation.catalog import catalog_findings, storage_findings
from tests.support.databases import master_of, migrated_server

if TYPE_CHECKING:
    from collections.abc import Iterator

Connection = psycopg.Connection[Any]
ORDERS = "CREATE TABLE orders (tenant_id text NOT NULL, order_id uuid NOT NULL, PRIMARY KEY (tenant_id, order_id))"


@pytest.fixture(scope="module")
def server() -> Iterator[Connection]:
    """Return the owner's connection to a server with what the migrations make."""
    with (
        migrated_server() as (running, _),
        psycopg.connect(**master_of(running), autocommit=True) as connection,
    ):
        yield connection


@pytest.fixture
def master(server: Connection) -> Iterator[Connection]:
    """Return it with one further tenant table, which goes after the test."""
    with server.transaction(force_rollback=True):
        for (name,) in server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
            server.execute(f'DROP TABLE "{name}" CASCADE'.encode())
        server.execute(ORDERS)
        yield server


def _entity(table: str = "orders", key: str = "order_id") -> Entity:
    return Entity("purchases", "Purchases", TenantTable(table, key))


def test_a_table_that_an_entity_names_with_its_key_is_no_finding(master: Connection) -> None:
    """Whatever the entity is called; what is of the pooled table is none of the database's."""
    assert storage_findings(master, [_entity(), Entity("x", "X", Kind("x", Sharding(1)))]) == []


def test_a_tenant_table_of_no_entity_is_found(master: Connection) -> None:
    """Nobody would export or erase its rows."""
    (finding,) = storage_findings(master, [])

    assert finding.startswith("orders: no entity keeps its rows there")
    assert "chalicelib/entities" in finding
    assert "chalicelib/migrations/versions" in finding


def test_a_table_that_is_not_there_is_found(master: Connection) -> None:
    """A migration is missing, or its name is another; a table without a tenant_id is none."""
    master.execute("CREATE TABLE receipts (order_id uuid PRIMARY KEY)")

    (finding,) = storage_findings(master, [_entity(), _entity("receipts")])

    assert finding.startswith("receipts: chalicelib/entities/purchases/__init__.py names this table")
    assert finding.endswith("add a revision to chalicelib/migrations/versions")


@pytest.mark.parametrize("key", ["purchase_id", "tenant_id"])
def test_another_key_than_the_entity_says_is_found(master: Connection, key: str) -> None:
    """An export goes by it."""
    (finding,) = storage_findings(master, [_entity(key=key)])

    assert "its primary key is order_id, tenant_id" in finding
    assert "chalicelib/entities/purchases/__init__.py" in finding


def test_a_column_of_a_primary_key_may_not_be_changed_whatever_it_is_called(master: Connection) -> None:
    """It is the key as the table has it; another column may be granted."""
    master.execute("GRANT UPDATE (order_id) ON orders TO app_writer")

    assert "app_writer: may UPDATE orders.order_id" in catalog_findings(master)
    master.execute("REVOKE UPDATE (order_id) ON orders FROM app_writer")
    master.execute("ALTER TABLE orders ADD COLUMN note text; GRANT UPDATE (note) ON orders TO app_writer")
    assert [each for each in catalog_findings(master) if "may UPDATE" in each] == []
