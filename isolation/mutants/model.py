"""What a mutant is, what it is attacked with, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isolation.attack.routes import Route, Target
    from isolation.mutants.edits import Edit


class Kind(StrEnum):
    """What is wrong with the code."""

    NAMED = "the request names the tenant"
    BY_HAND = "a tenant context made by hand"
    CONTEXT = "a store given another context"
    KEY = "another tenant's partition key"
    WHERE = "the WHERE is gone"
    CACHED = "a store is cached"
    KEPT = "something of an earlier request is used again"
    TRIGGER = "the trigger believes the caller"
    VENDING = "another tenant is named to STS"
    SQL = "SQL sets another tenant"


class Refuser(StrEnum):
    """Who refuses."""

    IAM = "IAM"
    POSTGRES = "PostgreSQL"
    CODE = "code"


class Control(StrEnum):
    """The control that is off when a mutant must leak, and that must refuse it when it is on."""

    LEADING_KEYS = "IAM: leading keys of the session's own tenant"
    ROW_SECURITY = "PostgreSQL: row-level security"
    HANDLE = "code: the handle works in its own request only"
    TAGS = "code: a token's tags must be its user's attributes"
    TRUST = "IAM: nobody but a user's token opens a tenant's session"
    SESSION_NAME = "IAM: the session's name must be what the token's tags say"
    NONE = "none yet"

    @property
    def refuser(self) -> Refuser | None:
        """Whose it is."""
        return {"IAM": Refuser.IAM, "PostgreSQL": Refuser.POSTGRES, "code": Refuser.CODE}.get(self.partition(":")[0])


class Place(StrEnum):
    """Where a request names a tenant."""

    QUERY = "query"
    HEADER = "header"
    BODY = "body"
    PATH = "path"
    CLAIM = "claim"
    METADATA = "client metadata"
    ATTRIBUTE = "attribute"


@dataclass(frozen=True, slots=True)
class Naming:
    """How a request names a tenant."""

    place: Place
    name: str

    def __str__(self) -> str:
        return f"{self.place} {self.name}"


class After(StrEnum):
    """Whose request comes before an attack."""

    NOBODY = "nobody's"
    VICTIM = "the victim's"
    OPEN_VICTIM = "the victim's, which is still open at first"  # the attack is tried once more when it is over


@dataclass(frozen=True, slots=True)
class Attack:
    """A request of the attacker's user about the victim's row.

    Args:
        target: the entity.
        route: what is called.
        naming: how the request names the victim, if it does.
        by_key: whether it names the row by its whole primary key, as the probe says.
        after: whether the victim's user sends the same request about its own row before it.
        as_last: whether it is sent as the last of the roles that may call the route, and not as the first.
    """

    target: Target
    route: Route
    naming: Naming | None = None
    by_key: bool = False
    after: After = After.NOBODY
    as_last: bool = False

    @property
    def role(self) -> str:
        """As which role it is sent."""
        return self.route.roles[-1 if self.as_last else 0]

    def __str__(self) -> str:
        return f"{self.route}{' by key' if self.by_key else ''}"


@dataclass(frozen=True, slots=True)
class Mutant:
    """The app with one bug.

    Args:
        name: what is wrong, and where.
        kind: of which kind that is.
        entity: whose rows it is attacked for.
        edits: what is changed.
        attacks: the requests, of which at least one leaks when the control is off.
        control: that control.
        open_until: why it leaks although every control is on, where that is known; it is then expected to.
    """

    name: str
    kind: Kind
    entity: str
    edits: tuple[Edit, ...] = field(repr=False)
    attacks: tuple[Attack, ...] = field(repr=False)
    control: Control
    open_until: str = ""


class Verdict(StrEnum):
    """What came of a mutant, in the order in which it matters."""

    LEAKED = "leaked"
    BROKEN = "broken"  # it does not apply, does not start, or answers with a server's error
    NO_MUTANT = "no mutant"  # it leaks nothing even with the control off, or nothing refuses what would leak
    OTHER_CONTROL = "refused by another control"
    OPEN_GONE = "open no longer"
    OPEN = "open"
    REFUSED = "refused"

    @property
    def is_good(self) -> bool:
        """Whether the evidence stays green."""
        return self in {Verdict.OPEN, Verdict.REFUSED}


@dataclass(frozen=True, slots=True)
class Judged:
    """A mutant with its verdict.

    Args:
        mutant: the mutant.
        verdict: what came of it.
        by: what refused it, in the words of that.
        reason: why the verdict is not a good one.
        changed: its changes, line by line, unless it was refused.
        seconds: how long its attacks took, with every control on.
    """

    mutant: Mutant
    verdict: Verdict
    by: str = ""
    reason: str = ""
    changed: tuple[str, ...] = ()
    seconds: float = 0.0
