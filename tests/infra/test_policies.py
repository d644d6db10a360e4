"""Every policy document of a stage's plan keeps the rules, and each rule would notice a document that does not."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from bench.evaluator import TENANT_ROLE
from chalicelib import PRODUCT
from tests.infra.applied_stage import REGION
from tests.infra.policy_rules import UNSIGNED, WILDCARDS, Document, complaints, documents

TABLE = f"arn:aws:dynamodb:{REGION}:123456789012:table/{PRODUCT}-prod"
SECRETS = tuple(
    f"arn:aws:secretsmanager:{REGION}:123456789012:secret:{PRODUCT}-prod/database/{login}-AbCdEf"
    for login in ("master", "app_reader", "app_writer")
)
KEY = f"arn:aws:kms:{REGION}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.mark.parametrize("plan", ["live_plan", "live_plan_with_a_key"])
def test_every_policy_of_a_stage_keeps_the_rules(plan: str, request: pytest.FixtureRequest) -> None:
    """None is left out: each is known in the plan."""
    found, unknown = documents(request.getfixturevalue(plan))
    assert unknown == []
    assert len(found) > 40
    wrong = [each for document in found for each in complaints(document, table_arn=TABLE, secret_arns=SECRETS)]
    assert wrong == []


def test_every_exception_is_needed(live_plan: Any) -> None:
    """A reason whose statement is gone would excuse another of its name."""
    found, _ = documents(live_plan)
    assert {*WILDCARDS, *UNSIGNED} <= {statement.get("Sid") for document in found for statement in document.statements}


def test_the_evaluator_is_measured_with_the_tenant_roles_policy(live_plan: Any) -> None:
    """Decisions a second of another policy would say nothing of this one."""
    found, _ = documents(live_plan)
    (planned,) = [each for each in found if (each.kind, each.role) == ("identity", f"{PRODUCT}-prod-TenantRole")]

    assert _without_drawn_ids(planned.statements) == _without_drawn_ids(TENANT_ROLE["Statement"])


def _without_drawn_ids(statements: Any) -> str:
    return re.sub(r"vpce-[0-9a-f]+", "vpce-0", json.dumps(list(statements), sort_keys=True))


def allow(**members: Any) -> dict[str, Any]:
    """Return a statement that breaks no rule, with some members replaced."""
    return {"Sid": "X", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::a/*"], **members}


OUTSIDE = {"Condition": {"StringNotEquals": {"aws:SourceVpce": ["vpce-1"]}}}
DATA = {"Action": ["dynamodb:*", "secretsmanager:*"], "Resource": ["*"]}
OF_A_SESSION = ("identity", f"{PRODUCT}-prod-TenantRole")
TOKEN = {"issuer.example.com/pool:aud": "client", "aws:SourceVpce": ["vpce-1"]}
BY_TOKEN = {
    "Principal": {"Federated": "arn:aws:iam::1:oidc-provider/issuer.example.com/pool"},
    "Action": "sts:TagSession",
}
OF_THE_USER = {**BY_TOKEN, "Action": "sts:SetSourceIdentity"}
OWN_USER = {"issuer.example.com/pool:aud": "client", "sts:SourceIdentity": "${issuer.example.com/pool:sub}"}
OF_A_ROLE = ("identity", f"{PRODUCT}-prod-LambdaRole")
TRUSTED = {"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
WRONG: list[tuple[tuple[str, str], dict[str, Any], str]] = [
    (OF_A_ROLE, allow(Action=["s3:*"]), "without a reason"),
    (OF_A_ROLE, allow(Action="*"), "without a reason"),
    (OF_A_ROLE, allow(Resource="*"), "without a reason"),
    (OF_A_ROLE, allow(NotAction=["s3:GetObject"]), "named, not what is left out"),
    (OF_A_ROLE, allow(NotResource=["arn:aws:s3:::a/*"]), "named, not what is left out"),
    (OF_A_ROLE, allow(Action=["iam:PassRole"], Resource=["arn:aws:iam::123456789012:role/x"]), "passes a role"),
    (OF_A_ROLE, allow(Action=["dynamodb:GetItem"], Resource=[TABLE]), "only the tenant roles"),
    (OF_A_ROLE, allow(Action=["dynamodb:query"], Resource=[f"{TABLE}/index/x"]), "only the tenant roles"),
    (OF_A_ROLE, allow(Action=["dynamodb:GetItem"], Resource=[TABLE.replace("prod", "*")]), "only the tenant roles"),
    (OF_A_ROLE, allow(Action=["secretsmanager:GetSecretValue"], Resource=[SECRETS[0]]), "a secret of the database"),
    (
        OF_A_ROLE,
        allow(Action=["secretsmanager:GetSecretValue"], Resource=[SECRETS[1].replace("AbCdEf", "??????")]),
        "a secret of the database",
    ),
    (
        OF_A_ROLE,
        allow(Condition={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["a#*"]}}),
        "Null must say that it is there",
    ),
    (
        OF_A_ROLE,
        allow(
            Condition={
                "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["a#*"]},
                "Null": {"dynamodb:LeadingKeys": "true"},
            }
        ),
        "Null must say that it is there",
    ),
    (
        OF_A_ROLE,
        allow(
            Condition={
                "ForAllValues:StringEquals": {"aws:TagKeys": ["tenant"]},
                "StringNotLike": {"aws:RequestTag/tenant": ["-*"]},
            }
        ),
        "Null must say that it is there",
    ),
    (("trust", "x"), allow(Principal="*", Action="sts:AssumeRole"), "no condition says who"),
    (("trust", "x"), allow(Principal={"AWS": "*"}, Action="sts:AssumeRole"), "no condition says who"),
    (
        ("trust", "x"),
        allow(Principal={"AWS": "arn:aws:iam::123456789012:root"}, Action="sts:AssumeRole"),
        "a whole account is trusted",
    ),
    (("resource", ""), allow(Principal="*"), "no condition says who"),
    (("resource", ""), allow(Principal="*", Condition={"StringNotEquals": {"aws:PrincipalArn": "x"}}), "says who"),
    (("resource", ""), allow(Principal="*", Condition={"StringLike": {"aws:PrincipalArn": "*"}}), "says who"),
    (OF_A_ROLE, allow(Resource=[f"arn:aws:s3:::{PRODUCT}-prod-exports-123456789012/*"]), "only offboarding"),
    (OF_A_ROLE, {"Effect": "Deny", "Action": "*", "Resource": "*"}, "has no Sid"),
    (OF_A_ROLE, allow(Action=["sts:AssumeRole"], Resource=["arn:aws:iam::1:role/x"]), "without a user's token"),
    (("trust", "x"), allow(**BY_TOKEN), "a token of any client"),
    (("trust", "x"), allow(**BY_TOKEN, Condition={"StringEquals": {"aws:SourceVpce": ["vpce-1"]}}), "of any client"),
    (("trust", "x"), allow(**BY_TOKEN, Condition={"ForAllValues:StringEquals": TOKEN}), "of any client"),
    (
        ("trust", "x"),
        allow(**BY_TOKEN, Condition={"StringEquals": {"issuer.example.com/pool:aud": "client"}}),
        "taken from anywhere",
    ),
    (("trust", "x"), allow(**BY_TOKEN, Condition={"StringEqualsIfExists": TOKEN}), "taken from anywhere"),
    (("trust", "x"), allow(**OF_THE_USER, Condition={"StringEquals": TOKEN}), "another user than its own"),
    (("trust", "x"), allow(**OF_THE_USER, Condition={"StringLike": OWN_USER}), "another user than its own"),
    (
        ("trust", "x"),
        allow(**OF_THE_USER, Condition={"StringEquals": OWN_USER | {"sts:SourceIdentity": "ann"}}),
        "another user than its own",
    ),
    (
        ("trust", "x"),
        allow(
            **OF_THE_USER | {"Action": ["sts:TagSession", "sts:SetSourceIdentity"]},
            Condition={"StringEquals": OWN_USER},
        ),
        "taken from anywhere",
    ),
    (OF_A_SESSION, allow(), "outside the stage's network"),
    (OF_A_SESSION, allow(**DATA, **OUTSIDE), "outside the stage's network"),
    (OF_A_SESSION, {"Sid": "X", "Effect": "Deny", **DATA, "Action": ["dynamodb:*"], **OUTSIDE}, "outside the stage's"),
    (
        OF_A_SESSION,
        {
            "Sid": "X",
            "Effect": "Deny",
            **DATA,
            "Condition": {"StringNotEqualsIfExists": {"aws:SourceVpce": ["vpce-1"]}},
        },
        "outside the stage's network",
    ),
]


@pytest.mark.parametrize(("place", "statement", "complaint"), WRONG)
def test_a_rule_notices_a_statement_that_breaks_it(
    place: tuple[str, str], statement: dict[str, Any], complaint: str
) -> None:
    """Each rule, in each of the ways to break it."""
    document = Document("somewhere", *place, (statement,))
    found = list(complaints(document, table_arn=TABLE, secret_arns=SECRETS))
    assert any(complaint in each for each in found)


@pytest.mark.parametrize(
    ("place", "statement"),
    [
        (OF_A_ROLE, allow()),
        (OF_A_ROLE, {"Sid": "NeverScan", "Effect": "Deny", "Action": ["dynamodb:PartiQL*"], "Resource": "*"}),
        (OF_A_SESSION, {"Sid": "X", "Effect": "Deny", **DATA, **OUTSIDE}),
        (("trust", "x"), allow(**BY_TOKEN, Condition={"StringEquals": TOKEN})),
        (("trust", "x"), allow(**OF_THE_USER, Condition={"StringEquals": OWN_USER})),
        (
            ("identity", f"{PRODUCT}-prod-OffboardTenantRole"),
            allow(Action=["sts:AssumeRole"], Resource=["arn:aws:iam::1:role/x"]),
        ),
        (OF_A_ROLE, allow(Action=["dynamodb:GetItem"], Resource=[f"{TABLE}-tenants"])),
        (OF_A_ROLE, allow(Action=["dynamodb:DescribeTable"], Resource=[TABLE])),
        (
            ("identity", f"{PRODUCT}-prod-OnboardTenantRole"),
            allow(Action=["secretsmanager:GetSecretValue"], Resource=[SECRETS[2]]),
        ),
        (("trust", "x"), {"Sid": "X", "Effect": "Allow", **TRUSTED}),
        (
            ("resource", ""),
            allow(Principal="*", Condition={"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::1:role/x"}}),
        ),
        (
            OF_A_ROLE,
            allow(
                Condition={
                    "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["a#*"]},
                    "Null": {"dynamodb:LeadingKeys": "false"},
                }
            ),
        ),
        (
            OF_A_ROLE,
            allow(
                Condition={
                    "ForAllValues:StringEquals": {"aws:TagKeys": ["tenant"]},
                    "StringLike": {"aws:RequestTag/tenant": "???*"},
                }
            ),
        ),
    ],
)
def test_a_rule_complains_of_nothing_else(place: tuple[str, str], statement: dict[str, Any]) -> None:
    """The twins."""
    document = Document("somewhere", *place, (statement,))
    assert list(complaints(document, table_arn=TABLE, secret_arns=SECRETS)) == []


def test_a_tenants_session_may_reach_the_table() -> None:
    """The twin of those that may not: beside the deny of every other way."""
    statements = (
        allow(Action=["dynamodb:GetItem"], Resource=[TABLE]),
        {"Sid": "Y", "Effect": "Deny", **DATA, **OUTSIDE},
    )
    document = Document("somewhere", *OF_A_SESSION, statements)
    assert list(complaints(document, table_arn=TABLE, secret_arns=SECRETS)) == []
