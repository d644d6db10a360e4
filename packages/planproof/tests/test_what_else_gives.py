"""Other ways to hand something out: foreign accounts, topics, policies that hide, programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bulkhead_planproof.expectations import read_reasons
from planproof_testing.plans import (
    ACCOUNT,
    EVERYTHING,
    NOTHING,
    REASONS,
    Plan,
    added,
    after,
    allowing,
    policy,
    proved,
    sound,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_OTHER = "999999999999"
_ANYBODY = policy({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})


def _trusting(plan: Plan, arn: str) -> None:
    tenant = after(plan, "aws_iam_role.tenant")
    document = json.loads(tenant["assume_role_policy"])
    document["Statement"][0]["Principal"] = {"AWS": [f"arn:aws:iam::{ACCOUNT}:role/app-LambdaRole", arn]}
    tenant["assume_role_policy"] = json.dumps(document)


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:iam::{_OTHER}:role/app-LambdaRole",
        f"arn:aws:iam::{_OTHER}:role/x:{ACCOUNT}:role/app-LambdaRole",
        f"arn:aws:iam::{_OTHER}:user/x:{ACCOUNT}:role/app-LambdaRole",
        f"arn:aws:iam::{ACCOUNT}:role/elsewhere/app-LambdaRole",
        f"arn:aws:iam::{ACCOUNT}:user/app-LambdaRole",
    ],
)
def test_a_role_of_the_plan_is_named_by_its_whole_arn(arn: str) -> None:
    """A path may hold what looks like another account."""
    plan = sound()
    _trusting(plan, arn)
    assert proved(plan).says(f"trusts {arn}, for which no reason is given")
    plan = sound()
    _trusting(plan, f"arn:aws-cn:iam::{ACCOUNT}:role/app-LambdaRole")
    assert not proved(plan).says("for which no reason is given")


def _topic(**statement: Any) -> Callable[[Plan], Plan]:
    document = policy({"Effect": "Allow", "Action": "sns:Publish", "Resource": "*", **statement})
    return lambda plan: added(plan, "aws_sns_topic_policy.t", arn=f"arn:aws:sns:eu:{ACCOUNT}:t", policy=document)


@pytest.mark.parametrize(
    "change",
    [
        _topic(Principal="*"),
        _topic(Principal={"Service": "events.amazonaws.com"}),
        lambda plan: added(plan, "aws_sns_topic.t", name="t", policy=_ANYBODY),
        lambda plan: added(plan, "aws_sqs_queue.q", name="q", policy=_ANYBODY),
        lambda plan: added(plan, "aws_sqs_queue_policy.q", queue_url="q", policy=_ANYBODY),
        lambda plan: added(plan, "aws_cloudwatch_log_resource_policy.l", policy_name="l", policy_document=_ANYBODY),
        lambda plan: added(plan, "aws_sns_platform_application.p", name="p"),
        lambda plan: added(plan, "aws_cloudwatch_log_destination_policy.d", access_policy=_ANYBODY),
        lambda plan: added(plan, "aws_cloudwatch_log_group.g", note=r'{"\u0053tatement": []}'),
        lambda plan: added(
            plan, "aws_cloudwatch_log_account_policy.a", {"policy_document": True}, {"policy_document": {}}
        ),
        lambda plan: added(plan, "aws_cloudwatch_event_permission.e", principal="*"),
        lambda plan: (
            added(plan, "aws_iam_policy.one", name="p", arn="arn:aws:iam::1:policy/p", policy=EVERYTHING),
            added(plan, "aws_iam_policy.two", name="p", arn="arn:aws:iam::1:policy/p", policy=NOTHING),
        ),
        lambda plan: added(plan, "aws_s3_object.o", bucket="b", key="k", acl="public-read"),
    ],
)
def test_what_may_be_written_by_anybody_is_not_proved(change: Callable[[Plan], object]) -> None:
    """Whoever publishes or writes runs the functions that listen."""
    plan = sound()
    change(plan)
    assert not proved(plan).report.proved


def _providers(plan: Plan, **expressions: Any) -> None:
    """Let one resource be made by another configuration of the provider."""
    configuration = plan["configuration"]
    resources = configuration["root_module"]["resources"]
    for each in resources:
        each["provider_config_key"] = "aws"
    resources[-1]["provider_config_key"] = "aws.other"
    region = {"region": {"constant_value": "eu-central-1"}}
    configuration["provider_config"] = {
        "aws": {"name": "aws", "expressions": region},
        "aws.other": {"name": "aws", "alias": "other", "expressions": {**region, **expressions}},
    }


@pytest.mark.parametrize(
    ("expressions", "is_proved"),
    [
        ({}, True),
        ({"region": {"references": ["var.region"]}, "default_tags": [{"tags": {}}]}, True),
        ({"assume_role": [{"role_arn": {"constant_value": f"arn:aws:iam::{_OTHER}:role/x"}}]}, False),
        ({"profile": {"references": ["var.profile"]}}, False),
    ],
)
def test_resources_in_several_accounts_are_not_proved(expressions: dict[str, Any], is_proved: bool) -> None:  # noqa: FBT001
    """A Deny for a role of that name elsewhere would count."""
    plan = sound()
    _providers(plan, **expressions)
    assert proved(plan).report.proved is is_proved
    assert is_proved or proved(plan).says("may work in different accounts")


def test_two_providers_that_are_configured_alike_may_still_differ() -> None:
    """What is no constant, nobody knows."""
    plan = sound()
    _providers(plan, profile={"references": ["var.profile"]})
    other = plan["configuration"]["provider_config"]
    other["aws"]["expressions"] = other["aws.other"]["expressions"]
    assert not proved(plan).report.proved


@pytest.mark.parametrize(
    "kind", ["aws_ecs_task_execution", "local_command", "shell_script", "external", "aws_lambda_invocation", "http"]
)
@pytest.mark.parametrize("mode", ["data", "ephemeral"])
def test_what_may_do_more_than_read_is_not_proved(kind: str, mode: str) -> None:
    """Data sources and ephemeral resources are asked at the apply."""
    plan = sound()
    resource = {"address": f"{mode}.{kind}.x", "mode": mode, "type": kind, "name": "x"}
    plan["configuration"]["root_module"]["resources"].append(resource)
    assert proved(plan).says(f"what {kind} does is not in the plan")


def test_an_empty_block_says_that_there_are_no_inline_policies() -> None:
    """As the provider documents it."""
    for block in ({"name": "", "policy": ""}, {"name": None, "policy": None}, {}):
        plan = sound()
        after(plan, "aws_iam_role.lambda")["inline_policy"] = [block]
        assert not proved(plan).says("inline policy")


def test_a_service_is_let_in_to_no_table_of_tenants() -> None:
    """Whatever a reason says of tables."""
    path = {"actions": ["dynamodb:*"], "resources": ["arn:aws:dynamodb:*:*:table/*"], "reason": "x"}
    known = json.loads(REASONS.read_text(encoding="utf-8"))
    services = [*known["services"], {"service": "glue.amazonaws.com", **path}]
    reasons = read_reasons(json.dumps({**known, "services": services}))
    pinned = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    for table, is_proved in (("app", False), ("app/index/i", False), ("other", True)):
        plan = sound()
        arn = f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/{table}"
        given = {"Principal": {"Service": "glue.amazonaws.com"}, "Condition": pinned}
        added(
            plan,
            "aws_dynamodb_resource_policy.p",
            resource_arn=arn,
            policy=policy(allowing("dynamodb:Get*", arn, **given)),
        )
        assert proved(plan, reasons).report.proved is is_proved, table


@pytest.mark.parametrize(
    "attributes",
    [
        {"role": f"arn:aws:iam::{ACCOUNT}:role/Administrator"},
        {"role": f"arn:aws:iam::{_OTHER}:role/app-LambdaRole"},
        {"environment": [{"nested": f"arn:aws:iam::{ACCOUNT}:role/Administrator"}]},
    ],
)
def test_a_role_of_elsewhere_is_not_handed_out(attributes: dict[str, Any]) -> None:
    """Nobody here knows what it may do."""
    plan = sound()
    added(plan, "aws_lambda_function.f", function_name="f", **attributes)
    assert proved(plan).says("which it hands out, is not in the plan")


def test_a_role_of_the_plan_may_be_handed_out() -> None:
    """The twin; and those of services are theirs."""
    plan = sound()
    for number, name in enumerate(("app-LambdaRole", "aws-service-role/x.amazonaws.com/X")):
        added(plan, f"aws_lambda_function.f{number}", function_name="f", role=f"arn:aws:iam::{ACCOUNT}:role/{name}")
    assert proved(plan).report.proved


@pytest.mark.parametrize(
    ("kind", "provider"),
    [
        ("aws_cloudwatch_log_group", "registry.terraform.io/somebody/aws"),
        ("random_pet", "registry.terraform.io/somebody/random"),
        ("terraform_data", "registry.terraform.io/somebody/terraform"),
    ],
)
def test_a_provider_of_somebody_else_makes_what_nobody_knows(kind: str, provider: str) -> None:
    """The name of a kind says nothing of it."""
    plan = sound()
    added(plan, f"{kind}.x")
    assert proved(plan).report.proved
    plan["resource_changes"][-1]["provider_name"] = provider
    assert proved(plan).says("makes of it is not known")


@pytest.mark.parametrize(
    "change",
    [
        {"actions": ["create"], "after": None, "after_unknown": True},
        {"actions": ["create"], "after": {"name": "x"}, "after_unknown": True},
        {"actions": [], "after": None},
        {"actions": ["renovate"], "after": {}},
        {"actions": ["delete", "create"], "after": None},
    ],
)
def test_what_there_will_be_must_be_known(change: dict[str, Any]) -> None:
    """Of a resource of any kind: without attributes it is not one that goes."""
    plan = sound()
    added(plan, "aws_iam_role_policy_attachment.x", role="app-LambdaRole")
    plan["resource_changes"][-1]["change"] = change
    assert proved(plan).says("aws_iam_role_policy_attachment.x: what there will be is not known")


def test_what_is_not_in_the_configuration_is_not_known() -> None:
    """Nobody can tell then what sets it, and what runs as it is made."""
    plan = sound()
    plan["configuration"] = {}
    assert proved(plan).says("is not in the plan's configuration")


def test_two_roles_of_one_name_are_not_known() -> None:
    """The trust of one would hide that of the other."""
    plan = sound()
    anybody = policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"})
    added(plan, "aws_iam_role.again", name="app-LambdaRole", assume_role_policy=anybody)
    assert proved(plan).says("two roles are called app-LambdaRole")


@pytest.mark.parametrize("name", ["", "x/y", "x y", "{}", "x" * 129])
def test_a_name_that_iam_does_not_take_is_not_known(name: str) -> None:
    """Nobody would have it."""
    plan = sound()
    added(plan, "aws_iam_user.x", name=name)
    assert not proved(plan).report.proved


@pytest.mark.parametrize(
    ("address", "attributes"),
    [
        ("aws_iam_role.x", {"name": "x", "assume_role_policy": "{}", "inline_policy": ["x"]}),
        ("aws_iam_role.x", {"name": "x", "assume_role_policy": "{}", "tags": ["tenant"]}),
        ("aws_iam_role.x", {"name": "x", "assume_role_policy": "{}", "managed_policy_arns": [{}]}),
        ("aws_s3_bucket_ownership_controls.x", {"bucket": "b", "rule": [None]}),
        ("aws_iam_role_policies_exclusive.x", {"role_name": "app-LambdaRole", "policy_names": "Sessions"}),
    ],
)
def test_shapes_that_terraform_does_not_print_are_not_known(address: str, attributes: dict[str, Any]) -> None:
    """And end in no traceback."""
    plan = added(sound(), address, **attributes)
    added(plan, "aws_s3_bucket.b", bucket="b")
    assert not proved(plan).report.proved
