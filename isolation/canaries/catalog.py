"""All canaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isolation.canaries.code import CODE
from isolation.canaries.database import DATABASE
from isolation.canaries.policies import GRANTS, PROVED, TRUST

if TYPE_CHECKING:
    from isolation.canaries.model import Canary, ProofCanary

CANARIES: tuple[Canary | ProofCanary, ...] = (*GRANTS, *TRUST, *PROVED, *DATABASE, *CODE)
