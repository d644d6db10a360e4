"""Canaries of row-level security and of the logins' privileges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isolation.attack.controls import Control
from isolation.attack.outcomes import Service
from isolation.attack.verdicts import Verdict
from isolation.canaries.model import Canary

if TYPE_CHECKING:
    from collections.abc import Callable

    from isolation.attack.cells import Cell
    from isolation.canaries.model import Weaken

_OWN = "(tenant_id = (SELECT nullif(current_setting('app.current_tenant', true), '')))"
_RESTORED = f"ALTER POLICY tenant_policy ON users USING {_OWN} WITH CHECK {_OWN}"
_EMPTY = f"({_OWN} OR current_setting('app.current_tenant', true) = '')"
# A former owner has lost what the migration had granted it.
_GIVEN_BACK = (
    "ALTER TABLE users OWNER TO CURRENT_USER;"
    "GRANT SELECT, INSERT, DELETE, UPDATE (email, display_name) ON users TO app_writer"
)
_PREFIX = "(starts_with(tenant_id, nullif(current_setting('app.current_tenant', true), '')))"
_PG = Service.POSTGRES


def _sql(weaken: str, restore: str) -> Weaken:
    return lambda applied: applied.sql(weaken, restore)


def _attacks(*words: str) -> Callable[[Cell], bool]:
    return lambda cell: any(word in cell.attack for word in words)


DATABASE = (
    Canary("USING gone", _sql(f"ALTER POLICY tenant_policy ON users USING (true) WITH CHECK {_OWN}", _RESTORED),
           _PG, Control.ROW_POLICY_USING),
    Canary("WITH CHECK gone", _sql(f"ALTER POLICY tenant_policy ON users USING {_OWN} WITH CHECK (true)", _RESTORED),
           _PG, Control.ROW_POLICY_CHECK),
    Canary("an empty setting is every tenant",
           _sql(f"ALTER POLICY tenant_policy ON users USING {_EMPTY}", _RESTORED),
           _PG, Control.ROW_POLICY_USING),
    Canary("row-level security switched off",
           _sql("ALTER TABLE users DISABLE ROW LEVEL SECURITY", "ALTER TABLE users ENABLE ROW LEVEL SECURITY"),
           _PG, Control.ROW_POLICY_USING),
    Canary("FORCE gone",
           _sql("ALTER TABLE users NO FORCE ROW LEVEL SECURITY", "ALTER TABLE users FORCE ROW LEVEL SECURITY"),
           _PG, Control.CATALOG),
    Canary("FORCE gone, and the login owns the table",
           _sql("ALTER TABLE users NO FORCE ROW LEVEL SECURITY; ALTER TABLE users OWNER TO app_writer",
                f"{_GIVEN_BACK}; ALTER TABLE users FORCE ROW LEVEL SECURITY"),
           _PG, Control.ROW_POLICY_USING),
    Canary("the login owns the table",
           _sql("ALTER TABLE users OWNER TO app_writer", _GIVEN_BACK),
           _PG, Control.DATABASE_PRIVILEGES, _attacks("ALTER TABLE", "ROW LEVEL SECURITY", "POLICY")),
    Canary("the login passes by row-level security",
           _sql("ALTER ROLE app_reader BYPASSRLS; ALTER ROLE app_reader_clone BYPASSRLS",
                "ALTER ROLE app_reader NOBYPASSRLS; ALTER ROLE app_reader_clone NOBYPASSRLS"),
           _PG, Control.ROW_POLICY_USING),
    Canary("the reader may write",
           _sql("GRANT INSERT, UPDATE, DELETE ON users TO app_reader",
                "REVOKE INSERT, UPDATE, DELETE ON users FROM app_reader"),
           _PG, Control.DATABASE_PRIVILEGES, _attacks("of an own row")),
    Canary("the writer may truncate",
           _sql("GRANT TRUNCATE ON users TO app_writer", "REVOKE TRUNCATE ON users FROM app_writer"),
           _PG, Control.DATABASE_PRIVILEGES, _attacks("TRUNCATE")),
    Canary("the writer may move a row to another tenant",
           _sql("GRANT UPDATE (tenant_id) ON users TO app_writer",
                "REVOKE UPDATE (tenant_id) ON users FROM app_writer"),
           _PG, Control.DATABASE_PRIVILEGES, _attacks("UPDATE SET tenant_id"), Verdict.WRONG_CONTROL),
    Canary("a tenant whose id begins like another's sees it",
           _sql(f"ALTER POLICY tenant_policy ON users USING {_PREFIX}", _RESTORED),
           _PG, Control.ROW_POLICY_USING),
    Canary("a view shows every tenant's rows",
           _sql("CREATE VIEW everybody AS SELECT * FROM users; GRANT SELECT ON everybody TO app_reader",
                "DROP VIEW everybody"),
           _PG, Control.CATALOG),
    Canary("a function runs as the owner",
           _sql("CREATE FUNCTION everybody() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
                "DROP FUNCTION everybody()"),
           _PG, Control.CATALOG),
    Canary("an email is unique across tenants",
           _sql("CREATE UNIQUE INDEX everybodys ON users (email)", "DROP INDEX everybodys"), _PG, Control.CATALOG),
    Canary("a login comes with a tenant already set",
           _sql("ALTER ROLE app_reader SET app.current_tenant = 'acme';"
                "ALTER ROLE app_reader_clone SET app.current_tenant = 'acme'",
                "ALTER ROLE app_reader RESET ALL; ALTER ROLE app_reader_clone RESET ALL"),
           _PG, Control.ROW_POLICY_USING),
    Canary("SET instead of a setting for one transaction",
           lambda applied: applied.code_here("chalicelib.data.database", "'app.current_tenant', %s, true)",
                                             "'app.current_tenant', %s, false)"),
           _PG, Control.TRANSACTION_LOCAL),
)  # fmt: skip
