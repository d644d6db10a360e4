"""What is attached to a principal in the end, of all that a plan says of it.

Terraform has several resources that put policies on a role, and some that take others away: an exclusive list, and a
role's own `inline_policy` and `managed_policy_arns`, are the final set. Which of two that contradict each other is
applied last, a plan does not tell. So what anything attaches may be allowed, and a Deny counts only if nothing can take
it away.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_role, and the pages of
aws_iam_role_policies_exclusive and aws_iam_role_policy_attachments_exclusive.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bulkhead_iam.folding import ascii_lower
from bulkhead_planproof.resource_types import MANAGED_POLICIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bulkhead_planproof.plan import Document, Principal


_OF_AWS = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/(.+)")
#: Who may have policies, and the resources that say so: the kind of principal that each is about.
OWNERS = ("role", "user", "group")
ATTACHMENTS = {f"aws_iam_{kind}_policy_attachment": kind for kind in OWNERS}
INLINE = {f"aws_iam_{kind}_policy": kind for kind in OWNERS}
INLINE_LISTS = {f"aws_iam_{kind}_policies_exclusive": kind for kind in OWNERS}
ATTACHMENT_LISTS = {f"aws_iam_{kind}_policy_attachments_exclusive": kind for kind in OWNERS}


def inline_name(name: object) -> str:
    """Return the name of an inline policy as names are compared: IAM may take two in other case for one."""
    return ascii_lower(str(name))


@dataclass(frozen=True, slots=True)
class Inline:
    """An inline policy, and whether it is put there by this plan, and not before.

    `name` is None where nobody knows it, so that it may take the place of any other.
    """

    name: str | None
    document: Document
    made: bool = True


@dataclass(slots=True)
class Attachments:
    """All that a plan says of the policies of one principal.

    `inline_sets` and `managed_sets` are the lists that something says are final: names of inline policies, and ARNs.
    `removed` are the names and ARNs that something takes away, perhaps after another has put the same there. With
    `remade`, the principal goes and comes again, with nothing but what is made anew.
    """

    inline: list[Inline] = field(default_factory=list)
    managed: dict[str, Document | None] = field(default_factory=dict)  # by ARN, or by address where that is not known
    made: set[str] = field(default_factory=set)  # of these, what is attached by this plan
    removed: set[str] = field(default_factory=set)
    remade: bool = False
    inline_sets: list[frozenset[str]] = field(default_factory=list)
    managed_sets: list[frozenset[str]] = field(default_factory=list)

    def put_on(self, principal: Principal, policies: Mapping[str, Document]) -> None:
        """Give a principal the documents of all of its policies, and say which of them are not known.

        `policies` are the plan's managed policies by ARN. AWS's own that reach no data are left out.
        """
        principal.documents += self._inline_documents()
        names = {each.name for each in self.inline}
        for name in sorted(frozenset().union(*self.inline_sets) - names):
            principal.problems.append(f"what its inline policy {name} allows is not in the plan")
        arns = dict.fromkeys([*self.managed, *sorted(frozenset().union(*self.managed_sets))])
        for arn in arns:
            document = self.managed.get(arn) or policies.get(arn)
            if document is not None:
                stays = all(arn in each for each in self.managed_sets) and arn not in self.removed
                stays = stays and (arn in self.made or not self.remade)
                principal.documents += _counted(document, stays=stays)
            elif not _is_harmless(arn):
                principal.problems.append(f"what {arn} allows is not in the plan")

    def _inline_documents(self) -> Iterator[Document]:
        """Yield each once; of several with one name, the last one to be put there takes the place of the others."""
        unnamed = any(each.name is None for each in self.inline) and len(self.inline) > 1
        for at, inline in enumerate(self.inline):
            others = [each.document for each in self.inline if each.name == inline.name and each is not inline]
            if any(inline.document.same(each.document) and inline.name == each.name for each in self.inline[:at]):
                continue
            overwritten = unnamed or not all(inline.document.same(each) for each in others)
            stays = not overwritten and all(inline.name in each for each in self.inline_sets)
            stays = stays and inline.name not in self.removed and (inline.made or not self.remade)
            yield from _counted(inline.document, stays=stays)


def _counted(document: Document, *, stays: bool) -> Iterator[Document]:
    """Yield a document, but for its Deny statements if it may not stay."""
    counted = document if stays else document.allowing()
    if counted is not None:
        yield counted


def _is_harmless(arn: str) -> bool:
    """Tell whether this is one of AWS's own policies that reach no data."""
    found = _OF_AWS.fullmatch(arn)
    return found is not None and found[1] in MANAGED_POLICIES
