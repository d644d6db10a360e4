"""The real package, made once: complete by itself, and described as the app is."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from app import app
from ops.lockfiles import DEPLOYED, DEVELOPMENT
from ops.package import package
from stage.progress import Progress

PROJECT = Path(__file__).parents[2]

#: Runs in an interpreter that has nothing but the package: every handler is there, and one answers.
ALONE = """
import importlib, json, pkgutil, sys

sys.path.insert(0, sys.argv[1])
import chalicelib

for found in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
    if found.name != "chalicelib.migrations.env" and ".versions." not in found.name:  # those need a running migration
        importlib.import_module(found.name)
for handler in json.loads(sys.argv[2]):
    module, _, name = handler.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name)), handler
request = {
    "requestContext": {"httpMethod": "GET", "resourcePath": "/health", "identity": {"sourceIp": "192.0.2.1"}},
    "headers": {},
    "multiValueQueryStringParameters": None,
    "pathParameters": None,
    "body": None,
    "isBase64Encoded": False,
    "stageVariables": None,
}
print(importlib.import_module("app").app(request, None)["body"])
"""


def test_the_package_is_complete_and_described_as_the_app_is(tmp_path: Path) -> None:
    """A quarter of a minute to package: so all that needs it is asked here.

    For the Python that runs this, so that what was packaged can run too; the default runtime runs in the rehearsal.
    """
    project = tmp_path / "project"
    for name in ("app.py", ".chalice/config.json", *map(str, {*DEPLOYED.inputs, *DEVELOPMENT.inputs, DEPLOYED.path})):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, project / name)
    shutil.copytree(PROJECT / "chalicelib", project / "chalicelib")
    (project / ".venv").symlink_to(sys.prefix)

    runtime = f"python3.{sys.version_info.minor}"
    made = package(project, Progress(), runtime)

    with zipfile.ZipFile(made.path) as content:
        names = set(content.namelist())
        content.extractall(tmp_path / "unpacked")
    files = {path.relative_to(PROJECT).as_posix() for path in (PROJECT / "chalicelib").rglob("*") if path.is_file()}
    assert {name for name in files if "__pycache__" not in name} <= names
    assert not [name for name in names if name.endswith(".pyc")]

    described = json.loads(made.api_path.read_text())
    assert {
        f"{method} {path}": options["authorized"]
        for path, route in described["routes"].items()
        for method, options in route["methods"].items()
    } == {
        f"{method} {path}": entry.authorizer is not None
        for path, methods in app.routes.items()
        for method, entry in methods.items()
    }
    assert described["runtime"] == runtime

    if (platform.system(), platform.machine()) == ("Linux", described["architecture"]):
        ran = subprocess.run(
            [
                sys.executable,
                "-I",
                "-S",
                "-c",
                ALONE,
                tmp_path / "unpacked",
                json.dumps([*described["functions"].values()]),
            ],
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (ran.stdout, ran.returncode) == ('{"status":"ok"}\n', 0), ran.stderr
