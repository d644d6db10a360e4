"""What the prover says of a plan is right: once, of the right thing, and of all the rest as well."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from bulkhead_planproof.findings import Claim, Verdict
from bulkhead_planproof.languages import OptionError
from bulkhead_planproof.session_policy import from_template
from planproof_testing.plans import ACCOUNT, PLANS, TABLE, Plan, added, after, allowing, policy, proved, role, sound

_OTHER_ACCOUNT = "999999999999"
_CONFINED = from_template(
    policy(
        allowing(
            "dynamodb:GetItem",
            TABLE,
            Condition={
                "ForAllValues:StringLike": {"dynamodb:LeadingKeys": "{tenant}#*"},
                "Null": {"dynamodb:LeadingKeys": "false"},
            },
        )
    ),
    "a session policy",
)


def _rendered() -> Plan:
    plan: Plan = json.loads((PLANS / "session_policy_with_a_dash.json").read_text(encoding="utf-8"))
    return plan


def _trust(plan: Plan, address: str, **members: Any) -> None:
    attributes = after(plan, address)
    document = json.loads(attributes["assume_role_policy"])
    document["Statement"][0].update(members)
    attributes["assume_role_policy"] = json.dumps({**document, "Statement": document["Statement"][:1]})


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"StringEqualsIfExists": {"aws:RequestTag/tenant": "x"}},
        {"ForAllValues:StringEquals": {"aws:TagKeys": ["tenant"]}},
        {"ForAllValues:StringEquals": {"aws:RequestTag/tenant": ["x"]}},
    ],
)
def test_a_session_without_tags_needs_no_tag_session(condition: dict[str, Any]) -> None:
    """What a session policy confines has none, and its twin is allowed without them."""
    plan = _rendered()
    (tenant,) = [
        each["address"]
        for each in plan["resource_changes"]
        if "TenantPolicyRole" in str(each["change"]["after"].get("name"))
    ]
    _trust(
        plan,
        tenant,
        Action="sts:AssumeRole",
        **({"Condition": condition} if condition else {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}),
    )
    outcome = proved(plan, session_policies=lambda _, __: (_CONFINED,))
    assert outcome.report.proved, outcome.text
    (twin,) = [each for each in outcome.report.findings if each.claim is Claim.TWIN]
    assert "TagSession" not in twin.detail


def test_a_session_that_cannot_be_tagged_is_no_twin() -> None:
    """Where tags confine it, TagSession must be allowed as well."""
    plan = sound()
    _trust(plan, "aws_iam_role.tenant", Action="sts:AssumeRole")
    assert [each.claim for each in proved(plan).bad] == [Claim.TWIN]


def test_a_twin_is_opened_by_any_who_may() -> None:
    """The first that a trust policy names need not be allowed to."""
    plan = sound()
    role(plan, "Other")
    added(
        plan,
        "aws_iam_role_policy.other",
        role="app-OtherRole",
        name="p",
        policy=policy({"Effect": "Deny", "Action": "sts:*", "Resource": "*"}),
    )
    openers = [f"arn:aws:iam::{ACCOUNT}:role/app-{name}Role" for name in ("Other", "Lambda")]
    _trust(plan, "aws_iam_role.tenant", Principal={"AWS": openers})
    assert not proved(plan).of(Claim.TWIN)


def test_nothing_is_said_twice() -> None:
    """Whatever is wrong with a plan."""
    plan = sound()
    role(plan, "Other")
    trust = after(plan, "aws_iam_role.Other")
    document = json.loads(trust["assume_role_policy"])
    document["Statement"][0].update(Principal={"Service": ["ec2.amazonaws.com", "ec2.amazonaws.com"]})
    trust["assume_role_policy"] = json.dumps(document)
    everything = policy(allowing("*"))
    added(plan, "aws_iam_role_policy.other", role="app-OtherRole", name="p", policy=everything)
    added(plan, "aws_iam_role_policy.same", role="app-OtherRole", name="p", policy=everything)
    added(plan, "aws_dynamodb_resource_policy.x", resource_arn=TABLE)
    added(plan, "aws_lambda_permission.x", principal="*", action="lambda:InvokeFunction")
    outcome = proved(plan)
    said = Counter((each.claim, each.subject, each.detail) for each in outcome.report.findings)
    assert said.most_common(1)[0][1] == 1
    assert {each.claim for each in outcome.bad} == {Claim.SESSIONS, Claim.NO_OTHER_PATH, Claim.GRANTS, Claim.CALLERS}
    assert not [
        line
        for line in outcome.text.splitlines()
        if "aws_lambda_permission.x" in line.replace("aws_lambda_permission.x", "", 1)
    ]


def test_a_hundred_tables_in_one_statement_are_proved() -> None:
    """All of them hold tenants' items."""
    plan = sound()
    names = [f"app-{number}" for number in range(100)]
    for name in names:
        added(plan, f"aws_dynamodb_table.{name}", name=name, hash_key="pk")
    tenant = after(plan, "aws_iam_role_policy.tenant")
    document = json.loads(tenant["policy"])
    document["Statement"][0]["Resource"] = [TABLE, *(f"{TABLE[: -len('app')]}{name}" for name in names)]
    tenant["policy"] = json.dumps(document)
    assert proved(plan).report.proved

    document["Statement"][0]["Resource"][50] += "/index/*"
    tenant["policy"] = json.dumps(document)
    assert proved(plan).says("reaches an index, stream or copy of a table")


def _of_no_account() -> Plan:
    """Return a sound plan that does not tell its account, with a policy that names a second one."""
    plan = sound()
    del plan["prior_state"]
    lambda_policy = after(plan, "aws_iam_role_policy.lambda")
    document = json.loads(lambda_policy["policy"])
    foreign = f"arn:aws:xray:eu-west-1:{_OTHER_ACCOUNT}:group/g"
    document["Statement"].insert(0, allowing("xray:PutTraceSegments", foreign))
    lambda_policy["policy"] = json.dumps(document)
    return plan


def test_an_account_that_is_not_known_does_not_end_the_run() -> None:
    """What is refuted is refuted all the same; only nothing is proved until somebody says which account it is."""
    plan = _of_no_account()
    outcome = proved(plan)
    assert outcome.says("which account is the plan's is not known: name it in --account")
    assert not [each for each in outcome.report.findings if each.verdict is Verdict.PROVED]
    assert proved(plan, account=ACCOUNT).report.proved
    assert not proved(plan, account=_OTHER_ACCOUNT).report.proved

    scan = policy(allowing("dynamodb:Scan", TABLE))
    added(plan, "aws_iam_role_policy.scan", role="app-LambdaRole", name="scan", policy=scan)
    assert Verdict.REFUTED in {each.verdict for each in proved(plan).bad}


@pytest.mark.parametrize("told", ["caller", "arn"])
def test_the_plan_tells_its_account(told: str) -> None:
    """By whose credentials Terraform reads it, or by what exists already; what somebody sets tells nothing."""
    plan = _of_no_account()
    if told == "caller":
        plan["prior_state"] = sound()["prior_state"]
    else:
        after(plan, "aws_dynamodb_table.pooled")["arn"] = TABLE
    assert proved(plan).report.proved
    with pytest.raises(OptionError, match=f"the plan is of {ACCOUNT}: mend --account"):
        proved(plan, account=_OTHER_ACCOUNT)

    after(plan, "aws_dynamodb_table.pooled").pop("arn", None)
    plan.pop("prior_state", None)
    deny = policy({"Effect": "Deny", "Principal": "*", "Action": "sns:*", "Resource": "*"})
    added(plan, "aws_sns_topic_policy.x", arn=f"arn:aws:sns:eu-central-1:{ACCOUNT}:t", policy=deny)
    assert proved(plan).says("which account is the plan's is not known")


def test_two_accounts_of_a_plan_are_told() -> None:
    """Of what exists in both."""
    plan = sound()
    arn = f"arn:aws:iam::{_OTHER_ACCOUNT}:policy/x"
    added(plan, "aws_iam_policy.x", name="x", arn=arn, policy=policy(allowing("s3:*")))
    assert proved(plan).says(f"which account is the plan's, of {ACCOUNT}, {_OTHER_ACCOUNT}, is not known")
    assert proved(plan, account=ACCOUNT).report.proved


@pytest.mark.parametrize(
    ("resource", "is_proved"),
    [
        ("arn:aws:dynamodb:*:*:table/app", True),
        ("arn:aws:dynamodb:*:*:table/app*", False),
        ("arn:aws:dynamodb:*:*:table/app/*", False),
        ("arn:aws:dynamodb:*:*:table/app/index/by-date", False),
        ("arn:aws:dynamodb:*:*:table/app/stream/2026-11-30T00:00:00.000", False),
    ],
)
def test_a_table_in_any_region_is_no_index(resource: str, is_proved: bool) -> None:  # noqa: FBT001
    """A wildcard for region and account may stand for more, but for nothing that there is."""
    plan = sound()
    tenant = after(plan, "aws_iam_role_policy.tenant")
    tenant["policy"] = tenant["policy"].replace(TABLE, resource)
    assert proved(plan).report.proved is is_proved
