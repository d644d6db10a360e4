"""What `make entity` says once it is done: the files, and what is left to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.entity.project import ENTITIES, PERMISSIONS, VERSIONS
from ops.entity.specification import Specification, Store

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_LIMITS = "text has 1 to 200 characters, integer is from 0, and price has up to 12 digits before the point"


def after_adding(entity: Specification, files: Iterable[Path]) -> str:
    """Return what was written and what is left to decide."""
    folder = ENTITIES / entity.name
    return "\n".join(
        [
            "written:",
            *(f"  {path}" for path in files),
            "left to decide:",
            f"  who may do what: {PERMISSIONS} lets {_WRITERS[entity.store]} write, and every role read",
            f"  what a field may hold: {_LIMITS} ({folder}/routes.py)",
            "  which fields may be left out: none as it is",
            _OF_STORE[entity.store](entity, files),
            f'then: make test, make attack ARGS="--only {entity.name}"',
        ]
    )


def after_removing(name: str, files: Iterable[Path], table: str | None) -> str:
    """Return what was done and what becomes of the tenants' rows."""
    fate = _ROWS_OF_A_KIND if table is None else f"its migration drops the table {table}, with the rows of all tenants"
    return "\n".join(
        [f"{name} is out; gone, changed or new:", *(f"  {path}" for path in files), f"note: {fate}", "then: make test"]
    )


def _of_pooled_table(entity: Specification, _: Iterable[Path]) -> str:
    where = f"Sharding in {ENTITIES / entity.name}/__init__.py; docs/decisions/0003"
    return f"  over how many partitions a tenant's rows spread: over one, which takes 1,000 writes a second ({where})"


def _of_table(_: Specification, files: Iterable[Path]) -> str:
    migration = next(path for path in files if path.parent == VERSIONS)
    how = f"a further index in {migration} begins with tenant_id; once released, a revision is never changed"
    return f"  what is unique within a tenant, or found fast: nothing but the id yet; {how}"


_ROWS_OF_A_KIND = (
    "rows that tenants have stay in the table, where no offboarding exports or erases them any more, and where a new "
    "entity of the same singular would find them"
)
_WRITERS = {Store.DYNAMODB: "members and admins", Store.POSTGRES: "admins, who alone get the writer's login,"}
_OF_STORE = {Store.DYNAMODB: _of_pooled_table, Store.POSTGRES: _of_table}
