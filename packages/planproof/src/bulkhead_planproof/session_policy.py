"""Session policies that an application renders for a tenant, for any tenant at once.

A policy is rendered for one tenant, whose id then becomes a variable again. That the rendering treats every tenant
alike is checked with others, not proved: like the fact that a policy is passed at all, it depends on the application.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from collections.abc import Sequence as Many
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkhead_iam import PolicyKind
from bulkhead_iam.documents import load_json, mapping
from bulkhead_iam.folding import broad_fold
from bulkhead_planproof.languages import ANYTHING, MARK, Characters, Either, ProofError, Sequence, word
from bulkhead_planproof.plan import Document, read_document

if TYPE_CHECKING:
    from bulkhead_planproof.plan import Principal

#: What a policy takes for a wildcard, a variable or the end of a text; and what goes beyond ASCII, of which nobody
#: knows how the application writes it.
UNFIT_TO_RENDER = Sequence(
    (ANYTHING, Either((*map(word, '*?$"\\{}'), Characters(((0, 31), (127, ord(MARK) - 1))))), ANYTHING)
)
_PLACEHOLDER = "rendered-for-a-tenant"
_OTHERS = ("acme", "acme-eu", "acme1", "acme10", "a-0", "000", "x" * 32)


@dataclass(frozen=True, slots=True)
class RenderedPolicy:
    """A template: the JSON text of a session policy with the tenant's id as a placeholder."""

    name: str
    template: str

    def for_any_tenant(self, tag: str) -> Document:
        """Return the document with a policy variable for the tenant; raises ProofError."""
        if broad_fold(f"aws:principaltag/{tag}") in broad_fold(_without_escapes(self.template, self.name)):
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
    """Return the policy of a file in which `{tenant}`, or `{TENANT}`, stands for the tenant's id.

    Raises:
        ProofError: none does, or both: an application replaces one of them.
    """
    if _PLACEHOLDER in text:
        raise ProofError(f"{name}: it holds {_PLACEHOLDER!r}, which stands for a tenant's id here")
    places = [each for each in ("{tenant}", "{TENANT}") if each in text]
    if len(places) != 1:
        wrong = "both {tenant} and {TENANT} stand" if places else "{tenant} stands nowhere"
        raise ProofError(f"{name}: {wrong} in the session policy")
    return RenderedPolicy(name, text.replace(places[0], _PLACEHOLDER))


def _without_escapes(text: str, name: str) -> str:
    """Return JSON in which no escape hides a letter or a slash; raises ProofError."""
    try:
        return json.dumps(load_json(text), ensure_ascii=False, default=str)
    except ValueError as error:
        raise ProofError(f"{name}: the session policy is not JSON: {error}") from None


#: The session policies that are passed for a role, whose sessions may reach the named tables.
SessionPolicies = Callable[["Principal", Many[str]], Iterable[RenderedPolicy]]


def rendered_alike(name: str, render: Callable[[str], str]) -> RenderedPolicy:
    """Return what a function renders for a tenant id, as the JSON text of a session policy.

    Raises:
        ProofError: the policy for one tenant is not like that for another.
    """
    template = render(_PLACEHOLDER)
    for other in _OTHERS:
        if render(other) != template.replace(_PLACEHOLDER, other):
            raise ProofError(f"the session policy for {other} is not like that of others")
    return RenderedPolicy(name, template)
