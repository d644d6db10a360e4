"""An entity is a folder with certain modules, and a line in `ENTITIES`; these hold for any, and for none."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

import chalicelib.entities
from chalicelib.data.partitions import PartitionKey
from chalicelib.data.storage import Kind, Sharding, TenantTable
from chalicelib.entities import ENTITIES
from chalicelib.entities.entity import Entity, entities
from chalicelib.errors import InvalidKeyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

SAMPLES = Entity("samples", "Samples", Kind("sample", Sharding(1)))
PEOPLE = Entity("people", "People", TenantTable("people", key="person_id"))
WRITTEN = """
from chalicelib.data.storage import Kind, Sharding
from chalicelib.entities.entity import Entity
ENTITY = Entity("samples", "Samples", Kind("sample", Sharding(1)))
"""


def faults(listed: Sequence[Entity]) -> list[str]:
    """Return what is wrong with entities beside each other."""
    names = [entity.name for entity in listed]
    places = [f"{type(entity.storage).__name__} {entity.storage.name}" for entity in listed]
    found = [f"{each}: twice" for each in dict.fromkeys(names + places) if (names + places).count(each) > 1]
    for entity in listed:
        if not entity.title.strip():
            found.append(f"{entity.name}: no title")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", entity.name):
            found.append(f"{entity.name!r}: no name of a folder")
        if isinstance(entity.storage, Kind) and not _is_kind(entity.storage.name):
            found.append(f"{entity.storage.name!r}: no name of a kind")
    return found


def _is_kind(name: str) -> bool:
    key = PartitionKey("acme", name, 0)
    try:
        return PartitionKey.parse(str(key)) == key
    except InvalidKeyError:
        return False


def test_the_entities_do_not_get_into_each_others_way() -> None:
    """No name, kind or table twice: two entities of one kind would read each other's rows. Each has a title."""
    assert faults(ENTITIES) == []


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        ([], []),
        ([SAMPLES, PEOPLE], []),
        ([SAMPLES, Entity("sample", "Sample", TenantTable("sample", key="id"))], []),
        ([SAMPLES, Entity("samples", "Again", PEOPLE.storage)], ["samples: twice"]),
        ([SAMPLES, Entity("others", "Others", Kind("sample", Sharding(10)))], ["Kind sample: twice"]),
        ([PEOPLE, Entity("others", "Others", TenantTable("people", key="id"))], ["TenantTable people: twice"]),
        ([Entity("samples", " ", SAMPLES.storage)], ["samples: no title"]),
        ([Entity("sam-ples", "Samples", SAMPLES.storage)], ["'sam-ples': no name of a folder"]),
        ([Entity("samples", "Samples", Kind("sam#ple", Sharding(1)))], ["'sam#ple': no name of a kind"]),
    ],
)
def test_entities_that_do_would_be_noticed(listed: list[Entity], found: list[str]) -> None:
    """The canary of the test above; a kind and a table may be called alike."""
    assert faults(listed) == found


def test_every_folder_is_an_entity_that_is_called_like_it(project: Path) -> None:
    """In `ENTITIES`: one that is missing there has no routes, and an offboarding would leave its rows behind."""
    folders = {path.parent.name for path in (project / "chalicelib" / "entities").glob("*/__init__.py")}
    assert folders == {entity.name for entity in ENTITIES}
    for entity in ENTITIES:
        assert import_module(f"chalicelib.entities.{entity.name}").ENTITY is entity


def test_every_entity_has_its_routes_below_its_own_path(project: Path) -> None:
    """`/NAME` and `/NAME/…`, so that two cannot take each other's; it is tested over HTTP what they do."""
    for entity in ENTITIES:
        source = (project / "chalicelib" / "entities" / entity.name / "routes.py").read_text()
        paths = re.findall(r'@blueprint\.route\("([^"]*)"', source)
        assert paths, entity.name
        assert [path for path in paths if path.split("/")[1] != entity.name] == []


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder beside the entities', in which a test writes one of its own."""
    monkeypatch.setattr(chalicelib.entities, "__path__", [*chalicelib.entities.__path__, str(tmp_path)])
    made = tmp_path / "samples"
    made.mkdir()
    yield made
    for name in [name for name in sys.modules if name.startswith("chalicelib.entities.samples")]:
        del sys.modules[name]


@pytest.mark.usefixtures("folder")
def test_an_entity_without_a_folder_is_an_error_that_names_it() -> None:
    """Nothing starts with a line whose folder was deleted, or whose name was mistyped."""
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'chalicelib\.entities\.smaples'"):
        entities("smaples")


def test_a_folder_without_an_entity_is_an_error_that_names_it(folder: Path) -> None:
    """Such as one of which only compiled files are left."""
    (folder / "__pycache__").mkdir()
    with pytest.raises(AttributeError, match=r"chalicelib\.entities\.samples.* has no attribute 'ENTITY'"):
        entities("samples")


@pytest.mark.parametrize(
    ("part", "module", "text"),
    [
        (Entity.blueprint, "routes", "blueprint = 'its routes'"),
        (Entity.probe, "probe", "PROBE = 'its probe'"),
    ],
    ids=["routes", "probe"],
)
def test_the_parts_of_an_entity_are_loaded_when_asked_for(
    folder: Path, part: Callable[[Entity], object], module: str, text: str
) -> None:
    """From the modules of its folder by their names; to know an entity loads none of them."""
    (folder / "__init__.py").write_text(WRITTEN)
    (folder / f"{module}.py").write_text(text)
    (entity,) = entities("samples")
    assert entity.storage == SAMPLES.storage
    assert f"chalicelib.entities.samples.{module}" not in sys.modules
    assert part(entity) == text.split("'")[1]
