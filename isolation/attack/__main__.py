"""Attacks a running stage past its application: `python -m isolation.attack --stage .local/stage.json`.

Without a running stage it starts one on the local stack for each vending strategy in turn. What depends on no session
of STS, such as forged tokens, malformed requests and statements of PostgreSQL, is then tried on the first alone. On a
stage on AWS it runs what tenants' sessions try on the pooled table, with credentials from the environment that the
tenant role must trust for as long; where a token opens sessions, it trusts no credentials, and nothing can be tried.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.text import Text

from chalicelib import PRODUCT
from chalicelib.config import Strategy
from chalicelib.errors import ScopedCredentialsError
from isolation.attack.controls import Control
from isolation.attack.html import as_html
from isolation.attack.matrix import all_cells, chosen, of_sessions, on_stage
from isolation.attack.outcomes import Service
from isolation.attack.reports import as_json, as_printed, print_report
from isolation.attack.runner import run
from isolation.attack.served import served
from isolation.attack.world import TENANTS, World
from stage.clients import AwsEndpoint
from stage.document import DEFAULT_PATH, LocalStage, Stage
from stage.errors import CommandError
from stage.local.stack import LocalStack, StackOptions
from stage.progress import Progress
from stage.shell import forget_aws_settings
from stage.terraform import require_terraform

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from isolation.attack.cells import Cell
    from isolation.attack.runner import Report
    from isolation.attack.served import Served

_PROJECT = Path(__file__).parents[2]
_WIDTH = 160  # columns, where the output is no terminal


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the evidence; 0 when every cell is as it should be, 1 when one is not, 2 when nothing can be run."""
    options = _parse(arguments)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    reports = []
    try:
        attacked = served()
        attacked.named(options.only)
        if options.list:
            return _list(_chosen(attacked, options.strategy[0], options), console)
        for report in _reports(attacked, options):
            print_report(report, console)
            reports.append(report)
    except (CommandError, OSError, ScopedCredentialsError, BotoCoreError, ClientError, psycopg.Error) as error:
        Console(stderr=True).print(Text(f"nothing can be shown: {error}"), soft_wrap=True)
        return 2
    if not any(report.judged for report in reports):
        Console(stderr=True).print("nothing is shown: no cell is left")
        return 2
    for path, text in ((options.json, as_json), (options.html, as_html)):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text(*reports), encoding="utf-8")
            console.print(f"written: {path}")
    return 0 if all(report.is_good for report in reports) else 1


def _chosen(attacked: Served, strategy: str, options: argparse.Namespace) -> tuple[Cell, ...]:
    cells = all_cells(strategy, attacked)
    return chosen(cells, services=options.service, controls=options.control, entities=options.only)


def _list(cells: tuple[Cell, ...], console: Console) -> int:
    for cell in cells:
        console.print(Text(as_printed(cell.name)), soft_wrap=True)
    console.print(f"{len(cells)} cells")
    return 0


def _reports(attacked: Served, options: argparse.Namespace) -> Iterator[Report]:
    """Yield what came of the stage that is described, or of one stage of each strategy that is started for it.

    Raises:
        CommandError: there is none, and none can be started.
    """
    if options.stage is not None or DEFAULT_PATH.exists():
        world = _described(options.stage or DEFAULT_PATH, attacked)
        yield _attack(world, _chosen(attacked, world.strategy, options))
        return
    forget_aws_settings()
    require_terraform()
    for number, strategy in enumerate(options.strategy):
        cells = _chosen(attacked, strategy, options)
        cells = of_sessions(cells) if number else cells
        if cells:
            with _started(strategy) as stage:
                yield _attack(World(stage, attacked), cells)


def _attack(world: World, cells: tuple[Cell, ...]) -> Report:
    selection = on_stage(cells, local=world.local is not None, tenants=world.tenants)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("attacking", total=len(selection.cells))
        return run(
            world,
            selection.cells,
            selection.skipped,
            name=f"{world.stage.api_url}, a stage of {world.strategy}",
            progress=lambda done: bar.advance(task, done),
        )


def _described(path: Path, attacked: Served) -> World:
    if _is_local(path):
        forget_aws_settings()
        return World(LocalStage.load(path), attacked)
    stage = Stage.load(path)
    if stage.vending_strategy is Strategy.WEB_IDENTITY:
        raise CommandError(f"{path}: a user's token opens sessions, in the stage's network alone: there is none here")
    return World(stage, attacked, sts=lambda: AwsEndpoint(stage.region).as_caller("sts"))


def _is_local(path: Path) -> bool:
    try:
        return "aws_endpoint_url" in json.loads(path.read_text())
    except (OSError, ValueError):
        return False  # Stage.load says what is wrong with it


@contextmanager
def _started(strategy: Strategy) -> Iterator[LocalStage]:
    with tempfile.TemporaryDirectory(prefix=f"{PRODUCT}-attack-") as folder:
        options = StackOptions(project=_PROJECT, folder=Path(folder), tenants=TENANTS, vending_strategy=strategy)
        with LocalStack(options, Progress()) as stack:
            yield stack.stage(stack.serve_api())


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m isolation.attack", description=__doc__)
    parser.add_argument("--stage", type=Path, help=f"default: {DEFAULT_PATH}, else stages are started for the run")
    parser.add_argument(
        "--strategy", action="append", default=[], choices=list(Strategy), metavar="STRATEGY",
        help=f"start a stage of this strategy only; may be repeated (default: {', '.join(Strategy)})",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the evidence as JSON")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the evidence as one HTML file")
    parser.add_argument(
        "--service", action="append", default=[], choices=list(Service), help="this service only; may be repeated"
    )
    parser.add_argument(
        "--control",
        action="append",
        default=[],
        choices=[control.name.lower() for control in Control],
        help="the cells that this control must refuse only; may be repeated",
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="ENTITY",
        help="the cells of this entity only, such as invoices; may be repeated",
    )  # fmt: skip
    parser.add_argument("--list", action="store_true", help="print the cells' names, and attack nothing")
    options = parser.parse_args(arguments)
    options.strategy = [Strategy(name) for name in options.strategy or Strategy]
    options.control = [Control[name.upper()] for name in options.control]
    return options


if __name__ == "__main__":
    sys.exit(main())
