"""All canaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isolation.canaries.code import CODE
from isolation.canaries.database import database_canaries
from isolation.canaries.grants import GRANTS
from isolation.canaries.trust import PROVED, TRUST

if TYPE_CHECKING:
    from isolation.attack.served import Served
    from isolation.canaries.model import Canary, ProofCanary


def canaries(served: Served) -> tuple[Canary | ProofCanary, ...]:
    """Return them; those of the database are about the first tenant table of an entity."""
    return (*GRANTS, *TRUST, *PROVED, *database_canaries(served), *CODE)
