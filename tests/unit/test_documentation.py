"""The README and docs name what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chalicelib import errors
from chalicelib.config import DATABASE_FUNCTIONS_SETTINGS, SETTINGS

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text()


@pytest.mark.parametrize("target", re.findall(r"^([a-z-]+):.*## ", (PROJECT / "Makefile").read_text(), re.MULTILINE))
def test_the_readme_names_every_make_target(target: str) -> None:
    """Nobody has to read the Makefile."""
    assert f"`make {target}`" in README


@pytest.mark.parametrize(
    "variable",
    [
        *SETTINGS,
        *DATABASE_FUNCTIONS_SETTINGS,
        "AUTHORIZER_REFUSES_BY",
        "NAME_AWS_REQUESTS",
        "TF_PLUGIN_DIR",
        "WEB_PORT",
    ],
)
def test_the_readme_names_every_setting(variable: str) -> None:
    """Each is explained."""
    assert f"`{variable}`" in README


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, error in vars(errors).items()
        if isinstance(error, type) and issubclass(error, errors.AppError) and not error.__subclasses__()
    ],
)
def test_the_readme_names_every_error(name: str) -> None:
    """Whoever gets a `Code` finds what it means."""
    assert f"`{name}`" in README


@pytest.mark.parametrize("document", sorted(PROJECT.glob("docs/**/*.md")), ids=lambda path: path.name)
def test_every_path_that_a_document_names_exists(document: Path) -> None:
    """A renamed test must not leave a claim without evidence."""
    named = re.findall(
        r"`((?:tests|infra|chalicelib|ops|packages|stage|isolation|bench)/[\w/.-]+)`", document.read_text()
    )

    assert [path for path in named if not (PROJECT / path).exists()] == []


@pytest.mark.parametrize("link", re.findall(r"\]\(([\w/.-]+)\)", README))
def test_every_link_of_the_readme_leads_somewhere(link: str) -> None:
    """Relative links only; the others are the web's."""
    assert (PROJECT / link).exists()
