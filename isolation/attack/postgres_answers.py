"""What PostgreSQL's rows and errors say about an attack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from isolation.attack.cells import Twin
from isolation.attack.controls import Control
from isolation.attack.outcomes import VICTIMS, Kind, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from isolation.attack.cells import Act
    from isolation.attack.world import World

_MESSAGES = (
    ("new row violates row-level security policy", Control.ROW_POLICY_CHECK),
    ("would be affected by row-level security policy", Control.ROW_SECURITY_FORCED),
    ("COPY FROM not supported with row-level security", Control.ROW_POLICY_CHECK),
    ("must have admin option", Control.DATABASE_PRIVILEGES),
    ("permission denied", Control.DATABASE_PRIVILEGES),
    ("must be owner", Control.DATABASE_PRIVILEGES),
    ("must be superuser", Control.DATABASE_PRIVILEGES),
)
_CONTAINS = {
    Control.ROW_POLICY_USING,
    Control.TRANSACTION_LOCAL,
    Control.ROW_SECURITY_FORCED,
    Control.CATALOG,
}


def of_rows(rows: list[Any], contained_by: Control, *, own: bool = True) -> Outcome:
    """Return the outcome of an attack that was answered: with the attacker's own rows, or with more.

    What must be refused by anything else than a policy that hides rows was done, whatever the answer holds. Where the
    tenant that is set is not the attacker (not `own`), any row is one too many.
    """
    content = repr(rows)
    if any(victim in content for victim in VICTIMS) or contained_by not in _CONTAINS or (rows and not own):
        return Outcome(Kind.ALLOWED, content=content)
    return Outcome(Kind.CONTAINED, controls=frozenset({contained_by}), content=content)


def of_error(error: psycopg.Error) -> Outcome:
    """Return the outcome of an attack that PostgreSQL refused."""
    message, code = str(error), error.sqlstate or ""
    if isinstance(error, psycopg.errors.InsufficientPrivilege | psycopg.errors.FeatureNotSupported):
        control = next((control for text, control in _MESSAGES if text in message), Control.UNKNOWN)
        return Outcome(Kind.REFUSED, code, message, controls=frozenset({control}), content=message)
    if isinstance(error, (psycopg.errors.DivisionByZero, psycopg.errors.InvalidTextRepresentation)):
        return Outcome(Kind.ALLOWED, code, message, content=message)  # it has looked at a value
    return Outcome(Kind.FAILED, type(error).__name__, message, content=message)


def acting(run: Callable[[World], list[Any]], contained_by: Control, *, own: bool) -> Act:
    """Return the act that runs the work and tells how it ended."""

    def act(world: World) -> Outcome:
        try:
            return of_rows(run(world), contained_by, own=own)
        except psycopg.Error as error:
            return of_error(error)

    return act


def twin(name: str, run: Callable[[World], list[Any]], is_good: Callable[[World, list[Any]], bool]) -> Twin:
    """Return the twin that such work is: its rows must be the good ones."""

    def act(world: World) -> Outcome:
        try:
            rows = run(world)
        except psycopg.Error as error:
            return of_error(error)
        return Outcome(Kind.ALLOWED if is_good(world, rows) else Kind.CONTAINED, content=repr(rows))

    return Twin(name, act)
