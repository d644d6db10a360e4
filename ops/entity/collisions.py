"""Names that what is written for an entity would have twice: its own, and those of the code around them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from ops.entity.specification import Specification

#: Names that nothing else has.
_PLURAL, _SINGULAR = "zzqs", "zzq"


def collisions(entity: Specification, texts: Callable[[Specification], Mapping[Path, str]]) -> set[str]:
    """Return the names that a file would give to two things, such as `Response` for an entity `responses`.

    Args:
        entity: what is to be written.
        texts: writes an entity's modules.
    """
    other = entity.called(_PLURAL, _SINGULAR)
    renamed = {
        other.plural_class: entity.plural_class,
        other.class_name: entity.class_name,
        _PLURAL: entity.name,
        _SINGULAR: entity.singular,
    }
    found: set[str] = set()
    for text in texts(other).values():
        names = set(_names(text))
        own = {name for name in names if _SINGULAR in name.lower()}
        found |= {_renamed(name, renamed) for name in own} & (names - own)
    return found


def _renamed(name: str, renamed: Mapping[str, str]) -> str:
    for before, after in renamed.items():
        name = name.replace(before, after)
    return name


def _names(text: str) -> Iterator[str]:
    """Yield what a module calls its variables, parameters, functions, classes and imports."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.alias):
            yield node.asname or node.name
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
