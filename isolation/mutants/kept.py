"""Mutants that use something of an earlier request again: a store that is cached, a handle, a client, a transaction.

The session of the earlier request is its tenant's, and IAM gave it rightly: only the handle can refuse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from isolation.mutants.model import Control, Kind, Mutant, Naming, Place
from isolation.mutants.stores import DATABASE, ROWS, TABLE, WIRING
from isolation.mutants.views import NAMED, control_of, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isolation.mutants.code import EntityCode
    from isolation.mutants.edits import Edit
    from isolation.mutants.model import Attack

_AUTHORIZATION = "chalicelib/http/authorization.py"
#: Ways to cache a store: functions that make it of what `_new_store` makes.
_CACHES = {
    "with functools.cache": """
@__import__("functools").cache
def _the_store():
    return _new_store(opened(blueprint.current_request))


def store_of(handle):
    return _the_store()
""",
    "with functools.lru_cache, by role": """
@__import__("functools").lru_cache(maxsize=8)
def _store_of_a_role(role):
    return _new_store(opened(blueprint.current_request))


def store_of(handle):
    return _store_of_a_role(handle.tenant.role)
""",
    "in a global of the module": """
_STORE = None


def store_of(handle):
    global _STORE
    if _STORE is None:
        _STORE = _new_store(handle)
    return _STORE
""",
    "in a default argument": """
def store_of(handle, stores={}):
    if not stores:
        stores["store"] = _new_store(handle)
    return stores["store"]
""",
    "in an attribute of its class": """
def store_of(handle):
    store = _new_store(handle)
    if not hasattr(type(store), "kept"):
        type(store).kept = store
    return type(store).kept
""",
}
_KEEPING = """
_KEPT = {}


def _kept(name, thing):
    return _KEPT.setdefault(name, thing)
"""


_SESSION = """

def _with_its_session(handle):
    from chalicelib.vending.handles import Handle, request_scope

    if not _KEPT:
        _kept("session", handle.session())
        return handle
    _KEPT["scope"] = request_scope(lambda: _KEPT["session"])
    _KEPT["scope"].__enter__()
    return Handle(handle.tenant)
"""


def cached_mutants(code: EntityCode) -> Iterator[Mutant]:
    """Return the entity's store, made for the first request and used by all."""
    source = code.routes
    for words, cache in _CACHES.items():
        edits = (source.replaced_in(code.store_of, "def store_of(", "def _new_store("), source.end(cache))
        yield Mutant(
            f"{code.name}: a store cached {words}", Kind.CACHED, code.name, edits, code.after_victim(), Control.HANDLE
        )


def kept_mutants(code: EntityCode) -> Iterator[Mutant]:
    """Return the entity with something else of the first request that all later ones use."""
    source = code.routes
    opened = [source.replaced(call, '_kept("handle", <>)') for call in code.opened(source.tree)]
    yield _kept(code, "the handle", *opened, source.end(_KEEPING))
    authorization = code.source(_AUTHORIZATION)
    opening = authorization.function("opened")
    (handle,) = authorization.calls(opening, "Handle")
    yield _kept(
        code, "the handle, where it is opened", authorization.replaced(handle, '_kept("handle", <>)'),
        authorization.end(_KEEPING),
    )  # fmt: skip
    requests = [source.replaced(call.args[0], '_kept("request", <>)') for call in code.opened(source.tree)]
    # These open a handle in time; that it opens the session of the request's own token makes it one of another tenant.
    yield _kept(code, "the request", *requests, source.end(_KEEPING), control=control_of(code))
    yield from _of_the_session(code)
    if code.target.kind:
        yield from _of_the_table(code)
    if code.target.table:
        yield from _of_the_database(code)


def _of_the_session(code: EntityCode) -> Iterator[Mutant]:
    source, naming = code.routes, Naming(Place.QUERY, "org")
    again = _all_named(code, naming, "_with_its_session(_of(<>, {tenant}))", NAMED + _KEEPING + _SESSION)
    yield _kept(code, f"the session, and the tenant from the {naming}", *again, naming=naming)
    if code.target.takes_keys:
        again = tuple(source.replaced(call, "_with_its_session(<>)") for call in code.opened(source.tree))
        yield _kept(code, "the session", *again, source.end(_KEEPING + _SESSION), attacks=code.by_key())


def _of_the_table(code: EntityCode) -> Iterator[Mutant]:
    wiring, table = code.source(WIRING), code.source(TABLE)
    making = wiring.function("table")
    (client,) = wiring.calls(making, "scoped_clients().dynamodb")
    (made,) = wiring.calls(making, "Table")
    kept_client = (wiring.replaced(client, '_kept("client", <>)'), wiring.end(_KEEPING))
    for naming in (Naming(Place.QUERY, "org"), Naming(Place.HEADER, "X-Tenant-Id")):
        yield _kept(
            code,
            f"the client, with the tenant from the {naming}",
            *kept_client,
            *_all_named(code, naming),
            naming=naming,
        )
    yield _kept(code, "the table", wiring.replaced(made, "_kept(kind, <>)"), wiring.end(_KEEPING))
    constructor = table.function("__init__", "Table")
    kept = [
        table.replaced(table.expressions(constructor, name)[0], f'_kept(("{name}", table_name, versioned), <>)')
        for name in ("dynamodb", "partitions")
    ]
    yield _kept(code, "the table's client and partitions", *kept, table.end(_KEEPING))


def _of_the_database(code: EntityCode) -> Iterator[Mutant]:
    rows = code.source(ROWS)
    constructor, run = rows.function("__init__", "Rows"), rows.function("_run", "Rows")
    (handle,) = rows.expressions(constructor, "handle")
    yield _kept(code, "the rows' handle", rows.replaced(handle, '_kept("handle", <>)'), rows.end(_KEEPING))
    (tenant,) = rows.expressions(run, "self._handle.tenant.tenant_id")
    (execute,) = rows.expressions(run, "transaction.execute")
    # Of a statement that nobody has ended yet the driver knows no result: it must be fetched.
    database = code.source(DATABASE)
    (described,) = database.expressions(database.function("fetchall", "Result"), "cursor.description")
    (early,) = database.expressions(database.function("_ended", "Result"), "not self._transaction.has_ended")
    yield _kept(
        code, "the transaction, and its tenant",
        rows.replaced(execute, "_kept(login, transaction).execute"), rows.replaced(tenant, '_kept("tenant", <>)'),
        rows.end(_KEEPING), database.replaced(described, "(<> or cursor.pgresult is None)"),
        database.replaced(early, "False"),
    )  # fmt: skip


def _all_named(
    code: EntityCode, naming: Naming, form: str = "_of(<>, {tenant})", more: str = NAMED
) -> tuple[Edit, ...]:
    """Return the edits by which the views that are attacked take the tenant from the request."""
    routes = [each.route for each in code.after_victim()]
    return tuple(dict.fromkeys(edit for route in routes for edit in named(code, route, naming, form, more)))


def _kept(
    code: EntityCode,
    words: str,
    *edits: Edit,
    naming: Naming | None = None,
    attacks: tuple[Attack, ...] = (),
    control: Control = Control.HANDLE,
) -> Mutant:
    attacks, name = attacks or code.after_victim(naming), f"{code.name}: kept from the first request: {words}"
    return Mutant(name, Kind.KEPT, code.name, edits, attacks, control)
