"""The JSON of a plan: its resources, and whether it is all that there will be.

Source: https://developer.hashicorp.com/terraform/internals/json-format, "Plan Representation".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bulkhead_planproof.configuration import without_indexes
from bulkhead_planproof.languages import ProofError
from bulkhead_planproof.resource_types import HARMLESS_PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_Object = dict[str, Any]


class Change(BaseModel):
    """What becomes of a resource: `before` is None where it is created, `after` where it is deleted."""

    model_config = ConfigDict(frozen=True)

    actions: tuple[str, ...]
    before: _Object | None = None
    after: _Object | None = None
    after_unknown: _Object | bool = Field(default_factory=dict)


class ResourceChange(BaseModel):
    """A resource of the plan."""

    model_config = ConfigDict(frozen=True)

    address: str
    mode: Literal["managed", "data", "ephemeral"]
    type: str
    change: Change
    provider_name: str = ""
    previous_address: str | None = None


class _Module(BaseModel):
    resources: tuple[_Object, ...] = ()
    child_modules: tuple[_Module, ...] = ()


class _Values(BaseModel):
    root_module: _Module = _Module()

    def all_resources(self) -> Iterator[_Object]:
        """Yield the resources of all modules, data included."""
        modules = [self.root_module]
        while modules:
            module = modules.pop()
            yield from module.resources
            modules += module.child_modules


class _State(BaseModel):
    values: _Values = _Values()


class _ConfiguredModule(BaseModel):
    resources: tuple[_Object, ...] = ()
    module_calls: dict[str, _ModuleCall] = Field(default_factory=dict)

    def all_resources(self, module: str = "") -> Iterator[tuple[str, _Object]]:
        """Yield the resources of a module and those in it, with their addresses without indexes."""
        yield from ((f"{module}{each.get('address')}", each) for each in self.resources)
        for name, call in self.module_calls.items():
            yield from call.module.all_resources(f"{module}module.{name}.")


class _ModuleCall(BaseModel):
    module: _ConfiguredModule = Field(default_factory=_ConfiguredModule)


class _Provider(BaseModel):
    expressions: _Object = Field(default_factory=dict)

    def account(self) -> _Object:
        """Return what tells in which account it works: neither its region nor the tags that it gives."""
        return {key: each for key, each in self.expressions.items() if key not in {"region", "default_tags"}}


class _Configuration(BaseModel):
    root_module: _ConfiguredModule = _ConfiguredModule()
    provider_config: dict[str, _Provider] = Field(default_factory=dict)

    def _used(self) -> set[str]:
        """Return the provider configurations of what the proof reads."""
        kinds = (
            *("aws_iam_", "aws_dynamodb_", "aws_s3_", "aws_lambda_", "aws_secretsmanager_"),
            *("aws_cognito_", "aws_vpc_endpoint"),
        )
        return {
            str(resource.get("provider_config_key"))
            for _, resource in self.root_module.all_resources()
            if resource.get("mode") == "managed" and str(resource.get("type")).startswith(kinds)
        }

    def other_caller_identities(self) -> frozenset[str]:
        """Return the data sources that ask by another provider configuration whose credentials these are."""
        used = self._used()
        return frozenset(
            address
            for address, resource in self.root_module.all_resources()
            if resource.get("type") == "aws_caller_identity" and str(resource.get("provider_config_key")) not in used
        )

    def differing_providers(self) -> str | None:
        """Return the provider configurations of what the proof reads, if they may work in different accounts.

        Those that differ in region and tags only do not, unless something in them is no constant.
        """
        used = self._used()
        accounts = [self.provider_config.get(each, _Provider()).account() for each in used]
        if len(used) < 2 or (all(each == accounts[0] for each in accounts) and _is_constant(accounts[0])):  # noqa: PLR2004
            return None
        return ", ".join(sorted(used))


def _is_constant(expressions: Any) -> bool:
    """Tell whether expressions are constants, in nested blocks as well."""
    if isinstance(expressions, list):
        return all(map(_is_constant, expressions))
    if not isinstance(expressions, dict) or set(expressions) == {"constant_value"}:
        return isinstance(expressions, dict)
    return "references" not in expressions and all(each != {} and _is_constant(each) for each in expressions.values())


class PlanFile(BaseModel):
    """A plan as `terraform show -json` prints it, as far as the proof reads it; `source` is the whole of it."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    format_version: str = ""
    errored: bool | None = None
    complete: bool | None = None
    resource_changes: tuple[ResourceChange, ...]
    deferred_changes: tuple[Any, ...] = ()
    action_invocations: tuple[Any, ...] = ()
    deferred_action_invocations: tuple[Any, ...] = ()
    planned_values: _Values = _Values()
    prior_state: _State = _State()
    configuration: _Configuration = _Configuration()

    def incomplete(self) -> Iterator[str]:
        """Yield why this is not all that there will be, as far as the plan itself tells."""
        if not self.format_version.startswith("1."):
            yield f"the plan's format {self.format_version!r} is not the one that is understood, 1.x"
        if self.errored or self.complete is False or self.deferred_changes:
            yield "the plan is not complete: it has errors, targets or deferred changes"
        elif self.complete is None:
            yield "the plan does not say that it is complete: plan with Terraform 1.8 or later"
        planned = {name for each in self.resource_changes for name in (each.address, each.previous_address)}
        for where, values in (("the state", self.prior_state.values), ("the plan's values", self.planned_values)):
            managed = {str(each.get("address")) for each in values.all_resources() if each.get("mode") == "managed"}
            if missing := sorted(managed - planned):
                others = f" and {len(missing) - 1} more" if missing[1:] else ""
                yield f"the plan is not complete: {where} has {missing[0]}{others}, of which it says nothing"
        yield from self._runs_something()

    def caller_accounts(self) -> Iterator[str]:
        """Yield the accounts that Terraform's credentials belong to, where it makes what the proof reads."""
        elsewhere = self.configuration.other_caller_identities()
        for each in (*self.prior_state.values.all_resources(), *self.planned_values.all_resources()):
            asked = each.get("type") == "aws_caller_identity"
            account = (each.get("values") or {}).get("account_id")
            if asked and account and without_indexes(str(each.get("address"))) not in elsewhere:
                yield str(account)

    def _runs_something(self) -> Iterator[str]:
        """Yield what runs a program or an action, of which nobody knows what it does with which rights."""
        for address, resource in self.configuration.root_module.all_resources():
            for provisioner in resource.get("provisioners", ()):
                yield f"{address}: what its provisioner {provisioner.get('type')!r} does is not in the plan"
            kind = str(resource.get("type"))
            if resource.get("mode") != "managed" and runs_something(kind):
                yield f"{address}: what {kind} does is not in the plan"
        if self.action_invocations or self.deferred_action_invocations:
            yield "the plan invokes actions, and what they do is not in it"


def runs_something(kind: str) -> bool:
    """Tell whether a data or ephemeral resource of a kind may do something that nobody knows, and not only read."""
    return kind in _PROGRAMS or not kind.startswith(_KNOWN_TO_READ)


_PROGRAMS = frozenset(("aws_lambda_invocation", "aws_ecs_task_execution"))
#: What data and ephemeral resources of these providers do is known: they read.
_KNOWN_TO_READ = ("aws_", *HARMLESS_PROVIDERS, "terraform_remote_state", "cloudinit_config")


def load(text: str) -> Mapping[str, Any]:
    """Return the JSON of a plan.

    Raises:
        ProofError: it is no JSON, or not that of a plan.
    """
    try:
        plan: Mapping[str, Any] = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProofError(f"the plan is not JSON: {error}") from None
    if not isinstance(plan, dict) or not isinstance(plan.get("resource_changes"), list):
        raise ProofError("this is no plan: `terraform show -json PLAN` prints one, which has resource_changes")
    return plan


def plan_file(source: Mapping[str, Any]) -> PlanFile:
    """Return a plan's members; raises ProofError for what no plan of Terraform has."""
    try:
        return PlanFile.model_validate(source)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ProofError(f"this is no plan that `terraform show -json` prints: {where}: {first['msg']}") from None
