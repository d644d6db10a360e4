"""`make rehearse`: deploys to an emulator of AWS on this machine, as `make deploy` does to AWS, and destroys it again.

The emulator runs the packaged functions behind an API Gateway, with a real PostgreSQL. It knows no leading keys: this
shows that the deployment works, and nothing about the isolation of data.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from bulkhead_localaws.postgres.errors import PostgresError
from bulkhead_localaws.postgres.server import PostgresServer
from ops.environments import create, starts, sync
from ops.lockfiles import REHEARSAL, require_sound
from ops.runtimes import add_runtime, python_of
from stage.errors import CommandError
from stage.live import LiveStage
from stage.local.processes import Child, answers, free_port, process_basics
from stage.progress import Progress
from stage.shell import forget_aws_settings
from stage.terraform import require_terraform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stage.terraform import TerraformRoot

_STAGE, _REGION, _ACCOUNT = "rehearse", "eu-central-1", "123456789012"
_READY_SECONDS = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Rehearse: 0 when all of it went well, 1 when a step failed, 2 when it could not begin."""
    parser = argparse.ArgumentParser(prog="python -m ops.rehearse", description=__doc__)
    add_runtime(parser)
    runtime = parser.parse_args(arguments).runtime
    console = Console(highlight=False, stderr=True)
    project = Path(__file__).parent.parent
    forget_aws_settings()
    for name in [name for name in os.environ if name.startswith("TF_VAR_")]:
        del os.environ[name]
    begun = False
    try:
        require_terraform()
        folder = project / ".local" / "live" / _STAGE
        shutil.rmtree(folder, ignore_errors=True)  # of an emulator that is gone
        folder.mkdir(mode=0o700, parents=True)
        progress = Progress(console)
        python = _emulators_python(project, python_of(runtime), progress)
        with ExitStack() as running:
            environment = _start(running, python, folder, progress)
            begun = True
            os.environ.update(environment)  # for Terraform's plan below
            _run("bootstrap", _STAGE)
            _run("deploy", _STAGE, "--yes", "--quiet", "--runtime", runtime)
            stage = LiveStage.find(project, _STAGE)
            terraform = stage.terraform(quiet=True)
            _require_no_changes(terraform, stage, console)
            _run("destroy", _STAGE, "--yes", "--quiet")
            _require_nothing_left(terraform)
    except CommandError as error:
        console.print(f"[red]✗[/red] {escape(str(error))}", soft_wrap=True)
        return 1 if begun else 2
    console.print("[green]✓[/green] rehearsed: deployed, used by two tenants, unchanged by a second plan, destroyed")
    return 0


def _emulators_python(project: Path, python: str, progress: Progress) -> Path:
    """Return the interpreter of the emulator's virtual environment, which is made when its lock or Python is new.

    ministack runs the functions in the interpreter that runs itself, so it must be the runtime's.

    Raises:
        CommandError: it cannot be made.
    """
    wanted = f"{python}\n{require_sound(project, REHEARSAL).read_text()}"
    home = project / ".local" / "ministack"
    installed = home / "installed.txt"
    if not (installed.exists() and installed.read_text() == wanted and starts(home / "bin" / "python")):
        with progress.step(f"installing ministack into a virtual environment of its own, of Python {python}"):
            try:
                create(project, python, home)
            except CommandError as error:
                raise CommandError(
                    f"ministack runs the functions with Python {python}, as Lambda does, and cannot be given it: "
                    f"install that Python, or rehearse another runtime by RUNTIME= ({error})"
                ) from None
            sync(project, REHEARSAL, home)
            installed.write_text(wanted)
    return home / "bin" / "python"


def _start(running: ExitStack, python: Path, folder: Path, progress: Progress) -> dict[str, str]:
    """Start PostgreSQL and the emulator, and return the environment of whoever deploys to it."""
    with progress.step("starting PostgreSQL"):
        try:
            postgres = running.enter_context(PostgresServer.start()).access
        except PostgresError as error:
            raise CommandError(str(error)) from error
    port = free_port()
    endpoint_url = f"http://127.0.0.1:{port}"
    operator = {"AWS_ACCESS_KEY_ID": "operator", "AWS_SECRET_ACCESS_KEY": secrets.token_urlsafe(24)}
    scratch = folder / "functions"
    scratch.mkdir()
    with progress.step("starting ministack"):
        emulator = Child(
            "ops.ministack",
            [],
            python=python,
            environment={
                **process_basics(os.environ),
                **_emulator_settings(port),
                **operator,
                "TMPDIR": str(scratch),  # where it unpacks the functions
            },
            log=folder / "ministack.log",
        )
        running.callback(emulator.stop)
        emulator.wait_until(lambda: answers(f"{endpoint_url}/_ministack/health"), seconds=_READY_SECONDS)
    server = {"host": postgres.host, "port": postgres.port, "name": postgres.database, "sslmode": "disable"}
    return {
        **operator,
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_REGION": _REGION,
        "TF_VAR_aws_endpoint_url": endpoint_url,
        "TF_VAR_database_server": json.dumps(server | {"backup_retention_days": 0}),
        "TF_VAR_database_master_username": postgres.user,
        "TF_VAR_database_master_password": postgres.password,
    }


def _emulator_settings(port: int) -> Mapping[str, str]:
    return {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": _ACCOUNT,
        "MINISTACK_REGION": _REGION,
        "IOT_MTLS_ENABLED": "0",
        "COGNITO_EMAIL_ENABLED": "false",
        "DOCKER_HOST": "",
    }


def _run(tool: str, *arguments: str) -> None:
    """Run one of the tools as `make` does, in this environment.

    Raises:
        CommandError: it failed; it has said why.
    """
    ran = subprocess.run([sys.executable, "-m", f"ops.{tool}", *arguments], check=False, stdin=subprocess.DEVNULL)
    if ran.returncode:
        raise CommandError(f"the rehearsal ends: {tool} failed")


def _require_no_changes(terraform: TerraformRoot, stage: LiveStage, console: Console) -> None:
    console.print("… terraform plan, a second time")
    if terraform.plan(stage.var_file, stage.folder / "second"):
        raise CommandError(
            f"the second plan would change something, although nothing has changed: see {stage.folder}/terraform.log"
        )


def _require_nothing_left(terraform: TerraformRoot) -> None:
    left = terraform.addresses()
    if left:
        raise CommandError(f"{len(left)} resources are left after the destruction, {left[0]} among them")


if __name__ == "__main__":
    sys.exit(main())
