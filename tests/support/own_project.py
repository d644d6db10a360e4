"""The project that the tests of the core run: this one, with two entities of the tests' own before those it has.

So these tests know no entity of the product, and hold for whatever entities it has or has not; their own are called as
no product is likely to call one.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from chalicelib.data.storage import Kind, Sharding
from ops.entity import Specification, add_entity

#: Rows of DynamoDB, which member and admin write, and of PostgreSQL, which the admin writes.
ANVILS = Specification.parse("anvils", "dynamodb", "name:text,price:price")
PENPALS = Specification.parse("penpals", "postgres", "email:email,display_name:text")
#: Of several shards, as one with many rows has, so that a list goes through all of them.
ANVIL = Kind("anvil", Sharding(3))

_PROJECT = Path(__file__).parents[2]
#: What a running stage needs, and the modules beside `stage.local.api` that tests serve the app with.
_NEEDED = ("app.py", ".chalice", "chalicelib", "infra", "stage", "tests/support", "web")
_UNUSED = shutil.ignore_patterns("__pycache__", ".terraform")


def make_own_project(folder: Path) -> Path:
    """Copy what a stage runs into an empty folder, add the tests' own entities, and return the folder."""
    for name in _NEEDED:
        source, copy = _PROJECT / name, folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=_UNUSED)
        else:
            shutil.copy(source, copy)
    for specification in (ANVILS, PENPALS):
        add_entity(folder, specification)
    definition = folder / "chalicelib" / "entities" / ANVILS.name / "__init__.py"
    text = definition.read_text()
    assert "Sharding(1)" in text
    definition.write_text(text.replace("Sharding(1)", f"Sharding({ANVIL.sharding.count})"))
    _list_first(folder, [ANVILS.name, PENPALS.name])
    return folder


def _list_first(project: Path, names: list[str]) -> None:
    """Have the page begin with these, and count the rows of the first table among them."""
    source = project / "chalicelib" / "entities" / "__init__.py"
    text = source.read_text()
    for name in reversed(names):
        line = f'    "{name}",\n'
        assert line in text
        text = text.replace(line, "").replace("entities(\n", f"entities(\n{line}")
    source.write_text(text)
