"""From a plan's resources to `Plan`: what each kind of resource says of principals, documents and places of data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bulkhead_iam import PolicyKind
from bulkhead_iam.documents import load_json
from bulkhead_planproof.configuration import expression, follow, module_of, references
from bulkhead_planproof.languages import ProofError
from bulkhead_planproof.plan import Grant, Plan, Table, read_document
from bulkhead_planproof.resource_types import HARMLESS_FAMILIES, HARMLESS_PROVIDERS, MANAGED_POLICIES, UNDERSTOOD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bulkhead_planproof.plan import Principal

_ATTACHMENTS = {
    "aws_iam_role_policy_attachment": "role",
    "aws_iam_user_policy_attachment": "user",
    "aws_iam_group_policy_attachment": "group",
}
_INLINE = {"aws_iam_role_policy": "role", "aws_iam_user_policy": "user", "aws_iam_group_policy": "group"}
#: What has a policy of its own: the attribute that says whose it is.
_OF_RESOURCES = {
    "aws_dynamodb_resource_policy": "resource_arn",
    "aws_s3_bucket_policy": "bucket",
    "aws_secretsmanager_secret_policy": "secret_arn",
}
#: What may have a policy among its own attributes: the attribute that names it.
_STORES = {"aws_s3_bucket": "bucket", "aws_secretsmanager_secret": "name"}
_NAMED = {"aws_iam_role": "name", "aws_s3_bucket": "bucket"}


@dataclass(frozen=True, slots=True)
class _Resource:
    address: str
    type: str
    after: Mapping[str, Any]
    unknown: Mapping[str, Any]
    source: Mapping[str, Any]  # the whole plan
    names: Mapping[str, str]  # of roles and buckets, by their addresses

    def text(self, attribute: str) -> str:
        """Return an attribute that must be known; raises ProofError."""
        value = self.after.get(attribute)
        if self.unknown.get(attribute) or not isinstance(value, str):
            raise ProofError(f"{self.address}: {attribute} is not known at plan time")
        return value

    def optional(self, attribute: str) -> Any:
        """Return an attribute, None if nobody sets it; raises ProofError if it is set to something unknown."""
        if not self.unknown.get(attribute):
            return self.after.get(attribute)
        if expression(self.source, self.address, attribute) is None and self.unknown[attribute] is True:
            return None
        raise ProofError(f"{self.address}: {attribute} is not known at plan time")

    def owner(self, kind: str) -> str:
        """Return the name of the role, user or group that this is about.

        A role's id is not known before it exists, but the configuration says which role is meant.
        """
        if not self.unknown.get(kind) or kind != "role":
            return self.text(kind)
        return self._named(kind, "aws_iam_role")

    def bucket(self) -> str:
        """Return the name of the bucket that this is about; raises ProofError if nobody knows."""
        return self._named("bucket", "aws_s3_bucket") if self.unknown.get("bucket") else self.text("bucket")

    def _named(self, attribute: str, kind: str) -> str:
        wanted = follow(self.source, self.address, attribute, kind)
        found = [name for address, name in self.names.items() if module_of(address) == wanted]
        if len(found) != 1:
            raise ProofError(f"{self.address}: {attribute} is not known at plan time")
        return found[0]


def read_plan(source: Mapping[str, Any]) -> Plan:
    """Read a plan; whatever is not understood becomes a problem of the plan, or of the principal that it is about."""
    plan = Plan()
    if source.get("errored") or source.get("complete") is False or source.get("deferred_changes"):
        plan.problems.append("the plan is not complete: it has errors, targets or deferred changes")
    names = {
        change["address"]: name
        for change in source["resource_changes"]
        if change["type"] in _NAMED and (name := (change["change"].get("after") or {}).get(_NAMED[change["type"]]))
    }
    every = (_resource(change, source, plan, names) for change in source["resource_changes"])
    resources = [each for each in every if each is not None]
    plan.changes = len(resources)
    # Policies before what attaches them, separate documents before the same ones among a role's own attributes.
    order = ("aws_iam_policy", *_INLINE)
    plan.exclusive = {
        str(each.after.get("role_name")) for each in resources if each.type == "aws_iam_role_policies_exclusive"
    }
    for resource in sorted(resources, key=lambda each: order.index(each.type) if each.type in order else len(order)):
        try:
            _read(plan, resource)
        except ProofError as error:
            plan.problems.append(str(error))
    return plan


def _resource(
    change: Mapping[str, Any], source: Mapping[str, Any], plan: Plan, names: Mapping[str, str]
) -> _Resource | None:
    if change.get("mode") != "managed":
        return None
    actions = change["change"]["actions"]
    if "forget" in actions and not change["type"].startswith(HARMLESS_PROVIDERS):
        plan.problems.append(f"{change['address']} is forgotten, and stays as it is")
    if change["change"].get("after") is None:
        return None
    unknown = change["change"].get("after_unknown") or {}
    return _Resource(change["address"], change["type"], change["change"]["after"], unknown, source, names)


def _read(plan: Plan, resource: _Resource) -> None:
    match resource.type:
        case "aws_iam_role":
            _read_role(plan, resource)
        case "aws_iam_user" | "aws_iam_group":
            plan.principal(resource.type.removeprefix("aws_iam_"), resource.text("name"))
        case "aws_iam_policy":
            document = read_document(resource.text("policy"), resource.address, PolicyKind.IDENTITY)
            plan.managed_policies[resource.address] = document
            if arn := resource.after.get("arn"):
                plan.managed_policies[arn] = document
        case "aws_dynamodb_table":
            plan.tables.append(Table(resource.address, resource.text("name")))
        case kind if kind in _STORES:
            _grant(plan, resource, _STORES[kind])
            _read_other(resource)
        case kind if kind in _INLINE:
            _attach(plan, _INLINE[kind], resource)
        case kind if kind in _ATTACHMENTS:
            _attach_managed(plan, _ATTACHMENTS[kind], resource)
        case kind if kind in _OF_RESOURCES:
            _grant(plan, resource, _OF_RESOURCES[kind])
        case _:
            _read_other(resource)


def _read_role(plan: Plan, resource: _Resource) -> None:
    role = plan.principal("role", resource.text("name"))
    if role.trust is not None:
        raise ProofError(f"{resource.address}: two roles are called {role.name}, in different accounts perhaps")
    try:
        role.tags = {**(resource.optional("tags") or {}), **(resource.optional("tags_all") or {})}
        role.boundary = resource.optional("permissions_boundary") or None  # "" is what AWS says of none
        role.trust = read_document(resource.text("assume_role_policy"), resource.address, PolicyKind.TRUST)
        for inline in _inline_policies(plan, role, resource):
            if inline.get("policy"):
                where = f"{resource.address} {inline.get('name')}"
                role.documents.append(read_document(inline["policy"], where, PolicyKind.IDENTITY))
        for arn in resource.optional("managed_policy_arns") or []:
            _attach_arn(plan, role, arn, resource.address)
    except ProofError as error:
        role.problems.append(str(error))


def _inline_policies(plan: Plan, role: Principal, resource: _Resource) -> list[Mapping[str, Any]]:
    """Return the documents among a role's own attributes that are not those of separate resources, read back.

    The configuration in a plan leaves out blocks that Terraform generates (`dynamic`), as if nobody had set them. Only
    a list of all the role's inline policies says that there are no others.

    Raises:
        ProofError: nobody knows which there will be.
    """
    if resource.unknown.get("inline_policy") and role.name not in plan.exclusive:
        raise ProofError(
            f"{resource.address}: whether it gets an inline_policy is not known at plan time: list its policies in an"
            " aws_iam_role_policies_exclusive"
        )
    return [each for each in resource.optional("inline_policy") or [] if not _is_separate(plan, role, each)]


def _is_separate(plan: Plan, role: Principal, inline: Mapping[str, Any]) -> bool:
    known = plan.inline.get((role.name, str(inline.get("name"))))
    return known is not None and load_json(known) == load_json(inline.get("policy") or "{}")


def _attach(plan: Plan, kind: str, resource: _Resource) -> None:
    principal = plan.principal(kind, resource.owner(kind))
    where = f"{resource.address} {resource.after.get('name')}"
    try:
        principal.documents.append(read_document(resource.text("policy"), where, PolicyKind.IDENTITY))
        if kind == "role":
            plan.inline[principal.name, str(resource.after.get("name"))] = resource.text("policy")
    except ProofError as error:
        principal.problems.append(str(error))


def _attach_managed(plan: Plan, kind: str, resource: _Resource) -> None:
    principal = plan.principal(kind, resource.owner(kind))
    if not resource.unknown.get("policy_arn"):
        _attach_arn(plan, principal, resource.text("policy_arn"), resource.address)
        return
    module, _ = module_of(resource.address)
    wanted = {(module, each) for each in references(resource.source, resource.address, "policy_arn")}
    found = [document for address, document in plan.managed_policies.items() if module_of(address) in wanted]
    if len(found) != 1:  # of several, one may deny what another allows
        raise ProofError(f"{resource.address}: which policy it attaches to {principal.name} is not known at plan time")
    principal.documents.append(found[0])


def _attach_arn(plan: Plan, principal: Principal, arn: str, address: str) -> None:
    """Attach a policy that exists already: one of the plan, one of AWS's that reaches no data, or something unknown."""
    if arn in plan.managed_policies:
        principal.documents.append(plan.managed_policies[arn])
    elif arn.rpartition(":policy/")[2] not in MANAGED_POLICIES or ":iam::aws:" not in arn:
        principal.problems.append(f"{address}: what {arn} allows is not in the plan")


def _grant(plan: Plan, resource: _Resource, of: str) -> None:
    name = str(resource.after.get(of) or resource.address)
    try:
        if resource.type == "aws_s3_bucket_policy":
            name = resource.bucket()
        required = resource.type in _OF_RESOURCES
        if policy := resource.text("policy") if required else resource.optional("policy"):
            document = read_document(policy, resource.address, PolicyKind.RESOURCE)
            plan.grants.append(Grant(name, resource.address, document))
    except ProofError as error:
        plan.grants.append(Grant(name, resource.address, None, str(error)))


def _read_other(resource: _Resource) -> None:
    if resource.type == "aws_s3_bucket" and resource.after.get("acl") not in {None, "", "private"}:
        raise ProofError(f"{resource.address}: what its acl gives to whom is not understood")
    caller = str(resource.after.get("principal", ""))
    if resource.type == "aws_lambda_permission" and not caller.endswith(".amazonaws.com"):
        raise ProofError(f"{resource.address}: {caller}, which is no service, may run the function with its role")
    if resource.type in UNDERSTOOD:
        return
    families = tuple(each for each in HARMLESS_FAMILIES if each.endswith("_"))
    if resource.type not in HARMLESS_FAMILIES and not resource.type.startswith((*families, *HARMLESS_PROVIDERS)):
        raise ProofError(f"{resource.address}: what {resource.type} gives to whom is not understood")
    if '\\"Statement\\"' in json.dumps(resource.after):
        raise ProofError(f"{resource.address}: the policy of {resource.type} is not understood")
