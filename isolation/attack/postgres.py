"""Attacks on the pooled database, with both of the application's logins, past the application's queries.

Every attack runs in a transaction that is rolled back.
"""

from __future__ import annotations

import secrets
import uuid
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg

from isolation.attack import postgres_statements as statements
from isolation.attack.cells import Cell, Twin
from isolation.attack.controls import Control
from isolation.attack.database import LOGINS, SET_TENANT, tables_of
from isolation.attack.outcomes import ATTACKER, VICTIM, VICTIMS, Service, Who
from isolation.attack.postgres_answers import acting, twin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isolation.attack.database import Table
    from isolation.attack.served import Served
    from isolation.attack.world import World

_Connection: TypeAlias = "psycopg.Connection[Any]"
_Work: TypeAlias = "Callable[[_Connection, World, Table], list[Any]]"
_ANOTHER = "row-level security by a setting stops a forgotten WHERE, not code that sets another tenant"
_BARE_SET = (
    "a bare SET outlives its transaction: only database.py may make the setting, and it does so for one transaction"
)
_OUTSIDE = "outside"  # of any transaction
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
_USING, _CHECK = Control.ROW_POLICY_USING, Control.ROW_POLICY_CHECK
_PRIVILEGES = Control.DATABASE_PRIVILEGES


def postgres_cells(served: Served) -> Iterator[Cell]:
    """Return every attack on the database: on each tenant table of an entity, and on what is of no table."""
    tables = tables_of(served)
    for table in tables:
        for login in LOGINS:
            yield from _reading(table, login)
        yield from _writing(table)
    for table in tables[:1]:  # whose row the twin reads
        for login in LOGINS:
            for name, statement in statements.FORBIDDEN_ANYWHERE.items():
                yield _cell(table, name, login, _PRIVILEGES, _statement(statement), target=VICTIM, entity="")


def _reading(table: Table, login: str) -> Iterator[Cell]:
    for name, statement in statements.READS.items():
        yield _cell(table, f"SELECT {name}", login, _USING, _statement(statement))
    for setting in _SETTINGS:
        target = f"tenant {setting!r}"
        yield _cell(table, "SELECT", login, _USING, _everything, setting=setting, target=target)
    for name, statement in statements.FORBIDDEN.items():
        yield _cell(table, name, login, _PRIVILEGES, _statement(statement))
    yield _cell(table, "COPY IN", login, _CHECK if login == "writer" else _PRIVILEGES, _copy_in)
    yield _cell(table, "SET row_security = off", login, Control.ROW_SECURITY_FORCED, _row_security_off)
    for name, work in _SEQUENCES.items():
        yield _cell(table, name, login, Control.TRANSACTION_LOCAL, work, setting=_OUTSIDE)
    yield _cell(table, "COPY OUT", login, _USING, _copy_out)
    yield _cell(table, "a cursor", login, _USING, _cursor)
    yield _cell(table, "a prepared statement of the other's", login, _USING, _prepared)
    yield _limit(table, "set_config of another tenant", login, _everything, VICTIM, _ANOTHER)
    yield _limit(table, "a bare SET", login, _after_a_bare_set, None, _BARE_SET)


def _writing(table: Table) -> Iterator[Cell]:
    for name, statement in statements.WRITES.items():
        yield _cell(table, name, "writer", _USING, _statement(statement))
        yield _cell(table, name, "reader", _PRIVILEGES, _statement(statement))
    yield _cell(table, "INSERT that collides with the other's id", "writer", _USING, _colliding)
    for name, statement in statements.REFUSED_WRITES.items():
        yield _cell(table, name, "writer", _CHECK, _statement(statement))
        yield _cell(table, name, "reader", _PRIVILEGES, _statement(statement))
    for name, statement in statements.OWN_WRITES.items():
        yield _cell(table, name, "reader", _PRIVILEGES, _statement(statement), target="own")
        hidden = _CHECK if name.startswith("INSERT") else _USING
        target = "no tenant is set"
        yield _cell(table, name, "writer", hidden, _statement(statement), setting=None, target=target)


def _statement(template: str) -> _Work:
    def work(connection: _Connection, world: World, table: Table) -> list[Any]:
        text = table.sql(template)
        rows = _rows(world, table) | {"new": uuid.uuid4()} | table.values(f"attack-{secrets.token_hex(8)}")
        cursor = connection.execute(text.encode(), {name: rows[name] for name in rows if f"%({name})s" in text})
        return cursor.fetchall() if cursor.description else []

    return work


def _rows(world: World, table: Table) -> dict[str, Any]:
    assert world.database is not None  # noqa: S101 -- for the types: these cells run on the local stack only
    rows = world.database.rows
    return {"own": rows[table.entity, ATTACKER], "other": rows[table.entity, VICTIM]}


_everything = _statement(statements.EVERYTHING)


def _row_security_off(connection: _Connection, world: World, table: Table) -> list[Any]:
    connection.execute("SET LOCAL row_security = off")
    return _everything(connection, world, table)


def _copy_out(connection: _Connection, _: World, table: Table) -> list[Any]:
    with connection.cursor().copy(table.sql(statements.COPY_OUT).encode()) as copy:
        copied = b"".join(bytes(block) for block in copy).decode()
    return [tuple(line.split("\t")) for line in copied.splitlines()]


def _copy_in(connection: _Connection, _: World, table: Table) -> list[Any]:
    with connection.cursor().copy(table.sql(statements.COPY_IN).encode()) as copy:
        copy.write_row((VICTIM, uuid.uuid4(), *table.values("attack").values()))
    return []


def _colliding(connection: _Connection, world: World, table: Table) -> list[Any]:
    """Add an own row of an id that only the other has: a refusal would tell the attacker that somebody has it."""
    return _statement(statements.COLLIDING)(connection, world, table) or [(VICTIM, "has a row of this id")]


def _cursor(connection: _Connection, _: World, table: Table) -> list[Any]:
    with connection.cursor("walk") as cursor:
        return cursor.execute(table.sql(statements.EVERYTHING).encode()).fetchall()


def _prepared(connection: _Connection, world: World, table: Table) -> list[Any]:
    """Prepare and run a statement as the other tenant, then run it as the own."""
    del world
    connection.execute(SET_TENANT, [VICTIM])
    connection.execute(table.sql(statements.PREPARE).encode())
    try:
        for _ in range(7):  # past the point where PostgreSQL turns to a generic plan
            connection.execute("EXECUTE everybody")
        connection.execute(SET_TENANT, [ATTACKER])
        return connection.execute("EXECUTE everybody").fetchall()
    finally:
        connection.execute("DEALLOCATE everybody")


def _after(*, rollback: bool, fails: bool = False) -> _Work:
    def work(connection: _Connection, world: World, table: Table) -> list[Any]:
        """Let the other tenant's transaction end, then look without a tenant on the same connection."""
        try:
            with connection.transaction(force_rollback=rollback):
                connection.execute(SET_TENANT, [VICTIM])
                if fails:
                    connection.execute("SELECT 1 / 0")
        except psycopg.errors.DivisionByZero:
            pass
        return _everything(connection, world, table)

    return work


_SEQUENCES: dict[str, _Work] = {
    "SELECT after the other's transaction was committed": _after(rollback=False),
    "SELECT after the other's transaction was rolled back": _after(rollback=True),
    "SELECT after the other's transaction failed": _after(rollback=False, fails=True),
}


def _after_a_bare_set(connection: _Connection, world: World, table: Table) -> list[Any]:
    connection.execute("SET app.current_tenant = 'globex'")
    try:
        return _everything(connection, world, table)
    finally:
        connection.execute("RESET app.current_tenant")


def _in_transaction(table: Table, login: str, setting: str | None, work: _Work) -> Callable[[World], list[Any]]:
    """Run the work in a transaction that is rolled back, of the tenant if there is one, or outside of any."""

    def run(world: World) -> list[Any]:
        assert world.database is not None  # noqa: S101 -- as above
        connection = world.database.connection(login)
        if setting == _OUTSIDE:
            return work(connection, world, table)
        with connection.transaction(force_rollback=True):
            if setting is not None:
                connection.execute(SET_TENANT, [setting])
            return work(connection, world, table)

    return run


def reading_twin(table: Table, login: str) -> Twin:
    """Return the twin: the login sees the row of the tenant that is set."""
    run = _in_transaction(table, login, ATTACKER, _statement(statements.OWN))

    def seen(world: World, rows: list[Any]) -> bool:
        return world.database is not None and rows == [(ATTACKER, world.database.text(ATTACKER))]

    return twin(f"SELECT of the own row of {table.entity} as {login}", run, seen)


def _writing_twin(table: Table) -> Twin:
    run = _in_transaction(table, "writer", ATTACKER, _statement(statements.OWN_UPDATE))
    return twin(f"UPDATE of the own row of {table.entity} as writer", run, lambda _, rows: rows == [(ATTACKER,)])


def _cell(  # noqa: PLR0913 -- one row of a matrix
    table: Table,
    attack: str,
    login: str,
    control: Control,
    work: _Work,
    *,
    setting: str | None = ATTACKER,
    target: str = VICTIM,
    entity: str | None = None,
) -> Cell:
    reads = attack.startswith(("SELECT", "COPY OUT", "a ", "SET row", "passwords", "files", "migrations"))
    entity = table.entity if entity is None else entity
    return Cell(
        service=Service.POSTGRES,
        attack=attack,
        target=f"{target}, {entity}" if entity else target,
        who=Who("", login),
        refused_by=frozenset({control}),
        victims=VICTIMS,
        act=acting(_in_transaction(table, login, setting, work), control, own=setting == ATTACKER),
        twin=reading_twin(table, login) if reads or login == "reader" else _writing_twin(table),
        entity=entity,
    )


def _limit(  # noqa: PLR0913, PLR0917 -- as above
    table: Table, attack: str, login: str, work: _Work, setting: str | None, why: str
) -> Cell:
    return Cell(
        service=Service.POSTGRES,
        attack=attack,
        target=f"{VICTIM}, {table.entity}",
        who=Who("", login),
        refused_by=frozenset({_USING}),
        victims=VICTIMS,
        act=acting(_in_transaction(table, login, setting, work), _USING, own=False),
        twin=reading_twin(table, login),
        known_limit=why,
        entity=table.entity,
    )
