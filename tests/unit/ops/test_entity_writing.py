"""What `make entity` writes into a project, and that it takes out what it wrote."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ops.entity import Specification, add_entity, remove_entity
from ops.entity.fields import FIELD_TYPES
from ops.entity.project import without_routes
from ops.entity.readme import ROUTES_TABLE
from ops.routes_table import BEGIN, END
from stage.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT = Path(__file__).parents[3]
FIELDS = ",".join(f"a_{kind}:{kind}" for kind in FIELD_TYPES)
LIST, PERMISSIONS = Path("chalicelib/entities/__init__.py"), Path("chalicelib/permissions.json")
VERSIONS = Path("chalicelib/migrations/versions")
LONG = "purchase_order_confirmed_lines"  # as long as a name can be


def widgets(store: str = "dynamodb", fields: str = FIELDS, name: str = "widgets") -> Specification:
    """Return an entity that this project does not have."""
    return Specification.parse(name, store, fields)


def _copy(folder: str, to: Path) -> None:
    shutil.copytree(PROJECT / folder, to / folder, ignore=shutil.ignore_patterns("__pycache__"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the application without entities, whichever this project has, and without README and tests."""
    _copy("chalicelib", tmp_path)
    listed = (tmp_path / LIST).read_text()
    (tmp_path / LIST).write_text(re.sub(r"entities\([^)]*\)$", "entities()", listed, flags=re.MULTILINE))
    for folder in (tmp_path / LIST.parent).glob("*/"):
        shutil.rmtree(folder)
        (tmp_path / PERMISSIONS).write_text(without_routes((tmp_path / PERMISSIONS).read_text(), folder.name))
    for later in sorted((tmp_path / VERSIONS).glob("[0-9]*.py"))[1:]:
        later.unlink()
    shutil.copy(PROJECT / "app.py", tmp_path)
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.fixture
def whole(copy: Path) -> Path:
    """Return the copy with all that an entity may have a place in."""
    _copy("stage", copy)
    _copy("tests/support", copy)
    (copy / "tests" / "entities").mkdir()
    (copy / "web" / "js" / "entities").mkdir(parents=True)
    (copy / "web" / "js" / "entities" / "others.js").touch()
    (copy / "tests" / "entities" / "conftest.py").touch()
    (copy / "README.md").write_text(f"{BEGIN}\n{END}\n")
    ROUTES_TABLE.run(copy)
    return copy


def tree(folder: Path) -> dict[str, str]:
    """Return all files with their texts, but for what Python has compiled."""
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in {".pyc", ".pem"}
    }


def routes(folder: Path) -> dict[str, Any]:
    """Return the rights by route."""
    table: dict[str, Any] = json.loads((folder / PERMISSIONS).read_text())
    return dict(table["routes"])


@pytest.mark.parametrize("store", ["dynamodb", "postgres"])
def test_what_is_written_is_as_the_projects_linter_wants_it(whole: Path, store: str) -> None:
    """All rules, with the longest names and fields that are called as the code around them calls things."""
    common = "name price text page last request body row rows tables tenant date number title state"
    called = ",".join(f"{name}:{kind}" for name, kind in zip(common.split(), [*FIELD_TYPES] * 3, strict=False))
    long = ",".join(f"{'x' * 28}_{number}:{kind}" for number, kind in enumerate(FIELD_TYPES))
    entities = (("widgets", FIELDS), ("gadgets", called), ("tools", "name:text"), (LONG, long))
    files = {path for name, fields in entities for path in add_entity(whole, widgets(store, fields, name))}

    python = [str(path) for path in files if path.suffix == ".py"]
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "--output-format", "concise", *python]
        finished = subprocess.run(ruff, cwd=whole, capture_output=True, text=True, check=False)
        assert finished.returncode == 0, finished.stdout


@pytest.mark.parametrize(("store", "files"), [("dynamodb", 10), ("postgres", 11)])
def test_the_files_that_are_written_are_named(whole: Path, store: str, files: int) -> None:
    """A dozen at most: four of the folder, two tests, the page, line, permissions, README, and a table's migration."""
    before = tree(whole)
    named = add_entity(whole, widgets(store))
    after = tree(whole)

    assert {path.as_posix() for path in named} == {path for path in after if after[path] != before.get(path)}
    assert len(named) == files


@pytest.mark.parametrize(("store", "write"), [("dynamodb", "write"), ("postgres", "administer")])
def test_its_routes_take_the_rights_that_its_store_can_have(copy: Path, store: str, write: str) -> None:
    """The writer's login of the database is the admins' alone."""
    before = routes(copy)
    add_entity(copy, widgets(store))

    assert {route: right for route, right in routes(copy).items() if route not in before} == {
        "GET /widgets": "read",
        "POST /widgets": write,
        "GET /widgets/*": "read",
        "PATCH /widgets/*": write,
        "DELETE /widgets/*": write,
    }


def test_the_application_serves_it(copy: Path) -> None:
    """From the copy's own app.py, by the two lines that name it."""
    add_entity(copy, widgets())
    code = "import json; from app import app; print(json.dumps(sorted(app.routes)))"
    finished = subprocess.run([sys.executable, "-c", code], cwd=copy, capture_output=True, text=True, check=True)

    assert {"/widgets", "/widgets/{widget_id}"} <= set(json.loads(finished.stdout))


def test_the_readmes_table_of_routes_has_it(whole: Path) -> None:
    """It is made of the application again."""
    add_entity(whole, widgets())

    assert "| `PATCH /widgets/{widget_id}` | member, admin | " in (whole / "README.md").read_text()


def test_an_entity_of_dynamodb_that_is_added_and_removed_leaves_nothing(whole: Path) -> None:
    """Every file is as before, and no folder is left."""
    before, folders = tree(whole), _folders(whole)
    named = add_entity(whole, widgets())

    assert remove_entity(whole, "widgets") == named
    assert tree(whole) == before
    assert _folders(whole) == folders


def _folders(project: Path) -> set[Path]:
    return {path for path in project.rglob("*") if path.is_dir() and path.name != "__pycache__"}


def test_a_table_goes_by_a_migration_of_its_own(whole: Path) -> None:
    """A released revision is never changed; the next one of the same name follows in the same line."""
    before = tree(whole)
    add_entity(whole, widgets("postgres"))
    remove_entity(whole, "widgets")
    after = tree(whole)

    made = sorted(path for path in after if path not in before)
    assert [path.rpartition("/")[2][4:] for path in made] == ["_widgets.py", "_drop_widgets.py"]
    assert {path for path in before if after.get(path) != before[path]} == set()
    assert 'op.execute("DROP TABLE public.widgets")' in after[made[1]]
    again = add_entity(whole, widgets("postgres"))
    assert f'down_revision = "{made[1].rpartition("/")[2][:4]}"' in (whole / _migration(again)).read_text()


def _migration(files: list[Path]) -> Path:
    return next(path for path in files if path.parent == VERSIONS)


def test_every_entity_can_go_and_others_can_come(copy: Path) -> None:
    """The list and the permissions are then empty, and are filled again."""
    empty = tree(copy)
    for name in ("widgets", "gadgets"):
        add_entity(copy, widgets(name=name))

    assert 'ENTITIES = entities(\n    "widgets",\n    "gadgets",\n)\n' in (copy / LIST).read_text()
    remove_entity(copy, "widgets")
    assert 'ENTITIES = entities(\n    "gadgets",\n)\n' in (copy / LIST).read_text()
    assert {route.split("/")[1] for route in routes(copy)} == {"me", "gadgets"}
    remove_entity(copy, "gadgets")
    assert tree(copy) == empty


def test_what_the_project_does_not_have_is_left_out(copy: Path) -> None:
    """A copy without README, tests and page gets none of them."""
    assert {path.parts[0] for path in add_entity(copy, widgets())} == {"chalicelib"}


@pytest.mark.parametrize("name", ["health", "me"])
def test_a_route_of_the_core_is_no_name(copy: Path, name: str) -> None:
    """Its paths would be another's."""
    with pytest.raises(CommandError, match=f"NAME={name}: /{name} is a route already"):
        add_entity(copy, Specification.parse(name, "dynamodb", FIELDS, "thing"))


def _listed(copy: Path) -> None:
    add_entity(copy, widgets())


def _table(copy: Path) -> None:
    (copy / VERSIONS / "0099_more.py").write_text('STATEMENTS = "CREATE TABLE public.widgets (tenant_id text);"\n')


def _left_over(copy: Path) -> None:
    (copy / "chalicelib" / "entities" / "widgets").mkdir()


def _kind(copy: Path) -> None:
    add_entity(copy, Specification.parse("gadgets", "dynamodb", "name:text", "widget"))


def _same_error(copy: Path) -> None:
    add_entity(copy, Specification.parse("gadgets", "postgres", "name:text", "widget"))


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (_listed, "NAME=widgets: there is such an entity already; REMOVE=1 takes it out"),
        (_table, "NAME=widgets: the database has a table widgets already"),
        (_left_over, "NAME=widgets: chalicelib/entities/widgets is there already"),
        (_kind, "SINGULAR=widget: another entity's rows are of this kind"),
        (_same_error, "SINGULAR=widget: another entity has a NewWidgetBody already"),
    ],
)
def test_a_name_that_is_taken_is_refused_and_nothing_is_written(
    copy: Path, prepare: Callable[[Path], None], sentence: str
) -> None:
    """As an entity, a table, a folder that somebody left, a kind of the pooled table, or what the document names."""
    prepare(copy)
    before = tree(copy)

    with pytest.raises(CommandError, match=sentence):
        add_entity(copy, widgets())
    assert tree(copy) == before


@pytest.mark.parametrize("name", ["responses", "requests", "rows", "operations", "pages", "patches"])
def test_a_name_that_the_code_around_it_has_is_refused(copy: Path, name: str) -> None:
    """A class Response of the entity would hide Chalice's; another SINGULAR solves it."""
    with pytest.raises(CommandError, match="is something else in the code around it; say another, such as SINGULAR="):
        add_entity(copy, widgets(name=name))
    add_entity(copy, Specification.parse(name, "dynamodb", FIELDS, "thing"))


def test_an_application_that_does_not_start_with_it_leaves_nothing(whole: Path) -> None:
    """The README's table is made of the application: if that fails, all is as before."""
    (whole / "app.py").write_text("raise RuntimeError('of another cause')\n")
    before = tree(whole)

    with pytest.raises(CommandError, match=r"nothing was changed: .*of another cause"):
        add_entity(whole, widgets())
    assert tree(whole) == before


def test_two_heads_of_migrations_are_refused(copy: Path) -> None:
    """Alembic would refuse them at the next deployment."""
    for number in ("0098", "0099"):
        (copy / VERSIONS / f"{number}_more.py").write_text(f'revision = "{number}"\ndown_revision = "0001"\n')

    with pytest.raises(CommandError, match="must end in one revision, not in 2"):
        add_entity(copy, widgets("postgres"))


@pytest.mark.parametrize("name", ["widgets", "../items", ""])
def test_what_is_not_there_cannot_be_removed(copy: Path, name: str) -> None:
    """Nor what is no name."""
    with pytest.raises(CommandError):
        remove_entity(copy, name)


def test_what_people_wrote_beside_it_goes_too(copy: Path) -> None:
    """The entity's folders are its own; the answer names every file."""
    add_entity(copy, widgets())
    more = Path("chalicelib/entities/widgets/rules.py")
    (copy / more).write_text("# by hand\n")

    assert more in remove_entity(copy, "widgets")
    assert not (copy / more).parent.exists()


def test_the_permissions_of_this_project_are_kept_as_they_are_written(copy: Path) -> None:
    """Only the entity's lines differ, so that a diff shows nothing else."""
    before = (PROJECT / PERMISSIONS).read_text()
    (copy / PERMISSIONS).write_text(before)
    add_entity(copy, widgets(name="doodads"))
    after = (copy / PERMISSIONS).read_text()

    assert {line.rstrip(",") for line in before.splitlines()} < {line.rstrip(",") for line in after.splitlines()}
    assert after.count("\n") == before.count("\n") + 5
    remove_entity(copy, "doodads")
    assert (copy / PERMISSIONS).read_text() == before


def test_the_page_has_what_its_module_imports() -> None:
    """An input for each type, and what writes its values."""
    inputs, formats = ((PROJECT / "web" / "js" / name).read_text() for name in ("inputs.js", "format.js"))

    assert {each.page for each in FIELD_TYPES.values()} <= set(re.findall(r"^export const (\w+)", inputs, re.MULTILINE))
    assert {each.formatter for each in FIELD_TYPES.values() if each.formatter} <= set(
        re.findall(r"^export const (\w+)", formats, re.MULTILINE)
    )
