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
from isolation.proof.expectations import name_of, reasons_for, reasons_of, rendered_policies
from stage.local.aws import VPC_ENDPOINT_ID

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
    reasons = reasons_of("shop-test", "web_identity")
    assert reasons.tenant_roles == ("shop-test-TenantRole", "shop-test-TenantMaintenanceRole")
    named = {each.principal for each in reasons.paths} | set(reasons.other_tables)
    assert all(each.startswith("shop-test-") for each in named)
    assert "{name}" not in reasons.model_dump_json()


@pytest.mark.parametrize(
    ("strategy", "opened"),
    [
        ("web_identity", ()),
        ("session_tags", ("arn:*:iam::*:role/shop-test-TenantRole",)),
        ("session_policy", ("arn:*:iam::*:role/shop-test-TenantPolicyRole",)),
    ],
)
def test_the_api_opens_sessions_of_the_strategys_role_only(strategy: str, opened: tuple[str, ...]) -> None:
    """Under web_identity of none: a plan that lets it is a finding."""
    paths = reasons_of("shop-test", strategy).paths
    found = [
        each.resources
        for each in paths
        if each.principal == "shop-test-LambdaRole" and "sts:AssumeRole" in each.actions
    ]
    assert found == ([opened] if opened else [])


def test_a_strategy_that_nobody_knows_has_no_reasons() -> None:
    """A plan without one, too."""
    with pytest.raises(ProofError, match="'None' is not known: it is one of web_identity"):
        reasons_of("shop-test", "None")


def _ours(**variables: Any) -> dict[str, Any]:
    given = {"stage": "test", "vending_strategy": "web_identity", **variables}
    return {
        "configuration": {"root_module": {"module_calls": {"core": {"source": "../modules/core"}}}},
        "variables": {name: {"value": value} for name, value in given.items()},
    }


def test_a_stage_on_one_machine_has_an_endpoint_that_no_plan_makes() -> None:
    """Its listener; another id is none."""
    assert list(reasons_for(_ours(vpc_endpoint_id=VPC_ENDPOINT_ID)).sts_endpoints) == [VPC_ENDPOINT_ID]
    assert not reasons_for(_ours(vpc_endpoint_id="vpce-00000000000000000")).sts_endpoints
    assert not reasons_for(_ours(vpc_endpoint_id=None)).sts_endpoints


def test_only_a_disposable_stage_without_a_network_takes_tokens_from_anywhere() -> None:
    """Where its report says so."""
    network = {"cidr": "10.0.0.0/16", "zones": ["a"]}
    assert reasons_for(_ours(disposable=True, network=None)).sessions_from_anywhere
    assert reasons_for(_ours(disposable=True)).sessions_from_anywhere
    for variables in ({"disposable": True, "network": network}, {"disposable": False}, {}):
        assert not reasons_for(_ours(**variables)).sessions_from_anywhere
