"""Mutants whose SQL sets another tenant: row-level security looks at the setting only, and any SQL can make it."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from isolation.attack.outcomes import VICTIM
from isolation.mutants.edits import MutantError
from isolation.mutants.model import After, Attack, Control, Kind, Mutant, Naming, Place
from isolation.mutants.stores import DATABASE, ROWS, statements_tenant, without_where
from isolation.mutants.views import named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isolation.mutants.code import EntityCode
    from isolation.mutants.edits import Edit, Source

#: Statements that make the setting, as what `execute` takes.
_SETTINGS = {
    "set_config": f"\"SELECT set_config('app.current_tenant', %s, true)\", [{VICTIM!r}]",
    "SET LOCAL": f"\"SET LOCAL app.current_tenant = '{VICTIM}'\"",
    "SET": f"\"SET app.current_tenant = '{VICTIM}'\"",
}
_UNTIL = "until the database's rows open by a key that only their tenant can read (6/13)"


def sql_mutants(code: EntityCode) -> Iterator[Mutant]:
    """Return the entity's transactions in which another tenant is set, each with a statement that asks for its rows."""
    if not code.target.table or not code.target.lists:
        return
    asking = {"and the WHERE names it": statements_tenant(code), "and no WHERE": without_where(code, "page", "")}
    rows, database = code.source(ROWS), code.source(DATABASE)
    for words, statement in _SETTINGS.items():
        for more, edit in asking.items():
            yield _sql(code, f"{words} in Rows, {more}", _before_each_statement(rows, statement), edit)
    (tenant,) = database.expressions(database.function("tenant_transaction", "Database"), "session.tenant_id")
    for more, edit in asking.items():
        yield _sql(code, f"the setting's tenant in the code, {more}", database.replaced(tenant, repr(VICTIM)), edit)
    for naming in (Naming(Place.QUERY, "org"), Naming(Place.HEADER, "X-Tenant-Id")):
        edits = (database.replaced(tenant, "handle.tenant.tenant_id"), *named(code, code.target.lists, naming))
        attack = Attack(code.target, code.target.lists, naming)
        yield _sql(
            code, f"the setting's tenant from the context, the context's from the {naming}", *edits, attack=attack
        )
    after = Attack(code.target, code.target.lists, after=After.VICTIM)
    once = _once_for_a_connection(database)
    yield _sql(code, "set once for a connection, and no WHERE", once, asking["and no WHERE"], attack=after)


def _before_each_statement(rows: Source, statement: str) -> Edit:
    run = rows.function("_run", "Rows")
    (call,) = rows.calls(run, "transaction.execute")
    for line in ast.walk(run):
        if isinstance(line, ast.Assign) and line.value is call:
            return rows.before(line, f"transaction.execute({statement})")
    raise MutantError(f"{rows.file}: Rows._run keeps no cursor of its statement")


def _once_for_a_connection(database: Source) -> Edit:
    (call,) = database.calls(database.function("tenant_transaction", "Database"), "connection.setting.execute")
    inner = " " * (call.col_offset + 4)
    edit = database.replaced(
        call, f'if not getattr(connection, "is_set", False):\n{inner}connection.is_set = True\n{inner}<>'
    )
    return replace(edit, new=edit.new.replace("%s, true)", "%s, false)"))


def _sql(code: EntityCode, words: str, *edits: Edit, attack: Attack | None = None) -> Mutant:
    lists = code.target.lists
    attacks = (attack,) if attack else tuple(Attack(code.target, each) for each in [lists] if each)
    return Mutant(f"{code.name}: {words}", Kind.SQL, code.name, edits, attacks, Control.NONE, _UNTIL)
