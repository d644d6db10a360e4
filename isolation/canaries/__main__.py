"""Weakens every control of a local stack in turn, and shows what tells: `python -m isolation.canaries`.

A stack is started for each strategy that a canary is for, and stopped after it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from chalicelib import PRODUCT
from chalicelib.config import Strategy
from isolation.attack.served import served
from isolation.attack.world import TENANTS
from isolation.canaries.applied import Applied, CanaryError
from isolation.canaries.catalog import canaries
from isolation.canaries.runner import CanaryRunner, as_json
from isolation.proof.planning import local_plan
from stage.errors import CommandError
from stage.local.stack import LocalStack, StackOptions
from stage.progress import Progress
from stage.shell import forget_aws_settings
from stage.terraform import require_terraform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isolation.canaries.model import Canary, ProofCanary, Told

_PROJECT = Path(__file__).parents[2]
_WIDTH = 160  # columns, where the output is no terminal


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what told; 0 when every canary was caught, 1 when one was not, 2 when nothing can be run."""
    options = _parse(arguments)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    forget_aws_settings()
    try:
        with tempfile.TemporaryDirectory(prefix=f"{PRODUCT}-canaries-") as folder:
            told, left_out = _told(Path(folder), options.canary)
    except (CommandError, CanaryError, OSError) as error:
        Console(stderr=True).print(Text(f"nothing can be shown: {error}"), soft_wrap=True)
        return 2
    console.print(_table(told))
    for name, reason in left_out.items():
        console.print(Text(f"- LEFT OUT {name}: {reason}", style="yellow"))
    if options.json is not None:
        options.json.write_text(as_json(told), encoding="utf-8")
    missed = [each.canary for each in told if not each.caught]
    console.print(
        Text(f"✗ not caught: {', '.join(missed)}", style="bold red")
        if missed
        else Text(f"✓ {len(told)} canaries, each caught", style="bold green")
    )
    return 1 if missed else 0


def _told(folder: Path, names: list[str]) -> tuple[list[Told], dict[str, str]]:
    """Fly each canary on a stage of the strategy that it is for."""
    require_terraform()
    asked = [each for each in canaries(served()) if not names or each.name in names]
    told: list[Told] = []
    left_out: dict[str, str] = {}
    for strategy in Strategy:
        some = [each for each in asked if each.strategy is strategy]
        if some:
            options = StackOptions(_PROJECT, folder / strategy, tenants=TENANTS, vending_strategy=strategy)
            options.folder.mkdir()
            flown, without = _flown(options, some)
            told, left_out = [*told, *flown], left_out | without
    return told, left_out


def _flown(options: StackOptions, asked: list[Canary | ProofCanary]) -> tuple[list[Told], dict[str, str]]:
    progress = Progress()
    with LocalStack(options, progress) as stack:
        stage = stack.stage(stack.serve_api())
        runner = CanaryRunner(Applied(stack, stage), local_plan(stack, _PROJECT).plan)
        left_out = runner.without_ground(asked)
        flown = [each for each in asked if each.name not in left_out]
        with progress.step("attacking without any weakness"):
            wrong = runner.unchanged(flown)
        if wrong:
            raise CanaryError("the evidence is red although nothing is weakened: " + "; ".join(wrong))
        shown = Console(stderr=True)
        told = [runner.told(each) for each in track(flown, "weakening", console=shown, transient=True)]
        with progress.step("attacking once more without any weakness"):
            wrong = runner.restored(flown, told)
        if wrong:
            raise CanaryError("a canary left something weakened: " + "; ".join(wrong))
        return told, left_out


def _table(told: list[Told]) -> Table:
    table = Table("what was weakened", "caught by", "how", "s", title="Canaries")
    for each in told:
        caught = Text(each.by, style="green") if each.caught else Text("nothing", style="bold red")
        table.add_row(Text(each.canary), caught, Text(each.how), f"{each.seconds:.1f}")
    return table


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m isolation.canaries", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what told as JSON")
    parser.add_argument(
        "--canary", action="append", default=[], metavar="NAME", choices=[each.name for each in canaries(served())],
        help="this one only; may be repeated",
    )  # fmt: skip
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
