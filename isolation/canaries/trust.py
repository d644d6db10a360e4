"""Canaries of whom the trust policies of roles let in, and of the proof of both."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bulkhead_planproof.findings import Claim
from chalicelib.config import Strategy
from chalicelib.tenancy.tenant import Role
from isolation.attack.controls import Control
from isolation.attack.outcomes import ATTACKER, Service, Who
from isolation.attack.world import LAMBDA_ROLE
from isolation.canaries.edits import (
    AUDIENCE,
    OWN,
    any_value_of_all,
    grant,
    leading_keys,
    like_any_client,
    opening,
    policy,
    trust,
    trusting,
    unguarded_call_without_keys,
    without,
)
from isolation.canaries.model import Canary, ProofCanary

if TYPE_CHECKING:
    from collections.abc import Callable

    from isolation.attack.cells import Cell

_TENANT_ROLE, _MAINTENANCE = "TenantRole", "TenantMaintenanceRole"
_VIEWER = Who(ATTACKER, Role.VIEWER, Strategy.WEB_IDENTITY)
_ENDPOINT = "aws:SourceVpce"
_TENANT, _ROLE = "aws:RequestTag/tenant", "aws:RequestTag/role"


def _by(role: str) -> Callable[[Cell], bool]:
    return lambda cell: cell.who.role == role and not cell.who.tenant


def _with_token(target: str) -> Callable[[Cell], bool]:
    return lambda cell: cell.attack == "AssumeRoleWithWebIdentity" and cell.target.endswith(target)


def _maintained(target: str) -> Callable[[Cell], bool]:
    return lambda cell: cell.who.role == "offboard_tenant" and cell.target == target


TRUST = (
    Canary("TenantRole's trust: a tag tenant of any length",
           trust(_TENANT_ROLE, partial(without, "StringLike", _TENANT)),
           Service.STS, Control.TRUST_TENANT_TAG, _with_token("tenant that is too short")),
    Canary("TenantRole's trust: any text is a tenant",
           trust(_TENANT_ROLE, partial(without, "StringNotLike", _TENANT)),
           Service.STS, Control.TRUST_TENANT_GRAMMAR, _with_token("tenant in capitals")),
    Canary("TenantRole's trust: any role", trust(_TENANT_ROLE, partial(without, "StringEquals", _ROLE)),
           Service.STS, Control.TRUST_ROLE_TAG, _with_token("unknown role")),
    Canary("TenantRole's trust: TagSession with any keys",
           trust(_TENANT_ROLE, partial(without, "ForAllValues:StringEquals", "aws:TagKeys")),
           Service.STS, Control.TRUST_TAG_KEYS, _with_token("extra tag")),
    Canary("TenantRole's trust: transitive tags",
           trust(_TENANT_ROLE, partial(without, "Null", "sts:TransitiveTagKeys")),
           Service.STS, Control.TRUST_TRANSITIVE_TAGS),
    Canary("TenantRole's trust: sessions of any name",
           trust(_TENANT_ROLE, partial(without, "StringEquals", "sts:RoleSessionName")),
           Service.STS, Control.TRUST_SESSION_NAME, _with_token("named globex.member")),
    Canary("TenantRole's trust: any client's tokens",
           trust(_TENANT_ROLE, partial(without, "StringEquals", AUDIENCE)),
           Service.STS, Control.TRUST_AUDIENCE),
    Canary("TenantRole's trust: any client's tokens, by StringLike", trust(_TENANT_ROLE, like_any_client),
           Service.STS, Control.TRUST_AUDIENCE),
    Canary("TenantRole's trust: from any endpoint, and from none",
           trust(_TENANT_ROLE, partial(without, "StringEquals", _ENDPOINT)),
           Service.STS, Control.TRUST_ENDPOINT),
    Canary("TenantRole's trust: its own sessions", trusting(_TENANT_ROLE, _TENANT_ROLE),
           Service.STS, Control.TRUST_PRINCIPAL, lambda cell: cell.who == _VIEWER),
    Canary("TenantRole's trust: a function of the control plane", trusting(_TENANT_ROLE, "SetRoleRole"),
           Service.STS, Control.TRUST_PRINCIPAL, _by("set_role")),
    Canary("TenantMaintenanceRole's trust: any text is a tenant",
           trust(_MAINTENANCE, partial(without, "StringNotLike", _TENANT)),
           Service.STS, Control.TRUST_TENANT_GRAMMAR, _maintained("tenant in capitals")),
    Canary("TenantMaintenanceRole's trust: TagSession with any keys",
           trust(_MAINTENANCE, partial(without, "ForAllValues:StringEquals", "aws:TagKeys")),
           Service.STS, Control.TRUST_TAG_KEYS, _maintained("extra tag")),
    Canary("TenantMaintenanceRole's trust: the API's role", trusting(_MAINTENANCE, "LambdaRole"),
           Service.STS, Control.TRUST_PRINCIPAL, _by(LAMBDA_ROLE)),
)  # fmt: skip

PROVED = (
    ProofCanary("TenantRole: the Null guard is gone, and a call without keys is allowed",
                policy(_TENANT_ROLE, unguarded_call_without_keys), Claim.GUARD),
    ProofCanary("TenantRole: one own key among the keys is enough", policy(_TENANT_ROLE, any_value_of_all),
                Claim.OWN_PARTITION),
    ProofCanary("TenantRole: #* becomes *, for all tenants",
                policy(_TENANT_ROLE, partial(leading_keys, [f"{OWN}*"])),
                Claim.OWN_PARTITION),
    ProofCanary("AuthorizerRole: the pooled table as well",
                policy("AuthorizerRole", partial(grant, ["dynamodb:GetItem"], "*")), Claim.NO_OTHER_PATH),
    ProofCanary("TenantRole's trust: somebody else opens sessions", trusting(_TENANT_ROLE, "SetRoleRole"),
                Claim.SESSIONS),
    ProofCanary("LambdaRole: sts:AssumeRole is back, for all tenants", opening, Claim.SESSIONS),
    ProofCanary("TenantRole's trust: any client's tokens, for all tenants",
                trust(_TENANT_ROLE, partial(without, "StringEquals", AUDIENCE)), Claim.SESSIONS),
    ProofCanary("TenantRole's trust: from any endpoint, for all tenants",
                trust(_TENANT_ROLE, partial(without, "StringEquals", _ENDPOINT)), Claim.FROM_INSIDE),
)  # fmt: skip
