# ruff: noqa: E501 -- a statement is read on one line
"""Row-level security on the real server, past the application: with its two logins, straight to the table."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from isolation.catalog import catalog_findings
from tests.support.databases import ADD_PENPAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stage.local.stack import LocalStack

Connection = psycopg.Connection[Any]
LOGINS = ("reader", "writer")
ACME_ROW, GLOBEX_ROW = uuid.UUID(int=1), uuid.UUID(int=2)
#: Prints the tables of the project's entities, with their primary keys; for an interpreter in the stack's project.
STORAGES = """
import json
from chalicelib.data.storage import TenantTable
from chalicelib.entities import ENTITIES
tables = [entity.storage for entity in ENTITIES if isinstance(entity.storage, TenantTable)]
print(json.dumps({table.name: sorted(["tenant_id", table.key]) for table in tables}))
"""


@pytest.fixture
def master(stack: LocalStack) -> Iterator[Connection]:
    """Return the superuser's connection, which sees everything, with one row of each tenant in the table."""
    with psycopg.connect(**stack.database_login("master"), autocommit=True) as connection:
        connection.execute("DELETE FROM penpals")
        for tenant, penpal_id in (("acme", ACME_ROW), ("globex", GLOBEX_ROW)):
            connection.execute(ADD_PENPAL, [tenant, penpal_id, f"a@{tenant}.example.com", tenant])
        yield connection
        connection.execute("DELETE FROM penpals")


@pytest.fixture
def login(stack: LocalStack, master: Connection) -> Iterator[Callable[[str], Connection]]:
    """Return a function that connects as one of the application's logins."""
    del master
    opened: list[Connection] = []

    def connect(name: str) -> Connection:
        opened.append(psycopg.connect(**stack.database_login(name), autocommit=True))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def _as_tenant(connection: Connection, tenant: str, statement: str, parameters: Any = None) -> list[Any]:
    """Run one statement in a transaction of the tenant and return its rows, or how many it touched."""
    with connection.transaction():
        connection.execute("SELECT set_config('app.current_tenant', %s, true)", [tenant])
        cursor = connection.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else [cursor.rowcount]


def _rows(master: Connection) -> list[Any]:
    return master.execute("SELECT tenant_id, penpal_id, email, display_name FROM penpals ORDER BY 1, 2").fetchall()


@pytest.mark.parametrize("name", LOGINS)
@pytest.mark.parametrize("setting", [None, "", "acm", "acme%", "ACME", "acme ", "acme\nglobex"], ids=repr)
def test_without_a_tenant_there_are_no_rows(login: Callable[[str], Connection], name: str, setting: str | None) -> None:
    """An unset, empty or other setting shows nothing; acme's own shows acme's row."""
    connection = login(name)
    with connection.transaction():
        if setting is not None:
            connection.execute("SELECT set_config('app.current_tenant', %s, true)", [setting])
        seen = connection.execute("SELECT * FROM penpals").fetchall()

    assert seen == []
    assert _as_tenant(connection, "acme", "SELECT tenant_id FROM penpals") == [("acme",)]


def test_without_a_tenant_nothing_can_be_written(login: Callable[[str], Connection], master: Connection) -> None:
    """The policy's WITH CHECK refuses a row of any tenant; with the setting it goes in."""
    writer = login("writer")
    insert = "INSERT INTO penpals (tenant_id, penpal_id, email, display_name) VALUES ('acme', %s, 'x@example.com', 'x')"
    before = _rows(master)

    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        writer.execute(insert, [uuid.uuid4()])
    assert writer.execute("UPDATE penpals SET display_name = 'x'").rowcount == 0
    assert writer.execute("DELETE FROM penpals").rowcount == 0
    assert _rows(master) == before
    assert _as_tenant(writer, "acme", insert, [uuid.uuid4()]) == [1]


READS = {
    "SELECT": "SELECT tenant_id FROM penpals WHERE penpal_id IN (%(acme)s, %(globex)s)",
    "no WHERE": "SELECT tenant_id FROM penpals",
    "naming the other": "SELECT tenant_id FROM penpals WHERE tenant_id = 'globex' OR true",
    "self-join": "SELECT b.tenant_id FROM penpals a CROSS JOIN penpals b",
    "sub-select": "SELECT tenant_id FROM penpals WHERE penpal_id IN (SELECT penpal_id FROM penpals)",
    "CTE": "WITH every AS (SELECT * FROM penpals) SELECT tenant_id FROM every",
    "materialized CTE": "WITH every AS MATERIALIZED (SELECT * FROM penpals) SELECT tenant_id FROM every",
    "union": "SELECT tenant_id FROM penpals UNION ALL SELECT tenant_id FROM penpals WHERE tenant_id <> 'acme'",
    "aggregate": "SELECT max(tenant_id) FROM penpals",
    "window": "SELECT tenant_id FROM (SELECT *, row_number() OVER () FROM penpals) ranked",
    "lateral": "SELECT b.tenant_id FROM penpals a, LATERAL (SELECT * FROM penpals) b",
}


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("name", LOGINS)
def test_no_read_shows_the_other_tenants_row(login: Callable[[str], Connection], name: str, read: str) -> None:
    """Every row that comes back is acme's, and acme's does come back."""
    seen = _as_tenant(login(name), "acme", READS[read], {"acme": ACME_ROW, "globex": GLOBEX_ROW})

    assert set(seen) == {("acme",)}


@pytest.mark.parametrize("name", LOGINS)
def test_copy_out_a_cursor_and_exists_show_the_own_rows_only(login: Callable[[str], Connection], name: str) -> None:
    """COPY of a table under row-level security is refused; of a query it holds the own row; so does a cursor."""
    connection = login(name)
    with connection.transaction():
        connection.execute("SELECT set_config('app.current_tenant', 'acme', true)")
        with connection.cursor().copy("COPY (SELECT tenant_id FROM penpals) TO STDOUT") as copy:
            copied = b"".join(bytes(block) for block in copy)
        with connection.cursor("walk") as cursor:
            walked = cursor.execute("SELECT tenant_id FROM penpals").fetchall()
        existing = connection.execute("SELECT EXISTS (SELECT FROM penpals WHERE tenant_id = 'globex')").fetchone()

    assert copied == b"acme\n"
    assert walked == [("acme",)]
    assert existing == (False,)


@pytest.mark.parametrize("name", LOGINS)
def test_a_prepared_statement_reused_by_another_tenant_shows_that_tenants_rows(
    login: Callable[[str], Connection], name: str
) -> None:
    """Row-level security is evaluated at each execution, not when the plan is made."""
    connection = login(name)
    connection.execute("PREPARE everybody AS SELECT tenant_id FROM penpals")

    for _ in range(7):  # past the point where PostgreSQL turns to a generic plan
        assert _as_tenant(connection, "acme", "EXECUTE everybody") == [("acme",)]
        assert _as_tenant(connection, "globex", "EXECUTE everybody") == [("globex",)]
    assert connection.execute("EXECUTE everybody").fetchall() == []


@pytest.mark.parametrize("name", LOGINS)
def test_the_setting_ends_with_its_transaction_however_that_ends(login: Callable[[str], Connection], name: str) -> None:
    """Committed, rolled back, aborted or rolled back to a savepoint: the next transaction has no tenant."""
    connection = login(name)
    set_acme = "SELECT set_config('app.current_tenant', 'acme', true)"
    with connection.transaction(force_rollback=True):
        connection.execute(set_acme)
        with pytest.raises(psycopg.errors.DivisionByZero):
            _as_tenant(connection, "globex", "SELECT 1 / 0")
        assert connection.execute("SELECT tenant_id FROM penpals").fetchall() == [("acme",)]
    assert connection.execute("SELECT * FROM penpals").fetchall() == []
    with pytest.raises(psycopg.errors.DivisionByZero):
        _as_tenant(connection, "acme", "SELECT 1 / 0")
    assert connection.execute("SELECT * FROM penpals").fetchall() == []


WRITES = {
    "UPDATE": ("UPDATE penpals SET display_name = 'mine' WHERE penpal_id = %(globex)s", 0),
    "UPDATE without WHERE": ("UPDATE penpals SET display_name = display_name", 1),
    "UPDATE from a join": (
        "UPDATE penpals SET display_name = 'mine' FROM penpals o WHERE o.tenant_id = 'globex' AND penpals.penpal_id = o.penpal_id",
        0,
    ),
    "DELETE": ("DELETE FROM penpals WHERE penpal_id = %(globex)s", 0),
    "DELETE in a CTE": ("WITH gone AS (DELETE FROM penpals WHERE tenant_id = 'globex' RETURNING *) SELECT count(*) FROM gone", (0,)),
    "INSERT with the other's id": (
        "INSERT INTO penpals (tenant_id, penpal_id, email, display_name) VALUES ('acme', %(globex)s, 'n@example.com', 'n') ON CONFLICT DO NOTHING",
        1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("write", WRITES)
def test_no_write_of_the_writer_touches_the_other_tenants_row(
    login: Callable[[str], Connection], master: Connection, write: str
) -> None:
    """It does nothing, or it is done to acme's own rows; globex's row stays as it was."""
    statement, touched = WRITES[write]

    assert _as_tenant(login("writer"), "acme", statement, {"globex": GLOBEX_ROW}) == [touched]
    assert [row for row in _rows(master) if row[0] == "globex"] == [
        ("globex", GLOBEX_ROW, "a@globex.example.com", "globex")
    ]
    own = "UPDATE penpals SET display_name = 'new' WHERE penpal_id = %s"
    assert _as_tenant(login("writer"), "acme", own, [ACME_ROW]) == [1]


REFUSED_WRITES = {
    "INSERT for the other": "INSERT INTO penpals (tenant_id, penpal_id, email, display_name) VALUES ('globex', %(new)s, 'n@example.com', 'n')",
    "INSERT ON CONFLICT DO UPDATE": "INSERT INTO penpals (tenant_id, penpal_id, email, display_name) VALUES ('globex', %(globex)s, 'n@example.com', 'n') ON CONFLICT (tenant_id, penpal_id) DO UPDATE SET display_name = 'mine'",
    "UPDATE SET tenant_id": "UPDATE penpals SET tenant_id = 'globex' WHERE penpal_id = %(acme)s",
    "UPDATE SET penpal_id": "UPDATE penpals SET penpal_id = %(globex)s WHERE penpal_id = %(acme)s",
    "TRUNCATE": "TRUNCATE penpals",
    "ALTER": "ALTER TABLE penpals ADD COLUMN x text",
    "DISABLE ROW LEVEL SECURITY": "ALTER TABLE penpals DISABLE ROW LEVEL SECURITY",
    "NO FORCE": "ALTER TABLE penpals NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY": "DROP POLICY tenant_policy ON penpals",
    "CREATE POLICY": "CREATE POLICY mine ON penpals USING (true)",
    "SET ROLE": "SET ROLE postgres",
    "SET SESSION AUTHORIZATION": "SET SESSION AUTHORIZATION postgres",
    "GRANT": "GRANT app_writer TO app_reader",
    "CREATE TABLE": "CREATE TABLE mine (x int)",
    "CREATE TEMP TABLE": "CREATE TEMP TABLE mine (x int)",
    "CREATE FUNCTION": "CREATE FUNCTION mine() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    "passwords": "SELECT * FROM pg_authid",
    "files": "SELECT pg_read_file('/etc/passwd')",
    "programs": "COPY penpals TO PROGRAM 'cat'",
    "migrations": "SELECT * FROM alembic_version",
}  # fmt: skip


@pytest.mark.parametrize("statement", REFUSED_WRITES)
@pytest.mark.parametrize("name", LOGINS)
def test_what_no_login_may_do_is_refused(
    login: Callable[[str], Connection], master: Connection, name: str, statement: str
) -> None:
    """By privileges or by the policy's WITH CHECK; nothing changes, and the login goes on reading its own."""
    before = _rows(master)
    parameters = {"acme": ACME_ROW, "globex": GLOBEX_ROW, "new": uuid.uuid4()}
    connection = login(name)

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        _as_tenant(connection, "acme", REFUSED_WRITES[statement], parameters)

    assert _rows(master) == before
    assert _as_tenant(connection, "acme", "SELECT tenant_id FROM penpals") == [("acme",)]


def test_row_security_off_is_an_error_and_not_a_way_around(login: Callable[[str], Connection]) -> None:
    """`SET row_security = off` makes a query fail that policies would filter."""
    connection = login("writer")
    connection.execute("SET row_security = off")

    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        _as_tenant(connection, "acme", "SELECT * FROM penpals")


@pytest.mark.parametrize(
    "write",
    [
        "INSERT INTO penpals (tenant_id, penpal_id, email, display_name) VALUES ('acme', gen_random_uuid(), 'n@example.com', 'n')",
        "UPDATE penpals SET display_name = 'x'",
        "DELETE FROM penpals",
    ],
)
def test_the_reader_writes_nothing_not_even_its_own(login: Callable[[str], Connection], write: str) -> None:
    """It is refused as such; the writer's same statement works."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for table penpals"):
        _as_tenant(login("reader"), "acme", write)


def test_the_known_limit_code_with_a_login_can_name_another_tenant(login: Callable[[str], Connection]) -> None:
    """Row-level security by a setting stops a forgotten WHERE, not code that sets another tenant: stated, not hidden."""
    assert _as_tenant(login("reader"), "globex", "SELECT tenant_id FROM penpals") == [("globex",)]


def test_every_tenant_table_is_the_storage_of_an_entity(master: Connection, stack: LocalStack) -> None:
    """An entity's table is exported and erased at an offboarding, by its key; a table of no entity would keep its rows."""
    tables = master.execute(
        "SELECT table_name::text, array_agg(attname::text) FROM information_schema.columns "
        "LEFT JOIN pg_index ON indisprimary AND indrelid = to_regclass(format('public.%I', table_name)) "
        "LEFT JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey) "
        "WHERE table_schema = 'public' AND column_name = 'tenant_id' GROUP BY 1"
    ).fetchall()
    printed = subprocess.run(
        [sys.executable, "-c", STORAGES], cwd=stack.project, capture_output=True, text=True, check=True
    ).stdout
    storages = json.loads(printed)

    found = {name: sorted(key) for name, key in tables}
    missing = sorted(found.keys() - storages.keys())
    assert not missing, f"of no entity: {missing}; name each as TenantTable in chalicelib/entities/NAME/__init__.py"
    assert found == storages, "chalicelib/entities/NAME/__init__.py names a table or a key that no migration makes"


def test_the_catalog_check_finds_nothing_missing(master: Connection) -> None:
    """Every table with a tenant_id has every property, and so have the logins."""
    assert catalog_findings(master) == []


WEAKENED = {
    "ALTER TABLE penpals DISABLE ROW LEVEL SECURITY": "not enabled",
    "ALTER TABLE penpals NO FORCE ROW LEVEL SECURITY": "not forced",
    "DROP POLICY tenant_policy ON penpals": "no tenant policy",
    "ALTER POLICY tenant_policy ON penpals USING (true)": "does not compare",
    "ALTER POLICY tenant_policy ON penpals WITH CHECK (true)": "does not compare",
    "ALTER POLICY tenant_policy ON penpals USING (tenant_id = current_setting('app.current_tenant', true))": "does not compare",
    "ALTER POLICY tenant_policy ON penpals TO app_reader": "not for all commands and everybody",
    "CREATE POLICY wide ON penpals USING (true)": "wide does not compare",
    "ALTER TABLE penpals OWNER TO app_writer": "owned by the application's login",
    "ALTER TABLE penpals DROP CONSTRAINT penpals_pkey; ALTER TABLE penpals ALTER tenant_id DROP NOT NULL": "may be null",
    "ALTER TABLE penpals DROP CONSTRAINT penpals_pkey, ADD PRIMARY KEY (penpal_id)": "unique across tenants",
    "CREATE UNIQUE INDEX emails ON penpals (email)": "emails is unique across tenants",
    "CREATE VIEW everybody AS SELECT * FROM penpals": "not protected by row-level security",
    "CREATE TABLE unprotected (tenant_id text NOT NULL, id int, PRIMARY KEY (tenant_id, id))": "unprotected: ROW LEVEL SECURITY is not enabled",
    "ALTER ROLE app_reader BYPASSRLS": "app_reader: is BYPASSRLS",
    "ALTER ROLE app_writer SUPERUSER": "app_writer: is SUPERUSER",
    "ALTER ROLE app_writer CREATEROLE": "app_writer: is CREATEROLE",
    "GRANT app_writer TO app_reader": "app_reader: is a member of app_writer",
    "GRANT INSERT ON penpals TO app_reader": "app_reader: may INSERT",
    "GRANT TRUNCATE ON penpals TO app_writer": "app_writer: may TRUNCATE",
    "GRANT UPDATE ON penpals TO PUBLIC": "PUBLIC: may UPDATE",
    "GRANT UPDATE (tenant_id, email) ON penpals TO app_reader": "app_reader: may UPDATE penpals.email",
    "GRANT UPDATE ON penpals TO app_writer": "app_writer: may UPDATE penpals",
    "GRANT UPDATE (tenant_id) ON penpals TO app_writer": "app_writer: may UPDATE penpals.tenant_id",
    "CREATE VIEW addresses_only AS SELECT email FROM penpals; GRANT SELECT ON addresses_only TO app_reader": "addresses_only, which has no tenant_id",
    "CREATE TABLE copy_of_it AS SELECT email FROM penpals; GRANT SELECT ON copy_of_it TO app_reader": "copy_of_it, which has no tenant_id",
    "GRANT CREATE ON SCHEMA public TO app_writer": "app_writer: may CREATE public",
    "GRANT CREATE ON SCHEMA public TO PUBLIC": "PUBLIC: may CREATE public",
    "DO $$ BEGIN EXECUTE format('GRANT TEMP ON DATABASE %I TO PUBLIC', current_database()); END $$": "PUBLIC: may TEMPORARY",
    "ALTER ROLE app_reader SET app.current_tenant = 'acme'": "sets app.current_tenant=acme",
    "CREATE FUNCTION open() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'": "runs with its owner's rights",
}  # fmt: skip


@pytest.mark.parametrize("statement", WEAKENED)
def test_the_catalog_check_turns_red_for_each_property_removed(master: Connection, statement: str) -> None:
    """A canary for every line of the check; the change is rolled back."""
    with master.transaction(force_rollback=True):
        master.execute(statement.encode())
        findings = catalog_findings(master)

    assert any(WEAKENED[statement] in finding for finding in findings), findings
    assert catalog_findings(master) == []
