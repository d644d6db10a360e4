"""Templates become files: Python as the project's own formatter writes it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from chalicelib import PRODUCT
from stage.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping

_OWN_SETTINGS = Path(__file__).parents[2] / "pyproject.toml"
#: Ruff looks for folders, and those of the entity are not there yet.
_OWN_PACKAGES = 'lint.isort.known-first-party = ["chalicelib", "stage", "tests"]'


def render(template: str, **values: Any) -> str:
    """Return a template's text."""
    return _ENVIRONMENT.get_template(f"{template}.jinja").render(**values)


def formatted(project: Path, texts: Mapping[Path, str]) -> dict[Path, str]:
    """Return the files, of which those of Python have sorted imports and lines as ruff breaks them.

    It runs in a temporary folder, under the project's settings.

    Raises:
        CommandError: ruff is not installed, or refuses.
    """
    settings = project / "pyproject.toml"
    config = ["--config", str(settings if settings.exists() else _OWN_SETTINGS), "--config", _OWN_PACKAGES]
    with tempfile.TemporaryDirectory(prefix=f"{PRODUCT}-entity-") as folder:
        for path, text in texts.items():
            Path(folder, path).parent.mkdir(parents=True, exist_ok=True)
            Path(folder, path).write_text(text, encoding="utf-8")
        _ruff(folder, "check", "--fix-only", "--select", "I", *config)
        _ruff(folder, "format", *config)
        return {path: Path(folder, path).read_text(encoding="utf-8") for path in texts}


def _ruff(folder: str, *arguments: str) -> None:
    command = [sys.executable, "-m", "ruff", *arguments, "--no-cache", "--quiet", "."]
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise CommandError(f"nothing was changed: ruff refuses what would be written: {finished.stderr.strip()}")


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
