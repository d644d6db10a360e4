"""Mutants of stores: another context, another tenant's partition key, and no WHERE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isolation.attack.outcomes import VICTIM
from isolation.mutants.model import Control, Kind, Mutant
from isolation.mutants.views import control_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isolation.mutants.code import EntityCode
    from isolation.mutants.edits import Edit

TABLE, _PARTITIONS, ROWS = "chalicelib/data/table.py", "chalicelib/data/partitions.py", "chalicelib/data/rows.py"
WIRING, DATABASE = "chalicelib/wiring.py", "chalicelib/data/database.py"
_OTHERS = f"""
def _of_another(handle):
    import copy
    import dataclasses

    from chalicelib.vending.handles import Handle

    other = dataclasses.replace(handle.tenant, tenant_id={VICTIM!r})
"""
#: Ways to give a store the handle of one tenant with the context of another.
_HANDLES = {
    "put into the handle": "    handle.tenant = other\n    return handle\n",
    "in a handle of its own": "    return Handle(other)\n",
    "in a copy of the handle": "    twin = copy.copy(handle)\n    twin.tenant = other\n    return twin\n",
}
_THEIRS = f"""
def _theirs(key):
    return {VICTIM!r} + key[key.index("#") :]
"""
#: Where keys of partitions come by: the file, its class and method, and the expression.
_KEYS = (
    (TABLE, "Partition", "__init__", "key"),
    (TABLE, "Partition", "_query", "self._key"),
    (TABLE, "Partition", "_of", "self._key"),
    (TABLE, "Table", "_partition", "key"),
    (_PARTITIONS, "Partitions", "_key", "self._tenant_id"),
    (_PARTITIONS, "Partitions", "__init__", "tenant.tenant_id"),
)
#: A method of a table, that in which it asks for its partitions, and how.
_METHODS = {
    "get": ("get", "self._partitions.candidates(row_id)"),
    "page": ("page", "self._partitions.every()"),
    "add": ("add", "self._partitions.candidates(row_id)"),
    "put": ("put", "self._partitions.candidates(row_id)"),
    "change": ("_write_existing", "self._partitions.candidates(row_id)"),
    "delete": ("_write_existing", "self._partitions.candidates(row_id)"),
}
_OWN_ONLY = "tenant_id = %(tenant)s AND "
#: What a statement says instead of naming the tenant.
_WHERES = {
    "the condition on the tenant left out": "",
    "the tenant compared with itself": "tenant_id = tenant_id AND ",
    "every tenant but the own": "tenant_id <> %(tenant)s AND ",
    "tenants of any name": "tenant_id LIKE '%%' AND ",
}
_TENANT_OF_ROWS = "self._handle.tenant.tenant_id"


def context_mutants(code: EntityCode) -> Iterator[Mutant]:
    """Return the entity's store with the context of another tenant, given where it is made or where data is reached."""
    handles = code.routes.expressions(code.store_of, "handle")
    for words, rest in _HANDLES.items():
        edits = [code.routes.replaced(each, "_of_another(<>)") for each in handles]
        yield _context(code, f"the store's context, {words}", *edits, code.routes.end(_OTHERS + rest))
    if code.target.kind:
        wiring = code.source(WIRING)
        (tenant,) = wiring.expressions(wiring.function("table"), "handle.tenant")
        other = "__import__('dataclasses').replace(<>, tenant_id=" + repr(VICTIM) + ")"
        yield _context(code, "the table's context", wiring.replaced(tenant, other))
    if code.target.table:
        rows = code.source(ROWS)
        (handle,) = rows.expressions(rows.function("__init__", "Rows"), "handle")
        for words, rest in _HANDLES.items():
            yield _context(
                code, f"the rows' context, {words}", rows.replaced(handle, "_of_another(<>)"), rows.end(_OTHERS + rest)
            )
        yield _context(code, "the statement's tenant", statements_tenant(code))


def _context(code: EntityCode, words: str, *edits: Edit) -> Mutant:
    return Mutant(f"{code.name}: {words}", Kind.CONTEXT, code.name, edits, code.attacks(), control_of(code))


def key_mutants(code: EntityCode) -> Iterator[Mutant]:
    """Return the entity's table with keys of another tenant, wherever one comes by."""
    if not code.target.kind:
        return
    for file, of, method, text in _KEYS:
        source = code.source(file)
        form = repr(VICTIM) if text.endswith("tenant_id") else "_theirs(<>)"
        found = source.expressions(source.function(method, of), text)
        edits = [*(source.replaced(each, form) for each in found), source.end(_THEIRS)]
        yield _key(code, f"{of}.{method}, {text}", *edits)
    source = code.source(TABLE)
    for within, text in sorted({_METHODS[each] for each in code.stored("_table") if each in _METHODS}):
        found = source.expressions(source.function(within, "Table"), text)
        edits = [*(source.replaced(each, "[_theirs(key) for key in <>]") for each in found), source.end(_THEIRS)]
        yield _key(code, f"Table.{within}", *edits)


def _key(code: EntityCode, words: str, *edits: Edit) -> Mutant:
    return Mutant(f"{code.name}: {words}", Kind.KEY, code.name, edits, code.attacks(), Control.LEADING_KEYS)


def where_mutants(code: EntityCode) -> Iterator[Mutant]:
    """Return the entity's statements without a WHERE that names the tenant."""
    for method in _confined_statements(code):
        for words, form in _WHERES.items():
            edit = without_where(code, method, form)
            yield Mutant(
                f"{code.name}: Rows.{method}, {words}",
                Kind.WHERE,
                code.name,
                (edit,),
                code.attacks(),
                Control.ROW_SECURITY,
            )


def _confined_statements(code: EntityCode) -> list[str]:
    if not code.target.table:
        return []
    return sorted(code.stored("_rows") & {"page", "get", "change", "delete"})


def without_where(code: EntityCode, method: str, form: str) -> Edit:
    """Return the edit by which a statement says this instead of naming the tenant."""
    rows = code.source(ROWS)
    return rows.replaced_in(rows.function(method, "Rows"), _OWN_ONLY, form)


def statements_tenant(code: EntityCode) -> Edit:
    """Return the edit by which every statement names another tenant."""
    rows = code.source(ROWS)
    (tenant,) = rows.expressions(rows.function("_run", "Rows"), _TENANT_OF_ROWS)
    return rows.replaced(tenant, repr(VICTIM))
