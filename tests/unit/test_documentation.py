"""The README and docs name what is there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app import app
from chalicelib import config, errors
from chalicelib.entities import ENTITIES
from tests.support.errors import derived_from
from tests.support.routes import described_document

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text()
#: All that is written for people.
EVERY_DOCUMENT = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "packages/*/*.md", "infra/modules/*/*.md", ".github/**/*.md")
    for path in PROJECT.glob(pattern)
)
#: But for changelogs, which tell of what was.
DOCUMENTS = [path for path in EVERY_DOCUMENT if path.name != "CHANGELOG.md"]
ENTITY_NAMES = [entity.name for entity in ENTITIES]
#: Folders that commands make.
_MADE = {".local", ".venv", "build", "dist", ".hypothesis"}
#: Every table of environment variables: a new one is found by its name.
SETTINGS_TABLES = [table for name, table in vars(config).items() if name.endswith("SETTINGS")]


@pytest.mark.parametrize("target", re.findall(r"^([a-z-]+):.*## ", (PROJECT / "Makefile").read_text(), re.MULTILINE))
def test_the_readme_names_every_make_target(target: str) -> None:
    """Nobody has to read the Makefile."""
    assert f"`make {target}`" in README


@pytest.mark.parametrize(
    "variable",
    [
        *dict.fromkeys(name for table in SETTINGS_TABLES for name in table),
        "AUTHORIZER_REFUSES_BY",
        "NAME_AWS_REQUESTS",
        "TF_PLUGIN_DIR",
        "WEB_PORT",
    ],
)
def test_the_readme_names_every_setting(variable: str) -> None:
    """Each is explained."""
    assert f"`{variable}`" in README


def _errors() -> list[str]:
    """Return the errors of the application that are raised, and not only derived from."""
    found = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)]
    return [each.__name__ for each in found if not (each.__doc__ or "").startswith("Base of") and not _derived(each)]


def _derived(error: type[Exception]) -> list[type[Exception]]:
    return [each for each in error.__subclasses__() if each.__module__ == errors.__name__]


@pytest.mark.parametrize("name", _errors())
def test_the_readme_names_every_error(name: str) -> None:
    """Whoever gets a `Code`, or reads a function's log, finds what it means."""
    assert f"`{name}`" in README


def test_the_openapi_document_names_every_error_of_an_entity() -> None:
    """The README need not be written anew for each entity; the document is made of the routes."""
    named = json.dumps(described_document(app))
    own = [each for each in derived_from(errors.AppError) if each.__module__.startswith("chalicelib.entities.")]
    assert [each.__name__ for each in own if f"`{each.__name__}`: " not in named] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_every_path_that_a_document_names_exists(document: Path) -> None:
    """A renamed test must not leave a claim without evidence: under any top folder, here or beside the document.

    NAME stands for an entity: each has the file.
    """
    tops = {path.name for place in (PROJECT, document.parent) for path in place.iterdir() if path.is_dir()} - _MADE
    named = re.findall(rf"`((?:{'|'.join(map(re.escape, sorted(tops)))})/[\w/.-]*)`", document.read_text())

    paths = [path.replace("NAME", each) for path in named for each in (ENTITY_NAMES if "NAME" in path else [""])]

    assert [path for path in paths if not any((place / path).exists() for place in (PROJECT, document.parent))] == []


@pytest.mark.parametrize("document", EVERY_DOCUMENT, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    """To a file beside the document, and to a heading of it; the other links are the web's."""
    links = re.findall(r"\]\((?![a-z]+:)([^()\s#]*)(?:#([^()\s]*))?\)", document.read_text())
    targets = [(document.parent / path if path else document, heading) for path, heading in links]

    assert [str(path) for path, _ in targets if not path.exists()] == []
    assert [(path.name, heading) for path, heading in targets if heading and heading not in _headings(path)] == []


def _headings(document: Path) -> set[str]:
    """Return what GitHub calls the headings of a document in links."""
    titles = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_readme_lists_every_top_folder() -> None:
    """In the table of the layout, so that nobody has to guess what a room is for."""
    tracked = {path.parent.name for path in PROJECT.glob("*/*") if not path.parent.name.startswith((".", "__"))}
    layout = README.partition("## Layout")[2]

    assert {name for name in tracked - _MADE if f"| `{name}/" not in layout} == set()
