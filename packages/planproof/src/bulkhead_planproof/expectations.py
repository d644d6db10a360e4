"""What a plan is held against: which roles are tenants' sessions, who else may reach what, and for which reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bulkhead_iam.folding import ascii_lower
from bulkhead_iam.wildcards import compile_tokens, tokenize
from bulkhead_planproof.languages import Either, Language, ProofError
from bulkhead_planproof.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bulkhead_planproof.plan import Plan, Principal

#: Actions that reach nobody's data and open nothing, whatever the resource.
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
    "secretsmanager:GetRandomPassword": "draws random text",
    "sts:GetCallerIdentity": "says who calls",
    "dynamodb:Describe*": "says how a table is made, and of backups and exports that there are some",
    "dynamodb:List*": "as above",
}

_Patterns = tuple[str, ...]
_ACTION = r"^[A-Za-z0-9-]+:[^:\s]+$"  # the service is named, and is no wildcard
_RESOURCE = r"^(?:arn:\S+|\*)$"
_ENDPOINT = r"^vpce-[0-9a-f]{8,17}$"


class Waiver(BaseModel):
    """What somebody may do, and why: actions and resources are patterns with `*` and `?`, and excuse nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    actions: Annotated[tuple[Annotated[str, Field(pattern=_ACTION)], ...], Field(min_length=1)]
    resources: Annotated[tuple[Annotated[str, Field(pattern=_RESOURCE)], ...], Field(min_length=1)]
    reason: str = Field(pattern=r"\S")

    def languages(self) -> tuple[Language, Language]:
        """Return the actions, in lower case, and the resources."""
        return (
            Either(tuple(pattern(ascii_lower(each)) for each in self.actions)),
            Either(tuple(pattern(each) for each in self.resources)),
        )

    def __str__(self) -> str:
        """Return what is excused, and why."""
        return f"{', '.join(self.actions)} on {', '.join(self.resources)}: {self.reason}"


class KnownPath(Waiver):
    """The path of a role to data; `principal` is a pattern of its name."""

    principal: str


class ServicePath(Waiver):
    """What a service of AWS may do by the policy of a resource; `service` is its name, as `lambda.amazonaws.com`.

    To become a role is `sts:AssumeRole` on it.
    """

    service: str = Field(pattern=r"^[a-z0-9.-]+$")


class FederatedPath(Waiver):
    """Which roles whoever has a provider's token may become: `provider` is what the trust policy says, no pattern."""

    provider: str = Field(pattern=r"^[^*?\s]+$")


class Reasons(BaseModel):
    """What a file of reasons says: patterns of names with `*` and `?`, each with its reason.

    Tables that are not named under `other_tables` hold tenants' items. `tag_attributes` are those of a user pool from
    which its tokens take the session tags, as Cognito writes them: `custom:tenant`. `sts_endpoints` are the ids of VPC
    endpoints of STS that the plan does not make. Roles under `sessions_from_anywhere` need none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    tenant_roles: _Patterns = ()
    session_policy_roles: _Patterns = ()
    other_tables: dict[str, str] = {}
    services: tuple[ServicePath, ...] = ()
    paths: tuple[KnownPath, ...] = ()
    federated: tuple[FederatedPath, ...] = ()
    tag_attributes: _Patterns = ()
    sts_endpoints: dict[Annotated[str, Field(pattern=_ENDPOINT)], str] = {}
    sessions_from_anywhere: dict[str, Annotated[str, Field(pattern=r"\S")]] = {}

    def paths_of(self, principal: Principal) -> tuple[KnownPath, ...]:
        """Return the paths that a role may have; users and groups have none."""
        if principal.kind != "role":
            return ()
        return tuple(each for each in self.paths if matches([each.principal], principal.name))

    def paths_of_service(self, name: str) -> tuple[ServicePath, ...]:
        """Return what a service may do."""
        return tuple(each for each in self.services if each.service == name)

    def paths_of_provider(self, name: str) -> tuple[FederatedPath, ...]:
        """Return what whoever has a provider's token may do."""
        return tuple(each for each in self.federated if each.provider == name)


def read_reasons(text: str) -> Reasons:
    """Read a file of reasons; raises ProofError."""
    try:
        return Reasons.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise ProofError(f"the file of reasons is not understood: {where}: {first['msg']}") from None


def names_a_role(patterns: Iterable[str], plan: Plan) -> bool:
    """Tell whether a role of a plan is called as one of the patterns."""
    return any(matches(patterns, role.name) for role in plan.roles())


def matches(patterns: Iterable[str], name: str) -> bool:
    """Tell whether a name matches any of the patterns."""
    return any(compile_tokens(tokenize(each))(name) for each in patterns)
