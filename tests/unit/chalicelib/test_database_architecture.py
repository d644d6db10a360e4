"""One door to the database: what may name the tenant's setting, and who may open a connection."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.support.imports import imported

PROJECT = Path(__file__).parents[3]
DATABASE = "chalicelib/data/database.py"


#: Where statements about tenants' rows are written.
STORES = ("chalicelib/entities", "chalicelib/data")
COMPARES_THE_TENANT = r" WHERE tenant_id = (%s|%\(tenant\)s)($| AND | RETURNING )"
INSERTS_THE_TENANT = r" \(tenant_id, .*\) VALUES \((%s|%\(tenant\)s), "
#: The door itself: it reads the login's secret and opens connections.
_DOOR = {DATABASE, "chalicelib/data/database_secret.py"}


def _sources(*places: str) -> dict[str, str]:
    """Return the text of app.py and of the files in these places, each of which has one."""
    paths = [PROJECT / "app.py"]
    for place in places:
        found = [PROJECT / place] if place.endswith(".py") else sorted((PROJECT / place).rglob("*.py"))
        assert found, place
        paths += found
    return {path.relative_to(PROJECT).as_posix(): path.read_text() for path in paths}


def _stores() -> dict[str, str]:
    return {path: source for path, source in _sources(*STORES).items() if path not in _DOOR}


def _texts(source: str) -> list[str]:
    """Return every string of a file; of an f-string all that is written out, with {} for what is filled in."""
    nodes = list(ast.walk(ast.parse(source)))
    joined = {node: [_written(part) for part in node.values] for node in nodes if isinstance(node, ast.JoinedStr)}
    parts = {id(part) for node in joined for part in node.values}
    alone = [_written(node) for node in nodes if isinstance(node, ast.Constant) and id(node) not in parts]
    return ["".join(written) for written in joined.values()] + alone


def _written(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "{}"


def _namers(word: str, *folders: str) -> set[str]:
    return {path for path, source in _sources(*folders).items() if word in source.lower()}


def test_nothing_but_the_database_module_calls_set_config() -> None:
    """Row-level security stops a forgotten WHERE, not code that sets another tenant: so there is one such place."""
    assert _namers("set_config", "chalicelib", "ops", "stage") == {DATABASE}


def test_the_setting_is_named_by_the_policies_and_the_one_place_that_sets_it() -> None:
    """Neither SET nor ALTER ROLE … SET nor a connection's options can make it somewhere else."""
    named = _namers("current_tenant'", "chalicelib", "ops", "stage")

    assert {path for path in named if not path.startswith("chalicelib/migrations/")} == {DATABASE}


def test_no_statement_of_the_application_sets_anything_for_a_session() -> None:
    """A bare SET outlives the transaction on a pooled connection, SET LOCAL does not; DynamoDB has a SET of its own."""
    for path, source in _sources("chalicelib").items():
        statements = _texts(source) if "import psycopg" in source or "alembic" in source else []
        lasting = [text for text in statements if text.startswith(("SET ", "RESET ", "DISCARD "))]
        assert [text for text in lasting if not text.startswith("SET LOCAL ")] == [], path


@pytest.mark.parametrize("folder", [*STORES, "chalicelib/http", "chalicelib/control_plane/tenants.py"])
def test_stores_and_routes_open_no_connection_of_their_own(folder: str) -> None:
    """They may name psycopg's errors and compose SQL; connections come from `tenant_transaction`."""
    for path, source in _sources(folder).items():
        if path in _DOOR:
            continue
        drivers = {name for name in imported(source) if name.startswith(("psycopg", "sqlalchemy", "alembic"))}
        assert drivers <= {"psycopg", "psycopg.sql"}, path
        assert "psycopg.connect" not in source, path


def test_every_statement_of_a_store_runs_inside_a_tenant_transaction() -> None:
    """Each `execute` is a call inside the block of a `with … tenant_transaction(…)`."""
    found = 0
    for path, source in _stores().items():
        blocks = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.With)]
        tenants = [block for block in blocks if "tenant_transaction(self._handle, " in ast.unparse(block.items[0])]
        executes = _executes(ast.parse(source))
        assert executes == [place for block in tenants for place in _executes(block)], path
        found += len(executes)
    assert found >= 2, "of the rows of an entity, and of all that a tenant holds"


def _executes(tree: ast.AST) -> list[tuple[int, int]]:
    return [
        (node.lineno, node.col_offset)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr.startswith("execute")
    ]


def test_every_statement_of_a_store_names_the_tenant_itself() -> None:
    """The second layer: a condition on `tenant_id`, or its value in a new row, whatever row-level security adds."""
    statements = [
        text
        for source in _stores().values()
        for text in _texts(source)
        if text.startswith(("SELECT ", "INSERT ", "UPDATE ", "DELETE "))
    ]

    assert len(statements) >= 8
    for statement in statements:
        assert names_the_tenant(statement), statement


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT a FROM {table} WHERE {key} = %(key)s",
        "SELECT a FROM {table} WHERE tenant_id = %(key)s",
        "DELETE FROM {table} WHERE tenant_id = tenant_id",
        "UPDATE {table} SET a = %s WHERE {key} = %s OR tenant_id = %s",
        "DELETE FROM {table} WHERE tenant_id = %s OR {key} = %s",
        "INSERT INTO {table} ({key}, tenant_id) VALUES (%(key)s, %(key)s)",
        "INSERT INTO {table} (tenant_id, {key}) VALUES (%(key)s, %(tenant)s)",
    ],
)
def test_a_statement_that_does_not_name_the_tenant_would_be_noticed(statement: str) -> None:
    """The canary of the test above."""
    assert not names_the_tenant(statement)


def names_the_tenant(statement: str) -> bool:
    """Return whether it is confined to one tenant; any further condition comes after that and narrows it."""
    inserting = statement.startswith("INSERT ")
    return bool(re.search(INSERTS_THE_TENANT if inserting else COMPARES_THE_TENANT, statement))
