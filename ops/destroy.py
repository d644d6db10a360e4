"""`make destroy STAGE=`: destroys a stage of AWS. One with tenants only when told so."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from ops.package import package, package_is_there
from stage.errors import INTERRUPTED, CommandError
from stage.functions import invoke_lambda
from stage.live import LiveStage
from stage.progress import Progress
from stage.terraform import require_terraform

if TYPE_CHECKING:
    from collections.abc import Sequence

_PAGE = 1000
_REGISTRY = "module.registry."


def main(arguments: Sequence[str] | None = None) -> int:
    """Destroy: 0 when nothing is left, 1 when Terraform failed, 2 when it was refused, 130 by Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m ops.destroy", description=__doc__)
    parser.add_argument("stage", nargs="?", default="", help="one of infra/live/stages")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--with-tenants", action="store_true", help="also when tenants are there, with all they have")
    parser.add_argument(
        "--quiet", action="store_true", help="what Terraform says goes to .local/live/STAGE/terraform.log"
    )
    options = parser.parse_args(arguments)
    console = Console(highlight=False, stderr=True)
    progress = Progress(console)
    destroying = False
    try:
        with progress.step("looking at tools, credentials and the stage's file"):
            require_terraform()
            stage = LiveStage.find(Path(__file__).parent.parent, options.stage)
        with progress.step("terraform init infra/live"):
            terraform = stage.terraform(quiet=options.quiet)
        outputs = terraform.outputs()
        _refuse_protected(outputs, stage)
        if not options.with_tenants:
            with progress.step("looking for tenants"):
                _refuse_tenants(outputs, terraform.addresses(), stage)
        if not package_is_there(stage.project):  # Terraform reads it, for destroying too
            package(stage.project, progress)
        if not options.yes:
            _require_confirmation(console, stage)
        destroying = True
        console.print("… terraform destroy")
        terraform.destroy(stage.var_file)
        stage.document.unlink(missing_ok=True)
    except CommandError as error:
        console.print(f"[red]✗[/red] {escape(str(error))}", soft_wrap=True)
        return 1 if destroying else 2
    except KeyboardInterrupt:
        console.print("[red]✗[/red] interrupted: run it again, it goes on from here", soft_wrap=True)
        return INTERRUPTED
    return 0


def _refuse_protected(outputs: dict[str, Any], stage: LiveStage) -> None:
    """Refuse before anything is gone, where AWS would refuse half-way.

    Raises:
        CommandError: the stage is protected against deletion.
    """
    if not outputs.get("disposable", True):
        raise CommandError(
            f"{stage.name} is protected: write disposable = true into its file, `make deploy STAGE={stage.name}`, "
            "and come back"
        )


def _refuse_tenants(outputs: dict[str, Any], addresses: list[str], stage: LiveStage) -> None:
    """Refuse when the registry has tenants that were not offboarded; where there is no registry, there are none.

    Raises:
        CommandError: it has, or it cannot be asked.
    """
    if not any(_REGISTRY in address for address in addresses):
        return
    function_name = outputs.get("function_names", {}).get("list_tenants")
    if function_name is None:
        raise CommandError(
            f"{stage.name} is half there, and nobody can be asked for its tenants: `make deploy STAGE={stage.name}`, "
            "or say WITH_TENANTS=1"
        )
    here: list[str] = []
    event: dict[str, Any] = {"limit": _PAGE}
    while True:
        page = invoke_lambda("list_tenants", event, function_name=function_name, region=stage.region)
        here += [tenant["tenant_id"] for tenant in page["tenants"] if tenant["status"] != "offboarded"]
        if page["next"] is None:
            break
        event["after"] = page["next"]
    if here:
        raise CommandError(
            f"{stage.name} has {len(here)} tenants ({', '.join(sorted(here)[:5])}{', …' if len(here) > 5 else ''}): "  # noqa: PLR2004
            "offboard them, or say WITH_TENANTS=1"
        )


def _require_confirmation(console: Console, stage: LiveStage) -> None:
    if not sys.stdin.isatty():
        raise CommandError(f"nobody is there to say whether {stage.name} shall be destroyed: say YES=1")
    try:
        answer = console.input(f"Destroy {stage.name} in account {stage.account_id}? Type its name: ")
    except EOFError:
        answer = ""
    if answer.strip() != stage.name:
        raise CommandError("nothing is destroyed")


if __name__ == "__main__":
    sys.exit(main())
