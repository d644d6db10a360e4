"""The distributions, as somebody installs them who has nothing else of the project."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localaws_testing.running import started
from ops.environments import create, uv
from ops.lockfiles import DEVELOPMENT, SUPPORTED_PYTHONS
from ops.wheels import build
from stage.clients import AwsEndpoint
from stage.document import Operator
from stage.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT = Path(__file__).parents[2]
PYTHON = SUPPORTED_PYTHONS[-1]


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the wheels."""
    folder = tmp_path_factory.mktemp("dist")
    assert [wheel.name.partition("-")[0] for wheel in build(PROJECT, folder)] == [
        "bulkhead_iam",
        "bulkhead_localaws",
        "bulkhead_planproof",
    ]
    return folder


@pytest.fixture(scope="module")
def installed(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that installs into an empty environment and returns the folder of its commands."""

    def install(*arguments: str) -> Path:
        home = tmp_path_factory.mktemp("environment") / "home"
        create(PROJECT, PYTHON, home)
        versions = ["--constraint", str(PROJECT / DEVELOPMENT.path)]
        where = ["--quiet", "--python", str(home / "bin" / "python"), "--find-links", str(dist)]
        uv(PROJECT, ["pip", "install", *where, *versions, *arguments], arguments[-1])
        return home / "bin"

    return install


def test_the_prover_brings_no_sdk_no_framework_and_no_emulator(installed: Callable[..., Path], tmp_path: Path) -> None:
    """And it answers, from a folder that has nothing of the project."""
    commands = installed("bulkhead-planproof")

    ran = subprocess.run([commands / "planproof", "--help"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("usage: planproof ")
    code = "from importlib.metadata import distributions; print(*sorted(each.name for each in distributions()))"
    names = subprocess.run([commands / "python", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    brought = set(names.stdout.split())
    assert {"bulkhead-iam", "bulkhead-planproof", "pydantic", "z3-solver"} <= brought
    assert not brought & {"boto3", "botocore", "bulkhead-localaws", "chalice", "moto"}


def test_the_local_aws_answers_boto3(installed: Callable[..., Path], tmp_path: Path) -> None:
    """From a folder that has nothing of the project."""
    commands = installed("bulkhead-localaws")
    with started(tmp_path, command=(str(commands / "localaws"),), cwd=tmp_path) as (server, told):
        sts = AwsEndpoint("eu-central-1", told["endpoint_url"]).as_operator("sts", Operator(**told["operator"]))
        assert sts.get_caller_identity()["Arn"].endswith(":user/operator")
    assert server.returncode == 0


@pytest.mark.parametrize(("package", "command"), [("planproof", "planproof"), ("localaws", "localaws")])
def test_without_the_evaluator_a_command_says_what_is_missing(
    installed: Callable[..., Path], dist: Path, package: str, command: str
) -> None:
    """As with `pip install --no-deps`; pip itself names it otherwise."""
    (wheel,) = dist.glob(f"bulkhead_{package}-*.whl")
    commands = installed("--no-deps", str(wheel))

    ran = subprocess.run([commands / command], capture_output=True, text=True, check=False)

    assert ran.returncode == 2
    assert ran.stderr.startswith(f"{command} needs ")
    assert ran.stderr.endswith(f", which is not installed: pip install bulkhead-{package}\n")


@pytest.mark.parametrize("package", ["iam", "localaws", "planproof"])
def test_a_wheel_has_types_a_licence_and_the_supported_python(dist: Path, package: str) -> None:
    """An installer refuses another Python by what the metadata say."""
    (wheel,) = dist.glob(f"bulkhead_{package}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (archive.read(name).decode() for name in names if name.endswith("/METADATA"))

    assert f"bulkhead_{package}/py.typed" in names
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert not [name for name in names if "test" in name]
    assert f"Requires-Python: >={PYTHON}, <3.14\n" in metadata
    assert len(metadata.partition("\n\n")[2]) > 1000, "the README is its page"


def test_a_distribution_that_cannot_be_built_is_named(tmp_path: Path) -> None:
    """By its folder."""
    (tmp_path / ".venv").symlink_to(PROJECT / ".venv")
    (tmp_path / "packages" / "toy").mkdir(parents=True)
    (tmp_path / "packages" / "toy" / "pyproject.toml").write_text("[project]\n")

    with pytest.raises(CommandError, match=r"packages/toy cannot be used"):
        build(tmp_path, tmp_path / "dist")
