"""`python -m isolation.proof PLAN.json`: prove that a plan of Terraform keeps tenants apart.

Without a plan, those of Bulkhead's own roots, made on a local AWS that is started for it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.config import Strategy
from isolation.proof.expectations import REASONS, Reasons, read_reasons
from isolation.proof.grammar import TENANT_ID, grammar
from isolation.proof.languages import ProofError
from isolation.proof.partitions import KeyForm
from isolation.proof.plan import load
from isolation.proof.prover import Prover
from isolation.proof.reading import read_plan
from isolation.proof.rendering import as_json, as_text
from isolation.proof.session_policy import RenderedPolicy, from_template
from ops.errors import OpsError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROJECT = Path(__file__).parents[2]


def main(arguments: list[str] | None = None) -> int:
    """Print the findings; return 0 if all is proved, 1 if anything is not, 2 if a plan cannot be read or made."""
    options = _parser().parse_args(arguments)
    try:
        plans = {str(options.plan): load(_read(options.plan))} if options.plan else _own_plans()
        proofs = {name: Prover(read_plan(plan), _reasons(options), _form(options), options.tag, _policies(options))
                  for name, plan in plans.items()}  # fmt: skip
        reports = {name: prover.report() for name, prover in proofs.items()}
    except (ProofError, OpsError) as error:
        sys.stderr.write(f"proof: {error}\n")
        return 2
    for name, report in reports.items():
        sys.stdout.write(f"{name}\n{as_text(report, proofs[name].reasons)}\n")
    if options.json is not None:
        documents = {name: as_json(report) for name, report in reports.items()}
        options.json.write_text(json.dumps(documents, indent=2) + "\n", encoding="utf-8")
    return 0 if all(report.proved for report in reports.values()) else 1


def _own_plans() -> dict[str, Mapping[str, Any]]:
    """Plan both of Bulkhead's roots on a local AWS that is started for it; raises OpsError."""
    from isolation.proof.planning import live_plan, local_plan  # noqa: PLC0415 -- other people's plans need no stack
    from ops.progress import Progress  # noqa: PLC0415
    from ops.shell import forget_aws_settings  # noqa: PLC0415
    from ops.stack import LocalStack, StackOptions  # noqa: PLC0415

    forget_aws_settings()
    progress = Progress()
    with tempfile.TemporaryDirectory(prefix="bulkhead-proof-") as folder:
        options = StackOptions(
            project=_PROJECT, folder=Path(folder), tenants=(), vending_strategy=Strategy.SESSION_POLICY
        )
        with LocalStack(options, progress) as stack:
            with progress.step("planning infra/local, as it is applied"):
                local = local_plan(stack, _PROJECT)
            with progress.step("planning infra/live, stage prod"):
                live = live_plan(stack, _PROJECT)
    return {"infra/local": local, "infra/live, stage prod": live}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m isolation.proof", description=main.__doc__)
    parser.add_argument(
        "plan",
        type=Path,
        nargs="?",
        metavar="PLAN.json",
        help="what `terraform show -json PLAN` prints (both of Bulkhead's roots, planned on a local AWS)",
    )
    parser.add_argument("--tag", default="tenant", help="session tag that holds the tenant's id (%(default)s)")
    parser.add_argument("--grammar", default=TENANT_ID, help="regular expression of a tenant's id (%(default)s)")
    parser.add_argument(
        "--delimiter", default="#", help="what follows the tenant's id in a partition key (%(default)s)"
    )
    parser.add_argument("--prefix", default="", help="what stands before the tenant's id in a partition key (nothing)")
    parser.add_argument("--tenant-role", action="append", help="pattern of the names of roles that tags confine")
    parser.add_argument(
        "--session-policy-role", action="append", help="the same for roles that session policies confine"
    )
    parser.add_argument(
        "--session-policy", type=Path, help="a session policy in which {tenant} stands for the tenant's id"
    )
    parser.add_argument(
        "--reasons", type=Path, default=REASONS, help="who else may reach what, and why (Bulkhead's own)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the findings to a file as well")
    return parser


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProofError(f"{path}: {error}") from None


def _reasons(options: argparse.Namespace) -> Reasons:
    reasons = read_reasons(_read(options.reasons))
    changed = {"tenant_roles": options.tenant_role, "session_policy_roles": options.session_policy_role}
    return reasons.model_copy(update={key: tuple(value) for key, value in changed.items() if value is not None})


def _form(options: argparse.Namespace) -> KeyForm:
    if not options.delimiter:
        raise ProofError("without a delimiter, nothing says where the tenant's id ends")
    return KeyForm(grammar(options.grammar), options.delimiter, options.prefix)


def _policies(options: argparse.Namespace) -> tuple[RenderedPolicy, ...] | None:
    if options.session_policy is None:
        return None
    return (from_template(_read(options.session_policy), options.session_policy.name),)


if __name__ == "__main__":
    sys.exit(main())
