"""A tenant's rows in a table of the tests' own, on a real server with the application's two logins.

The table's columns are called like a statement's own parameters. A second table has no policy: what is out of reach
there, the statements themselves keep out of reach.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from bulkhead_localaws.postgres.server import PostgresServer
from chalicelib.data.database import Database, Login
from chalicelib.data.rows import Row, Rows
from chalicelib.data.storage import TenantTable
from chalicelib.errors import TenantAccessDeniedError
from tests.support.databases import Secrets, master_of, refusal, secret_of
from tests.support.handles import handle_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TENANTS = ("acme", "acme-eu", "acme1", "globex")
COLUMNS = ("tenant", "key", "limit", "after", "name", "written_by")
PASSWORD = "a first password"
LOGINS = f"""
CREATE ROLE app_reader LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{PASSWORD}';
CREATE ROLE app_writer LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{PASSWORD}';
"""
TABLE = """
CREATE TABLE {name} (
    tenant_id text NOT NULL,
    sample_id uuid NOT NULL,
    "tenant" text,
    "key" text,
    "limit" integer,
    "after" text,
    name text NOT NULL,
    written_by text NOT NULL DEFAULT current_user,
    PRIMARY KEY (tenant_id, sample_id)
);
CREATE UNIQUE INDEX ON {name} (tenant_id, name);
GRANT SELECT ON {name} TO app_reader, app_writer;
GRANT INSERT, UPDATE, DELETE ON {name} TO app_writer;
"""
POLICY = """
ALTER TABLE samples ENABLE ROW LEVEL SECURITY;
ALTER TABLE samples FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_policy ON samples
    USING (tenant_id = (SELECT nullif(current_setting('app.current_tenant', true), '')))
    WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.current_tenant', true), '')));
"""
#: As a caller might choose them who takes them for the statement's own.
HOSTILE = {"tenant": "globex", "key": str(uuid.UUID(int=7)), "limit": 1, "after": str(uuid.UUID(int=2**128 - 1))}


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server with the two tables."""
    with PostgresServer.start(database="bulkhead") as running:
        with psycopg.connect(**master_of(running), autocommit=True) as master:
            for statement in (LOGINS, TABLE.format(name="samples"), TABLE.format(name="open_samples"), POLICY):
                master.execute(statement)
        yield running


pytestmark = pytest.mark.usefixtures("in_request")


@pytest.fixture
def master(server: PostgresServer) -> Iterator[psycopg.Connection[Any]]:
    """The superuser, who sees everything; the tables are empty."""
    with psycopg.connect(**master_of(server), autocommit=True) as connection:
        connection.execute("TRUNCATE samples, open_samples")
        yield connection


@pytest.fixture
def secrets(server: PostgresServer) -> Secrets:
    """Both logins' secrets."""
    kept = Secrets()
    for login in Login:
        kept.store(login, secret_of(server, f"app_{login}", PASSWORD))
    return kept


@pytest.fixture
def database(secrets: Secrets) -> Iterator[Database]:
    """The application's access to the server."""
    opened = secrets.database(connections=2)
    yield opened
    opened.close()


@pytest.fixture
def rows_of(database: Database, master: psycopg.Connection[Any]) -> Callable[..., Rows]:
    """Return a function that makes a tenant's rows of a table."""
    del master

    def make(tenant_id: str, table: str = "samples") -> Rows:
        return Rows(database, handle_of(tenant_id), TenantTable(table, key="sample_id"), COLUMNS)

    return make


@pytest.fixture
def rows(rows_of: Callable[..., Rows]) -> Rows:
    """The rows of acme; there are none yet."""
    return rows_of("acme")


def in_order(rows: list[Row]) -> list[Row]:
    """Return rows by key."""
    return sorted(rows, key=lambda row: row["sample_id"])


def stored(master: psycopg.Connection[Any], table: str = "samples") -> list[tuple[Any, ...]]:
    """Return tenant, key and name of every row, as an operator sees them."""
    return master.execute(f"SELECT tenant_id, sample_id, name FROM {table} ORDER BY 1, 2").fetchall()  # noqa: S608


def test_a_new_row_has_a_key_of_its_own_and_what_the_table_adds(rows: Rows, master: psycopg.Connection[Any]) -> None:
    """It is returned as it can be read from then on: its columns by name, without `tenant_id`."""
    row = rows.insert({"name": "anvil"})
    assert row["sample_id"].version == 4
    assert row == {
        "sample_id": row["sample_id"],
        **dict.fromkeys(["tenant", "key", "limit", "after"]),
        "name": "anvil",
        "written_by": "app_writer",
    }
    assert rows.get(row["sample_id"]) == row
    assert stored(master) == [("acme", row["sample_id"], "anvil")]


@pytest.mark.parametrize(
    ("count", "limit", "pages"),
    [(0, 1, [0]), (1, 1, [1]), (2, 1, [1, 1]), (4, 2, [2, 2]), (4, 5, [4]), (101, 100, [100, 1])],
)
def test_pages_hold_every_row_once_in_the_order_of_their_keys(
    rows: Rows, count: int, limit: int, pages: list[int]
) -> None:
    """Full pages; without rows there is one empty page, and after the last row none."""
    written = in_order([rows.insert({"name": str(number)}) for number in range(count)])
    read: list[list[Row]] = []
    after: uuid.UUID | None = None
    while not read or after is not None:
        page, after = rows.page(limit=limit, after=after)
        read.append(page)
    assert [row for page in read for row in page] == written
    assert [len(page) for page in read] == pages


def test_a_page_goes_on_after_a_key_that_is_not_there_any_more(rows: Rows) -> None:
    """A row that was deleted between two pages does not break the paging."""
    written = in_order([rows.insert({"name": str(number)}) for number in range(5)])
    first, after = rows.page(limit=2, after=None)
    assert (first, after) == (written[:2], written[1]["sample_id"])
    assert rows.delete(written[1]["sample_id"]) is True
    assert rows.page(limit=5, after=after) == (written[2:], None)
    assert rows.page(limit=5, after=written[4]["sample_id"]) == ([], None)


def test_change_sets_the_given_columns_of_the_one_row(rows: Rows) -> None:
    """It returns the row as it is now; its neighbour stays as it was."""
    row, neighbour = rows.insert({"name": "anvil", "limit": 5}), rows.insert({"name": "rope"})
    changed = rows.change(row["sample_id"], {"name": "wire", "after": "x"})
    assert changed == {**row, "name": "wire", "after": "x"}
    assert rows.page(limit=2, after=None)[0] == in_order([changed, neighbour])


def test_a_change_of_nothing_is_an_error_of_the_code(rows: Rows) -> None:
    """And none of SQL."""
    with pytest.raises(ValueError, match="at least one column"):
        rows.change(uuid.uuid4(), {})


def test_a_value_may_be_taken_away(rows: Rows) -> None:
    """To set nothing is not to leave a column out."""
    row = rows.insert({"name": "anvil", "limit": 5})
    assert rows.change(row["sample_id"], {"limit": None}) == {**row, "limit": None}


def test_a_row_that_is_not_there_is_none_and_no_write_creates_it(rows: Rows) -> None:
    """A second deletion finds nothing."""
    row, nowhere = rows.insert({"name": "anvil"}), uuid.uuid4()
    assert rows.get(nowhere) is None
    assert rows.change(nowhere, {"name": "rope"}) is None
    assert rows.delete(nowhere) is False
    assert rows.page(limit=2, after=None) == ([row], None)
    assert [rows.delete(row["sample_id"]) for _ in range(2)] == [True, False]
    assert rows.page(limit=2, after=None) == ([], None)


def test_a_row_is_added_unless_it_is_there(rows: Rows) -> None:
    """By whatever the table says must be there once; the first stays as it is."""
    rows.insert_unless_there({"name": "anvil", "limit": 1})
    rows.insert_unless_there({"name": "anvil", "limit": 2})
    ((row,), _) = rows.page(limit=5, after=None)
    assert (row["name"], row["limit"]) == ("anvil", 1)


def test_what_a_constraint_refuses_passes_through_and_nothing_is_written(
    rows: Rows, rows_of: Callable[..., Rows], master: psycopg.Connection[Any]
) -> None:
    """The store knows what it means. The connection goes on, and another tenant may have the same."""
    anvil, rope = rows.insert({"name": "anvil"}), rows.insert({"name": "rope"})
    before = stored(master)
    with pytest.raises(psycopg.errors.UniqueViolation):
        rows.insert({"name": "anvil"})
    with pytest.raises(psycopg.errors.UniqueViolation):
        rows.change(rope["sample_id"], {"name": "anvil"})
    with pytest.raises(psycopg.errors.NotNullViolation):
        rows.change(rope["sample_id"], {"name": None})
    assert stored(master) == before
    assert rows.change(anvil["sample_id"], {"name": "wire"}) == {**anvil, "name": "wire"}
    assert rows_of("globex").insert({"name": "rope"})["name"] == "rope"


@pytest.mark.parametrize("column", HOSTILE)
def test_a_column_that_is_called_like_a_parameter_does_not_change_the_statement(
    rows: Rows, rows_of: Callable[..., Rows], master: psycopg.Connection[Any], column: str
) -> None:
    """Its value is stored, and the tenant, the key and the page are still those of the call."""
    values = {"name": "anvil", column: HOSTILE[column]}
    row, neighbour = rows.insert(values), rows.insert({"name": "rope"})
    foreign = rows_of("globex").insert({"name": "anvil"})
    assert row.items() >= values.items()
    assert str(row["sample_id"]) != HOSTILE["key"]

    changed = rows.change(row["sample_id"], {"name": "wire", column: HOSTILE[column]})
    rows.insert_unless_there({"name": "new", column: HOSTILE[column]})

    assert changed == {**row, "name": "wire"}
    assert rows.get(neighbour["sample_id"]) == neighbour
    assert [(tenant_id, name) for tenant_id, _, name in stored(master)] == [
        *sorted([("acme", "wire"), ("acme", "rope"), ("acme", "new")], key=lambda each: key_of(master, *each)),
        ("globex", "anvil"),
    ]
    assert rows_of("globex").page(limit=5, after=None) == ([foreign], None)


def key_of(master: psycopg.Connection[Any], tenant_id: str, name: str) -> uuid.UUID:
    """Return the key of a row by its name."""
    found = master.execute("SELECT sample_id FROM samples WHERE (tenant_id, name) = (%s, %s)", [tenant_id, name])
    ((key,),) = found.fetchall()
    return uuid.UUID(str(key))


@pytest.mark.parametrize("table", ["samples", "open_samples"])
@pytest.mark.parametrize("caller", TENANTS)
def test_other_tenants_rows_are_out_of_reach(
    rows_of: Callable[..., Rows], master: psycopg.Connection[Any], caller: str, table: str
) -> None:
    """By a key that the caller knows, in tenants whose names begin alike; without a policy, too. Its own is not."""
    keys = {each: rows_of(each, table).insert({"name": f"of {each}"})["sample_id"] for each in TENANTS}
    before, mine = stored(master, table), rows_of(caller, table)

    for other in set(TENANTS) - {caller}:
        assert mine.get(keys[other]) is None
        assert mine.change(keys[other], {"name": "stolen", "tenant": other}) is None
        assert mine.delete(keys[other]) is False
    assert [row["name"] for row in mine.page(limit=10, after=None)[0]] == [f"of {caller}"]
    assert stored(master, table) == before

    assert mine.change(keys[caller], {"name": "changed"}) is not None
    assert mine.delete(keys[caller]) is True
    assert stored(master, table) == [row for row in before if row[0] != caller]


def test_reading_takes_the_readers_login_and_writing_the_writers(secrets: Secrets, rows: Rows) -> None:
    """A role whose IAM policy has one of the secrets only can do the one thing only."""
    secrets.values[Login.WRITER] = refusal("AccessDeniedException")
    assert rows.page(limit=1, after=None) == ([], None)
    assert rows.get(uuid.uuid4()) is None
    for write in (
        lambda: rows.insert({"name": "anvil"}),
        lambda: rows.insert_unless_there({"name": "anvil"}),
        lambda: rows.change(uuid.uuid4(), {"name": "anvil"}),
        lambda: rows.delete(uuid.uuid4()),
    ):
        with pytest.raises(TenantAccessDeniedError):
            write()


def test_writing_needs_no_right_to_read(secrets: Secrets, rows: Rows) -> None:
    """The twin: what was written comes back from the write itself."""
    secrets.values[Login.READER] = refusal("AccessDeniedException")
    row = rows.insert({"name": "anvil"})
    assert rows.change(row["sample_id"], {"name": "rope"}) == {**row, "name": "rope"}
    assert rows.delete(row["sample_id"]) is True
    with pytest.raises(TenantAccessDeniedError):
        rows.get(row["sample_id"])
    with pytest.raises(TenantAccessDeniedError):
        rows.page(limit=1, after=None)
