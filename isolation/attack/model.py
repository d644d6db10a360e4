"""What an attack is and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from isolation.attack.controls import Control
    from isolation.attack.world import World


class Service(StrEnum):
    """What is attacked."""

    DYNAMODB = "DynamoDB"
    STS = "STS"
    SECRETS = "Secrets Manager"
    REGISTRY = "registry"
    EXPORTS = "S3 exports"
    POSTGRES = "PostgreSQL"
    HTTP = "HTTP"


@dataclass(frozen=True, slots=True)
class Who:
    """Whose credentials the attacker holds.

    A tenant's session, opened by the strategy of that name; with `strategy` empty a signed-in user of the API; with
    `tenant` empty the principal that `role` names, such as the Lambda role.
    """

    tenant: str
    role: str
    strategy: str = ""

    def __str__(self) -> str:
        who = f"{self.tenant} {self.role}".strip()
        return f"{who} ({self.strategy})" if self.strategy else who


class Kind(StrEnum):
    """How a call ended."""

    ALLOWED = "allowed"
    CONTAINED = "contained"  # it was answered, from the caller's own data only
    REFUSED = "refused"
    FAILED = "failed"  # it cannot be judged: no connection, a server's error, an exception of this code


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended.

    `controls` names what refused or contained it, where the answer itself says so; else `request_id` finds the
    decisions about it. `content` is all that came back, errors included, to look for what must not be in it.
    """

    kind: Kind
    code: str = ""
    message: str = ""
    request_id: str = ""
    controls: frozenset[Control] = frozenset()
    content: str = field(default="", repr=False)


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
    harms: bool = False

    @property
    def name(self) -> str:
        """The cell's one name."""
        return f"{self.service}: {self.attack}, {self.target}, as {self.who}"
