"""The product renamed as an adopter does it: two lines of a checkout, after which its tests still pass."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib import PRODUCT
from ops.evidence import RED

PROJECT = Path(__file__).parents[2]
_MADE = shutil.ignore_patterns(
    ".*cache", ".git", ".hypothesis", ".local", ".terraform", ".venv", "__pycache__", "build", "dist"
)
_TWO_LINES = {
    "chalicelib/__init__.py": f'PRODUCT = "{PRODUCT}"',
    "infra/modules/product/variables.tf": f'default     = "{PRODUCT}"',
}


@pytest.mark.evidence
def test_a_renamed_product_passes_its_tests(tmp_path: Path) -> None:
    """Where names are made and expected: commands, the app, the plan of a stage. `tests/infra` renames both roots."""
    project = tmp_path / "project"
    shutil.copytree(PROJECT, project, ignore=_MADE)
    for name, line in _TWO_LINES.items():
        source = (project / name).read_text()
        assert source.count(line) == 1
        (project / name).write_text(source.replace(line, line.replace(PRODUCT, "acme-desk")))

    suites = (
        "tests/unit/test_app.py",
        "tests/unit/ops/test_bootstrap.py",
        "tests/unit/stage",
        "tests/infra/test_policies.py",
    )
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *suites], cwd=project, capture_output=True, text=True, check=False
    )

    red = [line for line in ran.stdout.splitlines() if line.startswith(RED)]
    assert ran.returncode == 0, "\n".join([*red, ran.stdout, ran.stderr])
