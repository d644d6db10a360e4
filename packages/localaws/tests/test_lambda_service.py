"""The Lambda service assumes execution roles as the service it is, and judged by the same evaluator."""

from __future__ import annotations

from typing import Any

import pytest

from bulkhead_iam import PolicyError
from bulkhead_localaws.gate.sessions import RoleSession
from bulkhead_localaws.lambda_service import LambdaService
from bulkhead_localaws.moto.emulator import ACCOUNT_ID
from localaws_testing.account import Account, policy, session_arn, statement, trust, user_arn

GET = policy(statement("dynamodb:GetItem"))


@pytest.fixture
def account() -> Account:
    """Return an emptied account behind a gate."""
    return Account()


@pytest.fixture
def service(account: Account) -> LambdaService:
    """Return the Lambda service of the account."""
    return LambdaService(account.directory, account.sessions, account=ACCOUNT_ID, clock=account.clock)


def trusting(principal: Any, *, effect: str = "Allow", action: Any = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    """Write a trust policy of one statement."""
    return policy({"Effect": effect, "Principal": principal, "Action": action, **more})


LAMBDA = {"Service": "lambda.amazonaws.com"}


@pytest.mark.parametrize(
    "trust_policy",
    [
        pytest.param(trusting(LAMBDA), id="one service"),
        pytest.param(trusting({"Service": ["edgelambda.amazonaws.com", "lambda.amazonaws.com"]}), id="several"),
        pytest.param(trusting(LAMBDA, action=["sts:TagSession", "sts:AssumeRole"]), id="several actions"),
        pytest.param(trusting(LAMBDA, action="sts:*"), id="a pattern"),
    ],
)
def test_a_role_that_trusts_lambda_is_assumed(
    account: Account, service: LambdaService, trust_policy: dict[str, Any]
) -> None:
    """For an hour, as a session called `execution` that may do what the role may, and is judged as such."""
    account.create_table()
    account.role("api", trust_policy, GET)

    key = service.assume("api")

    assert key.expires_at is not None
    assert (key.expires_at - account.clock()).total_seconds() == 3600
    assert isinstance(key.owner, RoleSession)
    assert key.owner.arn == session_arn("api", "execution")
    assert account.get_item(key).status == 200
    assert account.call(key, "dynamodb", "ListTables").code == "AccessDeniedException"
    assert account.call(key, "sts", "GetCallerIdentity", {}).element("Arn") == session_arn("api", "execution")


@pytest.mark.parametrize(
    "trust_policy",
    [
        pytest.param(trusting({"Service": "ec2.amazonaws.com"}), id="another service"),
        pytest.param(trust(user_arn("operator")), id="a user"),
        pytest.param(trust(f"arn:aws:iam::{ACCOUNT_ID}:root"), id="the account"),
        pytest.param(trusting(LAMBDA, effect="Deny"), id="denied"),
        pytest.param(trusting(LAMBDA, action="sts:TagSession"), id="another action"),
        pytest.param(
            trusting(LAMBDA, Condition={"StringEquals": {"aws:SourceAccount": "210987654321"}}), id="another account"
        ),
        pytest.param(
            policy(
                {"Effect": "Allow", "Principal": LAMBDA, "Action": "sts:AssumeRole"},
                {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"},
            ),
            id="allowed and denied",
        ),
    ],
)
def test_a_role_that_does_not_trust_lambda_is_not_assumed(
    account: Account, service: LambdaService, trust_policy: dict[str, Any]
) -> None:
    """The tenant role above all: only the API's role may assume it, and with tags."""
    account.role("tenant", trust_policy)

    with pytest.raises(PermissionError, match="is not authorized to perform: sts:AssumeRole"):
        service.assume("tenant")


@pytest.mark.parametrize("name", ["absent", "", "API", "app/api", "*"])
def test_a_role_that_is_not_there_is_not_assumed(account: Account, service: LambdaService, name: str) -> None:
    """Nor made."""
    account.role("api", trusting(LAMBDA), Path="/app/")

    with pytest.raises(LookupError):
        service.assume(name)
    assert service.assume("api").owner is not None


def test_a_trust_policy_that_cannot_be_understood_is_an_error(account: Account, service: LambdaService) -> None:
    """Nobody knows what it may deny."""
    account.role("api", trusting(LAMBDA))
    (role,) = account.directory._iam.get_roles()
    role.assume_role_policy_document = "{"

    with pytest.raises(PolicyError):
        service.assume("api")


def test_a_role_that_stops_trusting_is_not_assumed_again(account: Account, service: LambdaService) -> None:
    """From the next time on."""
    account.role("api", trusting(LAMBDA))
    assert service.assume("api").access_key_id != ""

    account.administer(
        "iam",
        "UpdateAssumeRolePolicy",
        RoleName="api",
        PolicyDocument='{"Version": "2012-10-17", "Statement": ['
        '{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}',
    )

    with pytest.raises(PermissionError):
        service.assume("api")


def test_what_a_function_assumes_further_is_chained(account: Account, service: LambdaService) -> None:
    """The tenant role by the API's role: an hour at most, whatever the role allows."""
    account.role("api", trusting(LAMBDA), policy(statement(["sts:AssumeRole", "sts:TagSession"])))
    arn = account.role(
        "tenant",
        trust(f"arn:aws:iam::{ACCOUNT_ID}:role/api", action=["sts:AssumeRole", "sts:TagSession"]),
        MaxSessionDuration=43200,
    )
    key = service.assume("api")

    assert account.assume(key, arn, DurationSeconds=3600).status == 200
    assert account.assume(key, arn, DurationSeconds=3601).code == "ValidationError"
