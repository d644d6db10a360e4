"""The composition root: importing it reads no setting, makes no call, and loads what a cold start needs only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chalicelib import PRODUCT
from chalicelib.config import CONTROL_PLANE_SETTINGS, DATABASE_FUNCTIONS_SETTINGS, SETTINGS, SIGNING_KEYS_SETTINGS

if TYPE_CHECKING:
    from tests.support.fresh_python import RunPython

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
    assert imported["name"] == PRODUCT
    assert {"/health", "/me", "/openapi.json"} <= set(imported["routes"])
    assert imported["calls"] == []
    ours = {*SETTINGS, *SIGNING_KEYS_SETTINGS, *DATABASE_FUNCTIONS_SETTINGS, *CONTROL_PLANE_SETTINGS, "*"}
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


#: Imports the app and prints what of these kinds that loads.
LOADED_BY_APP = """
import json, sys
from app import app
heavy = {"alembic", "aws_lambda_powertools", "boto3", "botocore", "email_validator", "jwt", "psycopg", "psycopg_pool",
         "sqlalchemy"}
names = set(sys.modules)
print(json.dumps({
    "drivers": sorted({name.partition(".")[0] for name in names} & heavy),
    "lazy": sorted(name for name in names if name.startswith("chalicelib.") and name.endswith((".store", ".probe"))),
    "schemas": "pydantic.type_adapter" in names,
}))
"""


def test_importing_the_app_loads_no_store_no_probe_no_driver_and_no_sdk(run_python: RunPython) -> None:
    """The routes' cold start pays for what a request needs when it needs it, and never for the evidence's probes."""
    assert run_python(LOADED_BY_APP) == {"drivers": [], "lazy": [], "schemas": False}


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import psycopg", {"drivers": ["psycopg"]}),
        ("import chalicelib.entities.probe", {"lazy": ["chalicelib.entities.probe"]}),
        ("from pydantic import TypeAdapter", {"schemas": True}),
    ],
)
def test_what_the_app_loads_would_be_noticed(run_python: RunPython, code: str, found: dict[str, object]) -> None:
    """The canary of the test above."""
    loaded = run_python(LOADED_BY_APP.replace("from app import app", f"from app import app; {code}"))
    assert loaded.items() >= found.items()
