"""Canaries of the policies that are applied to roles: what they grant, and whom they trust."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from bulkhead_planproof.findings import Claim
from chalicelib.config import Strategy
from chalicelib.tenancy.tenant import Role
from isolation.attack.controls import Control
from isolation.attack.dynamodb import OWN_BEYOND_THE_ROLE
from isolation.attack.keys import EXACT
from isolation.attack.outcomes import ATTACKER, Service, Who
from isolation.attack.verdicts import Verdict
from isolation.attack.world import LAMBDA_ROLE
from isolation.canaries.model import Canary, ProofCanary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isolation.attack.cells import Cell
    from isolation.canaries.applied import Edit
    from isolation.canaries.model import Weaken

_LEADING, _LEADING_KEYS = "ForAllValues:StringLike", "dynamodb:LeadingKeys"
_OWN = "${aws:PrincipalTag/tenant}"
_REGISTRY = "arn:aws:dynamodb:*:*:table/*-tenants"
_EXACT = {naming.name for naming in EXACT}
_DATA = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"]


def _policy(role: str, *edits: Edit) -> Weaken:
    return lambda applied: applied.policy(role, lambda document: [edit(document) for edit in edits])


def _trust(role: str, *edits: Edit) -> Weaken:
    return lambda applied: applied.trust(role, lambda document: [edit(document) for edit in edits])


def _allows(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (each for each in document["Statement"] if each["Effect"] == "Allow")


def _without(operator: str, key: str, document: dict[str, Any]) -> None:
    """Take a condition out of every Allow statement."""
    for statement in _allows(document):
        conditions = statement.get("Condition", {})
        conditions.get(operator, {}).pop(key, None)
        left = {name: keys for name, keys in conditions.items() if keys}
        statement["Condition"] = left
        if not left:
            del statement["Condition"]


def _unguarded_call_without_keys(document: dict[str, Any]) -> None:
    """Take the guard out, and allow a call that names no key: those that the role may make all name one."""
    _without("Null", _LEADING_KEYS, document)
    for statement in _allows(document):
        if _LEADING in statement.get("Condition", {}):
            statement["Action"] = [*statement["Action"], "dynamodb:ExportTableToPointInTime"]


def _leading_keys(patterns: list[str], document: dict[str, Any]) -> None:
    for statement in _allows(document):
        keys = statement.get("Condition", {}).get(_LEADING, {})
        if _LEADING_KEYS in keys:
            keys[_LEADING_KEYS] = patterns


def _any_value_of_all(document: dict[str, Any]) -> None:
    for statement in _allows(document):
        conditions = statement.get("Condition", {})
        if _LEADING in conditions:
            conditions["ForAnyValue:StringLike"] = conditions.pop(_LEADING)


def _undeny(sid: str, document: dict[str, Any]) -> None:
    document["Statement"] = [each for each in document["Statement"] if each.get("Sid") != sid]


def _grant(actions: list[str], resource: str, document: dict[str, Any]) -> None:
    document["Statement"].append({"Effect": "Allow", "Action": actions, "Resource": resource})


def _deny_only(sid: str, actions: list[str], document: dict[str, Any]) -> None:
    for statement in document["Statement"]:
        if statement.get("Sid") == sid:
            statement["Action"] = actions


def _trusts(role: str, document: dict[str, Any]) -> None:
    for statement in _allows(document):
        trusted = statement["Principal"]["AWS"]
        trusted = [trusted] if isinstance(trusted, str) else trusted
        prefix = trusted[0].rpartition("-")[0]
        statement["Principal"]["AWS"] = [*trusted, f"{prefix}-{role}"]


def _viewer(cell: Cell) -> bool:
    """A viewer of the attacker's, by session tags, with the keys of the planted items."""
    return cell.who == Who(ATTACKER, Role.VIEWER, Strategy.SESSION_TAGS) and cell.target in _EXACT


def _by_tags(*attacks: str) -> Callable[[Cell], bool]:
    return lambda cell: cell.who == Who(ATTACKER, Role.ADMIN, Strategy.SESSION_TAGS) and cell.attack in attacks


def _target(target: str) -> Callable[[Cell], bool]:
    return lambda cell: cell.who.strategy == Strategy.SESSION_TAGS and cell.target == target


def _by(role: str) -> Callable[[Cell], bool]:
    return lambda cell: cell.who.role == role and not cell.who.tenant


_TABLE, _TENANT_ROLE = Service.DYNAMODB, "TenantRole"
_LEADING_BY_TAG = Control.LEADING_KEYS_BY_TAG

GRANTS = (
    Canary("TenantRole: #* becomes *", _policy(_TENANT_ROLE, partial(_leading_keys, [f"{_OWN}*"])),
           _TABLE, _LEADING_BY_TAG, _viewer),
    Canary("TenantRole: - is a delimiter as well",
           _policy(_TENANT_ROLE, partial(_leading_keys, [f"{_OWN}#*", f"{_OWN}-*"])),
           _TABLE, _LEADING_BY_TAG, _viewer),
    Canary("TenantRole: any tenant's leading keys", _policy(_TENANT_ROLE, partial(_leading_keys, ["*#*"])),
           _TABLE, _LEADING_BY_TAG, _viewer),
    Canary("TenantRole: no condition on leading keys",
           _policy(_TENANT_ROLE, partial(_without, _LEADING, _LEADING_KEYS)),
           _TABLE, _LEADING_BY_TAG, _viewer),
    Canary("TenantRole: Scan granted, NeverScan gone",
           _policy(_TENANT_ROLE, partial(_undeny, "NeverScan"), partial(_grant, ["dynamodb:Scan"], "*")),
           _TABLE, Control.NEVER_SCAN, _by_tags("Scan")),
    Canary("TenantRole: NeverScan gone", _policy(_TENANT_ROLE, partial(_undeny, "NeverScan")),
           _TABLE, Control.NEVER_SCAN, _by_tags("Scan"), Verdict.WRONG_CONTROL),
    Canary("TenantRole: PartiQL granted, and no longer denied",
           _policy(_TENANT_ROLE, partial(_deny_only, "NeverScan", ["dynamodb:Scan"]),
                   partial(_grant, ["dynamodb:PartiQLSelect"], "*")),
           _TABLE, Control.NEVER_SCAN, _by_tags("PartiQL SELECT, everything")),
    Canary("TenantRole: BatchGetItem granted without leading keys",
           _policy(_TENANT_ROLE, partial(_grant, ["dynamodb:BatchGetItem"], "*")),
           _TABLE, Control.NOT_GRANTED, _by_tags("BatchGetItem")),
    Canary("TenantRole: writing without the condition on the role",
           _policy(_TENANT_ROLE, partial(_without, "StringEquals", "aws:PrincipalTag/role")),
           _TABLE, Control.ROLE_TAG, _target(OWN_BEYOND_THE_ROLE)),
    Canary("TenantRole: the writer's secret without the condition on the role",
           _policy(_TENANT_ROLE, partial(_without, "StringEquals", "aws:PrincipalTag/role")),
           Service.SECRETS, Control.ROLE_TAG, _target("writer")),
    Canary("TenantRole: the master's secret as well",
           _policy(_TENANT_ROLE, partial(_grant, ["secretsmanager:GetSecretValue"], "*")),
           Service.SECRETS, Control.NOT_GRANTED, _target("master")),
    Canary("TenantRole: the registry as well",
           _policy(_TENANT_ROLE, partial(_grant, ["dynamodb:GetItem"], _REGISTRY)),
           Service.REGISTRY, Control.NOT_GRANTED, _target("globex")),
    Canary("TenantRole: the exports as well", _policy(_TENANT_ROLE, partial(_grant, ["s3:ListBucket"], "*")),
           Service.EXPORTS, Control.NOT_GRANTED, _target("globex's prefix")),
    Canary("LambdaRole: access to the table", _policy("LambdaRole", partial(_grant, _DATA, "*")),
           _TABLE, Control.NOT_GRANTED, _by(LAMBDA_ROLE)),
    Canary("LambdaRole: Scan granted, NeverScan gone",
           _policy("LambdaRole", partial(_undeny, "NeverScan"), partial(_grant, ["dynamodb:Scan"], "*")),
           _TABLE, Control.NEVER_SCAN, _by(LAMBDA_ROLE)),
    Canary("LambdaRole: the reader's secret", _policy("LambdaRole", partial(_grant, ["secretsmanager:*"], "*")),
           Service.SECRETS, Control.NOT_GRANTED, _by(LAMBDA_ROLE)),
    Canary("SetRoleRole: access to the table", _policy("SetRoleRole", partial(_grant, _DATA, "*")),
           _TABLE, Control.NOT_GRANTED, _by("set_role")),
    Canary("OffboardTenantRole: sessions of any role",
           _policy("OffboardTenantRole", partial(_undeny, "NeverOpenOtherSessions")),
           Service.STS, Control.NEVER_OPEN_OTHER_SESSIONS),
)  # fmt: skip

_TENANT, _ROLE = "aws:RequestTag/tenant", "aws:RequestTag/role"


def _opens(*targets: str) -> Callable[[Cell], bool]:
    return lambda cell: cell.who == Who("", LAMBDA_ROLE, Strategy.SESSION_TAGS) and cell.target in targets


TRUST = (
    Canary("TenantRole's trust: no tag tenant needed",
           _trust(_TENANT_ROLE, partial(_without, "StringLike", _TENANT)),
           Service.STS, Control.TRUST_TENANT_TAG, _opens("no tag tenant")),
    Canary("TenantRole's trust: any text is a tenant",
           _trust(_TENANT_ROLE, partial(_without, "StringNotLike", _TENANT)),
           Service.STS, Control.TRUST_TENANT_GRAMMAR, _opens("tenant in capitals")),
    Canary("TenantRole's trust: any role, or none", _trust(_TENANT_ROLE, partial(_without, "StringEquals", _ROLE)),
           Service.STS, Control.TRUST_ROLE_TAG, _opens("no tag role", "unknown role")),
    Canary("TenantRole's trust: TagSession with any keys",
           _trust(_TENANT_ROLE, partial(_without, "ForAllValues:StringEquals", "aws:TagKeys")),
           Service.STS, Control.TRUST_TAG_KEYS, _opens("extra tag")),
    Canary("TenantRole's trust: its own sessions", _trust(_TENANT_ROLE, partial(_trusts, _TENANT_ROLE)),
           Service.STS, Control.TRUST_PRINCIPAL,
           lambda cell: cell.who == Who(ATTACKER, Role.VIEWER, Strategy.SESSION_TAGS)),
    Canary("TenantRole's trust: a function of the control plane", _trust(_TENANT_ROLE, partial(_trusts, "SetRoleRole")),
           Service.STS, Control.TRUST_PRINCIPAL, _by("set_role")),
)  # fmt: skip

PROVED = (
    ProofCanary("TenantRole: the Null guard is gone, and a call without keys is allowed",
                _policy(_TENANT_ROLE, _unguarded_call_without_keys), Claim.GUARD),
    ProofCanary("TenantRole: one own key among the keys is enough", _policy(_TENANT_ROLE, _any_value_of_all),
                Claim.OWN_PARTITION),
    ProofCanary("TenantRole: #* becomes *, for all tenants",
                _policy(_TENANT_ROLE, partial(_leading_keys, [f"{_OWN}*"])),
                Claim.OWN_PARTITION),
    ProofCanary("AuthorizerRole: the pooled table as well",
                _policy("AuthorizerRole", partial(_grant, ["dynamodb:GetItem"], "*")), Claim.NO_OTHER_PATH),
    ProofCanary("TenantRole's trust: somebody else opens sessions",
                _trust(_TENANT_ROLE, partial(_trusts, "SetRoleRole")),
                Claim.SESSIONS),
)  # fmt: skip
