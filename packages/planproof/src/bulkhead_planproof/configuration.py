"""What a plan's configuration says of a resource's attribute: whether it is set at all, and what it refers to.

A plan tells of an attribute only that it is not known yet: because nobody set it and the provider will, or because it
was set to something that is not known. The first is harmless where the attribute grants something.

Source: https://developer.hashicorp.com/terraform/internals/json-format, "Configuration Representation".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bulkhead_planproof.languages import ProofError

if TYPE_CHECKING:
    from collections.abc import Mapping

_HOPS = 5
_INDEX = re.compile(r"\[(?:\d+|\"(?:[^\"\\]|\\.)*\")\]")


def expression(plan: Mapping[str, Any], address: str, attribute: str) -> Any:
    """Return the expression of an attribute, None if the configuration leaves it out.

    Raises:
        ProofError: the resource is not in the configuration.
    """
    module, name = module_of(address)
    here = plan.get("configuration", {}).get("root_module", {})
    for call in module:
        here = here.get("module_calls", {}).get(call, {}).get("module", {})
    for resource in here.get("resources", []):
        if resource.get("address") == name:
            return resource.get("expressions", {}).get(attribute)
    raise ProofError(f"{address} is not in the plan's configuration")


def module_of(address: str) -> tuple[tuple[str, ...], str]:
    """Return the names of the modules around a resource, and its address in the innermost, without any index."""
    plain = _INDEX.sub("", address).split(".")
    modules = []
    while plain[0] == "module":
        modules.append(plain[1])
        plain = plain[2:]
    return tuple(modules), ".".join(plain)


def references(plan: Mapping[str, Any], address: str, attribute: str) -> tuple[str, ...]:
    """Return the resources of the same module that an attribute refers to, as `type.name`; raises ProofError."""
    found = expression(plan, address, attribute)
    named = found.get("references", []) if isinstance(found, dict) else []
    parts = [_INDEX.sub("", each).split(".") for each in named]
    if not parts or any(each[0] in {"var", "local", "module", "each", "data"} for each in parts):
        raise ProofError(f"{address} refers to something that is not known before the apply")
    return tuple(dict.fromkeys(".".join(each[:2]) for each in parts if len(each) > 1))


def follow(plan: Mapping[str, Any], address: str, attribute: str, kind: str) -> tuple[tuple[str, ...], str]:
    """Return which resource of a kind an attribute goes back to, through others of the module that hand it on.

    Returns:
        The modules around it and its address in the innermost, as `module_of` does.

    Raises:
        ProofError: it goes back to several, or to something else.
    """
    module, _ = module_of(address)
    around = "".join(f"module.{each}." for each in module)
    for _ in range(_HOPS):
        found = references(plan, address, attribute)
        if len(found) != 1:
            break
        if found[0].startswith(f"{kind}."):
            return module, found[0]
        address = f"{around}{found[0]}"
    raise ProofError(f"{address}: {attribute} is not known at plan time")
