"""What moto would forget is refused to everybody, and what it keeps is not."""

from __future__ import annotations

from typing import Any

import pytest

from bulkhead_localaws.moto.mapping import MotoMapper
from bulkhead_localaws.moto.unkept import refuse_unkept
from bulkhead_localaws.protocol.calls import Call
from bulkhead_localaws.protocol.checks import AuthorizationCheck, UnkeptRequestError
from localaws_testing.account import EVERYTHING, Account, policy, statement, text, trust, user_arn

BOUNDARY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
DENY = text(policy({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}))
TABLE = {
    "TableName": "items",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
}
FORGOTTEN: list[tuple[str, str, dict[str, Any], dict[str, str]]] = [
    ("dynamodb", "CreateTable", TABLE, {"ResourcePolicy": DENY}),
    ("iam", "CreateUser", {"UserName": "new"}, {"PermissionsBoundary": BOUNDARY}),
]


class PermissiveMapper(MotoMapper):
    """Lets everything through, so that it shows what moto makes of it."""

    def checks(self, call: Call) -> tuple[AuthorizationCheck, ...]:
        """Ask for nothing in particular."""
        return (AuthorizationCheck(f"{call.service}:{call.operation}", "*"),)


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "forgotten"), FORGOTTEN, ids=lambda value: str(value)[:20]
)
def test_nobody_sets_what_would_be_forgotten(
    account: Account, service: str, operation: str, parameters: dict[str, Any], forgotten: dict[str, str]
) -> None:
    """Neither the administrator nor who was given the action; the same call without it is carried out."""
    creator = account.user("creator", policy(statement(f"{service}:*")))
    (member,) = forgotten

    for key in (account.operator, creator):
        account.emulator.reached.clear()
        refused = account.call(key, service, operation, parameters | forgotten)
        assert refused.code in {"AccessDenied", "AccessDeniedException"}
        assert f"This local AWS cannot keep the {member} of {service}:{operation}" in refused.message
        assert account.emulator.reached == []
        (recorded,) = account.decisions(refused)
        assert (recorded["action"], recorded["decision"]) == (f"{service}:{operation}", "ImplicitlyDenied")
        assert recorded["message"] == refused.message
    assert account.call(creator, service, operation, parameters).status == 200


def test_a_user_who_is_there_gets_no_boundary_either_but_a_role_does(account: Account) -> None:
    """Moto has no such operation for users; a role's boundary it keeps, from CreateRole and from later."""
    account.user("reader")
    refused = account.call(
        account.operator, "iam", "PutUserPermissionsBoundary", {"UserName": "reader", "PermissionsBoundary": BOUNDARY}
    )
    assert "cannot keep the PermissionsBoundary of iam:PutUserPermissionsBoundary" in refused.message

    account.create_table()
    boundary = account.managed_policy("get", policy(statement("dynamodb:GetItem")))
    arn = account.role("Reader", trust(user_arn("operator")), EVERYTHING, PermissionsBoundary=boundary)
    session = account.session(account.operator, arn)
    item = {"TableName": "items", "Item": {"pk": {"S": "acme#1"}}}
    assert account.get_item(session).status == 200
    assert "no permissions boundary allows" in account.call(session, "dynamodb", "PutItem", item).message
    account.administer("iam", "PutRolePermissionsBoundary", RoleName="Reader", PermissionsBoundary=boundary)
    assert "no permissions boundary allows" in account.call(session, "dynamodb", "PutItem", item).message


def test_a_replica_of_a_key_gets_no_policy_but_a_key_does(account: Account) -> None:
    """Moto copies the policy of the first key."""
    created = account.administer(
        "kms", "CreateKey", MultiRegion=True, Policy=text(policy(statement("kms:*", Principal="*")))
    )
    replica = {"KeyId": created.json()["KeyMetadata"]["KeyId"], "ReplicaRegion": "us-east-1"}

    refused = account.call(account.operator, "kms", "ReplicateKey", replica | {"Policy": DENY})

    assert "cannot keep the Policy of kms:ReplicateKey" in refused.message
    assert account.call(account.operator, "kms", "ReplicateKey", replica).status == 200


def test_a_member_that_is_null_sets_nothing() -> None:
    """As in all AWS JSON protocols; an empty one is none of these, and sets something that AWS would refuse."""
    refuse_unkept(Call("dynamodb", "CreateTable", TABLE | {"ResourcePolicy": None}, "eu-west-1", "123456789012"))
    refuse_unkept(Call("dynamodb", "UpdateTable", TABLE | {"ResourcePolicy": DENY}, "eu-west-1", "123456789012"))
    with pytest.raises(UnkeptRequestError):
        refuse_unkept(Call("dynamodb", "CreateTable", TABLE | {"ResourcePolicy": ""}, "eu-west-1", "123456789012"))


def test_moto_still_forgets_what_is_refused() -> None:
    """Once it keeps one of these, that one need not be refused any more."""
    account = Account(mapper=PermissiveMapper())
    for service, operation, parameters, forgotten in FORGOTTEN:
        account.administer(service, operation, **parameters, **forgotten)
    arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/items"

    assert "PermissionsBoundary" not in account.administer("iam", "GetUser", UserName="new").text
    kept = account.call(account.operator, "dynamodb", "GetResourcePolicy", {"ResourceArn": arn})
    assert kept.code == "PolicyNotFoundException"
    later = {"UserName": "new", "PermissionsBoundary": BOUNDARY}
    assert account.call(account.operator, "iam", "PutUserPermissionsBoundary", later).status == 500
