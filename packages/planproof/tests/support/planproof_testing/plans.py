"""Plans of Terraform for tests: a sound one, and what may be added to it or changed."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulkhead_planproof.changes import load
from bulkhead_planproof.expectations import Reasons, read_reasons
from bulkhead_planproof.grammar import TENANT_ID, grammar
from bulkhead_planproof.partitions import KeyForm
from bulkhead_planproof.prover import Prover
from bulkhead_planproof.reading import read_plan
from bulkhead_planproof.rendering import as_text

if TYPE_CHECKING:
    from bulkhead_planproof.findings import Claim, Finding, Report

TESTS = Path(__file__).parents[2]
PLANS = TESTS / "plans"
REASONS = TESTS / "reasons.json"
ACCOUNT = "123456789012"
TABLE = f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/app"

Plan = dict[str, Any]


def policy(*statements: dict[str, Any]) -> str:
    """Return a policy document of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allowing(action: str | list[str], resource: str | list[str] = "*", **members: Any) -> dict[str, Any]:
    """Return a statement."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **members}


EVERYTHING = policy(allowing("dynamodb:*"))
NOTHING = policy(allowing("sts:GetCallerIdentity"))
#: Refuses what `EVERYTHING` allows.
DENIAL = policy({"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"})


def sound() -> Plan:
    """Return the plan of a table, an opener and a tenant role that is proved."""
    plan: Plan = json.loads((PLANS / "sound.json").read_text(encoding="utf-8"))
    return plan


def change_of(plan: Plan, address: str) -> dict[str, Any]:
    """Return what becomes of a resource, for a test to alter."""
    return next(each["change"] for each in plan["resource_changes"] if each["address"] == address)


def after(plan: Plan, address: str) -> dict[str, Any]:
    """Return a resource's attributes, for a test to alter."""
    attributes: dict[str, Any] = change_of(plan, address)["after"]
    return attributes


def added(
    plan: Plan,
    address: str,
    unknown: dict[str, Any] | None = None,
    expressions: dict[str, Any] | None = None,
    **attributes: Any,
) -> Plan:
    """Add a resource of the root module that is to be created, and return the plan.

    All that it sets is in its configuration.
    """
    kind, _, name = address.partition(".")
    change = {"actions": ["create"], "before": None, "after": attributes, "after_unknown": unknown or {}}
    named = {"address": address, "mode": "managed", "type": kind, "name": name.partition("[")[0]}
    plan["resource_changes"].append({**named, "change": change})
    configured = {key: {"constant_value": value} for key, value in attributes.items()} | (expressions or {})
    resources = plan["configuration"]["root_module"].setdefault("resources", [])
    resources.append({**named, "address": address.partition("[")[0], "expressions": configured})
    return plan


def role(plan: Plan, name: str, **attributes: Any) -> None:
    """Add a role that the Lambda service may become."""
    trust = after(plan, "aws_iam_role.lambda")["assume_role_policy"]
    added(plan, f"aws_iam_role.{name}", name=f"app-{name}Role", assume_role_policy=trust, **attributes)


@dataclass(frozen=True)
class Outcome:
    """What the prover says of a plan."""

    report: Report
    text: str

    @property
    def bad(self) -> list[Finding]:
        """What is neither proved nor waived."""
        return [each for each in self.report.findings if not each.verdict.is_good]

    def of(self, claim: Claim) -> list[Finding]:
        """What is bad about one claim."""
        return [each for each in self.bad if each.claim is claim]

    def says(self, text: str) -> bool:
        """Tell whether a finding that is bad says so."""
        return any(text in f"{each.subject}: {each.detail}" for each in self.bad)


def proved(plan: Plan, reasons: Reasons | None = None, **options: Any) -> Outcome:
    """Prove a plan with the reasons of the tests, in memory; raises ProofError."""
    reasons = reasons or read_reasons(REASONS.read_text(encoding="utf-8"))
    form = KeyForm(grammar(options.pop("ids", TENANT_ID)), options.pop("delimiter", "#"), options.pop("prefix", ""))
    read = read_plan(load(json.dumps(plan)), options.pop("sources", None))
    prover = Prover(read, reasons, form, options.pop("tag", "tenant"), **options)
    report = prover.report()
    return Outcome(report, as_text(report, reasons))


def copied(plan: Plan) -> Plan:
    """Return a plan that can be changed apart."""
    return copy.deepcopy(plan)
