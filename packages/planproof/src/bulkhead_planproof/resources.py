"""The resources of a plan together: what there will be, what goes, and what is not known of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bulkhead_planproof.arns import account_of
from bulkhead_planproof.configuration import without_indexes
from bulkhead_planproof.languages import ProofError
from bulkhead_planproof.resource import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bulkhead_planproof.changes import PlanFile, ResourceChange
    from bulkhead_planproof.sources import Sources

#: Kinds whose ARN AWS gives, and nobody sets.
_WITH_OWN_ARN = frozenset(
    f"aws_{name}"
    for name in (
        *("iam_role", "iam_user", "iam_group", "iam_policy", "dynamodb_table", "lambda_function"),
        *("cognito_user_pool", "secretsmanager_secret", "sns_topic", "sqs_queue"),
    )
)
_GOING = frozenset(("delete", "forget"))
_ACTIONS = _GOING | {"no-op", "create", "read", "update"}
#: What says that something is to be forgotten, and not to be deleted.
_STAYING = ("skip_destroy", "retain_on_delete", "retain_stack")
_BUILTIN = "terraform.io/builtin/terraform"


@dataclass(frozen=True, slots=True)
class Removal:
    """A resource that goes, as it was; `gone` tells that none takes its place at the same address.

    With `first`, one does, and only after it has gone.
    """

    address: str
    type: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    gone: bool
    first: bool

    def first_the_same(self, attribute: str) -> bool:
        """Tell whether what takes its place, after it has gone, is about the same."""
        return self.first and self.before.get(attribute) == self.after.get(attribute)


class Resources:
    """The managed resources that there will be, and what the configuration says of them."""

    def __init__(self, file: PlanFile, sources: Sources | None = None) -> None:
        """Take a plan, and the files that it was made of, if they are at hand."""
        self.sources = sources
        self._file = file
        self._expressions = {
            address: resource.get("expressions") or {}
            for address, resource in file.configuration.root_module.all_resources()
        }
        self.all = [each for change in file.resource_changes if (each := self._resource(change)) is not None]
        self.by_address = {each.address: each for each in self.all}
        self.removals = [
            Removal(
                each.address,
                each.type,
                each.change.before,
                each.change.after or {},
                each.change.after is None,
                each.change.actions == ("delete", "create"),
            )
            for each in file.resource_changes
            if "delete" in each.change.actions and each.change.before is not None
        ]
        self.accounts = self._accounts()
        self._enforced: frozenset[str] | None = None
        self._roles: frozenset[str] | None = None

    def _resource(self, change: ResourceChange) -> Resource | None:
        if change.mode != "managed" or change.change.after is None or change.change.after_unknown is True:
            return None
        unknown = change.change.after_unknown
        known = unknown if isinstance(unknown, dict) else {}
        made = "create" in change.change.actions
        return Resource(change.address, change.type, change.change.after, known, made, self)

    def expressions(self, address: str) -> Mapping[str, Any]:
        """Return the expressions of a resource's attributes; raises ProofError if it is not in the configuration."""
        plain = without_indexes(address)
        if plain not in self._expressions:
            raise ProofError(f"{address} is not in the plan's configuration")
        return self._expressions[plain]

    def enforced_buckets(self) -> frozenset[str]:
        """Return the buckets of which the plan turns access control lists off."""
        if self._enforced is None:
            kind = "aws_s3_bucket_ownership_controls"
            controls = [each for each in self.all if each.type == kind]
            doubtful = {each.bucket() for each in controls if not _owner_enforced(each)}
            removals = [each for each in self.removals if each.type == kind and not each.first_the_same("bucket")]
            doubtful |= {str(each.before.get("bucket")) for each in removals}
            self._enforced = frozenset(each.bucket() for each in controls) - doubtful
        return self._enforced

    def role_arns(self) -> frozenset[str]:
        """Return the ARNs of the plan's roles: those that AWS has given, and those that others can name."""
        if self._roles is None:
            roles = [each for each in self.all if each.type == "aws_iam_role"]
            named = {
                f"arn:{partition}:iam::{account}:role{each.after.get('path') or '/'}{each.after.get('name')}"
                for each in roles
                for account in self.accounts
                for partition in ("aws", "aws-cn", "aws-us-gov")
            }
            self._roles = frozenset(named | {str(each.after.get("arn")) for each in roles})
        return self._roles

    def problems(self) -> Iterator[str]:
        """Yield what is not known of the resources together: in which accounts they are, and what runs as they go."""
        for change in self._file.resource_changes:
            if change.mode == "managed":
                yield from self._unclear(change)
        if (differing := self._file.configuration.differing_providers()) is not None:
            yield f"the provider configurations {differing} may work in different accounts: plan them apart"
        for each in self.removals:
            if each.type == "aws_s3_bucket_acl" or any(each.before.get(name) for name in _STAYING):
                yield f"{each.address} goes, and leaves what it made"
            if each.gone and not self._is_configured(each.address) and self.sources is None:
                yield f"{each.address}: what runs as it goes is not in the plan: name the saved plan in --saved"
        if self.sources is not None:
            yield from self.sources.programs()

    def _unclear(self, change: ResourceChange) -> Iterator[str]:
        """Yield why nobody knows what there will be of a resource."""
        actions = set(change.change.actions)
        stays = change.change.after is not None and change.change.after_unknown is not True
        if not actions or actions - _ACTIONS or (not stays and actions - _GOING):
            yield f"{change.address}: what there will be is not known"
        elif stays and not self._is_configured(change.address):
            yield f"{change.address} is not in the plan's configuration"
        expected = "hashicorp/aws" if change.type.startswith("aws_") else "hashicorp/"
        if change.provider_name and f"/{expected}" not in change.provider_name and change.provider_name != _BUILTIN:
            yield f"{change.address}: what {change.provider_name} makes of it is not known"

    def _is_configured(self, address: str) -> bool:
        return without_indexes(address) in self._expressions

    def _accounts(self) -> frozenset[str]:
        """Return the accounts in which there are resources already, or in which Terraform says that it works."""
        arns = [str(each.after.get("arn")) for each in self.all if each.type in _WITH_OWN_ARN]
        found = {account for arn in arns if (account := account_of(arn)) is not None}
        return frozenset(found | set(self._file.caller_accounts()))


def _owner_enforced(controls: Resource) -> bool:
    rules = controls.blocks("rule")
    return [each.get("object_ownership") for each in rules] == ["BucketOwnerEnforced"]
