"""Addresses of a plan's resources.

Source: https://developer.hashicorp.com/terraform/internals/json-format, "Configuration Representation".
"""

from __future__ import annotations

import re

_INDEX = re.compile(r"\[(?:[0-9]+|\"(?:[^\"\\]|\\.)*\")\]")


def module_of(address: str) -> tuple[tuple[str, ...], str]:
    """Return the names of the modules around a resource, and its address in the innermost, without any index."""
    plain = _INDEX.sub("", address).split(".")
    modules = []
    while plain[0] == "module" and len(plain) > 2:  # noqa: PLR2004 -- a call, its name, and what is in it
        modules.append(plain[1])
        plain = plain[2:]
    return tuple(modules), ".".join(plain)


def without_indexes(address: str) -> str:
    """Return the address under which the configuration has a resource: without the index of any module or its own."""
    modules, name = module_of(address)
    return "".join(f"module.{each}." for each in modules) + name
