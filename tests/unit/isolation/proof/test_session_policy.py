"""The session policies that are proved are those that the application passes to AssumeRole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bulkhead_iam import PolicyKind
from chalicelib.tenant import Role, TenantContext
from chalicelib.vending import TenantResources, session_policy
from isolation.proof.languages import ProofError
from isolation.proof.plan import Principal, read_document
from isolation.proof.session_policy import from_template, of_the_application

_TABLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/app"
_SECRETS = tuple(f"arn:aws:secretsmanager:eu-central-1:123456789012:secret:{login}-??????" for login in ("r", "w"))


def _role() -> Principal:
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Data", "Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": _TABLE},
            {"Sid": "Logins", "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": _SECRETS},
        ],
    }
    text = json.dumps(document)
    return Principal("app-TenantPolicyRole", "role", [read_document(text, "a policy", PolicyKind.IDENTITY)])


def test_every_role_of_the_application_has_its_own() -> None:
    """With the tenant as a placeholder, and otherwise as chalicelib/vending.py renders it."""
    rendered = list(of_the_application(_role(), "app"))
    resources = TenantResources(_TABLE, *_SECRETS)
    assert len(rendered) == len(Role)
    for role, policy in zip(Role, rendered, strict=True):
        expected = session_policy(TenantContext("acme", role, "any", "any"), resources)
        assert json.loads(policy.template.replace("rendered-for-a-tenant", "acme")) == expected
        assert policy.for_tenant("acme").statements[0].conditions[0].values == ("acme#*",)
        assert policy.for_any_tenant("tenant").statements[0].conditions[0].values == ("${aws:PrincipalTag/tenant}#*",)


def test_a_rendering_that_treats_one_tenant_otherwise_is_not_proved() -> None:
    """What holds for the placeholder would say nothing about that one."""

    def favouring(tenant: TenantContext, resources: TenantResources) -> dict[str, Any]:
        policy = session_policy(tenant, resources)
        if tenant.tenant_id == "acme10":
            policy["Statement"][0]["Resource"] = ["*"]
        return policy

    with pytest.raises(ProofError, match="acme10 is not like that of others"):
        list(of_the_application(_role(), "app", favouring))


def test_a_role_that_does_not_name_the_table_is_not_proved() -> None:
    """Nobody knows then what the application's policy is about."""
    with pytest.raises(ProofError, match="does not name the table other"):
        list(of_the_application(_role(), "other"))


def test_a_template_names_the_tenant() -> None:
    """Else it would be the same for all of them."""
    with pytest.raises(ProofError, match="stands nowhere"):
        from_template("{}", "a file")
    assert from_template('{"a": "{TENANT}-*"}', "a file").template.count("{TENANT}") == 0
