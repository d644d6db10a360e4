"""The session policies of TenantPolicyRole, as the application renders them, for any tenant at once.

A policy is rendered for one tenant, whose id then becomes a variable again. That the rendering treats every tenant
alike is checked with others, not proved: like the fact that a policy is passed at all, it depends on the application
(chalicelib/vending.py, which credentials.py calls).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bulkhead_iam import PolicyKind
from bulkhead_iam.documents import load_json, mapping
from chalicelib.tenant import Role, TenantContext
from chalicelib.vending import TenantResources, session_policy
from isolation.proof.languages import ProofError
from isolation.proof.plan import Document, read_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isolation.proof.plan import Principal

_PLACEHOLDER = "rendered-for-a-tenant"
_OTHERS = ("acme", "acme-eu", "acme1", "acme10", "a-0", "000", "x" * 32)


@dataclass(frozen=True, slots=True)
class RenderedPolicy:
    """A template: the JSON text of a session policy with the tenant's id as a placeholder."""

    name: str
    template: str

    def for_any_tenant(self, tag: str) -> Document:
        """Return the document with a policy variable for the tenant."""
        if f"aws:principaltag/{tag}".lower() in self.template.lower():
            raise ProofError(f"{self.name}: it rests on the tag {tag}: nothing says that it is the rendered tenant's")
        text = self.template.replace(_PLACEHOLDER, f"${{aws:PrincipalTag/{tag}}}")
        document = read_document(text, self.name, PolicyKind.SESSION)
        if mapping(load_json(text), "Policy").get("Version") != "2012-10-17":
            raise ProofError(f"{self.name}: without Version 2012-10-17 variables are mere text: name that version")
        return document

    def for_tenant(self, tenant: str) -> Document:
        """Return the document as it is passed to AssumeRole."""
        return read_document(self.template.replace(_PLACEHOLDER, tenant), self.name, PolicyKind.SESSION)


def from_template(text: str, name: str) -> RenderedPolicy:
    """Return the policy of a file in which `{tenant}` stands for the tenant's id; raises ProofError without any."""
    if "{tenant}" not in text.lower():
        raise ProofError(f"{name}: {{tenant}} stands nowhere in the session policy")
    return RenderedPolicy(name, text.replace("{tenant}", _PLACEHOLDER).replace("{TENANT}", _PLACEHOLDER))


Render = Callable[[TenantContext, TenantResources], dict[str, Any]]


def of_the_application(role: Principal, table: str, render: Render = session_policy) -> Iterator[RenderedPolicy]:
    """Yield what the application passes for each of its roles, on the resources that the role's own policy names.

    Raises:
        ProofError: the role does not name the table, or the policy for one tenant is not like that for another.
    """
    named = [each for statement in role.statements() if statement.allows for each in statement.named_resources]
    tables = [each for each in named if each.endswith(f":table/{table}")]
    secrets = list(dict.fromkeys(each for each in named if ":secretsmanager:" in each)) or [
        "arn:aws:secretsmanager:::none"
    ]
    if not tables:
        raise ProofError(f"{role.name} does not name the table {table}")
    resources = TenantResources(tables[0], secrets[0], secrets[-1])
    for right in Role:
        template = _render(render, _PLACEHOLDER, right, resources)
        for other in _OTHERS:
            if _render(render, other, right, resources) != template.replace(_PLACEHOLDER, other):
                raise ProofError(f"the session policy for {other} is not like that of others")
        yield RenderedPolicy(f"{role.name}, session policy for {right}", template)


def _render(render: Render, tenant: str, right: Role, resources: TenantResources) -> str:
    return json.dumps(render(TenantContext(tenant, right, "any", "any"), resources))
