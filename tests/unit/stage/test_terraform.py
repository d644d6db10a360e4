"""Applying a Terraform root and reading its outputs, with the real terraform on a root that needs no provider."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from stage.errors import CommandError
from stage.terraform import TerraformRoot

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.fresh_python import RunPython

ROOT = """
terraform {
  backend "local" {}
}

variable "region" {
  type = string
}

variable "from_environment" {
  type    = string
  default = "unset"
}

resource "terraform_data" "stage" {
  input = { region = var.region, from_environment = var.from_environment }

  lifecycle {
    precondition {
      condition     = var.region != "nowhere"
      error_message = "there is no region nowhere"
    }
  }
}

output "region" {
  value = terraform_data.stage.output.region
}

output "from_environment" {
  value = terraform_data.stage.output.from_environment
}

output "list" {
  value = [1, "two"]
}

output "secret" {
  value     = "hidden"
  sensitive = true
}
"""

pytestmark = pytest.mark.skipif(not shutil.which("terraform"), reason="terraform is not installed")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root of builtin resources only."""
    folder = tmp_path_factory.mktemp("root")
    (folder / "main.tf").write_text(ROOT)
    return folder


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the state of the applied root goes."""
    return tmp_path_factory.mktemp("data") / "made-on-the-way"


@pytest.fixture(scope="module")
def applied(root: Path, data_dir: Path) -> TerraformRoot:
    """The root, applied once with values that stay."""
    terraform = TerraformRoot(root, data_dir, {"TF_VAR_from_environment": "given"})
    terraform.init()
    terraform.apply({"region": "eu-central-1"})
    return terraform


def test_apply_returns_the_outputs_as_plain_values(applied: TerraformRoot) -> None:
    """Of every type, sensitive ones included; a variable and the given environment arrive."""
    assert applied.apply({"region": "eu-central-1"}) == {
        "region": "eu-central-1",
        "from_environment": "given",
        "list": [1, "two"],
        "secret": "hidden",
    }


def test_what_is_applied_has_no_changes(applied: TerraformRoot) -> None:
    """And another value has."""
    assert applied.has_changes({"region": "eu-central-1"}) is False
    assert applied.has_changes({"region": "eu-west-1"}) is True


@pytest.mark.usefixtures("applied")
def test_state_and_working_data_go_to_the_callers_folder(root: Path, data_dir: Path) -> None:
    """Nothing is left beside the configuration, so several stacks can share it."""
    assert sorted(path.name for path in root.iterdir()) == ["main.tf"]
    assert (data_dir / "terraform.tfstate").is_file()
    assert (data_dir / "data").is_dir()


@pytest.mark.usefixtures("applied")
def test_two_stacks_of_one_root_do_not_meet(root: Path, data_dir: Path, tmp_path: Path) -> None:
    """Tests run beside `make dev`."""
    before = (data_dir / "terraform.tfstate").read_bytes()
    other = TerraformRoot(root, tmp_path / "other", {})
    other.init()
    assert other.has_changes({"region": "eu-central-1"}) is True
    assert other.apply({"region": "eu-west-1"})["region"] == "eu-west-1"
    assert (data_dir / "terraform.tfstate").read_bytes() == before


def test_a_failed_apply_reports_what_terraform_said(applied: TerraformRoot) -> None:
    """In its own words, and the same for a plan; what was applied stays."""
    with pytest.raises(CommandError, match=r"terraform apply failed:(.|\n)*there is no region nowhere"):
        applied.apply({"region": "nowhere"})
    with pytest.raises(CommandError, match=r"terraform plan failed:(.|\n)*there is no region nowhere"):
        applied.has_changes({"region": "nowhere"})
    assert applied.has_changes({"region": "eu-central-1"}) is False


def test_this_processs_environment_is_left_as_it_was(applied: TerraformRoot) -> None:
    """The operator's keys must not stay behind in it, whether Terraform succeeds or fails."""
    before = dict(os.environ)
    assert "TF_VAR_from_environment" not in before
    applied.has_changes({"region": "eu-central-1"})
    with pytest.raises(CommandError):
        applied.apply({"region": "nowhere"})
    assert dict(os.environ) == before


def test_a_root_whose_provider_is_not_at_hand_is_refused(tmp_path: Path) -> None:
    """The message is Terraform's, and nothing is written beside the configuration."""
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "main.tf").write_text(
        'terraform {\n  backend "local" {}\n  required_providers {\n    x = { source = "localhost/none/x" }\n  }\n}\n'
    )
    with pytest.raises(CommandError, match="localhost/none/x"):
        TerraformRoot(tmp_path / "root", tmp_path / "data", {}).init()
    assert [path.name for path in (tmp_path / "root").iterdir()] == ["main.tf"]


def test_without_terraform_the_message_says_where_to_get_it(run_python: RunPython, tmp_path: Path) -> None:
    """Before anything is started."""
    code = f"""
import json
from pathlib import Path
from stage.errors import CommandError
from stage.terraform import TerraformRoot
try:
    TerraformRoot(Path("infra/local"), Path({str(tmp_path / "data")!r}), {{}})
except CommandError as error:
    print(json.dumps(str(error)))
"""
    assert run_python(code, {"PATH": str(tmp_path)}) == (
        "terraform is not installed: get 1.11 or later from developer.hashicorp.com/terraform/install"
    )
    assert not (tmp_path / "data").exists()


@pytest.fixture
def var_file(tmp_path: Path) -> Path:
    """A stage's variables."""
    file = tmp_path / "stage.tfvars"
    file.write_text('region = "eu-central-1"\n')
    return file


def test_a_plan_is_shown_saved_applied_and_destroyed(
    root: Path, tmp_path: Path, var_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What was shown is what is applied, with the variables that the plan was made with."""
    terraform = TerraformRoot(root, tmp_path / "data", {})
    terraform.init()
    assert terraform.outputs() == {}
    saved = tmp_path / "plan"
    assert terraform.plan(var_file, saved) is True
    written = capfd.readouterr()
    assert ("Plan: 1 to add" in written.err, written.out) == (True, "")
    (change,) = terraform.planned(saved)["resource_changes"]
    assert (change["address"], change["change"]["actions"]) == ("terraform_data.stage", ["create"])

    var_file.write_text('region = "another"\n')
    terraform.apply_plan(saved)
    assert terraform.outputs()["region"] == "eu-central-1"
    var_file.write_text('region = "eu-central-1"\n')
    assert terraform.plan(var_file, saved) is False
    assert terraform.plan(var_file, saved, replace="terraform_data.stage") is True

    terraform.destroy(var_file)
    assert terraform.outputs() == {}


def test_what_fails_is_said_in_terraforms_words(root: Path, tmp_path: Path, var_file: Path) -> None:
    """A plan, an apply of what is no plan, and a look into one."""
    terraform = TerraformRoot(root, tmp_path / "data", {})
    terraform.init()
    var_file.write_text('region = "nowhere"\n')
    with pytest.raises(CommandError, match=r"(?s)terraform plan failed:.*there is no region nowhere"):
        terraform.plan(var_file, tmp_path / "plan")
    with pytest.raises(CommandError, match="terraform apply failed"):
        terraform.apply_plan(var_file)
    with pytest.raises(CommandError, match="terraform show failed"):
        terraform.planned(var_file)


def test_what_is_shown_goes_to_a_log_where_there_is_one(
    root: Path, tmp_path: Path, var_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A rehearsal would bury everything else under its plans; one after the other they are kept."""
    log = tmp_path / "terraform.log"
    terraform = TerraformRoot(root, tmp_path / "data", {}, log=log)
    terraform.init()
    terraform.plan(var_file, tmp_path / "plan")
    terraform.apply_plan(tmp_path / "plan")
    assert capfd.readouterr().err == ""
    assert "Plan: 1 to add" in log.read_text()
    assert "Apply complete!" in log.read_text()


def test_the_state_lies_where_the_backend_says(root: Path, tmp_path: Path, var_file: Path) -> None:
    """On AWS in a bucket, here in another file than the own one."""
    state = tmp_path / "elsewhere.tfstate"
    terraform = TerraformRoot(root, tmp_path / "data", {}, {"path": str(state)})
    terraform.init()
    terraform.plan(var_file, tmp_path / "plan")
    terraform.apply_plan(tmp_path / "plan")
    assert state.is_file()
    assert not (tmp_path / "data" / "terraform.tfstate").exists()
