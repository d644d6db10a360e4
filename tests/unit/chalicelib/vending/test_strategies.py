"""The two vending strategies: what they ask of STS."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, cast

import pytest

from chalicelib.errors import ConfigError
from chalicelib.tenancy.tenant import Role, TenantContext
from chalicelib.vending.strategies import (
    SESSION_SECONDS,
    SessionPolicyVending,
    SessionTagVending,
    TenantResources,
    session_policy,
)

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

    from chalicelib.vending.strategies import VendingStrategy

ROLE_ARN = "arn:aws:iam::123456789012:role/TenantRole"
RESOURCES = TenantResources(
    table_arn="arn:aws:dynamodb:eu-central-1:123456789012:table/example",
    reader_secret_arn="arn:aws:secretsmanager:eu-central-1:123456789012:secret:reader-AbCdEf",
    writer_secret_arn="arn:aws:secretsmanager:eu-central-1:123456789012:secret:writer-AbCdEf",
)
READS = {"dynamodb:GetItem", "dynamodb:Query"}
WRITES = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}


class RecordingSts:
    """Vends, and keeps what it was asked."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def assume_role(self, **parameters: Any) -> dict[str, Any]:
        """Answer as AssumeRole does."""
        self.calls.append(parameters)
        return {"Credentials": {"AccessKeyId": "ASIA"}}


def tenant(tenant_id: str, role: Role = Role.MEMBER) -> TenantContext:
    """Make a tenant context."""
    return TenantContext(tenant_id, role, "user-1", "user-1@example.com")


def asked_by(strategy: type[VendingStrategy], caller: TenantContext) -> dict[str, Any]:
    """Let a strategy vend, and return what STS was asked."""
    sts = RecordingSts()
    more = [RESOURCES] if strategy is SessionPolicyVending else []
    vending = strategy(lambda: cast("STSClient", sts), ROLE_ARN, *more)  # type: ignore[call-arg]
    assert vending.vend(caller)["AccessKeyId"] == "ASIA"
    (asked,) = sts.calls
    return asked


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("strategy", [SessionTagVending, SessionPolicyVending])
def test_the_role_is_assumed_with_tenant_and_role_as_session_tags(strategy: type[VendingStrategy], role: Role) -> None:
    """Exactly the two tags that the trust policy demands, and a session name that names both in CloudTrail."""
    asked = asked_by(strategy, tenant("acme-eu", role))
    asked.pop("Policy", None)

    assert asked == {
        "RoleArn": ROLE_ARN,
        "RoleSessionName": f"acme-eu.{role.value}",
        "Tags": [{"Key": "tenant", "Value": "acme-eu"}, {"Key": "role", "Value": role.value}],
        "DurationSeconds": SESSION_SECONDS,
    }
    assert SESSION_SECONDS <= 3600, "role chaining is limited to one hour"


@pytest.mark.parametrize("strategy", [SessionTagVending, SessionPolicyVending])
def test_the_longest_tenant_id_makes_a_session_name_that_sts_takes(strategy: type[VendingStrategy]) -> None:
    """At most 64 characters of letters, digits and `_+=,.@-`."""
    assert len(asked_by(strategy, tenant("a" * 32, Role.VIEWER))["RoleSessionName"]) <= 64


def test_only_the_strategy_of_session_policies_passes_one() -> None:
    """With it, TenantPolicyRole's session is confined; without one it would reach every tenant."""
    assert "Policy" not in asked_by(SessionTagVending, tenant("acme"))
    asked = asked_by(SessionPolicyVending, tenant("acme"))
    assert json.loads(asked["Policy"]) == session_policy(tenant("acme"), RESOURCES)


@pytest.mark.parametrize(
    ("role", "actions", "secrets"),
    [
        (Role.VIEWER, READS, [RESOURCES.reader_secret_arn]),
        (Role.MEMBER, READS | WRITES, [RESOURCES.reader_secret_arn]),
        (Role.ADMIN, READS | WRITES, [RESOURCES.reader_secret_arn, RESOURCES.writer_secret_arn]),
    ],
)
def test_a_session_policy_leaves_one_tenant_and_the_rights_of_its_role(
    role: Role, actions: set[str], secrets: list[str]
) -> None:
    """No other statement, action, resource or tenant."""
    on_items, on_secrets = session_policy(tenant("acme", role), RESOURCES)["Statement"]

    assert set(on_items.pop("Action")) == actions
    assert on_items == {
        "Sid": "OwnPartitionOnly",
        "Effect": "Allow",
        "Resource": [RESOURCES.table_arn],
        "Condition": {
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["acme#*"]},
            "Null": {"dynamodb:LeadingKeys": "false"},
        },
    }
    assert on_secrets == {
        "Sid": "OwnLoginsOnly",
        "Effect": "Allow",
        "Action": ["secretsmanager:GetSecretValue"],
        "Resource": secrets,
    }


@pytest.mark.parametrize("other", ["acme-eu", "acme1", "acme10", "xacme", "globex"])
def test_a_session_policys_pattern_matches_no_other_tenants_keys(other: str) -> None:
    """The twin is one's own key."""
    condition = session_policy(tenant("acme"), RESOURCES)["Statement"][0]["Condition"]
    (pattern,) = condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    assert fnmatchcase("acme#sample#3", pattern)
    assert not fnmatchcase(f"{other}#sample#3", pattern)


def test_arns_for_which_sts_would_refuse_every_session_policy_are_refused_at_the_start() -> None:
    """2,048 characters are all that STS takes; the longest tenant's policy must fit."""
    longest = TenantResources("t" * 700, "r" * 300, "w" * 300)
    sts = RecordingSts()
    vending = SessionPolicyVending(lambda: cast("STSClient", sts), ROLE_ARN, longest)
    vending.vend(tenant("a" * 32, Role.ADMIN))
    assert len(sts.calls[0]["Policy"]) <= 2048

    with pytest.raises(ConfigError, match="2048 characters"):
        SessionPolicyVending(
            lambda: cast("STSClient", sts), ROLE_ARN, TenantResources("t" * 1000, "r" * 500, "w" * 500)
        )
