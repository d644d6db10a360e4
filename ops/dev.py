"""`make dev` and `make stack`: the whole product on one machine, until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from ops.errors import OpsError
from ops.processes import refuse_taken_port
from ops.progress import Progress
from ops.stack import LocalStack, StackOptions
from ops.stage import DEFAULT_PATH, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

_POLL_SECONDS = 0.2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the local stack until it is told to stop; 0 then, 1 when a part of it fails, 2 when it cannot start."""
    options = _parse(arguments)
    console = Console(highlight=False, stderr=True)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        _refuse_second_stage(options.stage_file)
        refuse_taken_port(options.aws_port, "AWS_PORT")
        if not options.no_api:
            refuse_taken_port(options.api_port, "API_PORT")
        return _run(options, console)
    except OpsError as error:
        console.print(f"[red]✗[/red] {escape(str(error))}", soft_wrap=True)
        return 2
    except KeyboardInterrupt:
        return 0


def _run(options: argparse.Namespace, console: Console) -> int:
    project = Path(__file__).parent.parent
    stack_options = StackOptions(
        project=project,
        folder=options.stage_file.parent.resolve(),
        aws_port=options.aws_port,
        api_port=options.api_port,
        cors_origin=options.cors_origin,
    )
    with LocalStack(stack_options, Progress(console)) as stack:
        if options.no_api:
            console.print(_stack_instructions(options.stage_file.parent), soft_wrap=True)
            return _wait(stack, console)
        stage = stack.stage(stack.serve_api())
        stage.save(options.stage_file)
        try:
            console.print(_instructions(stage, options.stage_file), soft_wrap=True)
            return _wait(stack, console)
        finally:
            options.stage_file.unlink(missing_ok=True)


def _wait(stack: LocalStack, console: Console) -> int:
    """Wait for a signal, which raises, or for a part of the stack to fail."""
    try:
        while not (failure := stack.failed_child()):
            time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        return 0
    console.print(f"[red]✗[/red] {escape(failure)}", soft_wrap=True)
    return 1


def _stop(*_: object) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # a second signal must not interrupt the stopping
    raise KeyboardInterrupt


def _refuse_second_stage(stage_file: Path) -> None:
    """Remove the stage document of a run that crashed; refuse to start beside one that lives."""
    if not stage_file.exists():
        return
    try:
        running = _is_alive(Stage.load(stage_file).pid)
    except OpsError:
        running = False  # not a stage document, so not of a stage that runs
    if running:
        raise OpsError(f"a stage is running already: {stage_file} describes it; stop it first")
    stage_file.unlink()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _instructions(stage: Stage, stage_file: Path) -> str:
    users = "\n".join(f"  {user.role:7} {user.username:32} {escape(user.password)}" for user in stage.users)
    return (
        f"\n[bold green]ready[/bold green]: API {stage.api_url}, local AWS {stage.aws_endpoint_url}\n"
        f"users (role, user name, password):\n{users}\n"
        f"everything else is in {stage_file}; Ctrl-C stops all of it"
    )


def _stack_instructions(folder: Path) -> str:
    return (
        "\n[bold green]ready[/bold green]: everything but the API. In a second terminal:\n"
        f"  source {folder / 'env'}\n"
        "  .venv/bin/chalice local --stage local\n"
        "Ctrl-C stops all of it"
    )


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ops.dev", description=__doc__)
    parser.add_argument("--no-api", action="store_true", help="everything but the API (`make stack`)")
    parser.add_argument("--aws-port", type=int, default=4566, help="port of the local AWS (default: %(default)s)")
    parser.add_argument("--api-port", type=int, default=8000, help="port of the API (default: %(default)s)")
    parser.add_argument("--cors-origin", default="http://127.0.0.1:8080", help="the web page's origin")
    parser.add_argument("--stage-file", type=Path, default=DEFAULT_PATH, help="default: %(default)s")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
