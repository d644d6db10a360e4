"""Plans of both roots, made on a local AWS: what can be proved before there is an account."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bulkhead_planproof.sources import Sources
from stage.terraform import TerraformRoot

if TYPE_CHECKING:
    from pathlib import Path

    from stage.local.stack import LocalStack

#: Beside what the stage's file says: a package for the plan to name, and the roles of both vending strategies.
_CHOSEN = {"TF_VAR_package_dir": "tests/package", "TF_VAR_vending_strategy": "session_policy"}
#: What a first plan must have applied, so that all of its policies are known.
APPLIED_FIRST = ("module.core.module.identity", "module.api.aws_api_gateway_rest_api.this")
_LOCAL_STATE = 'terraform {\n  backend "local" {}\n}\n'


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, as Terraform writes it in JSON, and the sources that it was made of."""

    plan: dict[str, Any]
    sources: Sources


def local_plan(stack: LocalStack, project: Path) -> Planned:
    """Return a plan of infra/local, of which everything is applied on the stack.

    Raises:
        CommandError: Terraform failed.
    """
    folder = stack.folder / "terraform"
    root = TerraformRoot(
        project / "infra" / "local", folder, stack.terraform_environment(), log=stack.folder / "plan.log"
    )
    variables, saved = folder / "proof.tfvars.json", folder / "proof.plan"
    variables.write_text(json.dumps(stack.terraform_variables()), encoding="utf-8")
    root.plan(variables, saved)
    return Planned(root.planned(saved), Sources.read(saved))


def live_plan(stack: LocalStack, project: Path) -> Planned:
    """Return a first plan of infra/live's stage prod, with the roles of both vending strategies.

    The user pool and the API alone are applied before, to the stack: policies name their ids, which AWS draws.

    Raises:
        CommandError: Terraform failed.
    """
    folder = stack.folder / "live"
    shutil.copytree(project / "infra", folder / "infra", ignore=shutil.ignore_patterns(".terraform", "*.tfstate*"))
    (folder / "chalicelib").mkdir()
    shutil.copy(project / "chalicelib" / "permissions.json", folder / "chalicelib")  # Terraform reads it
    shutil.copytree(project / "web", folder / "web")  # which it uploads
    live = folder / "infra" / "live"
    (live / "state_override.tf").write_text(_LOCAL_STATE)
    environment = stack.local_aws.operator_environment(stack.outputs["region"]) | _CHOSEN
    state = {"path": str(folder / "terraform.tfstate")}
    root = TerraformRoot(live, folder, environment, backend=state, log=stack.folder / "plan.log")
    root.init()
    stage, saved = live / "stages" / "prod.tfvars", folder / "saved.plan"
    root.plan(stage, saved, target=APPLIED_FIRST)
    root.apply_plan(saved)
    root.plan(stage, saved)
    return Planned(root.planned(saved), Sources.read(saved))
