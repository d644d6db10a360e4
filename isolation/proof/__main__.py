"""`make prove`: prove that the plans of both roots keep tenants apart, made on a local AWS that is started for it.

PLAN.json, as `terraform show -json` prints one of this project, is proved instead; `planproof` proves other people's,
for which the reasons of this project are none.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bulkhead_planproof.changes import load
from bulkhead_planproof.command import read_text, report
from bulkhead_planproof.languages import ProofError
from bulkhead_planproof.sources import Sources
from chalicelib import PRODUCT
from chalicelib.config import Strategy
from isolation.proof.expectations import prover
from isolation.proof.planning import live_plans, local_plan
from stage.errors import CommandError
from stage.local.stack import LocalStack, StackOptions
from stage.progress import Progress
from stage.shell import forget_aws_settings

if TYPE_CHECKING:
    from bulkhead_planproof.prover import Prover

_PROJECT = Path(__file__).parents[2]


def main(arguments: list[str] | None = None) -> int:
    """Print the findings; return 0 if all is proved, 1 if anything is not, 2 if a plan cannot be read or made."""
    parser = argparse.ArgumentParser(prog="python -m isolation.proof", description=__doc__)
    parser.add_argument("plan", type=Path, nargs="?", metavar="PLAN.json", help="a plan of infra/live or infra/local")
    parser.add_argument(
        "--saved", type=Path, help="the saved plan itself, for what PLAN.json leaves open of a first plan"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the findings to a file as well")
    options = parser.parse_args(arguments)
    try:
        return report({str(options.plan): _of_file(options)} if options.plan else _own_plans(), options.json)
    except (ProofError, CommandError) as error:
        sys.stderr.write(f"proof: {error}\n")
        return 2


def _of_file(options: argparse.Namespace) -> Prover:
    sources = None if options.saved is None else Sources.read(options.saved)
    return prover(load(read_text(options.plan)), sources)


def _own_plans() -> dict[str, Prover]:
    """Plan both roots on a local AWS that is started for it; raises CommandError."""
    forget_aws_settings()
    progress = Progress()
    with (
        tempfile.TemporaryDirectory(prefix=f"{PRODUCT}-proof-") as folder,
        LocalStack(StackOptions(project=_PROJECT, folder=Path(folder), tenants=()), progress) as stack,
    ):
        with progress.step("planning infra/local, as it is applied"):
            plans = {"infra/local": local_plan(stack, _PROJECT)}
        with progress.step("planning infra/live, stage prod, under every strategy"):
            for strategy, live in live_plans(stack, _PROJECT, Strategy):
                plans[f"infra/live, stage prod, {strategy}"] = live
    return {name: prover(each.plan, each.sources) for name, each in plans.items()}


if __name__ == "__main__":
    sys.exit(main())
