"""Plans that differ from ours in one thing: a statement, condition or attachment is removed, widened or doubled.

Or a user pool, its client or its provider lets somebody else have a say in tokens.
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Plan = dict[str, Any]
Statement = dict[str, Any]

#: Which attribute of which resource is a policy.
POLICIES = {
    "aws_iam_role": "assume_role_policy",
    "aws_iam_role_policy": "policy",
    "aws_s3_bucket_policy": "policy",
    "aws_secretsmanager_secret_policy": "policy",
}
_LISTS = {"aws_iam_role_policies_exclusive": "policy_names", "aws_iam_role_policy_attachments_exclusive": "policy_arns"}
_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
_OWN_INDEX = re.compile(r"\[[^\[\]]*\]$")
_RECEIVERS = ("LambdaRole", "AuthorizerRole", "TenantRole")
_ELSEWHERE = "arn:aws:iam::999999999999:oidc-provider/accounts.example.com"
_FOREIGN_TRIGGER = {"pre_token_generation": "arn:aws:lambda:eu-central-1:999999999999:function:tags"}
#: What of who gets tokens, and of what users write into them, is changed.
_ISSUING: dict[str, tuple[dict[str, Any], ...]] = {
    "aws_cognito_user_pool": (
        {"admin_create_user_config": [{"allow_admin_create_user_only": False}]},
        {"admin_create_user_config": []},
        {"lambda_config": [_FOREIGN_TRIGGER]},
    ),
    "aws_cognito_user_pool_client": (
        {"write_attributes": ["name", "custom:tenantID"]},
        {"write_attributes": ["custom:role"]},
        {"write_attributes": None},
        {"write_attributes": []},
        {"supported_identity_providers": ["COGNITO", "Elsewhere"]},
        {"user_pool_id": "eu-central-1_Elsewhere"},
    ),
    "aws_iam_openid_connect_provider": (
        {"client_id_list": ["anybodys"]},
        {"client_id_list": []},
        {"url": "accounts.example.com"},
        {"arn": _ELSEWHERE},
    ),
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A plan, and what was changed in it."""

    name: str
    plan: Plan


def mutants(plan: Plan, address: str = "") -> Iterator[Mutant]:
    """Yield every mutant of a plan, in resources in whose address the pattern is found."""
    for at, change in enumerate(plan["resource_changes"]):
        if (
            change["mode"] != "managed"
            or change["change"]["after"] is None
            or not re.search(address, change["address"])
        ):
            continue
        yield from _of_policy(plan, at, change)
        yield from _of_attachment(plan, at, change)
        for changed in _ISSUING.get(change["type"], ()):
            what = f"with {json.dumps(changed)}"
            yield _edited(plan, at, what, lambda after, changed=changed: after.update(changed))  # type: ignore[misc]


def _edited(plan: Plan, at: int, what: str, edit: Callable[[dict[str, Any]], None]) -> Mutant:
    """Return a mutant of which one resource is another; all but that resource is shared with the plan.

    What is changed is known.
    """
    change = copy.deepcopy(plan["resource_changes"][at])
    after, unknown = change["change"]["after"], change["change"]["after_unknown"]
    before = dict(after)
    edit(after)
    for name in [each for each in after if each not in before or after[each] != before[each]]:
        unknown.pop(name, None)
    changes = [*plan["resource_changes"][:at], change, *plan["resource_changes"][at + 1 :]]
    return Mutant(f"{change['address']}: {what}", {**plan, "resource_changes": changes})


def _of_policy(plan: Plan, at: int, change: dict[str, Any]) -> Iterator[Mutant]:
    attribute = POLICIES.get(change["type"])
    text = change["change"]["after"].get(attribute) if attribute else None
    if not isinstance(text, str) or attribute is None:
        return
    document = json.loads(text)
    for index, statement in enumerate(document["Statement"]):
        for what, others in _statements(statement, trust=attribute == "assume_role_policy"):
            changed = [*document["Statement"][:index], *others, *document["Statement"][index + 1 :]]
            if changed:
                mutated = json.dumps({**document, "Statement": changed})
                name = f"{statement.get('Sid', index)} {what}"
                yield _edited(plan, at, name, lambda after, text=mutated: after.update({attribute: text}))  # type: ignore[misc]


def _statements(statement: Statement, *, trust: bool) -> Iterator[tuple[str, list[Statement]]]:
    """Yield what may stand in the place of a statement."""
    yield "removed", []
    yield "doubled", [statement, {**statement, "Sid": f"{statement.get('Sid', 'S')}Again"}]
    open_to_all = {key: value for key, value in statement.items() if key != "Condition"}
    yield "without conditions", [open_to_all]
    yield "doubled without conditions", [statement, {**open_to_all, "Sid": "WithoutConditions"}]
    if not trust:
        yield "for every resource", [{**statement, "Resource": "*"}]
        services = sorted({action.partition(":")[0] for action in _listed(statement.get("Action", []))} - {"*"})
        yield "for every action of its service", [{**statement, "Action": [f"{each}:*" for each in services]}]
        yield "for every action", [{**statement, "Action": "*"}]
        yield (
            "for whatever begins alike",
            [{**statement, "Resource": [f"{each}*" for each in _listed(statement.get("Resource", [])) if each != "*"]}],
        )
    if "Principal" in statement:
        yield "for everybody", [{**statement, "Principal": "*"}]
    if isinstance(named := statement.get("Principal"), dict) and "Federated" in named:
        yield "for tokens of elsewhere", [{**statement, "Principal": {"Federated": _ELSEWHERE}}]
        yield (
            "and for tokens of elsewhere",
            [{**statement, "Principal": {"Federated": [named["Federated"], _ELSEWHERE]}}],
        )
        yield "and for an account", [{**statement, "Principal": {**named, "AWS": "999999999999"}}]
        yield "for whatever else", [{**statement, "Action": "sts:*"}]
    yield from _conditions(statement)


def _conditions(statement: Statement) -> Iterator[tuple[str, list[Statement]]]:
    conditions = statement.get("Condition", {})
    for operator, keys in conditions.items():
        others = {name: each for name, each in conditions.items() if name != operator}
        yield f"without {operator}", [_with(statement, others)]
        weaker = operator.replace("ForAllValues:", "ForAnyValue:") if ":" in operator else f"{operator}IfExists"
        if operator != "Null":
            yield f"{weaker} for {operator}", [_with(statement, {**others, weaker: keys})]
        for key, values in keys.items():
            rest = {name: each for name, each in keys.items() if name != key}
            yield f"without {operator} {key}", [_with(statement, {**others, **({operator: rest} if rest else {})})]
            known = _listed(values)
            for changed in [["true"]] if operator == "Null" else [each for each in _values(known) if each != known]:
                mutated = {**others, operator: {**rest, key: changed}}
                yield f"{operator} {key} {changed[:2]}", [_with(statement, mutated)]


def _values(values: list[str]) -> Iterator[list[str]]:
    yield ["*"]
    yield [*values, "TENANT#*"]
    yield [each.replace("#*", "*") for each in values]
    yield [each.replace("#*", "-*") for each in values]
    yield [each.replace("${aws:PrincipalTag/tenant}", "*") for each in values]
    yield [each.replace("${aws:PrincipalTag/tenant}", "${aws:PrincipalTag/tenant, 'acme'}") for each in values]
    if len(values) > 1:
        yield values[1:]


def _with(statement: Statement, conditions: dict[str, Any]) -> Statement:
    changed = {key: value for key, value in statement.items() if key != "Condition"}
    return {**changed, "Condition": conditions} if conditions else changed


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _of_attachment(plan: Plan, at: int, change: dict[str, Any]) -> Iterator[Mutant]:
    """Yield the plans in which an attachment is gone, is made twice, or names more."""
    kind, after = change["type"], change["change"]["after"]
    if kind in {"aws_iam_role_policy", *_LISTS}:
        yield Mutant(f"{change['address']}: removed", _without(plan, at))
    if kind == "aws_iam_role_policy":
        prefix = str(after["role"]).rpartition("-")[0]
        for name in _RECEIVERS:
            if after["role"] != f"{prefix}-{name}":
                yield Mutant(f"{change['address']}: for {name} as well", _copied(plan, at, f"{prefix}-{name}"))
    if kind in _LISTS:
        more = _ADMINISTRATOR if kind.endswith("attachments_exclusive") else "by-hand"
        yield _edited(plan, at, f"and {more}", lambda after: after.update({_LISTS[kind]: [*after[_LISTS[kind]], more]}))
    if kind == "aws_iam_role":
        arns = {"managed_policy_arns": [_ADMINISTRATOR]}
        yield _edited(plan, at, "with an administrator's policy", lambda after: after.update(arns))
        yield _edited(plan, at, "with a tag", lambda after: after.update({"tags": {"tenant": "acme"}}))
    if kind == "aws_lambda_permission":
        for name, value in (("source_arn", None), ("source_arn", "*"), ("principal", "*")):
            changed = {"source_account": None, name: value}
            yield _edited(plan, at, f"{name} {value}", lambda after, changed=changed: after.update(changed))  # type: ignore[misc]


def _without(plan: Plan, at: int) -> Plan:
    """Return a plan without a resource, of which its values say nothing either."""
    changes = plan["resource_changes"]
    return {**plan, "resource_changes": changes[:at] + changes[at + 1 :], "planned_values": {}, "prior_state": {}}


def _copied(plan: Plan, at: int, role: str) -> Plan:
    """Return a plan with a resource once more, for another role; the configuration has it already, with `for_each`."""
    change = copy.deepcopy(plan["resource_changes"][at])
    change["address"] = f'{_OWN_INDEX.sub("", change["address"])}["copied"]'
    change["change"]["after"].update(role=role, name=f"{change['change']['after']['name']}-copied")
    return {**plan, "resource_changes": [*plan["resource_changes"], change]}
