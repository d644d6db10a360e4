"""Canaries of row-level security and of the logins' privileges, on one tenant table of an entity."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from isolation.attack.controls import Control
from isolation.attack.database import identifier
from isolation.attack.outcomes import Service
from isolation.attack.verdicts import Verdict
from isolation.canaries.model import Canary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isolation.attack.cells import Cell
    from isolation.attack.served import Served
    from isolation.canaries.applied import Applied
    from isolation.canaries.model import Weaken
    from stage.document import LocalStage

_OWN = "(tenant_id = (SELECT nullif(current_setting('app.current_tenant', true), '')))"
_EMPTY = f"({_OWN} OR current_setting('app.current_tenant', true) = '')"
_PREFIX = "(starts_with(tenant_id, nullif(current_setting('app.current_tenant', true), '')))"
_CHECK_POLICY, _USING = Control.ROW_POLICY_CHECK, Control.ROW_POLICY_USING
_PRIVILEGES, _CATALOG = Control.DATABASE_PRIVILEGES, Control.CATALOG


def _attacks(*words: str) -> Callable[[Cell], bool]:
    return lambda cell: any(word in cell.attack for word in words)


def _sql(weaken: str, restore: str) -> Weaken:
    return lambda applied: applied.sql(weaken, restore)


def _policy(table: str, clauses: str) -> Weaken:
    restored = f"ALTER POLICY tenant_policy ON {table} USING {_OWN} WITH CHECK {_OWN}"
    return _sql(f"ALTER POLICY tenant_policy ON {table} {clauses}", restored)


def _altered(table: str, weaken: str, restore: str) -> Weaken:
    return _sql(f"ALTER TABLE {table} {weaken}", f"ALTER TABLE {table} {restore}")


def _granted(table: str, privileges: str, login: str) -> Weaken:
    return _sql(f"GRANT {privileges} ON {table} TO {login}", f"REVOKE {privileges} ON {table} FROM {login}")


@contextmanager
def _owned(name: str, weaken: str, restore: str, applied: Applied) -> Iterator[LocalStage]:
    """Give a table to a login; a former owner has lost what the migration had granted it, and is given it back."""
    table, columns = identifier(name), ", ".join(applied.updated_columns(name))
    update = f", UPDATE ({columns})" if columns else ""
    given_back = (
        f"ALTER TABLE {table} OWNER TO CURRENT_USER; GRANT SELECT, INSERT, DELETE{update} ON {table} TO app_writer"
    )
    with applied.sql(f"{weaken}; ALTER TABLE {table} OWNER TO app_writer", f"{given_back}; {restore}") as stage:
        yield stage


def database_canaries(served: Served) -> tuple[Canary, ...]:
    """Return the canaries, about the first tenant table of an entity; without any they have no ground."""
    of_entity = next((each.table for each in served.tables), None)
    name, key = (of_entity.name, of_entity.key) if of_entity else ("none", "none")
    table = identifier(name)
    force, no_force = (
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
    )

    def canary(
        name: str,
        weaken: Weaken,
        control: Control,
        *attacks: str,
        verdict: Verdict = Verdict.LEAKED,
    ) -> Canary:
        cells = _attacks(*attacks or ("",))
        return Canary(name, weaken, Service.POSTGRES, control, cells, verdict, needs="a table of the database")

    return (
        canary("USING gone", _policy(table, f"USING (true) WITH CHECK {_OWN}"), _USING),
        canary("WITH CHECK gone", _policy(table, f"USING {_OWN} WITH CHECK (true)"), _CHECK_POLICY),
        canary("an empty setting is every tenant", _policy(table, f"USING {_EMPTY}"), _USING),
        canary("row-level security switched off",
               _altered(table, "DISABLE ROW LEVEL SECURITY", "ENABLE ROW LEVEL SECURITY"), _USING),
        canary("FORCE gone", _sql(no_force, force), _CATALOG),
        canary("FORCE gone, and the login owns the table", partial(_owned, name, no_force, force), _USING),
        canary("the login owns the table", partial(_owned, name, "SELECT 1", "SELECT 1"), _PRIVILEGES,
               "ALTER TABLE", "ROW LEVEL SECURITY", "POLICY"),
        canary("the login passes by row-level security",
               _sql("ALTER ROLE app_reader BYPASSRLS; ALTER ROLE app_reader_clone BYPASSRLS",
                    "ALTER ROLE app_reader NOBYPASSRLS; ALTER ROLE app_reader_clone NOBYPASSRLS"), _USING),
        canary("the reader may write", _granted(table, "INSERT, UPDATE, DELETE", "app_reader"), _PRIVILEGES,
               "of an own row"),
        canary("the writer may truncate", _granted(table, "TRUNCATE", "app_writer"), _PRIVILEGES, "TRUNCATE"),
        canary("the writer may move a row to another tenant", _granted(table, "UPDATE (tenant_id)", "app_writer"),
               _PRIVILEGES, "UPDATE SET tenant_id", verdict=Verdict.WRONG_CONTROL),
        canary("a tenant whose id begins like another's sees it", _policy(table, f"USING {_PREFIX}"), _USING),
        canary("a view shows every tenant's rows",
               _sql(f"CREATE VIEW everybody AS TABLE {table}; GRANT SELECT ON everybody TO app_reader",
                    "DROP VIEW everybody"), _CATALOG),
        canary("a function runs as the owner",
               _sql("CREATE FUNCTION everybody() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
                    "DROP FUNCTION everybody()"), _CATALOG),
        canary("an id is unique across tenants",
               _sql(f"CREATE UNIQUE INDEX everybodys ON {table} ({identifier(key)})", "DROP INDEX everybodys"),
               _CATALOG),
        canary("a login comes with a tenant already set",
               _sql("ALTER ROLE app_reader SET app.current_tenant = 'acme';"
                    "ALTER ROLE app_reader_clone SET app.current_tenant = 'acme'",
                    "ALTER ROLE app_reader RESET ALL; ALTER ROLE app_reader_clone RESET ALL"), _USING),
        canary("SET instead of a setting for one transaction",
               lambda applied: applied.code_here("chalicelib.data.database", "'app.current_tenant', %s, true)",
                                                 "'app.current_tenant', %s, false)"), Control.TRANSACTION_LOCAL),
    )  # fmt: skip
