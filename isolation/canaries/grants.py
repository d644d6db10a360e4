"""Canaries of what the policies of roles grant."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chalicelib.config import Strategy
from chalicelib.tenancy.tenant import Role
from isolation.attack.controls import Control
from isolation.attack.dynamodb import OWN_BEYOND_THE_ROLE
from isolation.attack.keys import EXACT
from isolation.attack.outcomes import ATTACKER, Service, Who
from isolation.attack.outside import OWN_SESSION
from isolation.attack.verdicts import Verdict
from isolation.attack.world import LAMBDA_ROLE
from isolation.canaries.edits import (
    LEADING,
    LEADING_KEYS,
    OPENS,
    OWN,
    deny_only,
    grant,
    leading_keys,
    opening,
    policy,
    undeny,
    without,
)
from isolation.canaries.model import Canary

if TYPE_CHECKING:
    from collections.abc import Callable

    from isolation.attack.cells import Cell

_REGISTRY = "arn:aws:dynamodb:*:*:table/*-tenants"
_EXACT = {naming.name for naming in EXACT}
_DATA = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"]
_TABLE, _TENANT_ROLE, _MAINTENANCE = Service.DYNAMODB, "TenantRole", "TenantMaintenanceRole"
_LEADING_BY_TAG = Control.LEADING_KEYS_BY_TAG
_ELSEWHERE = "NeverThroughOtherEndpoints"
_VIEWER, _ADMIN = (Who(ATTACKER, role, Strategy.WEB_IDENTITY) for role in (Role.VIEWER, Role.ADMIN))


def _viewer(cell: Cell) -> bool:
    """A viewer of the attacker's, with the keys of the planted items."""
    return cell.who == _VIEWER and cell.target in _EXACT


def _as_admin(*attacks: str) -> Callable[[Cell], bool]:
    return lambda cell: cell.who == _ADMIN and cell.attack in attacks


def _target(target: str) -> Callable[[Cell], bool]:
    return lambda cell: bool(cell.who.tenant) and cell.target == target


def _by(role: str) -> Callable[[Cell], bool]:
    return lambda cell: cell.who.role == role and not cell.who.tenant


GRANTS = (
    Canary("TenantRole: #* becomes *", policy(_TENANT_ROLE, partial(leading_keys, [f"{OWN}*"])),
           _TABLE, _LEADING_BY_TAG, _viewer),
    Canary("TenantRole: - is a delimiter as well",
           policy(_TENANT_ROLE, partial(leading_keys, [f"{OWN}#*", f"{OWN}-*"])),
           _TABLE, _LEADING_BY_TAG, _viewer),
    Canary("TenantRole: any tenant's leading keys", policy(_TENANT_ROLE, partial(leading_keys, ["*#*"])),
           _TABLE, _LEADING_BY_TAG, _viewer),
    Canary("TenantRole: no condition on leading keys",
           policy(_TENANT_ROLE, partial(without, LEADING, LEADING_KEYS)),
           _TABLE, _LEADING_BY_TAG, _viewer),
    Canary("TenantRole: Scan granted, NeverScan gone",
           policy(_TENANT_ROLE, partial(undeny, "NeverScan"), partial(grant, ["dynamodb:Scan"], "*")),
           _TABLE, Control.NEVER_SCAN, _as_admin("Scan")),
    Canary("TenantRole: NeverScan gone", policy(_TENANT_ROLE, partial(undeny, "NeverScan")),
           _TABLE, Control.NEVER_SCAN, _as_admin("Scan"), Verdict.WRONG_CONTROL),
    Canary("TenantRole: PartiQL granted, and no longer denied",
           policy(_TENANT_ROLE, partial(deny_only, "NeverScan", ["dynamodb:Scan"]),
                   partial(grant, ["dynamodb:PartiQLSelect"], "*")),
           _TABLE, Control.NEVER_SCAN, _as_admin("PartiQL SELECT, everything")),
    Canary("TenantRole: BatchGetItem granted without leading keys",
           policy(_TENANT_ROLE, partial(grant, ["dynamodb:BatchGetItem"], "*")),
           _TABLE, Control.NOT_GRANTED, _as_admin("BatchGetItem")),
    Canary("TenantRole: writing without the condition on the role",
           policy(_TENANT_ROLE, partial(without, "StringEquals", "aws:PrincipalTag/role")),
           _TABLE, Control.ROLE_TAG, _target(OWN_BEYOND_THE_ROLE)),
    Canary("TenantRole: the writer's secret without the condition on the role",
           policy(_TENANT_ROLE, partial(without, "StringEquals", "aws:PrincipalTag/role")),
           Service.SECRETS, Control.ROLE_TAG, _target("writer")),
    Canary("TenantRole: the master's secret as well",
           policy(_TENANT_ROLE, partial(grant, ["secretsmanager:GetSecretValue"], "*")),
           Service.SECRETS, Control.NOT_GRANTED, _target("master")),
    Canary("TenantRole: the registry as well",
           policy(_TENANT_ROLE, partial(grant, ["dynamodb:GetItem"], _REGISTRY)),
           Service.REGISTRY, Control.NOT_GRANTED, _target("globex")),
    Canary("TenantRole: the exports as well", policy(_TENANT_ROLE, partial(grant, ["s3:ListBucket"], "*")),
           Service.EXPORTS, Control.NOT_GRANTED, _target("globex's prefix")),
    Canary("TenantRole: its sessions open others", policy(_TENANT_ROLE, partial(grant, OPENS, "*")),
           Service.STS, Control.NO_ASSUME, lambda cell: cell.who == _VIEWER),
    Canary("TenantRole: from any endpoint, and from none", policy(_TENANT_ROLE, partial(undeny, _ELSEWHERE)),
           _TABLE, Control.DATA_ENDPOINT, lambda cell: cell.attack.startswith(OWN_SESSION)),
    Canary("TenantRole: secrets from any endpoint, and from none",
           policy(_TENANT_ROLE, partial(deny_only, _ELSEWHERE, ["dynamodb:*"])),
           Service.SECRETS, Control.DATA_ENDPOINT),
    Canary("TenantMaintenanceRole: from any endpoint, and from none",
           policy(_MAINTENANCE, partial(undeny, _ELSEWHERE)),
           _TABLE, Control.DATA_ENDPOINT, _by("offboard_tenant"), Verdict.WRONG_CONTROL),
    Canary("TenantMaintenanceRole: #* becomes *, from any endpoint",
           policy(_MAINTENANCE, partial(leading_keys, ["*#*"]), partial(undeny, _ELSEWHERE)),
           _TABLE, _LEADING_BY_TAG, _by("offboard_tenant")),
    Canary("LambdaRole: access to the table", policy("LambdaRole", partial(grant, _DATA, "*")),
           _TABLE, Control.NOT_GRANTED, _by(LAMBDA_ROLE)),
    Canary("LambdaRole: Scan granted, NeverScan gone",
           policy("LambdaRole", partial(undeny, "NeverScan"), partial(grant, ["dynamodb:Scan"], "*")),
           _TABLE, Control.NEVER_SCAN, _by(LAMBDA_ROLE)),
    Canary("LambdaRole: the reader's secret", policy("LambdaRole", partial(grant, ["secretsmanager:*"], "*")),
           Service.SECRETS, Control.NOT_GRANTED, _by(LAMBDA_ROLE)),
    Canary("LambdaRole: it may assume what trusts the account", policy("LambdaRole", partial(grant, OPENS, "*")),
           Service.STS, Control.NO_ASSUME, _by(LAMBDA_ROLE)),
    Canary("LambdaRole: sts:AssumeRole is back", opening, Service.STS, Control.TRUST_PRINCIPAL, _by(LAMBDA_ROLE)),
    Canary("SetRoleRole: access to the table", policy("SetRoleRole", partial(grant, _DATA, "*")),
           _TABLE, Control.NOT_GRANTED, _by("set_role")),
    Canary("OffboardTenantRole: sessions of any role",
           policy("OffboardTenantRole", partial(undeny, "NeverOpenOtherSessions")),
           Service.STS, Control.NEVER_OPEN_OTHER_SESSIONS, verdict=Verdict.WRONG_CONTROL),
)  # fmt: skip
