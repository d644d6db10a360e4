"""The configuration that a saved plan carries: what the plan in JSON leaves out.

The JSON says of an attribute which addresses its expression mentions, but not whether it is one of them or something
that a function makes of it; and it leaves out blocks that Terraform generates (`dynamic`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from bulkhead_planproof.configuration import module_of
from bulkhead_planproof.hcl import OWN_KEYS, literal, mentions, parse, reference
from bulkhead_planproof.languages import ProofError
from bulkhead_planproof.saved_plan import read_saved_plan
from bulkhead_planproof.source_modules import REMEDY, Module, names, read_module

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from bulkhead_planproof.hcl import Block

_OWN_INDEX = re.compile(r"\[(?:\d+|\"(?:[^\"\\]|\\.)*\")\]$")
_NUMBER = re.compile(r"\[[0-9]+\]")
_REFERENCE = re.compile(r"(?:data\.)?[\w-]+\.[\w-]+")
_WRITE_BOTH = "write both again: terraform plan -out=saved && terraform show -json saved > plan.json"


@dataclass(frozen=True, slots=True)
class Reference:
    """One attribute of one resource: `module.core.aws_iam_policy.safe["a"]` and `arn`."""

    address: str
    attribute: str


@dataclass(frozen=True, slots=True)
class Sources:
    """The modules of a configuration by their paths of calls, `("core", "roles")`."""

    modules: Mapping[tuple[str, ...], Module]
    timestamps: frozenset[str]

    @classmethod
    def read(cls, saved: Path) -> Sources:
        """Read the file that `terraform plan -out` wrote.

        Raises:
            ProofError: it is no such file, is too big, or has a file that is not understood.
        """
        plan = read_saved_plan(saved)
        parsed = cache(parse)  # a module that is called twice is there twice
        modules = {path: read_module(path, files, parsed) for path, files in plan.files.items()}
        return cls(modules, plan.timestamps)

    def reference(self, address: str, attribute: str) -> Reference | None:
        """Return what a resource's attribute refers to, if its expression is one reference and nothing else.

        As in `policy_arn = aws_iam_policy.safe.arn`: an attribute of a managed resource of the same module. It may
        stand in parentheses or be a template's one interpolation. The resource may have an index that is a literal,
        or is the `each.key` or `count.index` of the resource at the address.

        Args:
            address: a resource's address in the plan, with the modules around it and all indexes.
            attribute: the name of an attribute of the resource itself, not of a block in it.

        Returns:
            None for anything else, for what is not set or declared, and for what an override file or a file in JSON
            may say otherwise. Whether the attribute exists, and is not known, is not looked at.
        """
        path, name = module_of(address)
        module = self.modules.get(path)
        block = module.resource(name) if module else None
        expression = block.attributes.get(attribute) if block else None
        steps = reference(expression) if expression else None
        match steps:
            case [kind, label, of]:
                index = ""
            case [kind, label, index, of] if index.startswith("["):
                pass
            case _:
                return None
        target = f"{kind}.{label}"
        own = found[0] if (found := _OWN_INDEX.search(address)) else ""
        if index in OWN_KEYS:
            index = own if own.startswith('["') == (index == "[each.key]") else index
        named = module.resource(target) if module else None
        if named is None or not _fits(named, index) or of.startswith("["):
            return None
        return Reference(f"{address.removesuffix(own).removesuffix(name)}{target}{index}", of)

    def blocks(self, address: str) -> frozenset[str]:
        """Return the names of all that a resource's body sets.

        These are its blocks, those that a `dynamic` block makes, and its attributes: for some names a provider takes
        either, and `inline_policy = [...]` is an attribute.

        Raises:
            ProofError: the resource is not in the configuration, or another file may add to it.
        """
        path, name = module_of(address)
        module = self.modules.get(path)
        if module is None or (name not in module.resources and not module.unread):
            raise ProofError(f"{address} is not in the configuration of the saved plan")
        block = module.resource(name)
        if block is None:
            raise ProofError(f"{address}: {module.unread or 'an override file'} may set more of it: {REMEDY}")
        return frozenset(block.attributes) | names(block)

    def default_tags(self) -> bool:
        """Return whether the block of any provider gives tags to all resources (`default_tags`, also generated).

        The providers of all modules count, whatever they are called there. The AWS provider also takes default tags
        from the environment (`TF_AWS_DEFAULT_TAGS_…`), which no configuration shows.

        Raises:
            ProofError: another file may add to a provider's block.
        """
        for module in self.modules.values():
            if any("default_tags" in {*each.attributes, *names(each)} for each in module.providers):
                return True
        for module in self.modules.values():
            if module.unread or "provider" in module.amended:
                raise ProofError(f"{module.unread or 'an override file'} may set default_tags: {REMEDY}")
        return False

    def programs(self) -> Iterator[str]:
        """Yield what runs at the apply, of which nobody knows what it does, and of which the JSON says nothing."""
        for path, module in self.modules.items():
            where = "".join(f"module.{each}." for each in path)
            yield from (f"{where}{each}: what it does is not in the plan" for each in module.programs)
            if module.unread is not None:
                yield f"{module.unread}: what it holds beside resources is not read: {REMEDY}"

    def require_agreement(self, plan: Mapping[str, Any]) -> None:
        """Do nothing if a plan in JSON is this saved plan: of the same time, modules, resources and expressions.

        Of an expression, what the JSON tells is compared: what it refers to, and the text that it is.

        Raises:
            ProofError: it is another plan.
        """
        if plan.get("timestamp") not in self.timestamps:
            raise ProofError(
                f"the saved plan and the plan in JSON were not made by the same terraform plan: {_WRITE_BOTH}"
            )
        described = dict(_described(plan.get("configuration", {}).get("root_module", {}), ()))
        if described.keys() != self.modules.keys():
            raise _another(".".join(min(described.keys() ^ self.modules.keys())))
        for path, resources in described.items():
            module, around = self.modules[path], "".join(f"module.{each}." for each in path)
            differing = module.resources.keys() ^ resources.keys()
            if differing := differing & module.resources.keys() if module.unread else differing:
                raise _another(around + min(differing))
            for name, expressions in resources.items():
                if (block := module.resource(name)) and (attribute := _differing(block, expressions)):
                    raise _another(f"{attribute} of {around}{name}")


def _fits(resource: Block, index: str) -> bool:
    """Return whether a resource that is one, that has a count or that has keys is referred to as such."""
    if "count" in resource.attributes:
        return _NUMBER.fullmatch(index) is not None
    return index.startswith('["') if "for_each" in resource.attributes else not index


def _described(module: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Yield each module's managed resources with their expressions, as the plan in JSON has them."""
    resources = [each for each in module.get("resources", []) if each.get("mode") == "managed"]
    yield path, {each["address"]: each.get("expressions", {}) for each in resources}
    for name, call in module.get("module_calls", {}).items():
        yield from _described(call.get("module", {}), (*path, name))


def _differing(block: Block, expressions: Mapping[str, Any]) -> str | None:
    """Return an attribute or a block of a resource of which the plan in JSON says what its source does not."""
    for name, expression in expressions.items():
        source = block.attributes.get(name)
        if source is None:
            if name not in names(block):
                return name
        elif isinstance(expression, dict):
            text, constant = literal(source), expression.get("constant_value")
            if text is not None and text != constant:
                return name
            heads = {head[0] for each in expression.get("references", []) if (head := _REFERENCE.match(each))}
            if not all(mentions(source, head) for head in heads):
                return name
    return None


def _another(what: str) -> ProofError:
    return ProofError(
        f"the saved plan is of another configuration than the plan in JSON: {what} differs: {_WRITE_BOTH}"
    )
