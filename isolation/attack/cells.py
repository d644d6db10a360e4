"""What an attack is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from isolation.attack.outcomes import Outcome

if TYPE_CHECKING:
    from isolation.attack.controls import Control
    from isolation.attack.outcomes import Service, Who
    from isolation.attack.world import World

Act: TypeAlias = Callable[["World"], Outcome]


@dataclass(frozen=True, slots=True)
class Twin:
    """The same call within the caller's rights, or of somebody who has the right: it must be allowed.

    Twins of one name are one: it is called once in a run.
    """

    name: str
    act: Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One attack.

    Args:
        attack: what is done, such as an operation.
        target: on whose data, named in which way.
        refused_by: exactly the controls that must refuse it; for a known limit those that would have to.
        victims: the tenants whose secrets must not come back.
        known_limit: why it is expected to succeed; empty for what must be refused.
        twin: the allowed twin.
        entity: the entity whose rows are attacked; empty for what is of none.
        harms: whether the stage would be damaged if it were let through: then it is tried on the local stack only.
    """

    service: Service
    attack: str
    target: str
    who: Who
    refused_by: frozenset[Control]
    victims: tuple[str, ...]
    act: Act
    twin: Twin
    known_limit: str = ""
    entity: str = ""
    harms: bool = False

    @property
    def name(self) -> str:
        """The cell's one name."""
        return f"{self.service}: {self.attack}, {self.target}, as {self.who}"
