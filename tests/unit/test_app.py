"""The composition root: importing it reads no setting and makes no call, and nothing depends on it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chalicelib.config import CONTROL_PLANE_SETTINGS, DATABASE_FUNCTIONS_SETTINGS, SESSION_POLICY_SETTINGS, SETTINGS

if TYPE_CHECKING:
    from tests.support.fresh_python import RunPython

PROJECT = Path(__file__).parents[2]
SOURCES = sorted(
    path for folder in ("chalicelib", "ops", "packages", "stage") for path in (PROJECT / folder).rglob("*.py")
)

#: Imports the app while the interpreter's own audit events tell of every connection, look-up and process.
IMPORT_APP = """
import collections.abc, json, os, sys

read = []

class NotedEnvironment(collections.abc.MutableMapping):
    def __init__(self, environment): self.environment = environment
    def __getitem__(self, name):
        read.append(name)
        return self.environment[name]
    def __setitem__(self, name, value): self.environment[name] = value
    def __delitem__(self, name): del self.environment[name]
    def __iter__(self):
        read.append("*")
        return iter(self.environment)
    def __len__(self): return len(self.environment)

calls = []
def note(event, arguments):
    if event.startswith(("socket.connect", "socket.get", "socket.send", "subprocess.", "os.system", "os.exec")):
        calls.append(event)
        raise RuntimeError("no call may be made: " + event)

sys.addaudithook(note)
os.environ = NotedEnvironment(os.environ)
from app import app
print(json.dumps({"name": app.app_name, "routes": sorted(app.routes), "read": sorted(set(read)), "calls": calls}))
"""


def test_importing_the_app_reads_no_setting_and_makes_no_call(run_python: RunPython) -> None:
    """`chalice package` imports it before anything is deployed: without an environment and without a network."""
    imported = run_python(IMPORT_APP)
    assert imported["name"] == "bulkhead"
    assert {"/cart", "/cart/{item_id}", "/health", "/me"} <= set(imported["routes"])
    assert imported["calls"] == []
    ours = {*SETTINGS, *SESSION_POLICY_SETTINGS, *DATABASE_FUNCTIONS_SETTINGS, *CONTROL_PLANE_SETTINGS, "*"}
    chalices = {"AWS_EXECUTION_ENV"}  # by which it tells whether it runs in Lambda
    prefixes = ("AWS_", "AUTHORIZER_", "POWERTOOLS_")
    read = {name for name in imported["read"] if name in ours or name.startswith(prefixes)}
    assert read <= chalices


@pytest.mark.parametrize(
    ("code", "event"),
    [("os.environ.get('TABLE_ARN')", "TABLE_ARN"), ("dict(os.environ)", "*")],
    ids=["a setting", "the whole environment"],
)
def test_reading_a_setting_would_be_noticed(run_python: RunPython, code: str, event: str) -> None:
    """The canary of the test above."""
    assert event in run_python(IMPORT_APP.replace("from app import app", f"from app import app; {code}"))["read"]


def test_making_a_call_would_be_noticed(run_python: RunPython) -> None:
    """The other canary."""
    call = "import socket\ntry: socket.create_connection(('127.0.0.1', 9))\nexcept RuntimeError: pass"
    assert run_python(IMPORT_APP.replace("from app import app", f"from app import app\n{call}"))["calls"]


def imported_names(source: str) -> set[str]:
    """Return the top-level names of all modules that a source imports, however deep in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_nothing_imports_the_app(path: Path) -> None:
    """It is the root: import-linter, which sees packages only, cannot check it."""
    assert "app" not in imported_names(path.read_text())


@pytest.mark.parametrize(
    "source", ["import app", "from app import app", "def f():\n    from app import app", "import app.x"]
)
def test_an_import_of_the_app_would_be_noticed(source: str) -> None:
    """The canary of the test above."""
    assert "app" in imported_names(source)
