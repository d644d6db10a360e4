"""Which mapper a call goes to, and what is attached to a table that a call is about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bulkhead_localaws.moto.mapping import MotoMapper
from bulkhead_localaws.protocol.calls import Call
from bulkhead_localaws.protocol.checks import UnmappableRequestError
from localaws_testing.account import EVERYTHING, Account, policy, statement, tagged, text, user_arn

GET = policy(statement("dynamodb:GetItem"))
KEY = {"TableName": "items", "Key": {"pk": {"S": "acme#1"}}}


def on_table(arn: str, *, effect: str = "Allow", principal: Any = None, action: str = "dynamodb:GetItem") -> str:
    """Write a table's policy."""
    who = {"AWS": user_arn("reader")} if principal is None else principal
    return text(policy({"Effect": effect, "Principal": who, "Action": action, "Resource": [arn, f"{arn}/index/*"]}))


def attach(account: Account, arn: str, document: str) -> None:
    """Attach a policy to a table."""
    account.administer("dynamodb", "PutResourcePolicy", ResourceArn=arn, Policy=document)


@pytest.mark.parametrize("service", ["sqs", "ssm", "tagging", "sts", "monitoring", "DynamoDB", ""])
def test_a_service_without_a_mapper_cannot_be_mapped(service: str) -> None:
    """With a message that says which call it was."""
    with pytest.raises(UnmappableRequestError, match=f"cannot map {service}:DoIt"):
        MotoMapper().checks(Call(service, "DoIt", {}, "eu-west-1", "123456789012"))


@pytest.mark.parametrize(
    ("service", "region"),
    [
        ("dynamodb", "xx-nowhere-9"),
        *(
            (service, region)
            for service in ("dynamodb", "secretsmanager", "cognito-idp")
            for region in ("s3", "aws", "x")
        ),
    ],
)
def test_a_region_that_is_none_cannot_be_mapped(service: str, region: str) -> None:
    """Moto would fail, or take a region called like a service for that service."""
    parameters: dict[str, tuple[str, dict[str, Any]]] = {
        "dynamodb": ("GetItem", KEY),
        "secretsmanager": ("GetSecretValue", {"SecretId": "x"}),
        "cognito-idp": ("DescribeUserPool", {"UserPoolId": "eu-west-1_a"}),
    }
    operation, body = parameters[service]
    with pytest.raises(UnmappableRequestError):
        MotoMapper().checks(Call(service, operation, body, region, "123456789012"))


def test_a_tables_policy_gives_what_no_policy_of_the_caller_does(account: Account) -> None:
    """To whom it names; and only as long as it is there."""
    arn = account.create_table()
    reader, other = account.user("reader"), account.user("other")

    assert account.get_item(reader).code == "AccessDeniedException"
    attach(account, arn, on_table(arn))
    assert account.get_item(reader).status == 200
    assert account.get_item(other).code == "AccessDeniedException"
    account.administer("dynamodb", "DeleteResourcePolicy", ResourceArn=arn)
    assert account.get_item(reader).code == "AccessDeniedException"


def test_a_deny_in_a_tables_policy_is_for_everybody_it_names(account: Account) -> None:
    """The administrator included."""
    arn = account.create_table()
    reader = account.user("reader", GET)
    assert account.get_item(reader).status == 200

    attach(account, arn, on_table(arn, effect="Deny", principal="*"))

    for key in (reader, account.operator):
        assert "with an explicit deny in a resource-based policy" in account.get_item(key).message


def test_a_tables_policy_is_about_its_indexes_as_well(account: Account) -> None:
    """A Query of the index is denied by the table's policy."""
    arn = account.create_table()
    query = {
        "TableName": "items",
        "IndexName": "by-owner",
        "KeyConditionExpression": "owner = :o",
        "ExpressionAttributeValues": {":o": {"S": "x"}},
    }
    attach(account, arn, on_table(arn, effect="Deny", principal="*", action="dynamodb:Query"))

    refused = account.call(account.operator, "dynamodb", "Query", query)

    assert "with an explicit deny in a resource-based policy" in refused.message
    assert refused.message.count("/index/by-owner") == 1


def test_a_tables_policy_counts_in_batches_and_transactions(account: Account) -> None:
    """Every table's own."""
    account.create_table("others")
    arn = account.create_table()
    attach(account, arn, on_table(arn, effect="Deny", principal="*", action="dynamodb:*Get*"))
    keys = [{"pk": {"S": "a"}}]
    batch = {"RequestItems": {"others": {"Keys": keys}, "items": {"Keys": keys}}}
    transaction = {"TransactItems": [{"Get": {"TableName": name, "Key": keys[0]}} for name in ("others", "items")]}

    for operation, body in (("BatchGetItem", batch), ("TransactGetItems", transaction)):
        refused = account.call(account.operator, "dynamodb", operation, body)
        assert "with an explicit deny in a resource-based policy" in refused.message
    assert account.get_item(account.operator, table="others").status == 200


def test_a_table_that_is_made_anew_does_not_have_the_policy_of_the_old_one(account: Account) -> None:
    """Moto keeps it; AWS deletes it with the table."""
    arn = account.create_table()
    reader = account.user("reader")
    attach(account, arn, on_table(arn))
    assert account.get_item(reader).status == 200

    account.administer("dynamodb", "DeleteTable", TableName="items")
    account.create_table()

    assert account.get_item(reader).code == "AccessDeniedException"
    attach(account, arn, on_table(arn) + " ")
    assert account.get_item(reader).status == 200


def test_a_tables_policy_that_cannot_be_understood_refuses_everybody(account: Account) -> None:
    """Moto stores any text."""
    arn = account.create_table()
    attach(account, arn, "no policy")

    assert account.get_item(account.operator).message.startswith("A policy that applies cannot be understood")


def test_a_tables_tags_are_condition_keys(account: Account) -> None:
    """To allow and to deny by, on the table and its indexes, from the next request on."""
    confidential = {"StringEquals": {"aws:ResourceTag/confidential": "yes"}}
    reader = account.user("reader", policy(statement("*"), statement("*", effect="Deny", Condition=confidential)))
    owner = account.user(
        "owner",
        policy(
            statement("dynamodb:*", Condition={"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}})
        ),
        Tags=tagged(team="red"),
    )
    arn = account.create_table(Tags=tagged(team="red"))

    assert account.get_item(reader).status == 200
    assert account.get_item(owner).status == 200
    account.administer("dynamodb", "TagResource", ResourceArn=arn, Tags=tagged(confidential="yes", team="blue"))
    assert "with an explicit deny" in account.get_item(reader).message
    assert account.get_item(owner).code == "AccessDeniedException"


def test_a_key_condition_is_respelled_and_nothing_else(account: Account) -> None:
    """The call itself when there is nothing to respell, so that its body is passed on as it came."""
    account.create_table()
    mapper = MotoMapper()
    get = Call("dynamodb", "GetItem", KEY, "eu-west-1", "123456789012")
    query = replace(get, operation="Query", parameters={"KeyConditionExpression": "(pk = :p)"})

    assert mapper.as_emulator_reads(get) is get
    assert mapper.as_emulator_reads(replace(query, service="iam")).parameters == query.parameters
    assert mapper.as_emulator_reads(query).parameters == {"KeyConditionExpression": "pk = :p"}


def test_the_calls_of_mapped_services_go_to_their_mappers(account: Account) -> None:
    """Whoever may read one role may not read another, and a caller who may list users may not list secrets."""
    account.user("reader")
    key = account.user(
        "lister", policy(statement("iam:GetUser", user_arn("reader")), statement("cognito-idp:ListUserPools"))
    )

    assert account.call(key, "iam", "GetUser", {"UserName": "reader"}).status == 200
    assert account.call(key, "iam", "GetUser", {"UserName": "operator"}).code == "AccessDenied"
    assert account.call(key, "cognito-idp", "ListUserPools", {"MaxResults": 1}).status == 200
    assert account.call(key, "secretsmanager", "ListSecrets", {}).code == "AccessDeniedException"


def test_iam_is_not_given_away_by_a_permission_for_something_else(account: Account) -> None:
    """A restricted caller does not become an administrator."""
    key = account.user("reader", policy(statement(["dynamodb:*", "sts:*", "secretsmanager:*", "cognito-idp:*"])))
    account.user("admin", EVERYTHING)
    grants = {"UserName": "reader", "PolicyName": "p", "PolicyDocument": text(EVERYTHING)}

    for operation, parameters in (
        ("PutUserPolicy", grants),
        ("CreateAccessKey", {"UserName": "admin"}),
        ("CreateAccessKey", {}),
        ("AttachUserPolicy", {"UserName": "reader", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        ("CreateUser", {"UserName": "mine"}),
        ("CreateServiceLinkedRole", {"AWSServiceName": "x.amazonaws.com"}),
    ):
        assert account.call(key, "iam", operation, parameters).code == "AccessDenied", operation
