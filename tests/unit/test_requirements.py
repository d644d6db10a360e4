"""What ships names what it needs."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PROVIDED = {"chalice", "chalicelib"}  # Chalice's packaging adds its own runtime


def _pinned(name: str) -> set[str]:
    lines = (PROJECT / name).read_text().splitlines()
    return {re.split(r"[\[=]", line)[0].lower().replace("_", "-") for line in lines if "==" in line}


def test_everything_that_the_deployed_code_imports_is_pinned() -> None:
    """An import that only a developer's machine satisfies would stop the function at its start."""
    imported = set()
    for path in [PROJECT / "app.py", *(PROJECT / "chalicelib").rglob("*.py")]:
        tree = ast.parse(path.read_text())
        guarded = [node for test in ast.walk(tree) if isinstance(test, ast.If) for node in ast.walk(test)]
        for node in ast.walk(tree):
            if node in guarded:
                continue  # for the type checker only
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])
    third_party = imported - set(sys.stdlib_module_names) - PROVIDED
    distributions = packages_distributions()

    needed = {distributions[name][0].lower().replace("_", "-") for name in third_party}
    assert needed - {"botocore"} <= _pinned("requirements.txt")  # boto3's pin brings the botocore of its day
