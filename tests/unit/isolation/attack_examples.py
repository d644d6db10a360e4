"""A cell, decisions and outcomes, as small as they can be."""

from __future__ import annotations

from typing import Any

from isolation.attack.cells import Act, Cell, Twin
from isolation.attack.controls import Control
from isolation.attack.outcomes import Kind, Outcome, Service, Who

ALLOWED = Outcome(Kind.ALLOWED)
REFUSED = Outcome(Kind.REFUSED, "AccessDeniedException", "no", "r-1")
SECRET = "secret-of-globex"


def cell(**changed: Any) -> Cell:
    """Return an attack on globex's item, with some of it changed."""
    given: dict[str, Any] = {
        "service": Service.DYNAMODB,
        "attack": "GetItem",
        "target": "exact, globex",
        "who": Who("acme", "member", "session_tags"),
        "refused_by": frozenset({Control.LEADING_KEYS_BY_TAG}),
        "victims": ("globex",),
        "act": answering(REFUSED),
        "twin": Twin("the own item", answering(ALLOWED)),
    }
    return Cell(**given | changed)


def answering(outcome: Outcome) -> Act:
    """Return an attack that always ends so."""
    return lambda _: outcome


def refusal(**changed: Any) -> dict[str, Any]:
    """Return the decision by which localaws refuses that attack, with some of it changed."""
    condition = {
        "statement": "ReadOwnPartitionOnly",
        "operator": "ForAllValues:StringLike",
        "key": "dynamodb:LeadingKeys",
        "wanted": ["acme#*"],
        "actual": ["globex#sample#3"],
    }
    return {
        "request_id": "r-1",
        "action": "dynamodb:GetItem",
        "decision": "ImplicitlyDenied",
        "policy_kind": "identity",
        "statement": None,
        "unmet": [condition | changed.pop("condition", {})],
        "tags": {"tenant": "acme", "role": "member"},
        "message": "no",
        **changed,
    }
