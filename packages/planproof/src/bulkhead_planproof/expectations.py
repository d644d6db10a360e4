"""What a plan is held against: which roles are tenants' sessions, who else may reach what, and for which reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from bulkhead_iam.wildcards import compile_tokens, tokenize
from bulkhead_planproof.languages import Either, Language, ProofError
from bulkhead_planproof.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bulkhead_planproof.plan import Plan, Principal

#: Actions that reach nobody's data, whatever the resource.
HARMLESS = {
    "logs:CreateLogGroup": "writes logs",
    "logs:CreateLogStream": "writes logs",
    "logs:PutLogEvents": "writes logs",
    "xray:PutTraceSegments": "writes traces",
    "xray:PutTelemetryRecords": "writes traces",
    "cloudwatch:PutMetricData": "writes measurements",
    "ec2:CreateNetworkInterface": "attaches a function to its network",
    "ec2:DeleteNetworkInterface": "attaches a function to its network",
    "ec2:DescribeNetworkInterfaces": "attaches a function to its network",
    "ec2:DescribeSubnets": "attaches a function to its network",
    "ec2:AssignPrivateIpAddresses": "attaches a function to its network",
    "ec2:UnassignPrivateIpAddresses": "attaches a function to its network",
    "kms:Decrypt": "decrypts what another statement lets the caller read",
    "kms:GenerateDataKey": "encrypts what another statement lets the caller write",
    "secretsmanager:GetRandomPassword": "draws random text",
    "sts:GetCallerIdentity": "says who calls",
    "dynamodb:Describe*": "says how a table is made, and of backups and exports that there are some",
    "dynamodb:List*": "as above",
}


class KnownPath(BaseModel):
    """A principal's path to data, and why it has one. All but the reason are patterns with `*` and `?`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    principal: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    reason: str

    def languages(self) -> tuple[Language, Language]:
        """Return the actions, in lower case, and the resources."""
        return (
            Either(tuple(pattern(each.lower()) for each in self.actions)),
            Either(tuple(pattern(each) for each in self.resources)),
        )


class Reasons(BaseModel):
    """What a file of reasons says: patterns of names with `*` and `?`, each with its reason.

    Tables that are not named under `other_tables` hold tenants' items.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    tenant_roles: tuple[str, ...] = ()
    session_policy_roles: tuple[str, ...] = ()
    other_tables: dict[str, str] = {}
    other_stores: dict[str, str] = {}
    services: dict[str, str] = {}
    harmless: dict[str, str] = {}
    paths: tuple[KnownPath, ...] = ()

    def paths_of(self, principal: Principal) -> tuple[KnownPath, ...]:
        """Return the paths that a role may have; users and groups have none."""
        if principal.kind != "role":
            return ()
        return tuple(each for each in self.paths if matches([each.principal], principal.name))


def read_reasons(text: str) -> Reasons:
    """Read a file of reasons; raises ProofError."""
    try:
        return Reasons.model_validate_json(text)
    except ValidationError as error:
        raise ProofError(f"the file of reasons is not understood: {error}") from None


def names_a_role(patterns: Iterable[str], plan: Plan) -> bool:
    """Tell whether a role of a plan is called as one of the patterns."""
    return any(matches(patterns, role.name) for role in plan.roles())


def matches(patterns: Iterable[str], name: str) -> bool:
    """Tell whether a name matches any of the patterns."""
    return any(compile_tokens(tokenize(each))(name) for each in patterns)
