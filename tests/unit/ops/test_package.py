"""The package: the same bytes for the same input, what ships and what does not, and what stops it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from ops import package as module
from ops.package import MAX_UNPACKED, MAX_ZIPPED, package, repack, require_fitting
from stage.errors import CommandError
from stage.page import page_entities
from stage.progress import Progress
from tests.unit.ops.test_api_description import template

if TYPE_CHECKING:
    from pathlib import Path

    from ops.package import Package

#: Stands in for Chalice: says where and how it was run, and makes what it is told to.
STAND_IN = """
import json, os, pathlib, sys, zipfile
here = pathlib.Path(__file__).parent
found = sorted(str(path) for path in pathlib.Path().rglob("*") if path.is_file())
seen = {"arguments": sys.argv[1:-1], "files": found, "environment": dict(os.environ)}
seen["requirements"] = pathlib.Path("requirements.txt").read_text()
(here / "seen.json").write_text(json.dumps(seen))
made = pathlib.Path(sys.argv[-1])
made.mkdir()
(made / "chalice.tf.json").write_text((here / "template.json").read_text())
with zipfile.ZipFile(made / "deployment.zip", "w") as package:
    for name in found:
        package.write(name)
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """Make the folder of an app, in which more lies than ships."""
    folder = tmp_path / "app"
    folder.mkdir()
    for name in (
        "app.py",
        "chalicelib/__init__.py",
        "chalicelib/permissions.json",
        ".chalice/config.json",
        # and what does not ship
        ".env",
        "requirements.txt",
        "notes.txt",
        ".chalice/deployments/old.zip",
        "chalicelib/.env",
        "chalicelib/data/partitions.py~",
        "chalicelib/__pycache__/keys.cpython-311.pyc",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def take(_: Path, python: str, source: Path) -> None:
    """Stand in for the installation of what is locked."""
    (source / "vendor").mkdir()
    (source / "vendor" / f"psycopg-for-{python}").write_text("a wheel")


def package_with(app: Path, stand_in: str = STAND_IN, runtime: str = "python3.13") -> Package:
    """Package the app with a program in place of Chalice."""
    program = app.with_name("chalice.py")
    program.write_text(stand_in)
    app.with_name("template.json").write_text(json.dumps(template()))
    return package(app, Progress(), runtime, chalice=[sys.executable, str(program)], take=take)


def seen(app: Path) -> Any:
    """Return what the stand-in saw."""
    return json.loads(app.with_name("seen.json").read_text())


def test_the_package_and_the_description_are_written(app: Path) -> None:
    """Where Terraform looks for them, with the digest by which it sees a change."""
    made = package_with(app)

    content = (app / "build" / "deployment.zip").read_bytes()
    assert (made.path, made.api_path) == (app / "build" / "deployment.zip", app / "build" / "api.json")
    assert made.sha256_base64 == base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert made.zipped == len(content)
    description = made.api_path.read_text()
    assert json.loads(description)["functions"] == {"api_handler": "app.app", "tenant_authorizer": "auth.judge"}
    assert json.loads(description)["entities"] == page_entities()
    assert description == json.dumps(json.loads(description), indent=2, sort_keys=True) + "\n"
    assert sorted(path.name for path in (app / "build").iterdir()) == ["api.json", "deployment.zip"]


def test_only_what_belongs_to_the_app_ships(app: Path) -> None:
    """No setting, editor's copy or compiled file that happens to lie there."""
    made = package_with(app)

    shipped = [".chalice/config.json", "app.py", "chalicelib/__init__.py", "chalicelib/permissions.json"]
    with zipfile.ZipFile(made.path) as content:
        assert content.namelist() == [*shipped, "requirements.txt", "vendor/psycopg-for-3.13"]
        assert content.read("requirements.txt") == b"", "else Chalice downloads what no hash was checked of"
    assert made.unpacked == sum(map(len, [*shipped, "a wheel"]))


def test_making_it_again_makes_the_same_bytes(app: Path) -> None:
    """So that a plan after it shows no change; the files' times are others."""
    first = package_with(app)
    os.utime(app / "app.py", (0, 2_000_000_000))
    before = first.path.read_bytes()

    assert package_with(app) == first
    assert first.path.read_bytes() == before


def test_chalice_learns_nothing_of_the_shells_account(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packaging needs no credentials, and gets none."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA0")
    monkeypatch.setenv("AWS_PROFILE", "prod")

    package_with(app)

    environment = seen(app)["environment"]
    assert seen(app)["arguments"] == ["package", "--pkg-format", "terraform"]
    assert {"AWS_ACCESS_KEY_ID", "AWS_PROFILE"}.isdisjoint(environment)
    assert environment["PYTHONDONTWRITEBYTECODE"] == "1"
    assert environment["PYTHONPATH"].endswith("/source/packaging-chalice"), "the locked Chalice, not this one"


@pytest.mark.parametrize("runtime", ["python3.13", "python3.11"])
def test_the_runtime_decides_for_what_is_packaged(app: Path, runtime: str) -> None:
    """And not the Python that packages; Terraform reads it from the description."""
    made = package_with(app, runtime=runtime)

    assert json.loads(made.api_path.read_text())["runtime"] == runtime
    assert f"vendor/psycopg-for-{runtime.removeprefix('python')}" in seen(app)["files"]


@pytest.mark.parametrize("runtime", ["python3.10", "python3.14", "3.13", "nodejs22.x", ""])
def test_a_runtime_that_the_locks_do_not_know_is_refused(app: Path, runtime: str) -> None:
    """Before anything is made."""
    with pytest.raises(
        CommandError, match=f"^{runtime} is no runtime .*: RUNTIME is one of python3.13, python3.12, python3.11$"
    ):
        package_with(app, runtime=runtime)
    assert not (app / "build").exists()


@pytest.mark.parametrize(
    ("stand_in", "message"),
    [
        pytest.param(
            "import sys; print('Creating deployment package.'); sys.exit('ImportError: no such name')",
            r"chalice could not make the package \(ImportError: no such name\): see whether app.py can be imported",
            id="an app that cannot be imported",
        ),
        pytest.param(
            "import sys; sys.exit(1)", r"chalice could not make the package \(it said nothing\)", id="not a word"
        ),
    ],
)
def test_what_stops_chalice_is_said_and_the_former_package_stays(app: Path, stand_in: str, message: str) -> None:
    """Half a package is never deployed."""
    before = package_with(app)
    bytes_before = before.path.read_bytes()

    with pytest.raises(CommandError, match=message):
        package_with(app, stand_in)
    assert before.path.read_bytes() == bytes_before


def test_a_package_that_is_too_large_is_not_written(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused before anything could be uploaded."""
    monkeypatch.setattr(module, "MAX_ZIPPED", 10)

    with pytest.raises(CommandError, match="MB zipped, and Lambda takes"):
        package_with(app)
    assert not (app / "build").exists()


@pytest.mark.parametrize("name", ["app.py", "chalicelib", ".chalice/config.json"])
def test_a_folder_without_the_app_is_refused(app: Path, name: str) -> None:
    """By the name of what is missing."""
    (app / name).rename(app / "moved")

    with pytest.raises(CommandError, match=f"{name} is not in "):
        package_with(app)


def test_an_environment_without_chalice_is_refused(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one beside this Python is meant, not whichever is on the PATH."""
    monkeypatch.setattr(sys, "executable", str(app / "python"))

    with pytest.raises(CommandError, match="run `make setup`"):
        package(app, Progress())


def test_order_times_and_modes_do_not_matter(tmp_path: Path) -> None:
    """Two zip files of the same content become the same one, whose files everybody may read."""
    for name, order, year in (("one", "ab", 2020), ("two", "ba", 2026)):
        with zipfile.ZipFile(tmp_path / name, "w") as made:
            made.mkdir("folder")
            for file in order:
                entry = zipfile.ZipInfo(f"folder/{file}", (year, 1, 1, 0, 0, 0))
                entry.external_attr = (0o600 if year == 2020 else 0o755) << 16
                made.writestr(entry, file * 1000)

    sizes = {repack(tmp_path / name, tmp_path / f"{name}.zip") for name in ("one", "two")}

    assert sizes == {2000}
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as packed:
        assert packed.namelist() == ["folder/a", "folder/b"]
        assert packed.read("folder/a") == b"a" * 1000
        assert {entry.external_attr >> 16 & 0o777 for entry in packed.infolist()} == {0o644}


def test_what_lambda_just_takes_is_fine() -> None:
    """Both limits are inclusive."""
    require_fitting(MAX_ZIPPED, MAX_UNPACKED)


@pytest.mark.parametrize(
    ("zipped", "unpacked", "message"),
    [
        (MAX_ZIPPED + 100_000, 1, "the package has 52.5 MB zipped, and Lambda takes 52.4: take a dependency out"),
        (1, MAX_UNPACKED + 100_000, "the package has 262.2 MB unpacked, and Lambda takes 262.1: take a dependency out"),
    ],
)
def test_what_lambda_does_not_take_is_refused(zipped: int, unpacked: int, message: str) -> None:
    """Whichever of both sizes it is, the message names it."""
    with pytest.raises(CommandError, match=message):
        require_fitting(zipped, unpacked)


def test_the_sizes_are_said(app: Path) -> None:
    """Beside the limits, so that one sees them come near."""
    assert str(package_with(app)).startswith("deployment.zip: 0.0 MB zipped (Lambda takes 52.4), 0.0 MB unpacked")
