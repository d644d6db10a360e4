"""What is proved: the session policies that the application passes, for the tenant ids that it admits."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead_iam import PolicyKind
from bulkhead_planproof.grammar import TENANT_ID, grammar
from bulkhead_planproof.languages import ProofError, contains
from bulkhead_planproof.plan import Principal, read_document
from chalicelib import PRODUCT
from chalicelib.tenancy.tenant import Role, TenantContext, is_tenant_id
from chalicelib.vending.strategies import TenantResources, session_policy
from isolation.proof.expectations import name_of, reasons_of, rendered_policies

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
    return Principal("app-TenantPolicyRole", "role", documents=[read_document(text, "a policy", PolicyKind.IDENTITY)])


def test_every_role_of_the_application_has_its_own() -> None:
    """With the tenant as a placeholder, and otherwise as chalicelib/vending/strategies.py renders it."""
    rendered = list(rendered_policies(_role(), ["app"]))
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
        list(rendered_policies(_role(), ["app"], favouring))


def test_a_role_that_does_not_name_the_table_is_not_proved() -> None:
    """Nobody knows then what the application's policy is about."""
    with pytest.raises(ProofError, match="does not name the table other"):
        list(rendered_policies(_role(), ["other"]))


@given(st.from_regex(r"\A[a-z0-9A-Z#-]{0,4}\Z") | st.text("ab-", min_size=28, max_size=36))
def test_the_grammar_is_the_applications(text: str) -> None:
    """The proof is about the tenant ids that chalicelib/tenancy/tenant.py admits."""
    assert contains(grammar(TENANT_ID), text) == is_tenant_id(text)


def test_a_plan_of_somebody_else_has_no_reasons_here() -> None:
    """Those of this project would excuse what happens to be called alike."""
    ours = {"configuration": {"root_module": {"module_calls": {"core": {"source": "../modules/core"}}}}}
    stage = {"variables": {"stage": {"value": "prod"}}}
    assert name_of({**ours, **stage}) == f"{PRODUCT}-prod"
    for plan in (
        {},
        ours,
        stage,
        {**stage, "configuration": {"root_module": {"module_calls": {"core": {"source": "./x"}}}}},
    ):
        with pytest.raises(ProofError, match="no plan of infra/live or infra/local"):
            name_of(plan)


def test_reasons_are_about_one_stage() -> None:
    """By the names of its resources, which begin with the product's and the stage's."""
    reasons = reasons_of("shop-test")
    assert reasons.tenant_roles == ("shop-test-TenantRole",)
    named = {each.principal for each in reasons.paths} | set(reasons.other_tables)
    assert all(each.startswith("shop-test-") for each in named)
    assert "{name}" not in reasons.model_dump_json()
