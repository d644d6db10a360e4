"""`make deploy STAGE=`: package, plan, apply, migrate, smoke test.

It stops at the first failure; the next run goes on from there.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from ops.package import package
from ops.runtimes import add_runtime
from ops.smoke import SmokeTest
from stage.errors import INTERRUPTED, CommandError
from stage.functions import invoke_lambda
from stage.live import LiveStage, stage_of
from stage.progress import Progress
from stage.terraform import require_terraform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stage.terraform import TerraformRoot

#: What runs after each apply, and what the progress says of it.
_AFTER_APPLY = {
    "copying the user pool's signing keys": "refresh_signing_keys",
    "migrating the database": "migrate_database",
}
_METHOD = "aws_api_gateway_method"
_DEPLOYMENT, _API_STAGE = "module.api.aws_api_gateway_deployment.this", "module.api.aws_api_gateway_stage.this"


def main(arguments: Sequence[str] | None = None) -> int:
    """Deploy: 0 when the smoke test has passed, 1 when a step failed, 2 when nothing was changed, 130 by Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m ops.deploy", description=__doc__)
    parser.add_argument("stage", nargs="?", default="", help="one of infra/live/stages")
    parser.add_argument("--yes", action="store_true", help="apply the plan without asking")
    parser.add_argument(
        "--quiet", action="store_true", help="what Terraform says goes to .local/live/STAGE/terraform.log"
    )
    add_runtime(parser)
    options = parser.parse_args(arguments)
    console = Console(highlight=False, stderr=True)
    deployment = Deployment(Path(__file__).parent.parent, console)
    try:
        url = deployment.run(options.stage, options.runtime, ask=not options.yes, quiet=options.quiet)
    except CommandError as error:
        console.print(f"[red]✗[/red] {escape(str(error))}", soft_wrap=True)
        return 1 if deployment.changed else 2
    except KeyboardInterrupt:
        console.print("[red]✗[/red] interrupted: the next `make deploy` goes on from here", soft_wrap=True)
        return INTERRUPTED
    print(url)
    return 0


class Deployment:
    """The steps, and whether one of them may have changed something."""

    def __init__(self, project: Path, console: Console) -> None:
        self.changed = False
        self._project = project
        self._console = console
        self._progress = Progress(console)

    def run(self, name: str, runtime: str, *, ask: bool, quiet: bool) -> str:
        """Deploy a stage and return the URL of its API.

        Raises:
            CommandError: a step failed; the message says what to do.
        """
        with self._progress.step("looking at tools, credentials and the stage's file"):
            require_terraform()
            stage = LiveStage.find(self._project, name)
        self._console.print(escape(str(package(self._project, self._progress, runtime))))
        with self._progress.step("terraform init infra/live"):
            terraform = stage.terraform(quiet=quiet)
        saved = stage.folder / "plan"
        saved.unlink(missing_ok=True)
        self._console.print(f"… terraform plan, for account {stage.account_id} in {stage.region}")
        if terraform.plan(stage.var_file, saved):
            if ask:
                self._confirm()
            self.changed = True
            self._apply(terraform, stage, saved)
        self.changed = True  # by the migration and the smoke test, if not by the plan
        self._deploy_without_removed_routes(terraform, stage, saved)
        outputs = terraform.outputs()
        document = stage_of(outputs)
        document.save(stage.document)
        for doing, function in _AFTER_APPLY.items():
            with self._progress.step(doing):
                invoke_lambda(function, {}, function_name=outputs["function_names"][function], region=stage.region)
        SmokeTest(document, self._progress, enforces_leading_keys=outputs["enforces_leading_keys"]).run()
        self._console.print(f"deployed: the stage's document is {stage.document.relative_to(self._project)}")
        return document.api_url

    def _apply(self, terraform: TerraformRoot, stage: LiveStage, saved: Path) -> None:
        if any(
            change["type"] == _METHOD and "delete" in change["change"]["actions"]
            for change in terraform.planned(saved)["resource_changes"]
        ):
            _routes_removed(stage).touch()  # before the apply: whatever interrupts it, the next run knows
        self._console.print("… terraform apply")
        terraform.apply_plan(saved)

    def _deploy_without_removed_routes(self, terraform: TerraformRoot, stage: LiveStage, saved: Path) -> None:
        """Make API Gateway's deployment anew: Terraform made it before it destroyed the routes, which are still in it.

        Source: https://github.com/hashicorp/terraform-provider-aws/issues/13630
        """
        marker = _routes_removed(stage)
        if marker.exists():
            self._console.print("… terraform apply, once more: a route was removed")
            terraform.plan(stage.var_file, saved, replace=_DEPLOYMENT, target=[_DEPLOYMENT, _API_STAGE])
            terraform.apply_plan(saved)
            marker.unlink()

    def _confirm(self) -> None:
        """Ask whether the plan that was shown is to be applied.

        Raises:
            CommandError: it is not, or nobody can be asked.
        """
        if not sys.stdin.isatty():
            raise CommandError("nobody is there to say whether this plan is right: look at it, and say YES=1")
        try:
            answer = self._console.input("Apply this plan? Only 'yes' does: ")
        except EOFError:
            answer = ""
        if answer.strip() != "yes":
            raise CommandError("nothing is applied")


def _routes_removed(stage: LiveStage) -> Path:
    """Return the file that is there while a removed route may still be deployed."""
    return stage.folder / "routes-removed"


if __name__ == "__main__":
    sys.exit(main())
