"""What Python code imports, read from its text."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def imported(source: str, *, under_if: bool = True) -> set[str]:
    """Return every module that a file imports, at any place in it, and each imported name as if it were a module.

    Without `under_if` what stands under a condition is left out: the type checker alone reads it.
    """
    tree = ast.parse(source)
    conditional = {node for test in ast.walk(tree) if isinstance(test, ast.If) for node in ast.walk(test)}
    found = set()
    for node in ast.walk(tree):
        if node in conditional and not under_if:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def top_level(files: Iterable[Path], *, under_if: bool = True) -> set[str]:
    """Return the top-level packages and modules that files import; see `imported`."""
    names = {name for path in files for name in imported(path.read_text(), under_if=under_if)}
    return {name.partition(".")[0] for name in names}
