"""A plan of Terraform, as far as it says who may do what: principals, their documents, and where data is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bulkhead_iam import Policy, PolicyError, PolicyKind
from bulkhead_iam.documents import as_list, load_json, mapping
from bulkhead_planproof.languages import ProofError
from bulkhead_planproof.statements import Statement, read_statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulkhead_planproof.issuers import Issuer


@dataclass(frozen=True, slots=True)
class Document:
    """A policy document that `bulkhead_iam` takes, and its statements."""

    address: str
    text: str
    kind: PolicyKind
    policy: Policy
    statements: tuple[Statement, ...]

    def allowing(self) -> Document | None:
        """Return the document without its Deny statements, None if it has no others: for one that may not stay."""
        source = dict(mapping(load_json(self.text), "Policy"))
        source["Statement"] = [each for each in as_list(source["Statement"]) if each["Effect"] == "Allow"]
        return read_document(json.dumps(source), self.address, self.kind) if source["Statement"] else None

    def same(self, other: Document) -> bool:
        """Tell whether two documents say the same, as JSON."""
        return bool(load_json(self.text) == load_json(other.text))


@dataclass(frozen=True, slots=True)
class Boundary:
    """A permissions boundary: its ARN, and its document if the plan has it."""

    arn: str
    document: Document | None


@dataclass(slots=True)
class Principal:
    """A role, user or group: what is attached to it, who may become it, and what of that is not known.

    `trust` is None for what is no role, or a role that the plan does not make. `tags` are the keys of its tags.
    """

    name: str
    kind: str
    path: str = "/"
    known_arn: str | None = None
    documents: list[Document] = field(default_factory=list)
    boundary: Boundary | None = None
    trust: Document | None = None
    tags: frozenset[str] = frozenset()
    problems: list[str] = field(default_factory=list)

    def arn(self, account: str) -> str:
        """Return its ARN: in an account, if the plan does not tell it."""
        return self.known_arn or f"arn:aws:iam::{account}:{self.kind}{self.path}{self.name}"

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


@dataclass(frozen=True, slots=True)
class Invoker:
    """Who may run a function by a permission of its own, and from where; or the reason why it is not known."""

    address: str
    principal: str = ""
    action: str = ""
    source_arn: str | None = None
    source_account: str | None = None
    problem: str = ""


@dataclass(slots=True)
class Plan:
    """What the proof rests on. `problems` are those that belong to no principal.

    `accounts` are those in which the plan says that it makes resources, `sts_endpoints` the ids of its VPC endpoints
    of STS.
    """

    principals: dict[tuple[str, str], Principal] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    invokers: list[Invoker] = field(default_factory=list)
    issuers: list[Issuer] = field(default_factory=list)
    sts_endpoints: frozenset[str] = frozenset()
    problems: list[str] = field(default_factory=list)
    accounts: frozenset[str] = frozenset()
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

    def all_documents(self) -> Iterator[Document]:
        """Yield every policy document of a principal, trust policies included."""
        for principal in self.principals.values():
            yield from principal.documents
            if principal.trust is not None:
                yield principal.trust


def read_document(text: str, address: str, kind: PolicyKind) -> Document:
    """Read a policy document; raises ProofError for one that `bulkhead_iam` refuses or the proof cannot read."""
    try:
        policy = Policy.parse(text, kind=kind)
        statements = read_statements(mapping(load_json(text), "Policy"), address)
    except PolicyError as error:
        raise ProofError(f"{address}: {error}") from None
    return Document(address, text, kind, policy, statements)
