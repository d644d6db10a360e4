"""All mutants."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from isolation.mutants.code import entities_of
from isolation.mutants.kept import cached_mutants, kept_mutants
from isolation.mutants.model import Kind
from isolation.mutants.sql import sql_mutants
from isolation.mutants.stores import context_mutants, key_mutants, where_mutants
from isolation.mutants.trigger import trigger_mutants
from isolation.mutants.vending import vending_mutants
from isolation.mutants.views import by_hand_mutants, named_mutants

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalicelib.config import Strategy
    from isolation.attack.served import Served
    from isolation.mutants.model import Mutant

#: Fewer would show too little, whatever comes of them.
FEWEST, FEWEST_OF_A_KIND = 100, 10


def mutants(served: Served, strategy: Strategy) -> tuple[Mutant, ...]:
    """Return the mutants of all entities, whose sessions are opened by this strategy.

    Raises:
        MutantError: the code has not what a mutant would change.
    """
    codes = entities_of(served)
    return (
        *(
            mutant
            for code in codes
            for mutant in (
                *named_mutants(code),
                *by_hand_mutants(code),
                *context_mutants(code),
                *key_mutants(code),
                *where_mutants(code),
                *cached_mutants(code),
                *kept_mutants(code),
                *vending_mutants(code, strategy),
                *sql_mutants(code),
            )
        ),
        *trigger_mutants(codes),
    )


def too_few(known: Iterable[Mutant]) -> list[str]:
    """Return a sentence for each kind of which there are too few mutants, and one when there are too few in all."""
    counted = Counter(each.kind for each in known)
    found = [f"{counted[kind]} of the kind: {kind}" for kind in Kind if counted[kind] < FEWEST_OF_A_KIND]
    return found + ([f"{counted.total()} in all"] if counted.total() < FEWEST else [])
