"""What `planproof PLAN.json` does."""

from __future__ import annotations

import argparse
import json
import re
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from bulkhead_planproof.changes import load
from bulkhead_planproof.expectations import Reasons, names_a_role, read_reasons
from bulkhead_planproof.grammar import TENANT_ID, grammar
from bulkhead_planproof.issuers import is_endpoint
from bulkhead_planproof.languages import ProofError
from bulkhead_planproof.partitions import KeyForm
from bulkhead_planproof.prover import Prover
from bulkhead_planproof.reading import read_plan
from bulkhead_planproof.rendering import as_json, as_text
from bulkhead_planproof.session_policy import from_template
from bulkhead_planproof.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bulkhead_planproof.plan import Plan
    from bulkhead_planproof.session_policy import SessionPolicies

_ACCOUNT = re.compile(r"[0-9]{12}")


def run(arguments: Sequence[str] | None = None) -> int:
    """Print the findings; return 0 if all is proved, 1 if anything is not, 2 if something cannot be read."""
    options = _parser().parse_args(arguments)
    try:
        sources = None if options.saved is None else Sources.read(options.saved)
        plan, reasons = read_plan(load(read_text(options.plan)), sources), _reasons(options)
        policies = _session_policies(options, plan, reasons)
        prover = Prover(plan, reasons, _form(options), options.tag, policies, options.account)
        return report({str(options.plan): prover}, options.json)
    except ProofError as error:
        sys.stderr.write(f"planproof: {error}\n")
        return 2


def report(provers: Mapping[str, Prover], json_file: Path | None) -> int:
    """Print what came of plans, by name, and write it to a file; return 0 if all is proved, else 1.

    Raises:
        ProofError: the file cannot be written.
    """
    reports = {name: prover.report() for name, prover in provers.items()}
    for name, each in reports.items():
        sys.stdout.write(f"{name}\n{as_text(each, provers[name].reasons)}\n")
    if json_file is not None:
        documents = {name: as_json(each) for name, each in reports.items()}
        try:
            json_file.write_text(json.dumps(documents, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise ProofError(f"{json_file}: {error}") from None
    return 0 if all(each.proved for each in reports.values()) else 1


def read_text(path: Path) -> str:
    """Return what a file holds; raises ProofError."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProofError(f"{path}: {error}") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="planproof", description=run.__doc__)
    parser.add_argument(
        "plan", type=Path, metavar="PLAN.json", help="what `terraform show -json PLAN` prints of a saved plan"
    )
    parser.add_argument(
        "--saved",
        type=Path,
        metavar="FILE",
        help="the saved plan itself, which tells what PLAN.json leaves open of a first plan",
    )
    parser.add_argument("--account", type=_account, help="the account of the plan, where the plan does not tell it")
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
        "--session-policy",
        type=Path,
        metavar="FILE",
        help="a session policy in which {tenant} stands for the tenant's id",
    )
    parser.add_argument(
        "--tag-attribute", action="append", help="attribute of a user pool from which its tokens take a session tag"
    )
    parser.add_argument(
        "--sts-endpoint",
        action="append",
        type=_endpoint,
        help="id of our VPC endpoint of STS, if the plan makes none",
    )
    parser.add_argument(
        "--reasons", type=Path, metavar="FILE", help="a file that says who else may reach what, and why"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the findings to a file as well")
    parser.add_argument("--version", action="version", version=f"bulkhead-planproof {version('bulkhead-planproof')}")
    return parser


def _account(text: str) -> str:
    if not _ACCOUNT.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no account, which has twelve digits")
    return text


def _endpoint(text: str) -> str:
    if not is_endpoint(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no id of a VPC endpoint, as vpce-0123456789abcdef0 is")
    return text


def _reasons(options: argparse.Namespace) -> Reasons:
    reasons = Reasons() if options.reasons is None else read_reasons(read_text(options.reasons))
    changed = {
        "tenant_roles": options.tenant_role,
        "session_policy_roles": options.session_policy_role,
        "tag_attributes": options.tag_attribute,
    }
    reasons = reasons.model_copy(update={key: tuple(value) for key, value in changed.items() if value is not None})
    if options.sts_endpoint:
        reasons = reasons.model_copy(update={"sts_endpoints": dict.fromkeys(options.sts_endpoint, "--sts-endpoint")})
    if not (reasons.tenant_roles or reasons.session_policy_roles):
        raise ProofError(
            "nothing says which roles tenants' sessions are opened on: name them, as in --tenant-role NAME"
        )
    return reasons


def _form(options: argparse.Namespace) -> KeyForm:
    if not options.delimiter:
        raise ProofError("without a delimiter, nothing says where the tenant's id ends")
    return KeyForm(grammar(options.grammar), options.delimiter, options.prefix)


def _session_policies(options: argparse.Namespace, plan: Plan, reasons: Reasons) -> SessionPolicies | None:
    roles = reasons.session_policy_roles
    asked = options.session_policy is not None or options.session_policy_role
    if asked and not roles:
        raise ProofError("a session policy is for a role: name it, as in --session-policy-role NAME")
    if asked and not names_a_role(roles, plan):
        raise ProofError(f"no role in the plan is called {' or '.join(roles)}, which a session policy is passed for")
    if options.session_policy is None:
        return None
    policy = from_template(read_text(options.session_policy), options.session_policy.name)
    return lambda _role, _tables: (policy,)
