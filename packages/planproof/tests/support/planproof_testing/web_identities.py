"""A plan whose tenant role trusts the tokens of the plan's user pool, and what may be changed in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bulkhead_planproof.expectations import read_reasons
from planproof_testing.plans import ACCOUNT, PLANS, REASONS, Outcome, Plan, after, proved

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulkhead_planproof.expectations import Reasons

POOL = "eu-central-1_aBcDeF123"
ISSUER = f"cognito-idp.eu-central-1.amazonaws.com/{POOL}"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
CLIENT = "4example5client6id7890abcd"
ENDPOINT = "vpce-0a1b2c3d4e5f60718"
AUDIENCE = f"{ISSUER}:aud"

Statements = list[dict[str, Any]]


def web_identity() -> Plan:
    """Return the plan that is proved: pool, client, provider, endpoint of STS, and a role that trusts the provider."""
    plan: Plan = json.loads((PLANS / "web_identity.json").read_text(encoding="utf-8"))
    return plan


def trust(plan: Plan, edit: Callable[[Statements], object]) -> Plan:
    """Change the trust policy of the tenant role, and return the plan: the first statement opens, the second tags."""
    role = after(plan, "aws_iam_role.tenant")
    document = json.loads(role["assume_role_policy"])
    edit(document["Statement"])
    changed = json.dumps(document)
    assert changed != role["assume_role_policy"], "the test no longer bites"
    role["assume_role_policy"] = changed
    return plan


def conditions(plan: Plan, edit: Callable[[dict[str, Any]], object]) -> Plan:
    """Change the conditions of both statements of the trust policy, and return the plan."""
    return trust(plan, lambda statements: [edit(each["Condition"]) for each in statements])


def reasons(**changed: Any) -> Reasons:
    """Return the reasons of the tests, and that tags come from the attribute `custom:tenant`."""
    given = json.loads(REASONS.read_text(encoding="utf-8")) | {"tag_attributes": ["custom:tenant"]}
    return read_reasons(json.dumps(given | changed))


def outcome(plan: Plan, **options: Any) -> Outcome:
    """Prove a plan with these reasons."""
    return proved(plan, options.pop("reasons", None) or reasons(), **options)
