"""Mutants of views: a tenant that the request names, and a tenant context that is made by hand."""

from __future__ import annotations

import re
from itertools import cycle
from typing import TYPE_CHECKING

from isolation.attack.names import CUSTOMARY
from isolation.attack.outcomes import VICTIM
from isolation.mutants.model import Attack, Control, Kind, Mutant, Naming, Place

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from isolation.attack.routes import Route
    from isolation.mutants.code import EntityCode
    from isolation.mutants.edits import Edit

_PARAMETERS = [
    name for name in CUSTOMARY if re.fullmatch(r"[a-z_]+|tenant[A-Z]\w+", name) and name not in {"pk", "shard_id"}
]
_HEADERS = [name for name in CUSTOMARY if name.startswith(("X-", "Custom-"))]
NAMED = """
def _of(handle, tenant_id):
    import dataclasses

    if tenant_id:
        handle.tenant = dataclasses.replace(handle.tenant, tenant_id=tenant_id)
    return handle
"""
_TAKEN = """
def _taken(request, name):
    import json

    content = json.loads(request.raw_body or b"{}")
    taken = content.pop(name, "")
    request._body, request._raw_body = json.dumps(content), b""
    return taken
"""
#: Ways to make a context by hand, each an expression of `own`, the caller's, and `other`, another tenant's id.
_BY_HAND = {
    "by its class": "TenantContext(other, own.role, own.user_id, own.email)",
    "with more of a role": "TenantContext(other, type(own.role)('admin'), own.user_id, own.email)",
    "as if from a token": "TenantContext.from_claims({'custom:tenantID': other, 'custom:role': own.role.value,"
    " 'sub': own.user_id, 'email': own.email})",
    "as if from the authorizer": "TenantContext.from_authorizer_context({**own.to_authorizer_context(),"
    " 'tenant': other})",
    "past its class": "__import__('types').SimpleNamespace(tenant_id=other, role=own.role, user_id=own.user_id,"
    " email=own.email)",
}


def control_of(code: EntityCode) -> Control:
    """Return what keeps the entity's rows apart where they lie."""
    return Control.LEADING_KEYS if code.target.kind else Control.ROW_SECURITY


def named_mutants(code: EntityCode) -> Iterator[Mutant]:
    """Return a view for each route and each place of a request that takes the tenant from there."""
    names, headers = cycle(_PARAMETERS), cycle(_HEADERS)
    for route in code.target.routes:
        for place in (Place.QUERY, Place.HEADER, Place.BODY, *((Place.PATH,) if route.parameters else ())):
            taken = {*route.query, *route.fields, *route.parameters}
            name = next(headers) if place is Place.HEADER else next(each for each in names if each not in taken)
            naming = Naming(place, name)
            yield Mutant(
                f"{route}: the tenant from the {naming}", Kind.NAMED, code.name, named(code, route, naming),
                (Attack(code.target, route, naming),), control_of(code),
            )  # fmt: skip


def named(
    code: EntityCode, route: Route, naming: Naming, form: str = "_of(<>, {tenant})", more: str = NAMED
) -> tuple[Edit, ...]:
    """Return the edits by which a view hands its handle, and the tenant that the request names, to a function.

    Args:
        code: the entity's.
        route: whose view it is.
        naming: where the request names the tenant.
        form: the call of the function; `<>` is the handle, `{tenant}` the tenant's id.
        more: the function.
    """
    view, source = code.view(route), code.routes
    edits: list[Edit] = []
    if naming.place is Place.BODY:
        more += _TAKEN
        edits.append(source.first(view, f'{naming.name} = _taken(blueprint.current_request, "{naming.name}")'))
    if naming.place is Place.PATH:
        edits += _with_parameter(code, view, route, naming.name)
    tenant = {
        Place.QUERY: f'(blueprint.current_request.query_params or {{}}).get("{naming.name}")',
        Place.HEADER: f'blueprint.current_request.headers.get("{naming.name}")',
    }.get(naming.place, naming.name)
    edits += [source.replaced(call, form.replace("{tenant}", tenant)) for call in code.opened(view)]
    return (*edits, source.end(more))


def _with_parameter(
    code: EntityCode, view: ast.FunctionDef | ast.AsyncFunctionDef, route: Route, name: str
) -> Iterator[Edit]:
    """Return the edits that give a route one more parameter at the end of its path."""
    (path,) = code.routes.expressions(view.decorator_list[0], repr(route.path))
    yield code.routes.replaced_in(path, route.path, f"{route.path}/{{{name}}}")
    yield code.routes.replaced(view.args.args[-1], f"<>, {name}: str")


def by_hand_mutants(code: EntityCode) -> Iterator[Mutant]:
    """Return an entity all of whose views use a context that somebody made."""
    source = code.routes
    for words, context in _BY_HAND.items():
        more = (
            "\ndef _by_hand(handle):\n"
            "    from chalicelib.tenancy.tenant import TenantContext\n\n"
            f"    own, other = handle.tenant, {VICTIM!r}\n"
            f"    handle.tenant = {context}\n"
            "    return handle\n"
        )
        edits = [source.replaced(call, "_by_hand(<>)") for call in code.opened(source.tree)]
        yield Mutant(
            f"{code.name}: a context made {words}", Kind.BY_HAND, code.name, (*edits, source.end(more)),
            code.attacks(), control_of(code),
        )  # fmt: skip
