"""Changes the app as a tired colleague would, and attacks each change: `python -m isolation.mutants`.

A local stack is started for the run, and stopped after it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from contextlib import closing
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
from isolation.attack.outcomes import ATTACKER, VICTIM
from isolation.attack.served import served
from isolation.canaries.applied import Applied, CanaryError
from isolation.mutants.catalog import mutants, too_few
from isolation.mutants.edits import MutantError
from isolation.mutants.model import Control, Kind
from isolation.mutants.process import Nursery
from isolation.mutants.reports import as_json, print_report
from isolation.mutants.runner import MutantRunner, Report
from stage.errors import CommandError
from stage.local.processes import process_basics
from stage.local.stack import LocalStack, StackOptions
from stage.progress import Progress
from stage.shell import forget_aws_settings
from stage.terraform import require_terraform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isolation.mutants.model import Mutant

_PROJECT = Path(__file__).parents[2]
_WIDTH = 160  # columns, where the output is no terminal


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the evidence; 0 when nothing leaks, 1 when something does or is no mutant, 2 when nothing can be run."""
    options = _parse(arguments)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    forget_aws_settings()
    try:
        known = mutants(served(), options.strategy)
        chosen = _chosen(known, options)
        if options.list:
            return _list(chosen, console)
        few = () if len(chosen) < len(known) else tuple(too_few(chosen))
        report = _run(chosen, few, options)
    except (CommandError, CanaryError, MutantError, OSError, BotoCoreError, ClientError, psycopg.Error) as error:
        Console(stderr=True).print(Text(f"nothing can be shown: {error}"), soft_wrap=True)
        return 2
    print_report(report, console)
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(as_json(report), encoding="utf-8")
        console.print(f"written: {options.json}")
    return 0 if report.is_good else 1


def _run(chosen: Sequence[Mutant], few: tuple[str, ...], options: argparse.Namespace) -> Report:
    require_terraform()
    with tempfile.TemporaryDirectory(prefix=f"{PRODUCT}-mutants-") as name:
        folder = options.folder or Path(name)
        stack_options = StackOptions(_PROJECT, folder, tenants=(ATTACKER, VICTIM), vending_strategy=options.strategy)
        with LocalStack(stack_options, Progress()) as stack:
            return run_on(stack, chosen, few, weakened=options.weakened)


def run_on(stack: LocalStack, chosen: Sequence[Mutant], few: tuple[str, ...], *, weakened: bool = False) -> Report:
    """Run mutants on a stack that nobody else uses.

    Args:
        stack: the stack, whose API is started for it.
        chosen: the mutants.
        few: of what there are too few, which makes the report red.
        weakened: whether the API's role may open sessions itself meanwhile, as a canary does: the report must be red.

    Raises:
        CommandError, CanaryError, ClientError, BotoCoreError, OSError, psycopg.Error: nothing can be shown.
    """
    stage = stack.stage(stack.serve_api())
    nursery = Nursery({**process_basics(os.environ), **stack.settings}, stack.folder / "mutants.log")
    columns = (TextColumn("changing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    started = time.monotonic()
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=sum(1 if each.open_until else 2 for each in chosen))
        runner = MutantRunner(Applied(stack, stage), served(), nursery, lambda: bar.advance(task))
        with closing(runner):
            judged = runner.run(chosen, off_always=(Control.TRUST,) if weakened else ())
    return Report(stage.vending_strategy, tuple(judged), few, time.monotonic() - started)


def _chosen(known: Sequence[Mutant], options: argparse.Namespace) -> tuple[Mutant, ...]:
    chosen = [each for each in known if not options.kind or each.kind.name.lower() in options.kind]
    chosen = [each for each in chosen if not options.only or each.entity in options.only]
    chosen = [each for each in chosen if not options.mutant or any(words in each.name for words in options.mutant)]
    if not chosen:
        raise CommandError("there is no such mutant: --list shows them all")
    return tuple(chosen)


def _list(chosen: Sequence[Mutant], console: Console) -> int:
    for each in chosen:
        console.print(Text(f"{each.kind.name.lower()}: {each.name}"), soft_wrap=True)
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m isolation.mutants", description=__doc__)
    parser.add_argument(
        "--strategy", type=Strategy, default=Strategy.WEB_IDENTITY, choices=list(Strategy),
        help="how sessions are opened; under the others than the default, code can name another tenant to STS",
    )  # fmt: skip
    parser.add_argument(
        "--kind", action="append", default=[], metavar="KIND", choices=[kind.name.lower() for kind in Kind],
        help="mutants of this kind only; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--only", action="append", default=[], metavar="ENTITY", help="mutants of this entity only; may be repeated"
    )
    parser.add_argument(
        "--mutant", action="append", default=[], metavar="WORDS", help="those with these words in their name only"
    )
    parser.add_argument("--list", action="store_true", help="list the mutants and run none")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what came of them as JSON")
    parser.add_argument("--folder", type=Path, metavar="FOLDER", help="keep the stack's logs in this folder")
    parser.add_argument(
        "--weakened", action="store_true", help="let the API's role open sessions itself: the evidence must turn red"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
