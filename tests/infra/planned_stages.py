"""Plans of both roots for the proof, made on a local AWS: of a local stage that is applied, and first ones of prod."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkhead_planproof.sources import Sources
from isolation.proof.planning import APPLIED_FIRST, Planned
from stage.local.aws import VPC_ENDPOINT_ID
from tests.infra.applied_stage import DATABASE, MASTER_PASSWORD, REGION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from stage.local.aws import LocalAws
    from tests.infra.conftest import Workspace

_LOCAL = {
    "TF_VAR_stage": "proved",
    "TF_VAR_vending_strategy": "web_identity",
    "TF_VAR_vpc_endpoint_id": VPC_ENDPOINT_ID,
    "TF_VAR_database": json.dumps(DATABASE),
    "TF_VAR_database_master_username": "postgres",
    "TF_VAR_database_master_password": MASTER_PASSWORD,
}


@dataclass(frozen=True, slots=True)
class Root:
    """A root of infra/ with a state of its own, and the environment in which it is planned."""

    workspace: Workspace
    path: Path
    environ: Mapping[str, str]

    def terraform(self, command: str, *arguments: str) -> str:
        """Run a command, which must succeed, and return what it prints."""
        ran = self.workspace.terraform(self.path, command, *arguments, environ=self.environ)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def planned(self, saved: Path, *options: str) -> Planned:
        """Return a plan; what was applied a moment ago needs no second look."""
        self.terraform("plan", "-input=false", "-refresh=false", f"-out={saved}", *options)
        return Planned(json.loads(self.terraform("show", "-json", str(saved))), Sources.read(saved))


def plan_of_a_local_stage(workspace: Workspace, folder: Path) -> Planned:
    """Apply a local stage under web_identity, and return the plan of it; it is destroyed again."""
    root = Root(workspace, workspace.applicable("local", "proved", folder / "terraform.tfstate"), _LOCAL)
    root.terraform("apply", "-input=false", "-auto-approve")
    planned = root.planned(folder / "plan")
    root.terraform("destroy", "-input=false", "-refresh=false", "-auto-approve")
    return planned


def plans_of_prod(
    workspace: Workspace, local_aws: LocalAws, folder: Path, stages: Mapping[str, Mapping[str, str]]
) -> dict[str, Planned]:
    """Return first plans of prod, by name, with the variables of each.

    What the plans' policies name the ids of, which AWS draws, is applied, and goes with the local AWS.
    """
    path = workspace.infra / "live"
    (path / "state_override.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    workspace.initialised("live")
    root = Root(workspace, path, {**local_aws.operator_environment(REGION), "TF_VAR_package_dir": "tests/package"})
    providers = path.parent / "local" / ".terraform" / "providers"
    state = f"-backend-config=path={folder / 'state'}"
    root.terraform("init", "-input=false", "-reconfigure", f"-plugin-dir={providers}", state)
    prod = f"-var-file={path / 'stages' / 'prod.tfvars'}"
    named = ("-input=false", "-auto-approve", *(f"-target={each}" for each in APPLIED_FIRST), prod)
    root.terraform("apply", *named)
    return {
        name: root.planned(folder / f"{name}.plan", prod, *(f"-var={key}={value}" for key, value in variables.items()))
        for name, variables in stages.items()
    }
