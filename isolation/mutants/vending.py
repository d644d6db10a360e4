"""Mutants that name another tenant to STS: a session assumed with tags, and a token whose wrong claims are read."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

from chalicelib.config import Strategy
from isolation.attack.outcomes import VICTIM
from isolation.mutants.model import Attack, Control, Kind, Mutant, Naming, Place
from isolation.mutants.stores import WIRING
from isolation.mutants.views import named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isolation.mutants.code import EntityCode
    from isolation.mutants.edits import Edit

_CALLERS, _STRATEGIES = "chalicelib/vending/callers.py", "chalicelib/vending/strategies.py"
_TENANT = "chalicelib/tenancy/tenant.py"
_ASSUMED = """
_ENTERED = []


def _assumed(handle, tenant_id):
    import dataclasses
    from datetime import UTC, datetime

    from chalicelib.vending.handles import Handle, request_scope
    from chalicelib.vending.sessions import Session
    from chalicelib.vending.strategies import SessionTagVending

    if not tenant_id:
        return handle
    other, settings = dataclasses.replace(handle.tenant, tenant_id=tenant_id), wiring.config()
    sts = wiring._function_session().create_client("sts", region_name=settings.region, config=wiring.client_config())
    vended = SessionTagVending(lambda: sts, settings.tenant_role_arn).vend(other)
    session = Session.of(tenant_id, other.role, vended, datetime.now(UTC))
    _ENTERED.append(request_scope(lambda: session))
    _ENTERED[-1].__enter__()
    return Handle(other)
"""
_BY_HAND = f"""
def _by_hand(handle):
    import dataclasses

    handle.tenant = dataclasses.replace(handle.tenant, tenant_id={VICTIM!r})
    return handle
"""
#: Claims that users may write themselves, in a pool that lets them.
_WRITABLE = ("nickname", "profile", "website", "zoneinfo")


def vending_mutants(code: EntityCode, strategy: Strategy) -> Iterator[Mutant]:
    """Return the entity with a session of another tenant, which is to be opened by this strategy or past it."""
    namings = cycle((Naming(Place.QUERY, "org"), Naming(Place.HEADER, "X-Tenant-Id"), Naming(Place.QUERY, "account")))
    for route in code.target.routes:
        naming = next(namings)
        edits = named(code, route, naming, "_assumed(<>, {tenant})", _ASSUMED)
        yield _vending(
            f"{route}: a session assumed for the tenant from the {naming}",
            code,
            edits,
            Attack(code.target, route, naming),
        )
    views = code.routes
    by_hand = [views.replaced(call, "_by_hand(<>)") for call in code.opened(views.tree)]
    edits = (*_assuming(code, strategy), *_claimed(code, repr(VICTIM)), *by_hand, views.end(_BY_HAND))
    yield _vending(f"{code.name}: every session assumed with another's tags", code, edits, *code.attacks()[:1])
    # Where the session's own tags are what confines it, reading its tenant wrong gains nothing.
    if code.target.table or strategy is not Strategy.WEB_IDENTITY:
        for name in _WRITABLE:
            naming = Naming(Place.CLAIM, name)
            edits = (*_claimed(code, f'(claims.get("{name}") or <>)'), _context_claimed(code, name))
            attacks = tuple(Attack(code.target, each.route, naming) for each in code.attacks()[:1])
            words = f"{code.name}: the tenant from the {naming}, which users write"
            yield _vending(words, code, edits, *attacks, control=Control.SESSION_NAME)


def _assuming(code: EntityCode, strategy: Strategy) -> Iterator[Edit]:
    """Return the edits by which sessions are assumed with tags, with the function's own rights."""
    if strategy is not Strategy.WEB_IDENTITY:
        return
    wiring, strategies = code.source(WIRING), code.source(_STRATEGIES)
    (unsigned,) = wiring.expressions(
        wiring.function("_vending_strategy"), "settings.strategy is not Strategy.WEB_IDENTITY"
    )
    yield wiring.replaced(unsigned, "True")
    vend = strategies.function("vend", "WebIdentityVending")
    yield strategies.first(vend, "return _assume_role(self._sts, self._tenant_role_arn, caller)")


def _claimed(code: EntityCode, form: str) -> Iterator[Edit]:
    """Return the edit by which a token's caller is of another tenant."""
    callers = code.source(_CALLERS)
    (made,) = callers.calls(callers.function("claimed", "Caller"), "cls")
    yield callers.replaced(made.args[0], form)


def _context_claimed(code: EntityCode, name: str) -> Edit:
    tenant = code.source(_TENANT)
    (read,) = tenant.expressions(tenant.function("from_claims", "TenantContext"), "_text(claims, 'custom:tenantID')")
    return tenant.replaced(read, f'claims.get("{name}") or <>')


def _vending(
    name: str, code: EntityCode, edits: tuple[Edit, ...], *attacks: Attack, control: Control = Control.TRUST
) -> Mutant:
    return Mutant(name, Kind.VENDING, code.name, edits, attacks, control)
