"""Who attacks which service, and how a call ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isolation.attack.controls import Control


#: The attacker, the victim whose rows are planted by way of the API and in the database, and all that must stay out of
#: reach: names that begin with the attacker's, and one that does not.
ATTACKER, VICTIM = "acme", "globex"
VICTIMS = ("acme-eu", "acme1", "acme10", VICTIM)


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
