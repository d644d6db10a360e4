"""From a plan's resources to `Plan`: what each kind of resource says of principals, documents and places of data."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bulkhead_iam import PolicyKind
from bulkhead_planproof.attachments import (
    ATTACHMENT_LISTS,
    ATTACHMENTS,
    INLINE,
    INLINE_LISTS,
    Attachments,
    Inline,
    inline_name,
)
from bulkhead_planproof.changes import plan_file
from bulkhead_planproof.issuers import issuers, sts_endpoints
from bulkhead_planproof.languages import ProofError
from bulkhead_planproof.other_resources import require_harmless
from bulkhead_planproof.plan import Boundary, Document, Grant, Invoker, Plan, Principal, Table, read_document
from bulkhead_planproof.removals import apply_removal
from bulkhead_planproof.resource_types import HARMLESS_PROVIDERS
from bulkhead_planproof.resources import Resources

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bulkhead_planproof.resource import Resource
    from bulkhead_planproof.sources import Sources

#: What has a policy of its own: the attribute that says whose it is. A topic, a queue or a log group holds no tenant's
#: data, but whoever may write there may run the functions that read it.
_OF_RESOURCES = {
    "aws_cloudwatch_log_resource_policy": "policy_name",
    "aws_dynamodb_resource_policy": "resource_arn",
    "aws_s3_bucket_policy": "bucket",
    "aws_secretsmanager_secret_policy": "secret_arn",
    "aws_sns_topic_policy": "arn",
    "aws_sqs_queue_policy": "queue_url",
}
#: What may have a policy among its own attributes: the attribute that names it.
_STORES = {
    "aws_s3_bucket": "bucket",
    "aws_secretsmanager_secret": "name",
    "aws_sns_topic": "name",
    "aws_sqs_queue": "name",
}


def read_plan(source: Mapping[str, Any], sources: Sources | None = None) -> Plan:
    """Read a plan; whatever is not understood becomes a problem of the plan, or of the principal that it is about.

    `sources` are the files that it was made of, which tell what the JSON leaves open.

    Raises:
        ProofError: it is no plan, or the sources are those of another.
    """
    file = plan_file(source)
    if sources is not None:
        sources.require_agreement(source)
    reader = _Reader(Plan(), Resources(file, sources))
    reader.plan.problems += [*file.incomplete(), *reader.resources.problems()]
    for change in file.resource_changes:
        if "forget" in change.change.actions and not change.type.startswith(HARMLESS_PROVIDERS):
            reader.plan.problems.append(f"{change.address} is forgotten, and stays as it is")
    reader.read()
    return reader.plan


@dataclass(slots=True)
class _Reader:
    plan: Plan
    resources: Resources
    policies: dict[str, Document] = field(default_factory=dict)  # by address, and by ARN where it is known
    attached: dict[tuple[str, str], Attachments] = field(default_factory=lambda: defaultdict(Attachments))
    boundaries: list[tuple[Principal, str]] = field(default_factory=list)

    def read(self) -> None:
        self.plan.changes = len(self.resources.all)
        self.plan.accounts = self.resources.accounts
        self.plan.issuers, self.plan.sts_endpoints = list(issuers(self.resources)), sts_endpoints(self.resources)
        # Policies before what attaches them.
        for resource in sorted(self.resources.all, key=lambda each: each.type != "aws_iam_policy"):
            try:
                self._one(resource)
            except ProofError as error:
                self.plan.problems.append(str(error))
        for removal in self.resources.removals:
            apply_removal(removal, self._attached_to, self.policies)
        self._name_policies()
        for (kind, name), attached in self.attached.items():
            attached.put_on(self.plan.principal(kind, name), self.policies)
        for principal, arn in self.boundaries:
            principal.boundary = Boundary(arn, self.policies.get(arn))

    def _policy(self, resource: Resource) -> None:
        document = read_document(resource.text("policy"), resource.address, PolicyKind.IDENTITY)
        self.policies[resource.address] = document
        arn = str(resource.after.get("arn") or resource.address)
        if not self.policies.setdefault(arn, document).same(document):
            raise ProofError(f"{resource.address}: there are two policies of one ARN, {arn}")

    def _name_policies(self) -> None:
        """Add the ARNs that policies will have: others name them by account, path and name."""
        if len(self.plan.accounts) != 1:
            return
        (account,) = self.plan.accounts
        for resource in self.resources.all:
            if resource.type == "aws_iam_policy" and resource.address in self.policies:
                name, path = resource.after.get("name"), resource.after.get("path") or "/"
                arn = f"arn:aws:iam::{account}:policy{path}{name}"
                self.policies.setdefault(arn, self.policies[resource.address])

    def _one(self, resource: Resource) -> None:
        kind = resource.type
        if kind in INLINE:
            self._of(INLINE[kind], resource, self._inline)
        elif kind in ATTACHMENTS:
            self._of(ATTACHMENTS[kind], resource, self._managed)
        elif kind in INLINE_LISTS:
            self._listed(INLINE_LISTS[kind], resource, "policy_names")
        elif kind in ATTACHMENT_LISTS:
            self._listed(ATTACHMENT_LISTS[kind], resource, "policy_arns")
        elif kind in _OF_RESOURCES:
            self._grant(resource, _OF_RESOURCES[kind])
        else:
            self._other(resource)

    def _other(self, resource: Resource) -> None:
        match resource.type:
            case "aws_iam_policy":
                self._policy(resource)
            case "aws_iam_role":
                self._role(resource)
            case "aws_iam_user" | "aws_iam_group":
                self._user_or_group(resource)
            case "aws_dynamodb_table":
                self.plan.tables.append(Table(resource.address, resource.text("name")))
            case "aws_lambda_permission":
                self.plan.invokers.append(_invoker(resource))
            case kind if kind in _STORES:
                self._grant(resource, _STORES[kind])
                require_harmless(resource)
            case _:
                require_harmless(resource)

    def _role(self, resource: Resource) -> None:
        role = self.plan.principal("role", resource.name())
        if role.trust is not None:
            raise ProofError(f"{resource.address}: two roles are called {role.name}, in different accounts perhaps")
        self._bound(role, resource)
        for read in (self._trust, self._tags, self._own_inline, self._own_managed):
            try:
                read(role, resource)
            except ProofError as error:
                role.problems.append(str(error))

    def _user_or_group(self, resource: Resource) -> None:
        principal = self.plan.principal(resource.type.removeprefix("aws_iam_"), resource.name())
        self._bound(principal, resource)

    def _bound(self, principal: Principal, resource: Resource) -> None:
        """Read path and boundary, which only narrows: of one that is not known, nothing counts."""
        principal.known_arn = resource.after.get("arn") or None
        try:
            principal.path = str(resource.optional("path") or "/")
        except ProofError as error:
            principal.problems.append(str(error))
        if (arn := resource.after.get("permissions_boundary")) and not resource.unknown.get("permissions_boundary"):
            self.boundaries.append((principal, str(arn)))
        elif resource.unknown.get("permissions_boundary") and resource.is_set("permissions_boundary"):
            found = resource.reference("permissions_boundary", "aws_iam_policy", ("arn",))
            self.boundaries.append((principal, found or "that is known after the apply"))

    def _trust(self, role: Principal, resource: Resource) -> None:
        role.trust = read_document(resource.text("assume_role_policy"), resource.address, PolicyKind.TRUST)

    def _tags(self, role: Principal, resource: Resource) -> None:
        role.tags = resource.tags()

    def _own_inline(self, role: Principal, resource: Resource) -> None:
        """Read a role's own inline policies: what stands there, if anything does, is the final set."""
        blocks, attached = resource.blocks("inline_policy"), self.attached["role", role.name]
        if blocks:  # an empty one says that there are none
            attached.inline_sets.append(frozenset(inline_name(each["name"]) for each in blocks if each.get("name")))
        for each in blocks:
            if text := each.get("policy"):
                where = f"{resource.address} {each.get('name')}"
                document = read_document(text, where, PolicyKind.IDENTITY)
                attached.inline.append(Inline(inline_name(each.get("name")), document))

    def _own_managed(self, role: Principal, resource: Resource) -> None:
        attached = self.attached["role", role.name]
        if resource.made and resource.constant("managed_policy_arns") == []:  # which a plan calls unknown
            attached.managed_sets.append(frozenset())
            return
        arns = resource.optional("managed_policy_arns")
        if arns is None:
            return
        attached.managed.update({arn: self.policies.get(arn) for arn in resource.texts("managed_policy_arns")})
        if resource.is_set("managed_policy_arns"):  # else they are read back
            attached.managed_sets.append(frozenset(arns))

    def _of(self, kind: str, resource: Resource, read: Callable[[Resource, Attachments], None]) -> None:
        principal = self.plan.principal(kind, resource.owner(kind))
        try:
            read(resource, self.attached[kind, principal.name])
        except ProofError as error:
            principal.problems.append(str(error))

    def _inline(self, resource: Resource, attached: Attachments) -> None:
        name: str | None = inline_name(resource.after.get("name"))
        if resource.unknown.get("name"):  # the provider draws one that nobody has, unless somebody sets it
            name = None if resource.is_set("name") else resource.address
        where = f"{resource.address} {resource.after.get('name') or '(a name that is known after the apply)'}"
        document = read_document(resource.text("policy"), where, PolicyKind.IDENTITY)
        attached.inline.append(Inline(name, document, resource.made))

    def _managed(self, resource: Resource, attached: Attachments) -> None:
        if not resource.unknown.get("policy_arn"):
            arn = resource.text("policy_arn")
        elif (found := resource.reference("policy_arn", "aws_iam_policy", ("arn",))) in self.policies:
            arn = str(found)
        else:
            raise resource.not_known("which policy it attaches")
        attached.managed[arn] = self.policies.get(arn)
        attached.made |= {arn} if resource.made else set()

    def _listed(self, kind: str, resource: Resource, attribute: str) -> None:
        """Read an exclusive list: of managed policies it attaches what it names, of inline ones it only takes away."""
        principal = self.plan.principal(kind, resource.text(f"{kind}_name"))
        attached = self.attached[kind, principal.name]
        try:
            listed = frozenset(resource.texts(attribute))
        except ProofError as error:
            principal.problems.append(str(error))
            return
        if attribute == "policy_names":
            attached.inline_sets.append(frozenset(map(inline_name, listed)))
            return
        attached.managed_sets.append(listed)
        attached.made |= listed if resource.made else set()

    def _attached_to(self, kind: str, name: str) -> Attachments:
        """Return what a principal has whom the plan still knows; of another, what nobody asks for."""
        return self.attached[kind, name] if (kind, name) in self.plan.principals else Attachments()

    def _grant(self, resource: Resource, of: str) -> None:
        name = str(resource.after.get(of) or resource.address)
        try:
            attribute = "policy_document" if resource.type == "aws_cloudwatch_log_resource_policy" else "policy"
            required = resource.type in _OF_RESOURCES
            if policy := resource.text(attribute) if required else resource.optional(attribute):
                document = read_document(policy, resource.address, PolicyKind.RESOURCE)
                self.plan.grants.append(Grant(name, resource.address, document))
        except ProofError as error:
            self.plan.grants.append(Grant(name, resource.address, None, resource.about(error)))


def _invoker(resource: Resource) -> Invoker:
    try:
        principal, action = resource.text("principal"), resource.text("action")
        account = resource.optional("source_account")
        # Of two conditions one suffices: an API's ARN is known after the apply, the account before.
        arn = None if account and resource.unknown.get("source_arn") else resource.optional("source_arn")
    except ProofError as error:
        return Invoker(resource.address, problem=resource.about(error))
    return Invoker(resource.address, principal, action, arn, account)
