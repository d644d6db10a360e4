"""What the page is told: which entities there are, in which order, and whom it offers changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chalicelib import PRODUCT_TITLE
from chalicelib.data.storage import Kind, Sharding, TenantTable
from chalicelib.entities import ENTITIES
from chalicelib.entities.entity import Entity
from chalicelib.tenancy.permissions import Permission
from chalicelib.tenancy.tenant import Role
from stage import page
from stage.errors import CommandError
from stage.local.web import page_config, page_files
from stage.page import first_table, page_entities, told_of
from tests.support.own_project import make_own_project
from tests.unit.stage.test_document import STAGE

if TYPE_CHECKING:
    from pathlib import Path

ORDERS = Entity("orders", "Orders", Kind("order", Sharding(1)))
PEOPLE = Entity("people", "People", TenantTable("persons", "person_id"))


def test_the_entities_are_told_in_their_order() -> None:
    """As ENTITIES lists them, which is the order of the navigation."""
    assert [each["name"] for each in page_entities()] == [entity.name for entity in ENTITIES]
    assert [each["title"] for each in page_entities([PEOPLE, ORDERS])] == ["People", "Orders"]


def test_who_may_call_any_route_that_changes_something_is_a_writer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of that very entity: neither a right to read nor one to write another, whose name begins alike, makes one."""
    permissions = dict.fromkeys(Role, ()) | {
        Role.VIEWER: (Permission("GET", "/orders"), Permission("GET", "/orders/*"), Permission("POST", "/orders_made")),
        Role.MEMBER: (Permission("GET", "/orders"), Permission("DELETE", "/orders/*")),
        Role.ADMIN: (Permission("POST", "/orders"),),
    }
    monkeypatch.setattr(page, "PERMISSIONS", permissions)

    assert page_entities([ORDERS, PEOPLE]) == [
        {"name": "orders", "title": "Orders", "writers": ["member", "admin"]},
        {"name": "people", "title": "People", "writers": []},
    ]


def test_the_rows_in_sight_are_those_of_the_first_table() -> None:
    """And of none where PostgreSQL holds no entity."""
    assert first_table([ORDERS, PEOPLE, Entity("users", "Users", TenantTable("users", "user_id"))]) == "persons"
    assert first_table([ORDERS]) is None


def test_a_development_stage_tells_the_page_all_of_it(project: Path) -> None:
    """Beside where the API is."""
    config = page_config(STAGE, told_of(project))

    assert (config["product"], config["entities"], config["table"]) == (PRODUCT_TITLE, page_entities(), first_table())


def test_a_page_is_told_of_the_project_that_is_served(tmp_path: Path) -> None:
    """Which need not be the one that serves it."""
    own = make_own_project(tmp_path)

    told = told_of(own)

    assert [each["name"] for each in told["entities"]] == ["anvils", "penpals", *(entity.name for entity in ENTITIES)]
    assert [each["writers"] for each in told["entities"][:2]] == [["member", "admin"], ["admin"]]
    assert told["table"] == "penpals"
    assert "/js/entities/anvils.js" in page_files(own)


def test_a_project_whose_entities_cannot_be_read_says_why(tmp_path: Path) -> None:
    """In a sentence: a typing error there must not look like one of the page's server."""
    broken = make_own_project(tmp_path)
    (broken / "chalicelib" / "entities" / "anvils" / "__init__.py").write_text("import nothing_of_the_kind\n")

    with pytest.raises(CommandError, match=r"cannot be read: ModuleNotFoundError.*nothing_of_the_kind"):
        told_of(broken)


def test_an_entity_is_listed_once_and_is_no_view_of_the_page_itself() -> None:
    """The address of a view is its name."""
    names = [entity.name for entity in ENTITIES]

    assert len(set(names)) == len(names)
    assert "isolation" not in names


@pytest.mark.parametrize("name", [entity.name for entity in ENTITIES])
def test_an_entity_has_a_module_of_the_page(name: str) -> None:
    """It says what a row looks like and which fields it has."""
    module = page_files().get(f"/js/entities/{name}.js")

    assert module, f"the page cannot show {name}: write web/js/entities/{name}.js"
    assert "export const entity = {" in module.read_text(), f"web/js/entities/{name}.js exports no `entity`"


def test_a_module_of_the_page_is_an_entitys() -> None:
    """Else it would be uploaded with the page, and never shown."""
    names = {entity.name for entity in ENTITIES}
    left = [path for path in page_files() if path.startswith("/js/entities/") and path not in _modules(names)]

    assert left == [], f"delete web{' web'.join(left)}, or add to ENTITIES what it shows"


def test_nothing_but_its_own_module_names_an_entity(project: Path) -> None:
    """An entity is one file of the page; the product's name is the configuration's."""
    shared = {path: file for path, file in page_files().items() if not path.startswith("/js/entities/")}
    naming = {
        (path, entity.name)
        for path, file in shared.items()
        for entity in ENTITIES
        for form in (f"#/{entity.name}", f'"/{entity.name}', f"entities/{entity.name}.js")
        if form in file.read_text()
    }

    assert naming == set()
    assert PRODUCT_TITLE not in (project / "web" / "index.html").read_text()


def _modules(names: set[str]) -> set[str]:
    return {f"/js/entities/{name}.js" for name in names}
