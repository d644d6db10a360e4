"""A plan of Terraform, read as far as it says who may do what: principals, their documents, and where data is.

Source: https://developer.hashicorp.com/terraform/internals/json-format, "Plan Representation".
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bulkhead_iam import Policy, PolicyError, PolicyKind
from bulkhead_iam.documents import load_json, mapping
from bulkhead_planproof.languages import ProofError
from bulkhead_planproof.statements import Statement, read_statements

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Document:
    """A policy document that `bulkhead_iam` takes, and its statements."""

    address: str
    policy: Policy
    statements: tuple[Statement, ...]


@dataclass(slots=True)
class Principal:
    """A role, user or group: what is attached to it, who may become it, and what of that is not known.

    `trust` is None for what is no role, or a role that the plan does not make.
    """

    name: str
    kind: str
    documents: list[Document] = field(default_factory=list)
    boundary: str | None = None
    trust: Document | None = None
    tags: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def statements(self) -> Iterator[Statement]:
        """Yield every statement of every document that is attached."""
        for document in self.documents:
            yield from document.statements


@dataclass(frozen=True, slots=True)
class Table:
    """A DynamoDB table of the plan."""

    address: str
    name: str


@dataclass(frozen=True, slots=True)
class Grant:
    """A resource-based policy: of what, and which; or the reason why it is not known."""

    of: str
    address: str
    document: Document | None
    problem: str = ""


@dataclass(slots=True)
class Plan:
    """What the proof rests on. `problems` are those that belong to no principal."""

    principals: dict[tuple[str, str], Principal] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    managed_policies: dict[str, Document] = field(default_factory=dict)  # by address, and by ARN where it is known
    inline: dict[tuple[str, str], str] = field(default_factory=dict)  # by role and name: separate resources
    exclusive: set[str] = field(default_factory=set)  # roles of which the plan lists all inline policies
    changes: int = 0

    def principal(self, kind: str, name: str) -> Principal:
        """Return a principal, new if the plan has not named it before."""
        return self.principals.setdefault((kind, name), Principal(name, kind))

    def roles(self) -> list[Principal]:
        """Return the roles in the order of their names."""
        return [each for (kind, _), each in sorted(self.principals.items()) if kind == "role"]

    def documents(self) -> int:
        """Return how many policy documents were read, trust policies included."""
        attached = sum(len(each.documents) + (each.trust is not None) for each in self.principals.values())
        return attached + sum(each.document is not None for each in self.grants)


def load(text: str) -> Mapping[str, Any]:
    """Return the JSON of a plan.

    Raises:
        ProofError: it is no plan, as `terraform show -json PLAN` prints one.
    """
    try:
        plan: Mapping[str, Any] = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProofError(f"the plan is not JSON: {error}") from None
    if not isinstance(plan, dict) or not isinstance(plan.get("resource_changes"), list):
        raise ProofError("this is no plan: `terraform show -json PLAN` prints one, which has resource_changes")
    return plan


def read_document(text: str, address: str, kind: PolicyKind) -> Document:
    """Read a policy document; raises ProofError for one that `bulkhead_iam` refuses or the proof cannot read."""
    try:
        policy = Policy.parse(text, kind=kind)
        statements = read_statements(mapping(load_json(text), "Policy"), address)
    except PolicyError as error:
        raise ProofError(f"{address}: {error}") from None
    return Document(address, policy, statements)
