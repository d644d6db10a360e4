"""Templates become files: Python as the project's own formatter writes it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from stage.errors import CommandError

_OWN_SETTINGS = Path(__file__).parents[2] / "pyproject.toml"
#: Ruff looks for folders, and those of the entity are not there yet.
_OWN_PACKAGES = 'lint.isort.known-first-party = ["chalicelib", "stage", "tests"]'


def render(template: str, **values: Any) -> str:
    """Return a template's text."""
    return _ENVIRONMENT.get_template(f"{template}.jinja").render(**values)


def formatted(project: Path, path: Path, text: str) -> str:
    """Return a Python file with its imports sorted and its lines broken by ruff, under the project's settings.

    Raises:
        CommandError: ruff is not installed, or refuses.
    """
    settings = project / "pyproject.toml"
    config = ["--config", str(settings if settings.exists() else _OWN_SETTINGS), "--config", _OWN_PACKAGES]
    config += ["--stdin-filename", str(path)]
    ordered = _ruff(project, path, ["check", "--fix-only", "--exit-zero", "--select", "I", *config], text)
    return _ruff(project, path, ["format", *config], ordered)


def _ruff(project: Path, path: Path, arguments: list[str], text: str) -> str:
    command = [sys.executable, "-m", "ruff", *arguments, "--quiet", "-"]
    finished = subprocess.run(command, cwd=project, input=text, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise CommandError(f"ruff cannot format {path}, so nothing was changed: {finished.stderr.strip()}")
    return finished.stdout


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=StrictUndefined,
    keep_trailing_newline=True,
    trim_blocks=True,
    autoescape=False,  # noqa: S701 -- these are no pages
    variable_start_string="<<",
    variable_end_string=">>",
    block_start_string="<%",
    block_end_string="%>",
    line_statement_prefix="%%",
)
_ENVIRONMENT.filters["identifier"] = lambda text: text.replace(" ", "_")
