"""What a resource that goes leaves behind, and what it takes with it.

Terraform's order is that of references: whether something is taken away before another resource puts the same there, or
after it, a plan does not tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulkhead_planproof.attachments import ATTACHMENT_LISTS, ATTACHMENTS, INLINE, OWNERS, inline_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bulkhead_planproof.attachments import Attachments
    from bulkhead_planproof.plan import Document
    from bulkhead_planproof.resources import Removal


def apply_removal(
    removal: Removal, attached_to: Callable[[str, str], Attachments], policies: Mapping[str, Document]
) -> None:
    """Tell those whom a removal is about.

    `attached_to` gives what a principal has, by kind and name; `policies` are those of the plan, by ARN.
    """
    before = removal.before
    if kind := ATTACHMENT_LISTS.get(removal.type):
        if not removal.gone and removal.after.get(f"{kind}_name") == before.get(f"{kind}_name"):
            return
        for arn in before.get("policy_arns") or ():  # the provider then detaches nothing
            attached_to(kind, str(before.get(f"{kind}_name"))).managed.setdefault(arn, policies.get(arn))
    elif kind := INLINE.get(removal.type):
        _take(removal, attached_to(kind, str(before.get(kind))), kind, "name")
    elif kind := ATTACHMENTS.get(removal.type):
        _take(removal, attached_to(kind, str(before.get(kind))), kind, "policy_arn")
    elif removal.type == "aws_iam_policy_attachment":
        for kind in OWNERS:
            for name in before.get(f"{kind}s") or ():
                _take(removal, attached_to(kind, str(name)), f"{kind}s", "policy_arn")
    elif removal.type in {f"aws_iam_{kind}" for kind in OWNERS}:
        attached_to(removal.type.removeprefix("aws_iam_"), str(before.get("name"))).remade = True


def _take(removal: Removal, attached: Attachments, owner: str, attribute: str) -> None:
    """Take away what was there, unless the same resource puts it there again."""
    if not (removal.first_the_same(owner) and removal.first_the_same(attribute)):
        name = removal.before.get(attribute)
        attached.removed.add(inline_name(name) if attribute == "name" else str(name))
