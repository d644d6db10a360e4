"""`make dev` and `make stack`: the whole product on one machine, until Ctrl-C."""

from __future__ import annotations

import argparse
import fcntl
import signal
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from chalicelib.config import SessionPer, Strategy
from ops.sample_rows import add_sample_rows
from stage.document import DEFAULT_PATH, LocalStage
from stage.errors import INTERRUPTED, CommandError
from stage.local.processes import refuse_unusable_port
from stage.local.stack import LocalStack, StackOptions
from stage.progress import Progress
from stage.shell import forget_aws_settings
from stage.terraform import require_terraform

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_POLL_SECONDS = 0.2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the local stack until it is told to stop; 0 then, 1 when a part fails, 2 when it cannot start, 130 before."""
    options = _parse(arguments)
    console = Console(highlight=False, stderr=True)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stop)
    forget_aws_settings()
    try:
        require_terraform()
        _check_ports(options)
        with _lock(options.stage_file.parent):
            options.stage_file.unlink(missing_ok=True)  # of a run that crashed: nobody holds its lock
            return _run(options, console)
    except CommandError as error:
        console.print(f"[red]✗[/red] {escape(str(error))}", soft_wrap=True)
        return 2
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(options: argparse.Namespace, console: Console) -> int:
    project = Path(__file__).parent.parent
    stack_options = StackOptions(
        project=project,
        folder=options.stage_file.parent.resolve(),
        aws_port=options.aws_port,
        api_port=options.api_port,
        web_port=options.web_port,
        cors_origin=options.cors_origin,
        vending_strategy=Strategy(options.vending_strategy),
        session_per=SessionPer(options.session_per),
    )
    progress = Progress(console)
    with LocalStack(stack_options, progress) as stack:
        # Without the API, the URL is where `chalice local` will serve it.
        stage = stack.stage(f"http://127.0.0.1:{options.api_port}" if options.no_api else stack.serve_api())
        if not options.no_api:
            add_sample_rows(stage, progress)
        stack.serve_web(stage)
        stage.save(options.stage_file)
        try:
            console.print(_instructions(stage, options), soft_wrap=True)
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


def _check_ports(options: argparse.Namespace) -> None:
    if len({options.aws_port, options.api_port, options.web_port}) < len(("AWS", "API", "web")):
        raise CommandError("AWS_PORT, API_PORT and WEB_PORT must differ")
    refuse_unusable_port(options.web_port, "WEB_PORT")
    refuse_unusable_port(options.aws_port, "AWS_PORT")
    if not options.no_api:
        refuse_unusable_port(options.api_port, "API_PORT")


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Hold the folder for as long as the stage in it runs; the lock is gone with this process, however it ends.

    Raises:
        CommandError: another stage runs in it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(f"a stage is running already in {folder}: stop it first") from None
        yield


def _instructions(stage: LocalStage, options: argparse.Namespace) -> str:
    folder = options.stage_file.parent
    users = "\n".join(f"  {user.role:7} {user.username:32} {escape(user.password)}" for user in stage.users)
    what = f"API {stage.api_url}, local AWS {stage.aws_endpoint_url}"
    if options.no_api:
        what = (
            f"local AWS {stage.aws_endpoint_url}. For the API, in a second terminal:\n"
            f"  source {folder / 'env'}\n"
            f"  .venv/bin/chalice local --stage local --port {options.api_port}"
        )
    return (
        f"\n[bold green]ready[/bold green]: the page is at [bold]{stage.web_url}[/bold]\n"
        f"{what}\n"
        f"users to sign in with (role, user name, password):\n{users}\n"
        f"everything else is in {options.stage_file}; Ctrl-C stops all of it"
    )


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ops.dev", description=__doc__)
    parser.add_argument("--no-api", action="store_true", help="everything but the API (`make stack`)")
    parser.add_argument("--aws-port", type=int, default=4566, help="port of the local AWS (default: %(default)s)")
    parser.add_argument("--api-port", type=int, default=8000, help="port of the API (default: %(default)s)")
    parser.add_argument("--web-port", type=int, default=8080, help="port of the web page (default: %(default)s)")
    parser.add_argument("--cors-origin", default="", help="origin of another page than this stage's own")
    parser.add_argument(
        "--vending-strategy", choices=list(Strategy), default=Strategy.WEB_IDENTITY, help="default: %(default)s"
    )
    parser.add_argument(
        "--session-per", choices=list(SessionPer), default=SessionPer.TENANT, help="who shares a session of STS"
    )
    parser.add_argument("--stage-file", type=Path, default=DEFAULT_PATH, help="default: %(default)s")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
