"""Roles that trust the tokens of an identity provider: whose tokens, what they may say, and from where they are used.

Whoever has a token opens the session himself: no role, policy or code of ours stands between him and STS. Explained is
a provider that is the user pool of the plan, for a role that the token's tags confine, since users get a token of their
own tenant there. What the pool's trigger writes into a token is code, and outside of the proof.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html, "Passing session tags using
AssumeRoleWithWebIdentity", and https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkhead_iam.folding import ascii_lower
from bulkhead_planproof.expectations import Reasons, matches
from bulkhead_planproof.findings import Claim, Counterexample, Finding, Verdict, refuted
from bulkhead_planproof.languages import Either, contains, word
from bulkhead_planproof.openings import attempts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulkhead_iam import ContextValue
    from bulkhead_planproof.issuers import Issuer
    from bulkhead_planproof.openings import Attempt
    from bulkhead_planproof.plan import Plan, Principal
    from bulkhead_planproof.replay import Replay
    from bulkhead_planproof.statements import ConditionRow, Statement

_OPENING = "sts:AssumeRoleWithWebIdentity"
#: What a token is good for, and nothing else: the tags and the source identity are what it says.
WITH_A_TOKEN = Either(
    tuple(word(ascii_lower(each)) for each in (_OPENING, "sts:TagSession", "sts:SetSourceIdentity")),
)
_SOURCE = "aws:SourceVpce"
#: An id as AWS draws one, of an endpoint of somebody else.
_ELSEWHERE = "vpce-0ffffffffffffffff"


@dataclass(frozen=True, slots=True)
class WebIdentity:
    """Proves or refutes the claims about tokens, for the providers and endpoints of a plan."""

    plan: Plan
    reasons: Reasons
    replay: Replay

    def problem(self, statement: Statement, provider: str) -> str:
        """Return why a tenant role's trust in a provider needs a reason by name; empty if it is explained."""
        account = self.replay.account
        found = [each for each in self.plan.issuers if each.is_called(provider, account)]
        if len(found) != 1:
            return "which is no OIDC provider of the plan, and for which no reason is given"
        (issuer,) = found
        return issuer.problem or self._unsafe(issuer) or _any_client(issuer, statement)

    def _unsafe(self, issuer: Issuer) -> str:
        """Return why users may have a say in the tags of their tokens."""
        if issuer.triggers - {self.replay.account}:
            return "whose user pool runs functions of another account, which may write any tag"
        sources = self.reasons.tag_attributes
        if not sources:
            return "and nothing says which attributes its tags come from: name them in tag_attributes"
        if unknown := sorted(set(sources) - issuer.attributes):
            return f"whose user pool has no attribute {unknown[0]!r}: mend tag_attributes"
        folded = {ascii_lower(each) for each in sources}
        for client, written in (issuer.clients or {}).items():
            if writable := sorted(each for each in written if ascii_lower(each) in folded):
                return f"and users write {writable[0]!r} themselves through the client {client}"
        return ""

    def findings(self, role: Principal) -> Iterator[Finding]:
        """Yield whether a role's sessions are opened with a token from our own network only; nothing without tokens."""
        for attempt in dict.fromkeys(attempts(role)):
            if attempt.kind == "Federated":
                yield self._from_inside(role, attempt)

    def _from_inside(self, role: Principal, attempt: Attempt) -> Finding:
        ours = {*self.plan.sts_endpoints, *self.reasons.sts_endpoints}
        rows = [row for row in attempt.opening if row.key == ascii_lower(_SOURCE)]
        if any(is_one_of(row, ours) for row in rows):
            named = sorted({value for row in rows for value in row.values})
            return Finding(Claim.FROM_INSIDE, role.name, Verdict.PROVED, f"through {' or '.join(named)}")
        detail = f"whoever holds a token of {attempt.name} opens the session from anywhere"
        for pattern, reason in self.reasons.sessions_from_anywhere.items():
            if matches([pattern], role.name):
                return Finding(Claim.FROM_INSIDE, role.name, Verdict.WAIVED, f"{detail}: {reason}")
        who, arn = f"whoever holds a token of {attempt.name}", role.arn(self.replay.account)
        example = Counterexample(who, None, None, attempt.action, arn, None)
        found = (self.replay.of_opening(example, role, attempt, each) for each in _from_outside(attempt, rows, ours))
        replayed = [*found]
        worst = next((each for each in replayed if each.confirmed), replayed[0])
        return refuted(Claim.FROM_INSIDE, role.name, f"{detail}: require {_SOURCE} by StringEquals", worst)


def is_one_of(row: ConditionRow, values: set[str]) -> bool:
    """Tell whether a condition demands that its key is there, and is one of these values."""
    plain = row.operator == "StringEquals" and row.quantifier is None and not row.if_exists
    return plain and bool(row.values) and set(row.values) <= values


def _any_client(issuer: Issuer, statement: Statement) -> str:
    """Return why tokens that are for somebody else open a session by a statement; empty if it opens none."""
    if not contains(statement.actions, ascii_lower(_OPENING)):
        return ""
    key = f"{issuer.name}:aud"
    rows = [row for row in statement.conditions if row.key == ascii_lower(key)]
    if any(is_one_of(row, set(issuer.clients or ())) for row in rows):
        return ""
    return f"whosever client a token is for: demand by StringEquals that {key} is a client of the user pool"


def _from_outside(attempt: Attempt, rows: list[ConditionRow], ours: set[str]) -> Iterator[dict[str, ContextValue]]:
    """Yield contexts of who asks STS from outside of our network: by no endpoint, or by one of somebody else."""
    others = [value for row in rows for value in row.values if not {"*", "?", "$"} & set(value) and value not in ours]
    for source in (None, *others, _ELSEWHERE):
        given: dict[str, ContextValue] = {} if source is None else {_SOURCE: source}
        context = attempt.context(given)
        if source is None:
            context = {key: value for key, value in context.items() if ascii_lower(key) != ascii_lower(_SOURCE)}
        yield context
