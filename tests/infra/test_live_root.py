"""infra/live agrees with the code that it deploys."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from app import app
from chalicelib.config import (
    CONTROL_PLANE_SETTINGS,
    DATABASE_FUNCTIONS_SETTINGS,
    SETTINGS,
    SIGNING_KEYS_SETTINGS,
    TRIGGER_SETTINGS,
)
from stage.functions import TENANT_FUNCTIONS, function_seconds
from tests.infra.conftest import INFRA

if TYPE_CHECKING:
    from pathlib import Path

LIVE = INFRA / "live"
_SET_BY_LAMBDA = {"AWS_REGION"}
_STAGES = sorted((LIVE / "stages").glob("*.tfvars"))


def _settings(name: str) -> set[str]:
    """Return the settings' names in one map of environment.tf."""
    block = re.search(
        rf"^  {name}_environment = .*?^  [)}}]", (LIVE / "environment.tf").read_text(), re.DOTALL | re.MULTILINE
    )
    assert block, f"there is no {name}_environment"
    return set(re.findall(r"\b([A-Z][A-Z_]{5,})\b\"? +=>? ", block[0]))


@pytest.mark.parametrize(
    ("name", "demanded"),
    [
        ("api", SETTINGS),
        ("database", DATABASE_FUNCTIONS_SETTINGS),
        ("tenants", CONTROL_PLANE_SETTINGS),
        ("trigger", TRIGGER_SETTINGS),
        ("signing_keys", SIGNING_KEYS_SETTINGS),
    ],
)
def test_a_function_is_told_what_its_code_demands(name: str, demanded: dict[str, str]) -> None:
    """A setting that Terraform forgets would be found by the first request only, and one too many is read by nobody."""
    login = _settings("login") if "READER_SECRET_ARN" in demanded else set()
    assert _settings(name) | login == set(demanded) - _SET_BY_LAMBDA


def test_the_package_of_the_tests_has_the_form_of_the_apps() -> None:
    """The tests of infra/live read a description of the package: every function of the app, and some routes."""
    described = json.loads((LIVE / "tests" / "package" / "api.json").read_text())

    own = {function.name for function in app.pure_lambda_functions}
    authorizers = {authorizer.name for authorizer in app.builtin_auth_handlers}
    assert set(described["functions"]) == own | authorizers | {"api_handler"}
    assert {"/health", "/me", "/openapi.json"} <= set(described["routes"]) & set(app.routes)


@pytest.mark.parametrize("path", _STAGES, ids=lambda path: path.stem)
def test_a_stage_is_called_as_its_file_is(path: Path) -> None:
    """Else `make deploy` would change another stage than the one that it was given."""
    assert re.findall(r'^stage\s*=\s*"(.*)"', path.read_text(), re.MULTILINE) == [path.stem]


def test_only_a_rehearsal_gives_up_what_an_emulator_lacks() -> None:
    """Switches for emulators are in the rehearsal's file alone, which names the emulator's account."""
    switches = ("enforces_leading_keys", "require_tls", "aws_endpoint_url", "sslmode")
    naming = [
        path.stem
        for path in _STAGES
        if any(re.search(rf"^\s*{name}\s*=", path.read_text(), re.MULTILINE) for name in switches)
    ]

    assert naming == ["rehearse"]
    assert '"123456789012"' in (LIVE / "stages" / "rehearse.tfvars").read_text()


def test_functions_have_the_time_that_their_invoker_expects() -> None:
    """Offboarding relies on it: what began before is ended before it erases."""
    functions = (LIVE / "functions.tf").read_text()
    block = re.search(r"^  timeouts = \{\n(.*?)^  \}", functions, re.DOTALL | re.MULTILINE)
    assert block
    timeouts = {name: int(seconds) for name, seconds in re.findall(r"(\w+)\s*= (\d+)", block[1])}
    others = re.search(r"timeout_seconds\s*= lookup\(local.timeouts, each.key, (\d+)\)", functions)
    assert others
    for function in (*TENANT_FUNCTIONS, "migrate_database", "rotate_secret"):
        assert timeouts.get(function, int(others[1])) == function_seconds(function)


def test_what_the_core_took_over_is_moved() -> None:
    """A stage that was deployed before there was a core keeps its tables, users and roles.

    The core itself says where what it had under other addresses is now.
    """
    core = "".join((INFRA / "modules" / "core" / name).read_text() for name in ("main.tf", "moved.tf"))
    moved = re.findall(
        r"^  from = module\.(\w+)\n  to   = module\.core\.(.+)$", (LIVE / "moved.tf").read_text(), re.MULTILINE
    )

    once_without_count = {"database_functions": "module.database_functions[0]"}
    assert dict(moved) == {name: f"module.{name}" for name, _ in moved} | once_without_count
    assert all(re.search(rf'^module "{name}"|^  from = module.{name}\b', core, re.MULTILINE) for name, _ in moved)
    assert len(moved) >= 10


def test_every_refusal_of_api_gateway_is_documented() -> None:
    """Whoever gets a Code finds what it means."""
    codes = set(re.findall(r'code = "(\w+)"', (INFRA / "modules" / "api" / "main.tf").read_text()))
    readme = (INFRA.parent / "README.md").read_text()
    assert {code for code in codes if f"`{code}`" not in readme} == set()
    assert len(codes) >= 6
