"""All cells, and which of them a run takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from isolation.attack.controls import Control
from isolation.attack.dynamodb import dynamodb_cells
from isolation.attack.http_attacks import http_cells
from isolation.attack.kept import kept_cells
from isolation.attack.keys import EXACT, NAMINGS
from isolation.attack.maintenance import maintenance_cells
from isolation.attack.other_services import export_cells, registry_cells, secret_cells
from isolation.attack.outcomes import Service
from isolation.attack.outside import outside_cells
from isolation.attack.pooled_connections import pooled_connection_cells
from isolation.attack.postgres import postgres_cells
from isolation.attack.sts import sts_cells
from isolation.attack.tokens import token_cells
from isolation.attack.triggers import trigger_cells
from isolation.attack.without_sts import without_sts_cells

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from isolation.attack.cells import Cell
    from isolation.attack.served import Served


_OF_THE_CODE = frozenset({Control.HANDLE, Control.TRIGGER})
_OF_SESSIONS = frozenset(
    {
        Control.LEADING_KEYS_BY_TAG,
        Control.LEADING_KEYS_BY_SESSION_POLICY,
        Control.NO_FALLBACK,
    }
)


@dataclass(frozen=True, slots=True)
class Selection:
    """The cells of a run, and why others are left out: reason → how many."""

    cells: tuple[Cell, ...]
    skipped: Mapping[str, int]


def all_cells(strategy: str, served: Served) -> tuple[Cell, ...]:
    """Return every cell; `strategy` is the one by which the stage's sessions are opened."""
    return (
        *dynamodb_cells(strategy),
        *sts_cells(strategy),
        *maintenance_cells(strategy),
        *token_cells(strategy),
        *trigger_cells(strategy),
        *outside_cells(strategy),
        *secret_cells(strategy),
        *registry_cells(strategy),
        *export_cells(strategy),
        *postgres_cells(served),
        *pooled_connection_cells(served),
        *kept_cells(served),
        *http_cells(served, strategy),
        *without_sts_cells(served, strategy),
    )


def of_sessions(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Return the cells whose outcome depends on how sessions are opened.

    Forged tokens, malformed requests, statements of PostgreSQL and what functions reach by themselves are refused
    before any session is there, or without one.
    """
    return tuple(cell for cell in cells if cell.who.strategy or cell.refused_by & _OF_SESSIONS)


def on_stage(cells: Iterable[Cell], *, local: bool, tenants: Collection[str]) -> Selection:
    """Return the cells that can be tried on a stage.

    On AWS that is what tenants' sessions try on the pooled table and cannot damage it, even if it were let through.

    Args:
        cells: all of them.
        local: whether the stage is on one machine.
        tenants: those whose users can sign in there.
    """
    kept: list[Cell] = []
    skipped: dict[str, int] = {}
    for cell in cells:
        reason = ""
        if not local and (cell.service is not Service.DYNAMODB or not cell.who.tenant):
            reason = "for the local stack only: needs credentials that AWS gives nobody else"
        elif not local and Control.DATA_ENDPOINT in cell.refused_by:
            reason = "for the local stack only: on AWS this runs in the stage's network, not outside of it"
        elif not local and cell.refused_by & _OF_THE_CODE:
            reason = "for the local stack only: it is code that refuses, which runs in this process"
        elif not local and cell.harms:
            reason = "for the local stack only: if it were let through, the stage would be damaged"
        elif cell.service is Service.HTTP and cell.who.tenant not in tenants:
            reason = f"the stage has no users of {cell.who.tenant}"
        if reason:
            skipped[reason] = skipped.get(reason, 0) + 1
        else:
            kept.append(cell)
    # What would damage the stage comes last, so that a leak does not take the other cells' ground away.
    kept.sort(key=lambda cell: cell.harms)
    return Selection(tuple(kept), skipped)


def thinned(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Return fewer cells of the pooled table: every operation on two keys, and every key for three operations.

    The rest is all there; of the pooled table `python -m isolation.attack` runs the whole product.
    """
    keys, operations = {EXACT[0].name, EXACT[-1].name}, {"GetItem", "PutItem", "TransactGetItems, own first"}
    namings = {naming.name for naming in NAMINGS}
    return tuple(
        cell
        for cell in cells
        if cell.service is not Service.DYNAMODB
        or cell.target not in namings
        or cell.target in keys
        or cell.attack in operations
    )


def chosen(
    cells: Iterable[Cell],
    *,
    services: Collection[str] = (),
    controls: Collection[Control | str] = (),
    entities: Collection[str] = (),
) -> tuple[Cell, ...]:
    """Return the cells of these services and entities that one of these controls must refuse; empty means any."""
    return tuple(
        cell
        for cell in cells
        if (not services or cell.service in services)
        and (not controls or cell.refused_by & set(controls))
        and (not entities or cell.entity in entities)
    )
