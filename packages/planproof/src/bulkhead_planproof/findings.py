"""What the proof says: one finding for each claim about each subject, with a counterexample where it is refuted."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


class Verdict(enum.StrEnum):
    """A claim that is neither proved nor refuted may be false; of one that is waived somebody said why it may be."""

    PROVED = "proved"
    WAIVED = "waived"
    REFUTED = "refuted"
    NOT_PROVED = "not proved"

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong: proved, or waived by a reason."""
        return self in {Verdict.PROVED, Verdict.WAIVED}


class Claim(enum.StrEnum):
    """What is claimed of a plan."""

    KNOWN = "the plan is complete, and all that it gives to anybody is understood"
    SESSIONS = "only named principals open tenants' sessions"
    FROM_INSIDE = "a token opens a tenant's session through our own endpoint of STS only"
    OWN_PARTITION = "no session of one tenant is allowed a data action on a partition of another"
    GUARD = "no data action is allowed without a leading key"
    TWIN = "a session is allowed its own partition, so that a refusal means something"
    NO_OTHER_PATH = "no other path leads to tenants' data"
    GRANTS = "no resource hands tenants' data out by a policy of its own"
    CALLERS = "nobody outside of the account runs its functions"


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A request that is allowed and must not be, and what the evaluator says to it.

    `session` is the tenant whose session it is, None for a principal that is no tenant's; `keys` are the leading keys,
    None for a request without any; `other` is the tenant whose data it is, None where it is everybody's. To open a
    session is a request as well: `resource` is its role.
    """

    principal: str
    session: str | None
    other: str | None
    action: str
    resource: str
    keys: tuple[str, ...] | None
    replay: tuple[str, ...] = ()
    confirmed: bool = False

    def __str__(self) -> str:
        """Return one sentence."""
        who = f"a session of {self.session!r}" if self.session else self.principal
        if self.action.startswith("sts:"):
            return f"{who} may {self.action} {self.resource}"
        keys = "no leading key" if self.keys is None else f"the key {' and '.join(map(repr, self.keys))}"
        whose = f" of {self.other!r}" if self.other else ""
        return f"{who} may {self.action} {self.resource} with {keys}{whose}"


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict on one claim about one subject."""

    claim: Claim
    subject: str
    verdict: Verdict
    detail: str = ""
    counterexample: Counterexample | None = None


@dataclass(slots=True)
class Report:
    """All findings about a plan, and the figures of how they came about; times in seconds."""

    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    documents: int = 0
    principals: int = 0
    changes: int = 0
    questions: int = 0
    solver_seconds: float = 0.0
    seconds: float = 0.0

    @property
    def proved(self) -> bool:
        """Whether every claim is proved, of at least one tenant role, or waived by a reason."""
        claims = {each.claim for each in self.findings if each.verdict is Verdict.PROVED}
        return all(each.verdict.is_good for each in self.findings) and Claim.OWN_PARTITION in claims


def refuted(claim: Claim, subject: str, detail: str, counterexample: Counterexample) -> Finding:
    """Return the finding of a counterexample: refuted only if `bulkhead_iam`, too, allows the request."""
    verdict = Verdict.REFUTED if counterexample.confirmed else Verdict.NOT_PROVED
    if not counterexample.confirmed:
        detail += "; the evaluator refuses the counterexample"
    return Finding(claim, subject, verdict, detail, counterexample)
