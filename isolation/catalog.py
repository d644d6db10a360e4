"""Reads PostgreSQL's catalog and names every property of tenant isolation that a table or login lacks.

A table with a `tenant_id` column is a tenant table; docs/adding-a-table.md says what each must have.
Source: PostgreSQL, "Row Security Policies" (https://www.postgresql.org/docs/current/ddl-rowsecurity.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.data.storage import TenantTable

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg

    from chalicelib.entities.entity import Entity

LOGINS = ("app_reader", "app_writer", "app_reader_clone", "app_writer_clone")

# The one expression that a policy may rest on, as PostgreSQL prints it back: the setting, once per query, '' as null.
TENANT_EXPRESSION = (
    "(tenant_id = ( SELECT NULLIF(current_setting('app.current_tenant'::text, true), ''::text) AS \"nullif\"))"
)

_TENANT_TABLES = """
    SELECT c.oid, c.oid::regclass::text AS name, c.relkind, c.relrowsecurity, c.relforcerowsecurity,
           pg_get_userbyid(c.relowner) AS owner, a.attnotnull, a.attnum
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p', 'f', 'm', 'v') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND n.nspname NOT LIKE 'pg\\_%'
    ORDER BY 2
"""
_POLICIES = """
    SELECT polname, polpermissive, polcmd, polroles = '{0}',
           pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
    FROM pg_policy WHERE polrelid = %s
"""
_UNIQUE_INDEXES = """
    SELECT indexrelid::regclass::text, indisprimary, indkey[0] = %s FROM pg_index WHERE indrelid = %s AND indisunique
"""
_LOGIN_ATTRIBUTES = """
    SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication FROM pg_roles
    WHERE rolname = ANY (%s)
"""
_MEMBERSHIPS = """
    SELECT m.rolname, r.rolname FROM pg_auth_members am
    JOIN pg_roles m ON m.oid = am.member JOIN pg_roles r ON r.oid = am.roleid
    WHERE m.rolname = ANY (%s) AND m.rolname <> r.rolname || '_clone'
"""
_OWNED = """
    SELECT r.rolname, s.classid::regclass::text || ' ' || s.objid
    FROM pg_shdepend s JOIN pg_roles r ON r.oid = s.refobjid
    WHERE s.deptype = 'o' AND r.rolname = ANY (%s)
"""
# Every privilege of a login or of everybody, on relations, single columns, schemas and this database. ACLs, because the
# views of information_schema hide what the caller has no part in.
_GRANTS = """
    WITH acls AS (
        SELECT 'TABLE' AS kind, c.oid::regclass::text AS name, c.oid AS relation, NULL::int2 AS number, c.relacl AS acl
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%%'
        UNION ALL
        SELECT 'COLUMN', a.attrelid::regclass::text || '.' || a.attname, a.attrelid, a.attnum, a.attacl
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%%'
        UNION ALL
        SELECT 'SCHEMA', nspname::text, NULL, NULL, nspacl FROM pg_namespace
        WHERE nspname NOT IN ('pg_catalog', 'information_schema') AND nspname NOT LIKE 'pg\\_%%'
        UNION ALL
        SELECT 'DATABASE', datname::text, NULL, NULL, datacl FROM pg_database WHERE datname = current_database()
    )
    SELECT coalesce(r.rolname, 'PUBLIC'), kind, name, privilege_type,
           relation IS NOT NULL AND EXISTS (
               SELECT FROM pg_attribute t WHERE t.attrelid = relation AND t.attname = 'tenant_id'),
           number IS NOT NULL AND EXISTS (
               SELECT FROM pg_index i WHERE i.indrelid = relation AND i.indisprimary AND number = ANY (i.indkey))
    FROM acls, LATERAL aclexplode(acl) granted LEFT JOIN pg_roles r ON r.oid = granted.grantee
    WHERE granted.grantee = 0 OR r.rolname = ANY (%s)
"""
_SETTINGS = """
    SELECT coalesce(d.datname, 'every database'), setting FROM pg_db_role_setting s
    LEFT JOIN pg_database d ON d.oid = s.setdatabase, LATERAL unnest(s.setconfig) setting
    WHERE setting LIKE 'app.%' OR setting LIKE 'row_security=%'
"""
_MAY = {
    "app_reader": {("TABLE", "SELECT"), ("SCHEMA", "USAGE"), ("DATABASE", "CONNECT")},
    "app_writer": {
        ("TABLE", "SELECT"),
        ("TABLE", "INSERT"),
        ("TABLE", "DELETE"),
        ("COLUMN", "UPDATE"),
        ("SCHEMA", "USAGE"),
        ("DATABASE", "CONNECT"),
    },
}
_PRIMARY_KEYS = """
    SELECT c.relname::text, array_agg(k.attname::text ORDER BY k.attnum) FILTER (WHERE k.attname IS NOT NULL)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
    LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
    LEFT JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = ANY (i.indkey)
    WHERE c.relkind IN ('r', 'p') GROUP BY 1 ORDER BY 1
"""
_DEFINERS = """
    SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""


def catalog_findings(connection: psycopg.Connection[Any]) -> list[str]:
    """Return a sentence for each property that is missing; an empty list when none is.

    The connection may be anybody's who can read the catalog.
    """
    findings = []
    for table in _all(connection, _TENANT_TABLES):
        findings += _table_findings(connection, *table)
    return findings + _login_findings(connection)


def storage_findings(connection: psycopg.Connection[Any], entities: Iterable[Entity]) -> list[str]:
    """Return a sentence for each tenant table that is no entity's, or that an entity names and the database has not.

    A tenant's rows are exported and erased where entities say that they lie: rows in another table would stay.
    """
    found = {name: set(columns or ()) for name, columns in _all(connection, _PRIMARY_KEYS)}
    named = {
        entity.storage.name: (f"chalicelib/entities/{entity.name}/__init__.py", {"tenant_id", entity.storage.key})
        for entity in entities
        if isinstance(entity.storage, TenantTable)
    }
    findings = [
        f"{name}: no entity keeps its rows there, so that nobody exports or erases them; name it in the __init__.py "
        f"of a folder of chalicelib/entities, or drop it in a revision in chalicelib/migrations/versions"
        for name in found
        if name not in named
    ]
    for name, (file, key) in named.items():
        if name not in found:
            findings.append(
                f"{name}: {file} names this table, and the database has none with a tenant_id; "
                f"add a revision to chalicelib/migrations/versions"
            )
        elif found[name] != key:
            there, said = ", ".join(sorted(found[name])), ", ".join(sorted(key))
            findings.append(f"{name}: its primary key is {there}, and not {said} as {file} says")
    return findings


def _table_findings(  # noqa: PLR0913, PLR0917 -- one row of the catalog
    connection: psycopg.Connection[Any],
    oid: int,
    name: str,
    kind: str,
    enabled: bool,  # noqa: FBT001
    forced: bool,  # noqa: FBT001
    owner: str,
    required: bool,  # noqa: FBT001
    tenant_column: int,
) -> list[str]:
    if kind not in {"r", "p"}:
        return [f"{name}: a view or foreign table with a tenant_id is not protected by row-level security"]
    findings = []
    if not enabled:
        findings.append(f"{name}: ROW LEVEL SECURITY is not enabled")
    if not forced:
        findings.append(f"{name}: ROW LEVEL SECURITY is not forced, so its owner {owner} sees every row")
    if owner in LOGINS:
        findings.append(f"{name}: is owned by the application's login {owner}")
    if not required:
        findings.append(f"{name}: tenant_id may be null")
    findings += _policy_findings(connection, oid, name)
    indexes = _all(connection, _UNIQUE_INDEXES, [tenant_column, oid])
    if not any(primary for _, primary, _ in indexes):
        findings.append(f"{name}: has no primary key")
    findings += [f"{name}: {index} is unique across tenants" for index, _, leads in indexes if not leads]
    return findings


def _policy_findings(connection: psycopg.Connection[Any], oid: int, name: str) -> list[str]:
    policies = _all(connection, _POLICIES, [oid])
    findings = []
    for policy, permissive, commands, everybody, using, check in policies:
        if not permissive:
            continue  # a restrictive policy can only narrow
        if using != TENANT_EXPRESSION or check != TENANT_EXPRESSION:
            findings.append(
                f"{name}: {policy} does not compare tenant_id with the setting in both USING and WITH CHECK"
            )
        if commands != "*" or not everybody:
            findings.append(f"{name}: {policy} is not for all commands and everybody")
    if not any(permissive for _, permissive, *_ in policies):
        findings.append(f"{name}: has no tenant policy")
    return findings


def _login_findings(connection: psycopg.Connection[Any]) -> list[str]:
    logins = list(LOGINS)
    found = {row[0]: row[1:] for row in _all(connection, _LOGIN_ATTRIBUTES, [logins])}
    findings = [f"the login {login} does not exist" for login in logins if login not in found]
    names = ("SUPERUSER", "BYPASSRLS", "CREATEDB", "CREATEROLE", "REPLICATION")
    for login, attributes in found.items():
        findings += [f"{login}: is {name}" for name, set_ in zip(names, attributes, strict=True) if set_]
    findings += [f"{member}: is a member of {role}" for member, role in _all(connection, _MEMBERSHIPS, [logins])]
    findings += [f"{login}: owns {thing}" for login, thing in _all(connection, _OWNED, [logins])]
    for login, kind, name, privilege, has_tenant, of_a_key in _all(connection, _GRANTS, [logins]):
        if (kind, privilege) not in _MAY.get(login, set()) or of_a_key:
            findings.append(f"{login}: may {privilege} {name}")
        elif kind in {"TABLE", "COLUMN"} and not has_tenant:
            findings.append(f"{login}: may {privilege} {name}, which has no tenant_id")
    findings += [f"{where}: sets {setting} for whoever connects" for where, setting in _all(connection, _SETTINGS)]
    return findings + [f"{name}: runs with its owner's rights" for (name,) in _all(connection, _DEFINERS)]


def _all(connection: psycopg.Connection[Any], query: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode(), parameters).fetchall()
