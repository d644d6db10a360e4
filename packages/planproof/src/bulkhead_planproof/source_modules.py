"""A module's own files: its resources and providers, and what may say more of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkhead_planproof.changes import runs_something
from bulkhead_planproof.languages import ProofError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bulkhead_planproof.hcl import Block

REMEDY = "write it in a simpler way, or prove without the saved plan"
#: No block type can be written otherwise: a file without these words has none of what is looked for.
_RELEVANT = re.compile(r"\b(?:resource|provider|removed|ephemeral)\b")
_NAME = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
#: Blocks that are read, with the number of their labels.
_LABELS = {"resource": 2, "provider": 1, "removed": 0, "ephemeral": 2}
#: Blocks of a file that say nothing of a resource's own attributes; `module` calls and `locals` are not followed.
_OTHER_BLOCKS = {
    *("terraform", "variable", "locals", "output", "module", "moved", "import", "check"),
    "data",
}


@dataclass(frozen=True, slots=True)
class Module:
    """What the files of a module declare, as they stand there."""

    resources: Mapping[str, Block]  # by type.name
    providers: tuple[Block, ...]
    amended: frozenset[str]  # what override files say something of: `type.name` and `provider`
    unread: str | None  # a file that is not in HCL, and may say anything
    programs: tuple[str, ...] = ()  # what runs, and is not in a plan's JSON

    def resource(self, name: str) -> Block | None:
        """Return a resource, None if there is none of the name, or nobody knows what it is in the end."""
        return None if self.unread or name in self.amended else self.resources.get(name)


def read_module(path: tuple[str, ...], files: Mapping[str, str], parsed: Callable[[str], Block]) -> Module:
    """Read a module's files.

    Override files and files in another language are not merged: what they may say more of is noted. So is a resource
    that is declared twice.

    Source: https://developer.hashicorp.com/terraform/language/files/override.

    Raises:
        ProofError: a file is not understood; the message names it.
    """
    resources: dict[str, Block] = {}
    providers: list[Block] = []
    amended: set[str] = set()
    unread, programs = None, []
    for name, text in sorted(files.items()):
        where = f"{'.'.join(path) or 'the root module'}, {name}"
        if not name.endswith(".tf") or name.startswith("."):
            unread = where
            continue
        for block in _declared(text, where, parsed):
            if block.type in {"removed", "ephemeral"}:
                programs += _programs(block)
                continue
            key = ".".join(block.labels) if block.type == "resource" else "provider"
            if name == "override.tf" or name.endswith("_override.tf") or key in resources:
                amended.add(key)
            elif block.type == "resource":
                resources[key] = block
            else:
                providers.append(block)
    return Module(resources, tuple(providers), frozenset(amended), unread, tuple(programs))


def _declared(text: str, where: str, parsed: Callable[[str], Block]) -> list[Block]:
    try:
        return _top_level(parsed(text)) if _RELEVANT.search(text) else []
    except ProofError as error:
        raise ProofError(f"{where}: {error}: {REMEDY}") from error


def _top_level(file: Block) -> list[Block]:
    if file.attributes or any(each.type not in {*_LABELS, *_OTHER_BLOCKS} for each in file.blocks):
        raise ProofError("it has something at its top level that is not understood")
    found = [each for each in file.blocks if each.type not in _OTHER_BLOCKS]
    labelled = all(len(each.labels) == _LABELS[each.type] for each in found)
    if not labelled or not all(_NAME.fullmatch(label) for each in found for label in each.labels):
        raise ProofError("a resource or a provider is not named as Terraform does")
    return found


def _programs(block: Block) -> list[str]:
    """Return what a block runs at the apply: a provisioner as a resource goes, or a call that is ephemeral."""
    if block.type == "ephemeral" and runs_something(block.labels[0]):
        return [f"ephemeral.{'.'.join(block.labels)}"]
    return ["a provisioner of a removed block"] if block.type == "removed" and "provisioner" in names(block) else []


def names(block: Block) -> frozenset[str]:
    """Return the names of the blocks in a block, also of those that a `dynamic` block makes."""
    return frozenset(each.labels[0] if each.type == "dynamic" and each.labels else each.type for each in block.blocks)
