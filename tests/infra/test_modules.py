"""Every root and module of infra/ is valid, keeps the house style, and passes its own tests."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.infra.conftest import INFRA, PERMISSIONS, infra_folders

if TYPE_CHECKING:
    from tests.infra.conftest import Workspace

_KNOWN_MODULES = (
    "alarms",
    "api",
    "bucket",
    "control_plane",
    "core",
    "database",
    "database_functions",
    "execution_role",
    "function",
    "function_rights",
    "identity",
    "key_access",
    "network",
    "placement",
    "pooled_table",
    "product",
    "registry",
    "secrets",
    "signing_keys",
    "tenant_role",
    "tenant_trust",
    "web",
)

_BLOCK = re.DOTALL | re.MULTILINE

_READMES = sorted(path.parent.name for path in INFRA.glob("modules/*/README.md"))

every_folder = pytest.mark.parametrize("name", infra_folders())


def test_the_folders_are_found() -> None:
    """The discovery finds what exists today, so that the tests below cannot pass by finding nothing."""
    known = {"live", "local", *(f"modules/{name}" for name in _KNOWN_MODULES)}

    assert known <= set(infra_folders())


@every_folder
def test_a_folder_has_its_four_files_and_tests(name: str) -> None:
    """A module without tests is a failure: nothing would notice that its control is gone.

    They are in one file, which is what the canaries read.
    """
    folder = INFRA / name

    missing = {"main.tf", "variables.tf", "outputs.tf", "versions.tf"} - {path.name for path in folder.glob("*.tf")}

    assert not missing
    assert [path.name for path in folder.glob("tests/*.tftest.hcl")] == ["controls.tftest.hcl"]


@every_folder
def test_variables_are_declared_in_one_order(name: str) -> None:
    """Every variable states its type, which is never `any`, and its meaning, then default and validation."""
    source = (INFRA / name / "variables.tf").read_text()
    blocks = re.findall(r'^variable "\w+" \{\n(.*?)^\}', source, _BLOCK)
    order = ["type", "description", "default", "validation"]

    for block in blocks:
        declared = [word for word in re.findall(r"^  (\w+)", block, re.MULTILINE) if word in order]
        assert declared[:2] == order[:2]
        assert declared == sorted(declared, key=order.index)
        assert not re.search(r"\bany\b", re.sub(r'".*?"', "", block))
    assert len(blocks) == source.count('variable "')


def test_a_placement_is_one_thing_and_checked_by_each_module() -> None:
    """Every module that takes a placement takes the same members, and has them checked in one place."""
    takers = {
        path.parent: block[1]
        for path in INFRA.glob("modules/*/variables.tf")
        if (block := re.search(r'^variable "placement" \{\n  type += (.*)', path.read_text(), re.MULTILINE))
    }
    unchecked = [path.name for path in takers if '"../placement"' not in (path / "main.tf").read_text()]

    assert sorted(unchecked) == ["core", "placement"]  # the first hands it on to others
    assert len(set(takers.values())) == 1
    assert len(takers) > len(_KNOWN_MODULES) / 2


def test_the_modules_that_others_would_use_have_a_readme() -> None:
    """So that the tests below cannot pass by finding none."""
    assert {"pooled_table", "tenant_role", "tenant_trust", "identity", "database"} <= set(_READMES)


@pytest.mark.parametrize("name", _READMES)
def test_a_readme_tells_each_input_and_output(name: str) -> None:
    """Its tables say what the module's files say, in the same words and order."""
    told = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", _tables(name)[0], re.MULTILINE)
    results = re.findall(r"^\| `(\w+)` \| (.+?) \|$", _tables(name)[1], re.MULTILINE)

    assert told == [(variable, what, default or "required") for variable, what, default in _declared(name, "variable")]
    assert results == [(output, what) for output, what, _ in _declared(name, "output")]


def _tables(name: str) -> list[str]:
    """Return the tables of inputs and of outputs."""
    tables = (INFRA / "modules" / name / "README.md").read_text().partition("| input | what it is | default |")[2]
    return tables.split("| output | what it is |")


def _declared(name: str, kind: str) -> list[tuple[str, str, str]]:
    """Return name, description and default of what a module's file declares; the default is "" where there is none."""
    source = (INFRA / "modules" / name / f"{kind}s.tf").read_text()
    blocks = re.findall(rf'^{kind} "(\w+)" \{{\n(.*?)^\}}', source, _BLOCK)
    defaults = [re.search(r"^  default +=[ ](.+)$", block, re.MULTILINE) for _, block in blocks]
    return [
        (
            declared,
            re.findall(r'^  description = "(.*)"$', block, re.MULTILINE)[0],
            f"`{default[1]}`" if default else "",
        )
        for (declared, block), default in zip(blocks, defaults, strict=True)
    ]


@pytest.mark.parametrize("name", _READMES)
def test_a_readme_is_used_as_it_says(workspace: Workspace, name: str) -> None:
    """Terraform takes each usage block as it stands, once the modules are beside it."""
    usages = re.findall(r"^```hcl\n(.*?)^```$", (INFRA / "modules" / name / "README.md").read_text(), _BLOCK)
    for number, usage in enumerate(usages):
        folder = workspace.infra / f"usage-{number}-of-{name}"
        folder.mkdir()
        versions = (workspace.infra / "modules" / "bucket" / "versions.tf").read_text()
        (folder / "main.tf").write_text(versions + usage.replace('"./modules/', '"../modules/'))
        result = workspace.terraform(workspace.initialised(folder.name), "validate")

        assert result.returncode == 0, result.stderr
    assert usages


def test_both_roots_tell_the_same_of_the_core() -> None:
    """A reader of a stage's outputs need not know whether it is on AWS, but that all there have a database."""
    local, live = (_outputs((INFRA / root / "outputs.tf").read_text()) for root in ("local", "live"))

    always_there = re.compile(r"one\((?:var|module)\.(\w+)\[\*\]\.(\w+)\)")
    assert {name: always_there.sub(r"module.\1.\2", value) for name, value in local.items()}.items() <= live.items()
    assert local


def _outputs(source: str) -> dict[str, str]:
    """Return the values of outputs that have a line each, by name."""
    return dict(re.findall(r'^output "(\w+)" \{ value = (.*) \}$', source, re.MULTILINE))


def test_the_user_pool_has_no_hosted_domain() -> None:
    """A hosted domain would add sign-in pages of its own, and PrivateLink refuses pools that have one."""
    declaring = [path for path in INFRA.rglob("*.tf") if "aws_cognito_user_pool_domain" in path.read_text()]

    assert declaring == []


def test_no_role_of_users_is_named_in_terraform() -> None:
    """Which role has which right is said once, in permissions.json, which modules/core reads."""
    rights = json.loads(PERMISSIONS.read_text())["rights"]
    roles = {role for right in rights.values() for role in right}

    naming = [path for path in INFRA.rglob("*.tf") for role in roles if f'"{role}"' in path.read_text()]

    assert roles
    assert naming == []


@every_folder
def test_a_folder_passes_its_own_tests(workspace: Workspace, name: str) -> None:
    """`terraform test` finds every control in place, with no network and no credentials of the developer's.

    It validates the folder and the files of its tests as `terraform validate` does, before the first run.
    """
    result = workspace.terraform(workspace.initialised(name), "test")

    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"^Success! [1-9]\d* passed, 0 failed", result.stdout, re.MULTILINE), result.stdout
