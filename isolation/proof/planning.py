"""Plans of both roots, made on a local AWS: what can be proved before there is an account."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bulkhead_planproof.sources import Sources
from stage.terraform import LITTLE_GARBAGE_COLLECTION, TerraformRoot

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from chalicelib.config import Strategy
    from stage.local.stack import LocalStack

#: What a first plan must have applied, so that all of its policies are known: they name ids that AWS draws.
APPLIED_FIRST = ("module.core.module.identity", "module.network", "module.api.aws_api_gateway_rest_api.this")
#: Nobody else is on the stack: what was applied a moment ago needs no second look, and nobody changes the state.
_AS_APPLIED = {"TF_CLI_ARGS_plan": "-refresh=false -lock=false"}
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
    environment = stack.terraform_environment() | _AS_APPLIED
    root = TerraformRoot(project / "infra" / "local", folder, environment, log=stack.folder / "plan.log")
    variables, saved = folder / "proof.tfvars.json", folder / "proof.plan"
    variables.write_text(json.dumps(stack.terraform_variables()), encoding="utf-8")
    root.plan(variables, saved)
    return Planned(root.planned(saved), Sources.read(saved))


def live_plans(stack: LocalStack, project: Path, strategies: Iterable[Strategy]) -> list[tuple[Strategy, Planned]]:
    """Return first plans of infra/live's stage prod, one under each strategy.

    The user pool, the network and the API alone are applied before, to the stack: policies name their ids.

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
    environment = stack.local_aws.operator_environment(stack.outputs["region"])
    environment |= LITTLE_GARBAGE_COLLECTION | _AS_APPLIED
    environment["TF_VAR_package_dir"] = "tests/package"  # a package for the plan to name
    state = {"path": str(folder / "terraform.tfstate")}
    root = TerraformRoot(live, folder, environment, backend=state, log=stack.folder / "plan.log")
    root.init()
    prod, saved = live / "stages" / "prod.tfvars", folder / "saved.plan"
    root.plan(prod, saved, target=APPLIED_FIRST)
    root.apply_plan(saved)

    def planned(strategy: Strategy) -> tuple[Strategy, Planned]:
        stage, saved = folder / f"{strategy}.tfvars", folder / f"{strategy}.plan"
        stage.write_text(f'{prod.read_text()}\nvending_strategy = "{strategy}"\n')
        root.plan(stage, saved)
        return strategy, Planned(root.planned(saved), Sources.read(saved))

    # One after the other: python-terraform clears away the variables of all plans that it makes.
    return [planned(strategy) for strategy in strategies]
