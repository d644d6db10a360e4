# ruff: noqa: E501 -- a statement is read on one line
"""The statements of the attacks on a tenant table.

Each is of the `{table}`, its `{key}`, the column `{text}`, all the other `{columns}` and `{values}` for them. The rows
`%(own)s` and `%(other)s` are there, `%(new)s` is not.
"""

from __future__ import annotations

OWN = "SELECT tenant_id, {text} FROM {table} WHERE {key} = %(own)s"

READS = {
    "by the other's id": "SELECT tenant_id, {text} FROM {table} WHERE {key} IN (%(own)s, %(other)s)",
    "without WHERE": "SELECT tenant_id, {text} FROM {table}",
    "naming the other": "SELECT tenant_id, {text} FROM {table} WHERE tenant_id = 'globex' OR true",
    "naming the other only": "SELECT tenant_id, {text} FROM {table} WHERE tenant_id = 'globex'",
    "self-join": "SELECT b.tenant_id, b.{text} FROM {table} a CROSS JOIN {table} b",
    "sub-select": "SELECT tenant_id, {text} FROM {table} WHERE {key} IN (SELECT {key} FROM {table})",
    "CTE": "WITH every AS (SELECT * FROM {table}) SELECT tenant_id, {text} FROM every",
    "materialized CTE": "WITH every AS MATERIALIZED (SELECT * FROM {table}) SELECT tenant_id, {text} FROM every",
    "union": "SELECT tenant_id, {text} FROM {table} UNION ALL SELECT tenant_id, {text} FROM {table} WHERE tenant_id <> 'acme'",
    "aggregate": "SELECT max(tenant_id), string_agg({text}, ',') FROM {table}",
    "window": "SELECT tenant_id, {text} FROM (SELECT *, row_number() OVER () FROM {table}) ranked",
    "lateral": "SELECT b.tenant_id, b.{text} FROM {table} a, LATERAL (SELECT * FROM {table}) b",
    "whole row as text": "SELECT tenant_id, {table}::text FROM {table}",
    "whole table as XML": "SELECT 'acme', query_to_xml('SELECT * FROM {table}', true, true, '')::text",
    "exists": "SELECT tenant_id, '' FROM {table} WHERE EXISTS (SELECT FROM {table} WHERE tenant_id = 'globex')",
    "error as an oracle": "SELECT tenant_id, '' FROM {table} WHERE tenant_id <> 'acme' AND 1 / (length({text}) - length({text})) = 1",
    "leaky function first": "SELECT tenant_id, '' FROM {table} WHERE {text}::int = 1 AND tenant_id = 'globex'",
}
WRITES = {
    "UPDATE": "UPDATE {table} SET {text} = 'mine' WHERE {key} = %(other)s RETURNING *",
    "UPDATE without WHERE": "UPDATE {table} SET {text} = {text} RETURNING *",
    "UPDATE from a join": "UPDATE {table} SET {text} = 'mine' FROM {table} o WHERE o.tenant_id = 'globex' AND {table}.{key} = o.{key} RETURNING *",
    "DELETE": "DELETE FROM {table} WHERE {key} = %(other)s RETURNING *",
    "DELETE without WHERE": "DELETE FROM {table} RETURNING *",
    "DELETE in a CTE": "WITH gone AS (DELETE FROM {table} WHERE tenant_id = 'globex' RETURNING *) SELECT * FROM gone",
}
REFUSED_WRITES = {
    "INSERT for the other": "INSERT INTO {table} (tenant_id, {key}, {columns}) VALUES ('globex', %(new)s, {values})",
    "INSERT, on conflict UPDATE": "INSERT INTO {table} (tenant_id, {key}, {columns}) VALUES ('globex', %(other)s, {values}) ON CONFLICT (tenant_id, {key}) DO UPDATE SET {text} = 'mine' RETURNING *",
    "INSERT of a SELECT": "INSERT INTO {table} (tenant_id, {key}, {columns}) SELECT 'globex', %(new)s, {columns} FROM {table} LIMIT 1",
}
FORBIDDEN = {
    "UPDATE SET tenant_id": "UPDATE {table} SET tenant_id = 'globex' WHERE {key} = %(own)s",
    "UPDATE SET the key": "UPDATE {table} SET {key} = %(other)s WHERE {key} = %(own)s",
    "TRUNCATE": "TRUNCATE {table}",
    "ALTER TABLE": "ALTER TABLE {table} ADD COLUMN x text",
    "DISABLE ROW LEVEL SECURITY": "ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
    "NO FORCE ROW LEVEL SECURITY": "ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY": "DROP POLICY tenant_policy ON {table}",
    "ALTER POLICY": "ALTER POLICY tenant_policy ON {table} USING (true)",
    "CREATE POLICY": "CREATE POLICY mine ON {table} USING (true)",
    "CREATE VIEW": "CREATE VIEW mine AS SELECT * FROM {table}",
    "programs": "COPY {table} TO PROGRAM 'cat'",
}
#: Of no table: what a login must not do anywhere in the database.
FORBIDDEN_ANYWHERE = {
    "SET ROLE": "SET ROLE postgres",
    "SET SESSION AUTHORIZATION": "SET SESSION AUTHORIZATION postgres",
    "GRANT": "GRANT app_writer TO app_reader",
    "ALTER ROLE BYPASSRLS": "ALTER ROLE app_writer BYPASSRLS",
    "CREATE TABLE": "CREATE TABLE mine (x int)",
    "CREATE TEMP TABLE": "CREATE TEMP TABLE mine (x int)",
    "CREATE FUNCTION": "CREATE FUNCTION mine() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    "passwords": "SELECT * FROM pg_authid",
    "files": "SELECT pg_read_file('/etc/passwd')",
    "migrations": "SELECT * FROM alembic_version",
}
OWN_WRITES = {
    "INSERT of an own row": "INSERT INTO {table} (tenant_id, {key}, {columns}) VALUES ('acme', %(new)s, {values})",
    "UPDATE of an own row": "UPDATE {table} SET {text} = 'x' WHERE {key} = %(own)s",
    "DELETE of an own row": "DELETE FROM {table} WHERE {key} = %(own)s",
}
EVERYTHING = "SELECT tenant_id, {text} FROM {table}"
COPY_OUT = "COPY (SELECT tenant_id, {text} FROM {table}) TO STDOUT"
COPY_IN = "COPY {table} (tenant_id, {key}, {columns}) FROM STDIN"
COLLIDING = "INSERT INTO {table} (tenant_id, {key}, {columns}) VALUES ('acme', %(other)s, {values}) ON CONFLICT DO NOTHING RETURNING *"
OWN_UPDATE = "UPDATE {table} SET {text} = 'new' WHERE {key} = %(own)s RETURNING tenant_id"
PREPARE = "PREPARE everybody AS SELECT tenant_id, {text} FROM {table}"
