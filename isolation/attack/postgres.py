# ruff: noqa: E501 -- a statement is read on one line
"""Attacks on the pooled database, with both of the application's logins, past the application's queries.

Every attack runs in a transaction that is rolled back.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg

from isolation.attack.cells import Cell, Twin
from isolation.attack.controls import Control
from isolation.attack.database import ATTACKER, LOGINS, SET_TENANT, VICTIM, VICTIMS
from isolation.attack.outcomes import Kind, Outcome, Service, Who

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isolation.attack.cells import Act
    from isolation.attack.world import World

_Connection: TypeAlias = "psycopg.Connection[Any]"
_Work: TypeAlias = "Callable[[_Connection, World], list[Any]]"
_ANOTHER = "row-level security by a setting stops a forgotten WHERE, not code that sets another tenant"
_BARE_SET = (
    "a bare SET outlives its transaction: only database.py may make the setting, and it does so for one transaction"
)
_OUTSIDE = "outside"  # of any transaction
_OWN = "SELECT tenant_id, display_name FROM users WHERE user_id = %(own)s"

READS = {
    "by the other's id": "SELECT tenant_id, display_name FROM users WHERE user_id IN (%(own)s, %(other)s)",
    "without WHERE": "SELECT tenant_id, display_name FROM users",
    "naming the other": "SELECT tenant_id, display_name FROM users WHERE tenant_id = 'globex' OR true",
    "naming the other only": "SELECT tenant_id, display_name FROM users WHERE tenant_id = 'globex'",
    "self-join": "SELECT b.tenant_id, b.display_name FROM users a CROSS JOIN users b",
    "sub-select": "SELECT tenant_id, display_name FROM users WHERE user_id IN (SELECT user_id FROM users)",
    "CTE": "WITH every AS (SELECT * FROM users) SELECT tenant_id, display_name FROM every",
    "materialized CTE": "WITH every AS MATERIALIZED (SELECT * FROM users) SELECT tenant_id, display_name FROM every",
    "union": "SELECT tenant_id, display_name FROM users UNION ALL SELECT tenant_id, display_name FROM users WHERE tenant_id <> 'acme'",
    "aggregate": "SELECT max(tenant_id), string_agg(display_name, ',') FROM users",
    "window": "SELECT tenant_id, display_name FROM (SELECT *, row_number() OVER () FROM users) ranked",
    "lateral": "SELECT b.tenant_id, b.display_name FROM users a, LATERAL (SELECT * FROM users) b",
    "whole row as text": "SELECT tenant_id, users::text FROM users",
    "whole table as XML": "SELECT 'acme', query_to_xml('SELECT * FROM users', true, true, '')::text",
    "exists": "SELECT tenant_id, '' FROM users WHERE EXISTS (SELECT FROM users WHERE tenant_id = 'globex')",
    "error as an oracle": "SELECT tenant_id, '' FROM users WHERE tenant_id <> 'acme' AND 1 / (length(display_name) - length(display_name)) = 1",
    "leaky function first": "SELECT tenant_id, '' FROM users WHERE display_name::int = 1 AND tenant_id = 'globex'",
}
WRITES = {
    "UPDATE": "UPDATE users SET display_name = 'mine' WHERE user_id = %(other)s RETURNING *",
    "UPDATE without WHERE": "UPDATE users SET display_name = display_name RETURNING *",
    "UPDATE from a join": "UPDATE users SET display_name = 'mine' FROM users o WHERE o.tenant_id = 'globex' AND users.user_id = o.user_id RETURNING *",
    "DELETE": "DELETE FROM users WHERE user_id = %(other)s RETURNING *",
    "DELETE without WHERE": "DELETE FROM users RETURNING *",
    "DELETE in a CTE": "WITH gone AS (DELETE FROM users WHERE tenant_id = 'globex' RETURNING *) SELECT * FROM gone",
}
REFUSED_WRITES = {
    "INSERT for the other": "INSERT INTO users (tenant_id, user_id, email, display_name) VALUES ('globex', %(new)s, 'n@example.com', 'n')",
    "INSERT, on conflict UPDATE": "INSERT INTO users (tenant_id, user_id, email, display_name) VALUES ('globex', %(other)s, 'n@example.com', 'n') ON CONFLICT (tenant_id, user_id) DO UPDATE SET display_name = 'mine' RETURNING *",
    "INSERT of a SELECT": "INSERT INTO users (tenant_id, user_id, email, display_name) SELECT 'globex', %(new)s, 'n@example.com', 'n' FROM users LIMIT 1",
}
FORBIDDEN = {
    "UPDATE SET tenant_id": "UPDATE users SET tenant_id = 'globex' WHERE user_id = %(own)s",
    "UPDATE SET user_id": "UPDATE users SET user_id = %(other)s WHERE user_id = %(own)s",
    "TRUNCATE": "TRUNCATE users",
    "ALTER TABLE": "ALTER TABLE users ADD COLUMN x text",
    "DISABLE ROW LEVEL SECURITY": "ALTER TABLE users DISABLE ROW LEVEL SECURITY",
    "NO FORCE ROW LEVEL SECURITY": "ALTER TABLE users NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY": "DROP POLICY tenant_policy ON users",
    "ALTER POLICY": "ALTER POLICY tenant_policy ON users USING (true)",
    "CREATE POLICY": "CREATE POLICY mine ON users USING (true)",
    "SET ROLE": "SET ROLE postgres",
    "SET SESSION AUTHORIZATION": "SET SESSION AUTHORIZATION postgres",
    "GRANT": "GRANT app_writer TO app_reader",
    "ALTER ROLE BYPASSRLS": "ALTER ROLE app_writer BYPASSRLS",
    "CREATE TABLE": "CREATE TABLE mine (x int)",
    "CREATE TEMP TABLE": "CREATE TEMP TABLE mine (x int)",
    "CREATE VIEW": "CREATE VIEW mine AS SELECT * FROM users",
    "CREATE FUNCTION": "CREATE FUNCTION mine() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    "passwords": "SELECT * FROM pg_authid",
    "files": "SELECT pg_read_file('/etc/passwd')",
    "programs": "COPY users TO PROGRAM 'cat'",
    "migrations": "SELECT * FROM alembic_version",
}
_READERS_WRITES = {
    "INSERT of an own row": "INSERT INTO users (tenant_id, user_id, email, display_name) VALUES ('acme', %(new)s, 'n@example.com', 'n')",
    "UPDATE of an own row": "UPDATE users SET display_name = 'x' WHERE user_id = %(own)s",
    "DELETE of an own row": "DELETE FROM users WHERE user_id = %(own)s",
}
_SETTINGS = (
    None,
    "",
    "acm",
    "acme%",
    "acm_",
    "ACME",
    "acme ",
    " acme",
    "acme\nglobex",
    "acme,globex",
    "acme' OR true --",
    "*",
)


def postgres_cells() -> Iterator[Cell]:
    """Return every attack on the database."""
    for login in LOGINS:
        for name, statement in READS.items():
            yield _cell(f"SELECT {name}", login, Control.ROW_POLICY_USING, _statement(statement))
        for setting in _SETTINGS:
            yield _cell(
                "SELECT", login, Control.ROW_POLICY_USING, _everything, setting=setting, target=f"tenant {setting!r}"
            )
        for name, statement in FORBIDDEN.items():
            yield _cell(name, login, Control.DATABASE_PRIVILEGES, _statement(statement))
        copying = Control.ROW_POLICY_CHECK if login == "writer" else Control.DATABASE_PRIVILEGES
        yield _cell("COPY IN", login, copying, _copy_in)
        yield _cell("SET row_security = off", login, Control.ROW_SECURITY_FORCED, _row_security_off)
        for name, work in _SEQUENCES.items():
            yield _cell(name, login, Control.TRANSACTION_LOCAL, work, setting=_OUTSIDE)
        yield _cell("COPY OUT", login, Control.ROW_POLICY_USING, _copy_out)
        yield _cell("a cursor", login, Control.ROW_POLICY_USING, _cursor)
        yield _cell("a prepared statement of the other's", login, Control.ROW_POLICY_USING, _prepared)
        yield _limit("set_config of another tenant", login, _everything, VICTIM, _ANOTHER)
        yield _limit("a bare SET", login, _after_a_bare_set, None, _BARE_SET)
    for name, statement in WRITES.items():
        yield _cell(name, "writer", Control.ROW_POLICY_USING, _statement(statement))
        yield _cell(name, "reader", Control.DATABASE_PRIVILEGES, _statement(statement))
    yield _cell("INSERT that collides with the other's id", "writer", Control.ROW_POLICY_USING, _colliding)
    for name, statement in REFUSED_WRITES.items():
        yield _cell(name, "writer", Control.ROW_POLICY_CHECK, _statement(statement))
        yield _cell(name, "reader", Control.DATABASE_PRIVILEGES, _statement(statement))
    for name, statement in _READERS_WRITES.items():
        yield _cell(name, "reader", Control.DATABASE_PRIVILEGES, _statement(statement), target="own")
        yield _cell(
            name,
            "writer",
            Control.ROW_POLICY_CHECK if name.startswith("INSERT") else Control.ROW_POLICY_USING,
            _statement(statement),
            setting=None,
            target="no tenant is set",
        )


def _statement(text: str) -> _Work:
    def work(connection: _Connection, world: World) -> list[Any]:
        rows = _rows(world) | {"new": uuid.uuid4()}
        cursor = connection.execute(text.encode(), {name: rows[name] for name in rows if f"%({name})s" in text})
        return cursor.fetchall() if cursor.description else []

    return work


def _rows(world: World) -> dict[str, Any]:
    assert world.database is not None  # noqa: S101 -- for the types: these cells run on the local stack only
    return {"own": world.database.rows[ATTACKER], "other": world.database.rows[VICTIM]}


_everything = _statement("SELECT tenant_id, display_name FROM users")


def _row_security_off(connection: _Connection, world: World) -> list[Any]:
    connection.execute("SET LOCAL row_security = off")
    return _everything(connection, world)


def _copy_out(connection: _Connection, _: World) -> list[Any]:
    with connection.cursor().copy("COPY (SELECT tenant_id, display_name FROM users) TO STDOUT") as copy:
        copied = b"".join(bytes(block) for block in copy).decode()
    return [tuple(line.split("\t")) for line in copied.splitlines()]


def _copy_in(connection: _Connection, _: World) -> list[Any]:
    with connection.cursor().copy("COPY users (tenant_id, user_id, email, display_name) FROM STDIN") as copy:
        copy.write_row((VICTIM, uuid.uuid4(), "n@example.com", "n"))
    return []


def _colliding(connection: _Connection, world: World) -> list[Any]:
    """Add an own row of an id that only the other has: were it refused, the attacker would learn that somebody has it."""
    statement = (
        "INSERT INTO users (tenant_id, user_id, email, display_name)"
        " VALUES ('acme', %(other)s, 'n@example.com', 'n') ON CONFLICT DO NOTHING RETURNING *"
    )
    return _statement(statement)(connection, world) or [(VICTIM, "has a user of this id")]


def _cursor(connection: _Connection, _: World) -> list[Any]:
    with connection.cursor("walk") as cursor:
        return cursor.execute("SELECT tenant_id, display_name FROM users").fetchall()


def _prepared(connection: _Connection, world: World) -> list[Any]:
    """Prepare and run a statement as the other tenant, then run it as the own."""
    del world
    connection.execute(SET_TENANT, [VICTIM])
    connection.execute("PREPARE everybody AS SELECT tenant_id, display_name FROM users")
    try:
        for _ in range(7):  # past the point where PostgreSQL turns to a generic plan
            connection.execute("EXECUTE everybody")
        connection.execute(SET_TENANT, [ATTACKER])
        return connection.execute("EXECUTE everybody").fetchall()
    finally:
        connection.execute("DEALLOCATE everybody")


def _after(*, rollback: bool, fails: bool = False) -> _Work:
    def work(connection: _Connection, world: World) -> list[Any]:
        """Let the other tenant's transaction end, then look without a tenant on the same connection."""
        try:
            with connection.transaction(force_rollback=rollback):
                connection.execute(SET_TENANT, [VICTIM])
                if fails:
                    connection.execute("SELECT 1 / 0")
        except psycopg.errors.DivisionByZero:
            pass
        return _everything(connection, world)

    return work


_SEQUENCES: dict[str, _Work] = {
    "SELECT after the other's transaction was committed": _after(rollback=False),
    "SELECT after the other's transaction was rolled back": _after(rollback=True),
    "SELECT after the other's transaction failed": _after(rollback=False, fails=True),
}


def _after_a_bare_set(connection: _Connection, world: World) -> list[Any]:
    connection.execute("SET app.current_tenant = 'globex'")
    try:
        return _everything(connection, world)
    finally:
        connection.execute("RESET app.current_tenant")


def _in_transaction(login: str, setting: str | None, work: _Work) -> Callable[[World], list[Any]]:
    """Run the work in a transaction that is rolled back, of the tenant if there is one, or outside of any."""

    def run(world: World) -> list[Any]:
        assert world.database is not None  # noqa: S101 -- as above
        connection = world.database.connection(login)
        if setting == _OUTSIDE:
            return work(connection, world)
        with connection.transaction(force_rollback=True):
            if setting is not None:
                connection.execute(SET_TENANT, [setting])
            return work(connection, world)

    return run


_MESSAGES = (
    ("new row violates row-level security policy", Control.ROW_POLICY_CHECK),
    ("would be affected by row-level security policy", Control.ROW_SECURITY_FORCED),
    ("COPY FROM not supported with row-level security", Control.ROW_POLICY_CHECK),
    ("must have admin option", Control.DATABASE_PRIVILEGES),
    ("permission denied", Control.DATABASE_PRIVILEGES),
    ("must be owner", Control.DATABASE_PRIVILEGES),
    ("must be superuser", Control.DATABASE_PRIVILEGES),
)


_CONTAINS = {
    Control.ROW_POLICY_USING,
    Control.TRANSACTION_LOCAL,
    Control.ROW_SECURITY_FORCED,
    Control.CATALOG,
}


def of_rows(rows: list[Any], contained_by: Control, *, own: bool = True) -> Outcome:
    """Return the outcome of an attack that was answered: with the attacker's own rows, or with more.

    What must be refused by anything else than a policy that hides rows was done, whatever the answer holds. Where the
    tenant that is set is not the attacker (not `own`), any row is one too many.
    """
    content = repr(rows)
    if any(victim in content for victim in VICTIMS) or contained_by not in _CONTAINS or (rows and not own):
        return Outcome(Kind.ALLOWED, content=content)
    return Outcome(Kind.CONTAINED, controls=frozenset({contained_by}), content=content)


def of_error(error: psycopg.Error) -> Outcome:
    """Return the outcome of an attack that PostgreSQL refused."""
    message = str(error)
    if isinstance(error, psycopg.errors.InsufficientPrivilege | psycopg.errors.FeatureNotSupported):
        for text, control in _MESSAGES:
            if text in message:
                return Outcome(
                    Kind.REFUSED, error.sqlstate or "", message, controls=frozenset({control}), content=message
                )
        return Outcome(
            Kind.REFUSED, error.sqlstate or "", message, controls=frozenset({Control.UNKNOWN}), content=message
        )
    if isinstance(error, (psycopg.errors.DivisionByZero, psycopg.errors.InvalidTextRepresentation)):
        return Outcome(Kind.ALLOWED, error.sqlstate or "", message, content=message)  # it has looked at a value
    return Outcome(Kind.FAILED, type(error).__name__, message, content=message)


def _act(run: Callable[[World], list[Any]], contained_by: Control, *, own: bool) -> Act:
    def act(world: World) -> Outcome:
        try:
            return of_rows(run(world), contained_by, own=own)
        except psycopg.Error as error:
            return of_error(error)

    return act


def reading_twin(login: str) -> Twin:
    """Return the twin: the login sees the row of the tenant that is set."""
    run = _in_transaction(login, ATTACKER, _statement(_OWN))

    def act(world: World) -> Outcome:
        try:
            rows = run(world)
        except psycopg.Error as error:
            return of_error(error)
        seen = rows == [(ATTACKER, world.secrets[ATTACKER])]
        return Outcome(Kind.ALLOWED if seen else Kind.CONTAINED, content=repr(rows))

    return Twin(f"SELECT of the own row as {login}", act)


def _writing_twin() -> Twin:
    def work(connection: _Connection, world: World) -> list[Any]:
        return _statement("UPDATE users SET display_name = 'new' WHERE user_id = %(own)s RETURNING tenant_id")(
            connection, world
        )

    run = _in_transaction("writer", ATTACKER, work)

    def act(world: World) -> Outcome:
        try:
            rows = run(world)
        except psycopg.Error as error:
            return of_error(error)
        return Outcome(Kind.ALLOWED if rows == [(ATTACKER,)] else Kind.CONTAINED, content=repr(rows))

    return Twin("UPDATE of the own row as writer", act)


def _cell(  # noqa: PLR0913 -- one row of a table
    attack: str, login: str, control: Control, work: _Work, *, setting: str | None = ATTACKER, target: str = "globex"
) -> Cell:
    reads = attack.startswith(("SELECT", "COPY OUT", "a ", "SET row", "passwords", "files", "migrations"))
    return Cell(
        service=Service.POSTGRES,
        attack=attack,
        target=target,
        who=Who("", login),
        refused_by=frozenset({control}),
        victims=VICTIMS,
        act=_act(_in_transaction(login, setting, work), control, own=setting == ATTACKER),
        twin=reading_twin(login) if reads or login == "reader" else _writing_twin(),
    )


def _limit(attack: str, login: str, work: _Work, setting: str | None, why: str) -> Cell:
    return Cell(
        service=Service.POSTGRES,
        attack=attack,
        target=VICTIM,
        who=Who("", login),
        refused_by=frozenset({Control.ROW_POLICY_USING}),
        victims=VICTIMS,
        act=_act(_in_transaction(login, setting, work), Control.ROW_POLICY_USING, own=False),
        twin=reading_twin(login),
        known_limit=why,
    )
