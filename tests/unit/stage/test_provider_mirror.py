"""Finding a folder that already holds the Terraform AWS provider."""

from __future__ import annotations

import json
import os
import platform
import re
from typing import TYPE_CHECKING

import pytest

from stage.errors import CommandError
from stage.provider_mirror import AWS_PROVIDER_VERSION, find_plugin_dir

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.fresh_python import RunPython

SYSTEM = (
    platform.system().lower()
    + "_"
    + {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
)
PROVIDER = "registry.terraform.io/hashicorp/aws"
UNPACKED = f"{PROVIDER}/{AWS_PROVIDER_VERSION}/{SYSTEM}/terraform-provider-aws_v{AWS_PROVIDER_VERSION}_x5"
PACKED = f"{PROVIDER}/terraform-provider-aws_{AWS_PROVIDER_VERSION}_{SYSTEM}.zip"

FIND = """
import json, os
from stage.provider_mirror import find_plugin_dir
found = find_plugin_dir({})
print(json.dumps(None if found is None else str(found)))
"""


def mirror(folder: Path, file: str) -> Path:
    """Make a folder that holds this file."""
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / file).touch()
    return folder


@pytest.mark.parametrize("file", [UNPACKED, PACKED], ids=["unpacked", "packed"])
def test_the_named_folder_is_taken_when_it_holds_the_provider(tmp_path: Path, file: str) -> None:
    """In both layouts of a filesystem mirror, and before any other place."""
    assert find_plugin_dir({"TF_PLUGIN_DIR": str(mirror(tmp_path, file))}) == tmp_path


def test_a_named_folder_is_returned_as_an_absolute_path(tmp_path: Path) -> None:
    """Terraform runs in the root's folder, where a relative path would mean another place."""
    mirror(tmp_path / "mirror", PACKED)
    assert find_plugin_dir({"TF_PLUGIN_DIR": os.path.relpath(tmp_path / "mirror")}) == tmp_path / "mirror"


@pytest.mark.parametrize(
    "file",
    [
        pytest.param("README", id="nothing"),
        pytest.param(UNPACKED.replace(AWS_PROVIDER_VERSION, "5.99.0"), id="another version"),
        pytest.param(PACKED.replace(AWS_PROVIDER_VERSION, "5.99.0"), id="another version, packed"),
        pytest.param(UNPACKED.replace(SYSTEM, "plan9_mips"), id="another machine"),
        pytest.param(PACKED.replace(SYSTEM, "plan9_mips"), id="another machine, packed"),
        pytest.param(UNPACKED.replace("hashicorp", "opentofu"), id="another provider"),
        pytest.param(UNPACKED.replace("registry.terraform.io/", ""), id="a folder too deep"),
    ],
)
def test_a_named_folder_without_the_provider_is_refused(tmp_path: Path, file: str) -> None:
    """Going on to the network would hide the mistake; the message says what is wanted and what to do."""
    mirror(tmp_path, file)
    with pytest.raises(CommandError) as refused:
        find_plugin_dir({"TF_PLUGIN_DIR": str(tmp_path)})
    assert str(refused.value) == (
        f"TF_PLUGIN_DIR={tmp_path} does not hold {PROVIDER} {AWS_PROVIDER_VERSION} for this machine: "
        "correct it, or unset it"
    )


def test_a_named_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The same message as for an empty one."""
    with pytest.raises(CommandError, match="TF_PLUGIN_DIR="):
        find_plugin_dir({"TF_PLUGIN_DIR": str(tmp_path / "absent")})


@pytest.mark.parametrize("folder", [".terraform.d/plugins", ".local/share/terraform/plugins"])
def test_without_a_name_terraforms_own_mirrors_are_looked_into_first(
    run_python: RunPython, tmp_path: Path, folder: str
) -> None:
    """Where people keep them under their home."""
    mirror(tmp_path / folder, UNPACKED)
    assert run_python(FIND, {"HOME": str(tmp_path)}) == f"{tmp_path}/{folder}"


def test_without_a_name_only_a_folder_with_the_provider_is_found(run_python: RunPython, tmp_path: Path) -> None:
    """Whether this machine has a mirror is its own affair; what is found is one, and an unfit folder is passed over."""
    mirror(tmp_path / ".terraform.d/plugins", UNPACKED.replace(AWS_PROVIDER_VERSION, "5.99.0"))
    found = run_python(FIND, {"HOME": str(tmp_path)})
    assert found is None or find_plugin_dir({"TF_PLUGIN_DIR": found}) is not None


def versions(project: Path) -> list[Path]:
    """Return every versions.tf of the project that names the provider."""
    files = sorted(path for path in (project / "infra").rglob("versions.tf") if ".terraform" not in path.parts)
    return [path for path in files if '"hashicorp/aws"' in path.read_text()]


def test_every_root_and_module_requires_the_version_that_is_looked_for(project: Path) -> None:
    """Else `terraform init` would refuse the mirror that was found."""
    found = versions(project)
    assert len(found) > 1
    for path in found:
        constraint = re.search(r'"hashicorp/aws"\s*version\s*=\s*"([^"]+)"', path.read_text())
        assert constraint, path
        assert constraint[1].split(",")[0].lstrip("~>= ") == AWS_PROVIDER_VERSION, path


def test_every_lock_file_holds_the_version_that_is_looked_for(project: Path) -> None:
    """For the machine that this runs on, too: its hash is one of those that people can check."""
    locks = [path for path in (project / "infra").rglob(".terraform.lock.hcl") if path.parent.parent.name != "modules"]
    assert locks
    for path in locks:
        provider = re.search(rf'provider "{PROVIDER}" {{(.*?)\n}}', path.read_text(), re.DOTALL)
        assert provider, path
        assert re.findall(r"version\s+= (.*)", provider[1]) == [json.dumps(AWS_PROVIDER_VERSION)], path
        assert "h1:" in provider[1], path
